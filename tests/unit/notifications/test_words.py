"""What messages say: whole texts where it matters, and every kind in both languages with all facts and with none."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.labels import KINDS
from notifications.words import LOCALES, SHORT_LIMIT, SUBJECT_LIMIT, TEMPLATES, check_overrides, words
from tests.unit.notifications.facts import FACTS, PROGRAMME


def parcel(kind: str, locale: str = "zh-CN", facts: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    told = PROGRAMME | FACTS[kind] if facts is None else facts
    return {"id": "0199-示例", "kind": kind, "locale": locale, "facts": told, **more}


ASKED = {"person_ref": "P-0003", "person_name": "示例·罗教研员", "code": "04711147"}


def test_a_decision_is_asked_for_in_chinese() -> None:
    said = words(parcel("decision-asked", **ASKED))
    assert said.subject == "小学数学送教 · 请审核：实施方案（第1级），最迟3月16日"
    assert said.short == (
        "【小学数学送教】示例云溪区教师进修学院：实施方案（第1级）待审核，最迟3月16日。验证码在办理人的邮件里，不在群里发布。"
    )
    assert (
        said.body
        == """\
示例·罗教研员，您好：

下列事项已到示例云溪区教师进修学院（区县教师发展机构），请您办理。

事项：实施方案（第2版）
承训机构：示例云溪区实验小学
环节：第1级（共3级），审核
最迟办理：2026年3月16日（周一）

验证码：04711147
只供您本人办理这一级，请勿转发；办理后即失效，多次输错会被锁定。

办理方法（任选一种）：
一、在 Prefect 页面：打开 http://127.0.0.1:4200/runs/flow-run/1 ，\
点右上角 ⋮ 菜单里的 Resume，填写办理人 P-0003、验证码和决定，再点 Resume 提交。
二、用命令行：songjiao approval decide CQ-2026-0001 --subject implementation-plan \
--as P-0003 --decision approve
   命令会另行询问验证码；请勿把验证码写在命令里，以免同机的人看到。
决定可填 approve（同意）、return（退回修改）、reject（不予通过）；退回修改和不予通过须写明意见：--comment "意见"。
负责人不便上机的，由本单位经办人代录，并附签字盖章页的扫描件。

依据：CQ2021-2.3「示例条文」

项目：CQ-2026-0001 示例云溪区2026年小学数学送教下乡培训

可转发到工作群的短讯：
  【小学数学送教】示例云溪区教师进修学院：实施方案（第1级）待审核，最迟3月16日。验证码在办理人的邮件里，不在群里发布。

本消息由送教系统（Songjiao）自动发出，编号 0199-示例。
"""
    )


def test_filing_is_asked_for_in_english_without_a_rejection() -> None:
    facts = PROGRAMME | FACTS["decision-asked"] | {"action": "file", "tier": 3, "clause": None, "quote": None}
    said = words(parcel("decision-asked", "en", facts | {"setting": "decision.commission.days"}, **ASKED))
    assert said.subject == "小学数学送教 · Please file: 实施方案 (tier 3), by 16 March"
    assert (
        said.body
        == """\
Dear 示例·罗教研员,

This matter has reached 示例云溪区教师进修学院 (区县教师发展机构) and awaits your decision.

Matter: 实施方案 (version 2)
Host institution: 示例云溪区实验小学
Step: tier 3 of 3, file
To be done by: 16 March 2026 (Monday)

Code: 04711147
For you and this step only; do not pass it on. It ends with its use, and several wrong entries lock it.

How to answer (either way):
1. In the Prefect UI: open http://127.0.0.1:4200/runs/flow-run/1, choose Resume in the ⋮ menu at the top right, \
enter approver P-0003, the code and your decision, and press Resume.
2. On the command line: songjiao approval decide CQ-2026-0001 --subject implementation-plan \
--as P-0003 --decision file
   The command asks for the code. Do not write the code into the command: others on the machine could read it there.
This tier files: it gives a receipt and neither returns nor rejects.
For a head who does not log in, a named clerk records the decision on behalf, with the scan of the stamped page.

Basis: a setting of this office (not a clause of the regulation): decision.commission.days

Programme: CQ-2026-0001 示例云溪区2026年小学数学送教下乡培训

Short text to pass on to a group:
  [小学数学送教] 示例云溪区教师进修学院: 实施方案 (tier 3) waits for you to file by 16 March. \
The code is in the approver's mail and never in a group.

