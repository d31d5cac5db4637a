"""What states, kinds and outcomes are called in lists: the labels that offices use, in both languages.

Keys are the texts of `models.states` and the keys of packs; one that is not here is shown as it stands.
"""

from cli.language import say

_WORDS: dict[str, tuple[str, str]] = {
    # programmes
    "applied": ("已申报", "applied"),
    "awarded": ("已立项", "awarded"),
    "running": ("实施中", "running"),
    "ended": ("已结束", "ended"),
    "evaluated": ("已考评", "evaluated"),
    "rejected": ("不予通过", "rejected"),
    # phases, steps, stages
    "open": ("进行中", "open"),
    "closed": ("已办结", "closed"),
    "planned": ("未开始", "planned"),
    "done": ("已办结", "done"),
    # submissions and decisions
    "under-review": ("待审核", "under review"),
    "returned": ("退回待修改", "returned"),
    "passed": ("已通过", "passed"),
    "filed": ("已备案", "filed"),
    "application": ("项目申报书", "application"),
    "award": ("遴选立项", "award"),
    "implementation-plan": ("实施方案", "implementation plan"),
    "approve": ("审核同意", "approve"),
    "review": ("审核通过", "review"),
    "sign-and-seal": ("签字盖章", "sign and seal"),
    "return": ("退回修改", "return for correction"),
    "reject": ("不予通过", "reject"),
    "file": ("备案", "file"),
    # levels and applicants
    "national": ("国家级", "national"),
    "province": ("省级", "province"),
    "municipal": ("市级", "municipal"),
    "county": ("区县级", "county"),
    "school": ("学校", "school"),
    "university": ("高等院校", "university"),
    "other-institution": ("其他机构", "other institution"),
    # messages
    "queued": ("待发", "queued"),
    "bundled": ("待汇总", "in the digest"),
    "delivered": ("已送达", "delivered"),
    "failed-for-now": ("暂未发出，将重试", "failed for now"),
    "failed-for-good": ("发送失败", "failed for good"),
    "sending": ("发送中", "sending"),
    "sent": ("已发", "sent"),
    "given-up": ("发送失败", "given up"),
    "cancelled": ("已取消", "cancelled"),
}
_TRAINEE: dict[str, tuple[str, str]] = {
    "volunteered": ("已自愿报名", "volunteered"),
    "recommended": ("已推荐", "recommended"),
    "reviewed": ("已审核报送", "reviewed"),
    "confirmed": ("已录取", "confirmed"),
    "alternate": ("替补", "alternate"),
    "refused": ("不符合条件", "refused"),
    "returned": ("已退回学校", "removed"),
    "broken-off": ("中途退出", "broke off"),
    "finished": ("已结业", "finished"),
}


def word(key: str | None) -> str:
    """What a state, kind or outcome is called; empty for none."""
    known = _WORDS.get(key or "")
    return say(*known) if known else (key or "")


def of_trainee(state: str) -> str:
    """What a trainee's state is called: returning a trainee (退回学员) is not returning a paper (退回修改)."""
    known = _TRAINEE.get(state)
    return say(*known) if known else state
