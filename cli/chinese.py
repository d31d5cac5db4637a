"""The Chinese of what ledger, packs and command parser say in English, sentence by sentence.

Each entry is the English sentence with `{}` where something is filled in, and the Chinese one with the same things by
their place. A sentence without an entry stays English: a reader is never left without words. A test holds the ledger's
sentences against this list.
"""

import re
from functools import lru_cache

from cli.chinese_packs import FAULTS

SENTENCES: dict[str, str] = {
    # values of an application or a plan (models/values.py)
    "is blank or holds line breaks or invisible signs; write one plain line": "为空或含有换行、不可见字符;请写成一行文字",
    "{} lies outside the years {} to {}; check the year": "{0} 不在 {1} 至 {2} 年之间;请检查年份",
    "is longer than {} characters; hand in a document instead": "超过 {0} 个字;详情请另附材料",
    "{} has no stage; plan at least one": "{0}没有安排阶段;请至少安排一个",
    "{} is before {} holds ({}); give a day from then on, or another pack": (
        "{0} 早于 {1} 的施行日期({2});请填该日及以后的日期,或改用其他政策包"
    ),
    "practice hours ({}) exceed the course's hours ({})": "实践学时({0})超过该课程总学时({1})",
    "{}: ends on {}, before it begins on {}": "{0}:结束日期 {1} 早于开始日期 {2}",
    "{} is before starts_on {}": "结束日期 {0} 早于 starts_on(开始日期){1}",
    "{} is not the sum of the budget's lines ({})": "预算合计 {0} 与各项之和 {1} 不符",
    "{} is not the sum over the sessions ({})": "名额 {0} 与各期名额之和 {1} 不符",
    "{}: {} to {} lies outside the programme ({} to {})": "{0}:{1} 至 {2} 超出项目起止日期({3} 至 {4})",
    # what packs and the register know (cli/programme.py, policies/show.py)
    "the channel's key is missing or misspelt; copy the address anew": "通道地址缺少密钥或有误;请重新复制",
    "{} ({}): the channel's key is missing or misspelt; copy the address anew": (
        "{0}({1}):通道地址缺少密钥或有误;请重新复制"
    ),
    "there is no clause {}; {}": "没有条款 {0};{1}",
    "there is no pack {}; {}": "没有政策包 {0};{1}",
    "{} has no kind of programme {}; {}": "{0} 没有项目类型 {1};{2}",
    "{} is no name of a pack; write region and year in small letters, such as yunxi-2026": (
        "{0} 不能作政策包名称;请用小写字母写地区和年份,如 yunxi-2026"
    ),
    "{} is no folder; make it first": "没有文件夹 {0};请先建立",
    "{} is there already; it is not written over": "{0} 已经存在,不会覆盖",
    # files (policies/reading.py, ledger/filings.py)
    "byte {} is not UTF-8; save the file as UTF-8 and try again": "第 {0} 字节不是 UTF-8 编码;请另存为 UTF-8 后再试",
    "cannot be read ({}); check the name and that you may read it": "无法读取({0});请检查文件名和读取权限",
    "is not YAML: {}; look at quotes, colons and indentation on this line": (
        "不是有效的 YAML:{0};请检查这一行的引号、冒号和缩进"
    ),
    "the file is empty": "文件是空的",
    "a second document begins (---)": "文件里有第二份文档(---),请只留一份",
    "the alias *{} is not allowed; write the value out": "不允许使用别名 *{0},请直接写出内容",
    "the anchor &{} is not allowed; remove it": "不允许使用锚点 &{0},请删去",
    "the tag {} is not allowed": "不允许使用标签 {0},请删去",
    "nested deeper than {} levels": "嵌套超过 {0} 层,请检查多余的 [ 或 {{",
    "a key is a list or a mapping; use a word as the key": "字段名应为一个词",
    "stands here a second time (first on line {}); keep one of the two": "重复出现(首次在第 {0} 行),请只留一处",
    "did you mean {}?": "是否应为 {0}?",
    "use one of: {}": "可用:{0}",
    "remove it": "请删去",
    "{}: .{} is not taken here; send one of {}": "{0}:不接收 .{1} 文件;可用格式:{2}",
    "{}: larger than {} MB; send a smaller file": "{0}:超过 {1} MB,请缩小后再交",
    "{}: is empty": "{0}:文件是空的",
    "{}: is a folder; check the name": "{0}:是文件夹,请检查文件名",
    "{}: is not there; check the name": "{0}:没有这个文件,请检查文件名",
    "{}: may not be read; check its permissions": "{0}:无权读取,请检查权限",
    "{}: is not UTF-8 text (byte {}); save it as UTF-8": "{0}:不是 UTF-8 文本(第 {1} 字节);请另存为 UTF-8",
    "{}: is not a .{} file inside; open and save it again": "{0}:内容不是 .{1} 文件;请重新打开并保存",
    "{}: says .{} but is {} inside; send the right file": "{0}:扩展名是 .{1},内容却是 {2} 文件;请提交正确的文件",
    # what may not come in with a document (ledger/uploads.py)
    "{}: holds macros; save it without macros and send it again": "{0}:含有宏;请另存为不含宏的文件后再交",
    "{}: holds a program ({}); take it out and send it again": "{0}:含有可执行程序({1});请去掉后再交",
    "{}: a file is embedded in it ({}); take it out and send it by itself": "{0}:内嵌了其他文件({1});请取出后单独提交",
    "{}: would unpack to far more than it is; send the content in parts": "{0}:解压后的大小远超文件本身;请分开提交",
    "{}: is locked with a password; send it without one": "{0}:设有密码;请去掉密码后再交",
    "{}: runs scripts when opened; print it to a plain PDF and send that": (
        "{0}:含有打开时运行的脚本;请打印成普通 PDF 后再交"
    ),
    "{}: starts a program when opened; print it to a plain PDF and send that": (
        "{0}:含有打开时启动程序的命令;请打印成普通 PDF 后再交"
    ),
    "{}: holds other files; send each by itself": "{0}:内有附件;请把附件单独提交",
    "{}: cannot be looked into; print it to a plain PDF and send that": "{0}:内容无法检查;请打印成普通 PDF 后再交",
    # people and organisations
    "is empty; give the organisation's full name": "不能为空,请填写单位全称",
    "{} exists already": "{0} 已经登记过",
    "{} is not a mail address": "{0} 不是邮箱地址",
    "{} is not one of zh-CN, en": "{0} 不是可用语言(zh-CN、en)",
    "{} are no quiet hours; write them as 21:00-07:30": "{0} 不是免扰时段,请写成 21:00-07:30",
    "{} is no time of day; write it as 08:00": "{0} 不是一天中的时刻,请写成 08:00",
    "name a person or an organisation, one of the two": "请写明是哪个人或哪个单位的日历,两者取一",
    "there is none to revoke": "没有可停用的日历地址",
    # messages
    "is being sent at this moment; look again in a minute": "正在发送,请一分钟后再看",
    "its matter is settled, so there is nothing to tell any more": "该事项已办结,无须再发",
    "it carries nothing any more; send its messages one by one": "这封汇总里已没有内容,请逐条重发",
    "no organisation is called {}; add it first (songjiao organisation add)": (
        "没有登记单位“{0}”;请先用 songjiao organisation add 登记"
    ),
    "no organisation is called {}; add it first": "没有登记单位“{0}”,请先登记",
    "several people are called {}; give the person's number such as P-0001": "有多人叫“{0}”;请用人员编号,如 P-0001",
    "nobody is called {}; give the person's number such as P-0001": "查无此人:{0};请用人员编号,如 P-0001",
    "this act needs a person; say who acts (--as P-0001)": "此事须由具体人员办理;请用 --as P-0001 说明经办人",
    "no organisation of kind {} is recorded above or beside {}; add it (songjiao organisation add)": (
        "{1} 的上级或同级没有登记“{0}”;请先用 songjiao organisation add 登记"
    ),
    "{} is no role or kind of organisation here; {}": "没有“{0}”这种角色或单位类别;{1}",
    "is empty; give the person's name": "不能为空,请填写姓名",
    # programmes
    "there is no programme {}; see songjiao programme list": "没有项目 {0};可用 songjiao programme list 查看",
    "{} is not one of {} in {}": "{0} 不在 {2} 的项目类型之内(可选:{1})",
    "{} has no approval chain for a {} at level {}": "{0} 没有为 {1}、级别 {2} 规定审核程序",
    "{} has no approval chain for {} of a {} at level {}": "{0} 没有为 {1}({2}、级别 {3})规定审核程序",
    "{} ({}) is not planned {}": "{0}({1})没有安排:{2}",
    "{} ({}) is not planned": "{0}({1})没有安排",
    "{} is a {}, not an institution that can host a programme": "{0} 的类别是 {1},不能作为项目承担机构",
    "a start is moved with its reason (事由)": "更改开班日期须写明事由",
    "{} started on {}; its start cannot be moved any more": "{0} 已于 {1} 开班,开班日期不能再改",
    "{} is the planned start already": "{0} 就是现定的开班日期",
    "{} is past; a start is brought forward to today ({}) at the earliest": "{0} 已过;开班最早提前到今天({1})",
    "{} has no session {}": "{0} 没有第 {1} 期",
    "the programme has the sessions {}; name one": "项目有多期({0}),请用 --session 指明",
    "the programme has no session": "项目没有分期",
    "a correction keeps {}; send another application instead": "修改稿须保持 {0};变更这些内容请另行申报",
    "{} is recorded as {}, the application says {}": "{0} 登记为 {1},申报书写的是 {2}",
    "no check of {} asks for {}; {}": "{0} 的检查不问 {1};{2}",
    # decisions
    "that step does not wait for a decision": "该环节现在不等待决定",
    "{} is not asked to decide this step": "{0} 不是该环节的审核人",
    "{}: no step waits for a decision": "{0}:现在没有等待决定的环节",
    "{}: several steps wait; name one: {}": "{0}:有多个环节在等待,请用 --subject 指明:{1}",
    "the key {} was used for {} before; take a new key for another act": "幂等键 {0} 已用于 {1};办理另一件事请换一个键",
    # selection, stages, documents
    "{} is before {}": "{0} 早于 {1}",
    "{} has recommended nobody for {}": "{0} 尚未为 {1} 推荐学员",
    "{} has no notice for {}": "{0} 没有 {1} 的公示",
    "say why the trainee is returned and what they said when heard": "请写明退回原因和学员的申辩意见",
    "no check of {} is called {}; {}": "{0} 没有名为 {1} 的检查;{2}",
    "{} is not nominated for this session; see songjiao programme show": (
        "{0} 不是本期推荐人选;可用 songjiao programme show 查看"
    ),
    "{} has no ban for a return": "{0} 没有规定退回后的限制参训",
    "{} is not a confirmed trainee of {}": "{0} 不是 {1} 的在训学员",
    "{} {} has no stage {} at {}": "{0} {1} 在 {3} 没有阶段 {2}",
    "{} {} has no stage {}": "{0} {1} 没有阶段 {2}(分校开展的阶段请用 --school 指明学校)",
    "{} has not come yet; an actual day is recorded when it is there": "{0} 尚未到来;实际日期到当日才能登记",
    "{} is before the stage began on {}": "{0} 早于该阶段实际开始日期 {1}",
    "{} is no product of {}; it yields {}": "{0} 不是 {1} 的成果;应交:{2}",
    "{} is not a number of trainees": "{0} 不是有效的学员人数",
    "pack {}: there is no {} {}": "政策包 {0} 没有 {1} {2}",
    "a plan comes as a YAML file; send the signed page with --page": "实施方案请用 YAML 文件,签字盖章页用 --page",
    "a waiver needs its reason (事由)": "免报须写明事由",
    # what people do to a deadline (ledger/deadlines.py)
    "an extension needs its reason (事由)": "延期须写明事由",
    "a stopped clock needs its reason (事由)": "中止计时须写明事由",
    "{} is not after the present due day {}; an extension is longer": "{0} 不晚于现在的期限 {1};延期须更晚",
    "{} has passed already; today is {}": "{0} 已经过去;今天是 {1}",
    "{} allows {} days in all; leave the number out": "{0} 规定累计 {1} 天;不必另写天数",
    "say for how many days at most the clock may stand": "请写明至多中止几天(--at-most 10d)",
    "{} days is no budget for a stopped clock; give 1 to 366": "中止天数 {0} 无效;请写 1 至 366",
    "an acknowledgement silences for 1 to {} working days, not {}": "知悉后至多 {0} 个工作日不再提醒,不能是 {1}",
    # in somebody's place (ledger/absences.py, ledger/handing.py)
    "{} cannot stand in for themselves; name another person": "{0} 不能代办自己的事项;请另写一人",
    "{} is not away, and no absence to come is recorded": "{0} 没有请假记录",
    "a reassignment needs its reason (事由)": "转交须写明事由",
    "taking a decision back needs its reason (事由)": "撤回须写明事由",
    "there is no decision on that step to take back": "该环节没有可以撤回的决定",
    "{}: {} has made no decision that could be taken back": "{0}:{1} 没有可以撤回的决定",
    "there is no deadline {}; see songjiao deadline list": "没有编号为 {0} 的应办事项;见 songjiao deadline list",
    "there is no message {}; see songjiao message list": "没有编号为 {0} 的消息;见 songjiao message list",
    "{} goes through its review: submit it as the plan, not as a document": "{0} 须经审核:请作为实施方案提交",
    "{} has not come yet; a past training has ended": "{0} 尚未到来;补录的培训应已结束",
    "no phase {}": "没有环节 {0}",
    # what packs and worked cases are asked (policies/lookup.py, explaining.py, rules/)
    "is a folder; name a pack or a file": "是文件夹;请写政策包名称或文件",
    "it is a whole text; name one of its clauses, such as {}": "这是整部文本;请写其中一条,如 {0}",
    "a clause is written as {}; the texts are {}": "条款写作 {0};现有文本:{1}",
    "pack {}: there is no rule or setting {}; see `songjiao policy show {}`": (
        "政策包 {0} 没有数值或设置 {1};见 songjiao policy show {2}"
    ),
    "pack {}, {}: the exceptions {} fit at once and the pack does not say which goes first; narrow one of them": (
        "政策包 {0} 的 {1}:例外 {2} 同时适用,政策包没有写明先后;请缩小其中一个的范围"
    ),
    "pack {}, {}: no value on {}; the first one holds from {}": "政策包 {0} 的 {1} 在 {2} 没有数值;最早自 {3} 施行",
    "pack {}, {}: no such rule, or it does not say from which day it counts": (
        "政策包 {0} 没有 {1},或没有写明从哪天起算"
    ),
    "pack {}, {}: counts from {}, and that day is not known yet": "政策包 {0} 的 {1} 从 {2} 起算,而这一天尚不知道",
    "{}: repealed by {}; nothing is due": "{0}:已由 {1} 废止,没有应办事项",
    "pack {}, {}: {} is not given; it needs {}": "政策包 {0} 的 {1}:没有给出 {2};需要 {3}",
    "pack {}, check {}: {} is not counted; counted are {}": "政策包 {0} 的检查 {1}:没有统计 {2};有统计的是 {3}",
    "pack {}, duty {}: it does not recur (no `every`)": "政策包 {0} 的职责 {1} 不定期产生(没有 every)",
    "pack {}: there is no score source {}; it knows {}": "政策包 {0} 没有评分来源 {1};有 {2}",
    "{}: {} is not a score; give a number from {} to {}": "{0}:{1} 不是分数;请写 {2} 至 {3}",
    "a case cannot expect {}; it can expect {}": "示例不能期望 {0};可用:{1}",
    "`{}` needs {} under `given`": "{0} 需要在 given 下写明 {1}",
    "`{}` is asked of something that the pack does not have": "{0} 所问的内容,政策包里没有",
    "`{}` cannot be read out of `given`; see docs/add-a-region.md, section 9": (
        "{0} 读不懂 given 的内容;见 docs/add-a-region.md 第 9 节"
    ),
    "{} under `given` is not a day; write it as 2026-03-23": "given 下的 {0} 不是日期,请写成 2026-03-23",
    # scores
    "{} is not one of {}": "{0} 不可用,可选:{1}",
    "{} is not a number": "{0} 不是数字",
    "{} is off the scale 0 to 100": "{0} 不在 0 至 100 分之内",
    # the chain of events
    "event {} is missing; the next one is {}": "缺少事件 {0},其后是 {1}",
    "event {} does not follow from the one before it": "事件 {0} 与前一事件不相接",
    "event {} ({}) was changed after it was written": "事件 {0}({1})写入后被改动",
    "no event here has the hash {}: it is another ledger's, or its events were cut off or written anew": (
        "本台账没有哪个事件的哈希是 {0}:所给链头属于另一本台账,或其事件被截去、重写"
    ),
    "{} is no head: give the 64 digits that audit verify printed": "{0} 不是链头;请给出 audit verify 显示的 64 位链头",
    "the head that is kept beside the chain is gone": "链外保存的链头不见了",
    "the chain should end with event {}: what came after event {} was cut off": "链应止于事件 {0},事件 {1} 之后的被截去",
    "the chain goes on after event {}, its head as it was kept: later ones were slipped in": (
        "链外保存的链头是事件 {0},其后的事件是另行塞入的"
    ),
    "event {} is not the one that was written": "事件 {0} 不是当初写入的那一个",
    # registers and indicators (ledger/registers.py, entries.py, indicators.py, nominees.py)
    "there is no entry {}; see songjiao register list": "没有登记 {0};可用 songjiao register list 查看",
    "is empty; say where the number was taken from": "为空;请写明数据来源",
    "{} declares no fact {}; {}": "{0} 没有数据 {1};{2}",
    "the school of a nominee of {} is not recorded": "{0} 有推荐人选未登记所在学校",
    "is empty; say why the entry is annulled": "为空;请写明撤销理由",
    "is missing; attach the document that shows it (--file)": "缺少佐证材料;请用 --file 附上",
    "is missing; say which {} it speaks of (--about)": "缺少对象;请用 --about 写明(类别:{0})",
    "{} has not come yet; an entry says what has happened": "{0} 尚未到来;登记只记已发生的事",
    "{} is annulled already": "{0} 已撤销",
    "{} has no register {}; {}": "{0} 没有登记簿 {1};{2}",
    "{} is no pair; write field=value": "{0} 应写成 字段=内容",
    "is no field of {}; {}": "不是 {0} 的字段;{1}",
    "is missing; give {}": "缺少此项,请填写{0}",
    "one value is expected, not several; give {}": "只填一个;请填写{0}",
    "{} is not a flag; write true or false": "{0} 不是“是否”;请写 true 或 false",
    "{} is not a day; write it as 2026-03-23": "{0} 不是日期,请写成 2026-03-23",
    "is longer than {} characters; attach a document instead": "超过 {0} 个字;请改附文件",
    "{} is not a whole number": "{0} 不是整数",
    "{} is less than {}": "{0} 小于 {1}",
    "{} is not one of its words; {}": "{0} 不在可选词语之内;{1}",
    "a text": "一段文字",
    "a whole number": "整数",
    "a number": "数字",
    "a day such as 2026-03-23": "日期,如 2026-03-23",
    "true or false": "true 或 false",
    "a word": "一个词",
    "words separated by commas": "词语,用逗号分开",
    "a person's number such as P-0001": "人员编号,如 P-0001",
    "an organisation's name": "单位名称",
    "one of {} or another word": "{0} 之一,或其他词语",
    "one of {}": "{0} 之一",
    "some of {} or another word": "{0} 中的若干项,或其他词语",
    "some of {}": "{0} 中的若干项",
    # the office's own words and channels (office/wording.py, notifications/)
    "{}: there is no such folder; correct SONGJIAO_TEMPLATES_DIR, or give the folder": (
        "没有文件夹 {0};请更正 SONGJIAO_TEMPLATES_DIR,或写明文件夹"
    ),
    "{}: cannot be written ({}); choose another place": "{0} 无法写入({1});请换一个位置",
    "No such file or directory": "没有这个文件或文件夹",
    "Is a directory": "这是文件夹",
    "Permission denied": "没有权限",
    "channels of the kind (none):// are not used; see docs/messages.md": (
        "不是通道地址,应如 wecombot://KEY;见 docs/messages.md"
    ),
    "channels of the kind {} are not used; see docs/messages.md": "不使用 {0} 类通道;见 docs/messages.md",
    "the {} address cannot be read; write it again": "{0} 地址无法解读;请重新填写",
    "the {} address cannot be used ({}); compare it with docs/messages.md": (
        "{0} 地址不能使用({1});请对照 docs/messages.md"
    ),
    "the parameter {} would read files of this machine and is not used; leave it out": (
        "参数 {0} 会读取本机文件,不予使用;请删去"
    ),
    "wecom:// is PushPlus in Apprise and not WeCom; use wecombot:// (group robot) or wechat:// (application)": (
        "wecom:// 在 Apprise 中是 PushPlus,不是企业微信;请用 wecombot://(群机器人)或 wechat://(应用)"
    ),
    "not an address that Apprise understands": "Apprise 无法解读",
    "{} ({}): channels of the kind {} are not used; see docs/messages.md": (
        "{0}({1}):不使用 {2} 类通道;见 docs/messages.md"
    ),
    "{} ({}): the {} address cannot be read; write it again": "{0}({1}):{2} 地址无法解读;请重新填写",
    "{} ({}): the {} address cannot be used ({}); compare it with docs/messages.md": (
        "{0}({1}):{2} 地址不能使用({3});请对照 docs/messages.md"
    ),
    "{} ({}): the parameter {} would read files of this machine and is not used; leave it out": (
        "{0}({1}):参数 {2} 会读取本机文件,不予使用;请删去"
    ),
    "{} ({}): the address cannot be read with this office's server.key; restore the key or enter it again": (
        "{0}({1}):本办公室的 server.key 解不开这个地址;请恢复密钥或重新填写"
    ),
    "{} ({}): wecom:// is PushPlus in Apprise and not WeCom; use wecombot:// (group robot) or wechat:// (application)": (
        "{0}({1}):wecom:// 在 Apprise 中是 PushPlus,不是企业微信;请用 wecombot://(群机器人)或 wechat://(应用)"
    ),
    "{}: no message is called so; see docs/messages.md for the names": "{0}:没有叫这个名字的消息;名称见 docs/messages.md",
    "{} [body]: its reader needs {}, and it does not say it": "{0} [body]:读者需要 {1},模板里却没有",
    "{}: is not UTF-8; save it as UTF-8. The built-in wording was used.": (
        "{0}:不是 UTF-8;请另存为 UTF-8。现用内置文字"
    ),
    "{}: {}. The built-in wording was used.": "{0}:{1}。现用内置文字",
    "{} is no section; use [subject], [body] and [short]": "{0} 不是小节;请用 [subject]、[body] 和 [short]",
    "{} stands twice; keep one of them": "{0} 出现两次;请只留一处",
    # wrong usage (the command parser)
    "Missing argument {}.": "缺少参数 {0}",
    "Missing option {}.": "缺少选项 {0}",
    "Missing option {} (env var: {}).": "缺少选项 {0}(也可设环境变量 {1})",
    "Missing command.": "请指明子命令",
    "No such command {}.": "没有命令 {0}",
    "No such command {}. Did you mean {}?": "没有命令 {0};是否应为 {1}?",
    "No such option: {}": "没有选项 {0}",
    "No such option: {} Did you mean {}?": "没有选项 {0};是否应为 {1}?",
    "Option {} requires an argument.": "选项 {0} 需要一个值",
    "Got unexpected extra argument ({})": "多余的参数:{0}",
    "Got unexpected extra arguments ({})": "多余的参数:{0}",
    "Invalid value: {}": "{0}",
    "Invalid value for {}: {}": "{0}:{1}",
    "{} is not a valid integer.": "{0} 不是整数",
    "{} is not in the range {}.": "{0} 不在范围 {1} 内",
    "Input should be greater than or equal to {}": "应不小于 {0}",
    "Input should be less than or equal to {}": "应不大于 {0}",
    "Input should be a valid integer, unable to parse string as an integer": "应为整数",
    "Value error, {} is not one of {}.": "{0} 不可用,可选:{1}",
}


@lru_cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """The entries as patterns, the most definite first: one with more words of its own goes before a general one."""
    ordered = sorted((SENTENCES | FAULTS).items(), key=lambda entry: -len(entry[0].replace("{}", "")))
    return [
        (re.compile("(.+?)".join(map(re.escape, english.split("{}"))), re.DOTALL), chinese)
        for english, chinese in ordered
    ]


def in_chinese(english: str) -> str:
    """A sentence in Chinese where there is one; what it was filled with is looked up in turn.

    >>> in_chinese("there is no programme CQ-1; see songjiao programme list")
    '没有项目 CQ-1;可用 songjiao programme list 查看'
    """
    for pattern, chinese in _patterns():
        found = pattern.fullmatch(english.strip())
        if found:
            return chinese.format(*(in_chinese(part) if " " in part else part for part in found.groups()))
    return english