Sent automatically by Songjiao, message 0199-示例.
"""
    )


def test_the_ladder_reads_as_offices_write_it() -> None:
    assert [words(parcel(f"obligation-{rung}")).short for rung in ("remind", "chase", "escalate")] == [
        "【小学数学送教】提醒：示例云溪区实验小学的“档案资料”11月17日到期，还有3天，请及时办理。",
        "【小学数学送教】催办：示例云溪区实验小学的“档案资料”已逾期1天，请立即办理。",
        "【小学数学送教】督办：示例云溪区实验小学的“档案资料”已逾期3天仍未办理，请督促。",
    ]


def test_a_reminder_in_english_names_the_matter_in_english() -> None:
    said = words(parcel("obligation-remind", "en"))
    assert said.subject == "小学数学送教 · Reminder: Archive documents, due 17 November"


def test_a_reminder_on_the_day_says_today() -> None:
    said = words(parcel("obligation-remind", facts=FACTS["obligation-remind"] | {"days": 0}))
    assert said.body.splitlines()[3] == "期限：2026年11月17日（周二），今天到期"


def test_a_repeated_message_says_so_everywhere() -> None:
    first, again = words(parcel("started")), words(parcel("started", repeated=True))
    assert (again.subject, again.short) == (f"【重复发送】{first.subject}", f"【重复发送】{first.short}")
    assert again.body.splitlines()[2] == (
        "【重复发送】这条消息此前可能已经送达一次，这是重复发送；已经办理的，不必再办。"
    )
    english = words(parcel("started", "en", repeated=True))
    assert english.subject == "[Repeat] 小学数学送教 · 第一期 starts on 23 March"


def test_parts_of_a_score_show_weight_points_and_clause() -> None:
    lines = words(parcel("evaluation-result")).body.splitlines()
    assert lines[4:7] == ["各部分：", "  1. 专家视导：88 × 30% = 26.4（CQ2021-9.3）", "  2. 档案资料 95 × 10% = 9.5"]
    assert words(parcel("evaluation-result", "en")).body.splitlines()[5] == (
        "  1. Expert inspection: 88 × 30% = 26.4 (CQ2021-9.3)"
    )


def test_a_setting_is_never_dressed_as_law() -> None:
    for facts in ({"clause": "office setting archive-part.days"}, {"basis": {"setting": "archive-part.days"}}):
        assert words(parcel("started", facts=facts)).body.splitlines()[6] == (
            "依据：本办公室设置（不是法规条款）：archive-part.days"
        )


def test_adopted_clauses_are_shown_as_adopted() -> None:
    facts = {"basis": [{"clause": "SL2017-5A.2", "adopted_from": "shulan-2017"}, {"setting": "notice.days"}]}
    assert words(parcel("started", facts=facts)).body.splitlines()[6:8] == [
        "依据：SL2017-5A.2（采用自 shulan-2017）",
        "依据：本办公室设置（不是法规条款）：notice.days",
    ]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_speaks_with_all_facts_and_with_none(kind: str, locale: str) -> None:
    full = words(parcel(kind, locale, **ASKED))
    none = words({"kind": kind, "locale": locale})
    for said in (full, none):
        assert said.notes == ()
        assert 0 < len(said.subject) <= SUBJECT_LIMIT
        assert 0 < len(said.short) <= SHORT_LIMIT
        assert not any(mark in said.subject + said.body + said.short for mark in ("{{", "{%", "None", "Undefined"))
        assert "下一步" in said.body or "Next:" in said.body or kind == "decision-asked"
        assert "\n\n\n" not in said.body
    assert "未注明" not in full.body
    assert "not stated" not in full.body
    assert (full.subject, full.body) != (none.subject, none.body)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_code_stands_in_the_text_of_a_request_alone(kind: str, locale: str) -> None:
    said = words(parcel(kind, locale, **ASKED))
    assert ("04711147" in said.body) == (kind == "decision-asked")
    assert "04711147" not in said.subject + said.short


def test_every_template_belongs_to_a_kind() -> None:
    assert sorted(path.name for path in TEMPLATES.iterdir()) == sorted(
        f"{kind}.{locale}.txt" for kind in (*KINDS, "_frame") for locale in LOCALES
    )


def test_an_unknown_kind_is_told_as_a_notice_with_its_facts() -> None:
    said = words({"kind": "roof-leaks", "facts": {"place": "示例教室", "days": 2}})
    assert said.subject == "roof-leaks"
    assert said.body.splitlines()[2:6] == ["roof-leaks", "", "place: 示例教室", "days: 2"]


def test_an_unknown_language_is_answered_in_chinese() -> None:
    assert words({"kind": "awarded", "locale": "fr"}).subject == "项目已立项"


def test_a_message_without_a_valid_code_says_so() -> None:
    said = words(parcel("decision-asked", person_ref="P-0003"))
    assert "本消息没有可用的验证码：这一级可能已经办理。如仍需办理，请与项目办联系。" in said.body.splitlines()


# --- facts that would rather be something else ----------------------------------------------------------------------


def test_a_fact_adds_no_header_and_no_line() -> None:
    evil = "实施方案\r\nBcc: x@example.cn\u2028验证码：00000000\u202e"
    said = words(parcel("code-locked", facts={"organisation": "示例单位\nX: y", "subject_name": evil}))
    assert said.subject == "验证码已锁定：示例单位 X: y"
    assert said.body.splitlines()[2].startswith(
        "示例单位 X: y办理“实施方案 Bcc: x@example.cn 验证码：00000000”时多次输错"
    )


def test_a_comment_of_several_lines_is_set_apart() -> None:
    said = words(parcel("submission-returned", facts={"comment": "第一\r\n验证码：00000000\x00"}))
    assert said.body.splitlines()[5:7] == ["  第一", "  验证码：00000000"]


def test_facts_are_never_templates() -> None:
    said = words(parcel("notice", facts={"what": "{{ 7 * 7 }}", "message": "{% for x in y %}"}))
    assert said.subject == "{{ 7 * 7 }}"
    assert said.body.splitlines()[2] == "{% for x in y %}"


def test_a_fact_never_speaks_for_the_recipient() -> None:
    said = words(parcel("decision-asked", facts={"code": "99999999", "person_ref": "P-9999", "name": "别人"}, **ASKED))
    assert "99999999" not in said.body
    assert "P-9999" not in said.body
    assert said.body.splitlines()[0] == "示例·罗教研员，您好："


def test_a_very_long_fact_leaves_subject_and_short_text_short() -> None:
    said = words(parcel("notice", facts={"what": "长" * 5000}))
    assert (len(said.subject), len(said.short)) == (SUBJECT_LIMIT, SHORT_LIMIT)
    assert said.subject[-1] == "…"


def test_facts_of_a_wrong_kind_are_still_told() -> None:
    said = words(parcel("obligation-chase", facts={"what": ["甲", "乙"], "due_on": 20261117, "days": "three"}))
    assert said.notes == ()
    assert said.body.splitlines()[3] == "期限：20261117"


# --- the office's own wording ---------------------------------------------------------------------------------------


def own(folder: Path, text: str | bytes, name: str = "started.zh-CN.txt") -> Path:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def test_the_office_may_use_its_own_words(tmp_path: Path) -> None:
    folder = own(tmp_path, "[subject]\n{{ session }}定于{{ starts_on|short_day }}开班\n[short]\n开班啦:{{ places }}\n")
    said = words(parcel("started"), folder)
    assert said.subject == "小学数学送教 · 第一期定于3月23日开班"
    assert said.short == "【小学数学送教】开班啦:（未注明）"
    assert said.body.splitlines()[2] == "第一期已具备开班条件，开班日期：2026年3月23日（周一）。"
    assert (said.notes, check_overrides(folder)) == ((), [])


def test_the_office_may_use_its_own_frame(tmp_path: Path) -> None:
    folder = own(tmp_path, "[subject]\n[示例办] {{ text }}\n", "_frame.zh-CN.txt")
    assert words(parcel("started"), folder).subject == "[示例办] 第一期开班：3月23日"


@pytest.mark.parametrize(
    "escape",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ session.__class__ }}{{ session.__init__.__globals__ }}",
        "{{ session.format('x') }}",
        "{{ self.__init__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ lipsum() }}",
        "{{ range(9) }}",
        "{{ 'a' * 999999999 }}",
        "{{ 9 ** 999999999 }}",
        "{{ '%999999999d' % 1 }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% extends 'x' %}",
        "{% macro f() %}{{ f() }}{% endmacro %}",
        "{% for a in session %}{% for b in session %}{% for c in session %}x{% endfor %}{% endfor %}{% endfor %}",
        "{{ session|attr('__class__') }}",
        "{{ session|map(attribute='__class__')|list }}",
        "{{ session|center(999999999) }}",
        "{{ 1 / 0 }}",
        "{{ session + 1 }}",
        "{% if %}",
        "{{ unclosed",
        "x" * 70_000,
    ],
)
def test_an_override_that_reaches_out_gives_way_to_the_built_in_words(escape: str, tmp_path: Path) -> None:
    built_in = words(parcel("started"))
    said = words(parcel("started"), own(tmp_path, f"[subject]\n{escape}\n"))
    assert (said.subject, said.body, said.short) == (built_in.subject, built_in.body, built_in.short)
    assert len(said.notes) == 1
    assert said.notes[0].startswith("started.zh-CN.txt")
    assert said.notes[0].endswith("The built-in wording was used.")
    assert check_overrides(tmp_path) != []


def test_what_no_fact_says_reads_not_stated_at_any_depth(tmp_path: Path) -> None:
    said = words(parcel("started"), own(tmp_path, "[subject]\n{{ places.by.school }}|{{ session[9] }}\n"))
    assert said.subject == "小学数学送教 · （未注明）|（未注明）"


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("hello\n[subject]\nx", "text stands before the first section; begin with a line [subject]"),
        ("[header]\nx", "[header] is no section; use [subject], [body] and [short]"),
        ("[subject]\nx\n[subject]\ny", "[subject] stands twice; keep one of them"),
        (b"[subject]\n\xff\xfe", "is not UTF-8; save it as UTF-8"),
    ],
)
def test_an_unreadable_override_is_named(text: str | bytes, note: str, tmp_path: Path) -> None:
    said = words(parcel("started"), own(tmp_path, text))
    assert said.notes == (f"started.zh-CN.txt: {note}. The built-in wording was used.",)
    assert said.subject == words(parcel("started")).subject


def test_check_says_what_a_reader_would_miss(tmp_path: Path) -> None:
    own(
        tmp_path, "[body]\n请{{ person_ref }}于{{ due_on|day }}前办理{{ subject_name }}。\n", "decision-asked.zh-CN.txt"
    )
    own(tmp_path, "[body]\n{{ owed_by }}: {{ what }}, {{ due_on|day }}\n", "obligation-chase.en.txt")
    own(tmp_path, "[body]\n{{ text }}\n", "_frame.en.txt")
    assert check_overrides(tmp_path) == [
        "_frame.en.txt [body]: its reader needs {{ basis }}, and it does not say it",
        "decision-asked.zh-CN.txt [body]: its reader needs {{ code }}, and it does not say it",
    ]


def test_an_override_cannot_carry_the_code_to_where_others_read(tmp_path: Path) -> None:
    folder = own(tmp_path, "[subject]\n验证码{{ code }}\n[short]\n码{{ code }}\n", "decision-asked.zh-CN.txt")
    said = words(parcel("decision-asked", **ASKED), folder)
    assert (said.subject, said.short) == ("小学数学送教 · 验证码********", "【小学数学送教】码********")
    assert said.body.count("04711147") == 1  # the line with the code; never the command


@given(
    kind=st.sampled_from([*KINDS, "unknown-kind", "../../etc/passwd", ""]),
    locale=st.sampled_from(["zh-CN", "en", "", "../en"]),
    facts=st.dictionaries(
        st.sampled_from(
            sorted({key for facts in FACTS.values() for key in facts} | {"basis", "setting", "x y", "from"})
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["zh", "en", "name"]), inner),
            max_leaves=6,
        ),
    ),
    code=st.sampled_from([None, "04711147"]),
)
@settings(max_examples=150)
def test_no_facts_whatever_keep_a_message_from_being_worded(
    kind: str, locale: str, facts: dict[str, Any], code: str | None
) -> None:
    said = words({"kind": kind, "locale": locale, "facts": facts, "code": code, "person_ref": "P-1"})
    assert said.notes == ()
    assert said.subject.strip()
    assert "\n" not in said.subject + said.short
    assert "04711147" not in said.subject + said.short


def test_very_much_is_told_in_part() -> None:
    facts = dict.fromkeys(FACTS["submission-returned"], "长" * 9000) | {"duties": ["长" * 9000] * 900}
    for kind in KINDS:
        assert len(words(parcel(kind, facts=facts)).body) < 40_000


def test_a_template_of_no_message_is_named(tmp_path: Path) -> None:
    assert check_overrides(own(tmp_path, "[subject]\nx", "startd.zh-CN.txt")) == [
        "startd.zh-CN.txt: no message is called so; see docs/messages.md for the names"
    ]


def test_a_digest_says_each_message_in_one_line_with_its_clause() -> None:
    said = words(parcel("digest", facts=FACTS["digest"]))
    assert said.subject == "每日汇总：2条"
    assert "1. 【小学数学送教】" in said.body
    assert "（CQ2021-5.3）" in said.body
    assert "可转发" not in said.body


def test_a_digest_says_how_many_more_there_are() -> None:
    many = [{"kind": "list-confirmed", "facts": {"session": f"第{n}期", "count": n}} for n in range(1, 46)]
    english = words({"kind": "digest", "locale": "en", "facts": {"messages": many}})
    assert "\n40. " in english.body
    assert "\n41. " not in english.body
    assert "And 5 more" in english.body
    assert english.subject == "Daily digest: 45 messages"
