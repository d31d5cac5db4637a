"""The words for keys that stand in a message's facts: acts of a tier, outcomes, phases and the messages themselves.

Shows what the ledger recorded; decides nothing. A key that a pack brings and this table does not know is shown as it
stands.
"""

from collections.abc import Mapping
from types import MappingProxyType

from models.states import DecisionOutcome, PhaseOutcome, SubmissionState, TierAction

ZH, EN = 0, 1

_ACTION: dict[str, tuple[str, str]] = {
    TierAction.APPROVE: ("审核", "review"),
    TierAction.REVIEW: ("审核", "review"),
    TierAction.SIGN_AND_SEAL: ("签字盖章", "sign and seal"),
    TierAction.AWARD: ("立项审批", "decide on the award of"),
    TierAction.FILE: ("备案", "file"),
}
_OUTCOME: dict[str, tuple[str, str]] = {
    PhaseOutcome.DONE: ("已办结", "Done"),
    PhaseOutcome.PASSED: ("已通过", "Passed"),
    PhaseOutcome.FILED: ("已备案", "Filed"),
    PhaseOutcome.REJECTED: ("不予通过", "Rejected"),
    SubmissionState.UNDER_REVIEW: ("待审核", "Under review"),
    SubmissionState.RETURNED: ("退回待修改", "Returned for correction"),
    DecisionOutcome.APPROVE: ("审核通过", "Approved"),
    DecisionOutcome.RETURN: ("退回修改", "Return for correction"),
    DecisionOutcome.REJECT: ("不予通过", "Reject"),
    DecisionOutcome.FILE: ("予以备案", "Filed"),
}
_PHASE = {
    "lifecycle": ("项目全流程", "Programme lifecycle"),
    "application": ("项目申报", "Application"),
    "application-review": ("项目申报审核", "Application review"),
    "award": ("遴选立项", "Host selection and award"),
    "plan-review": ("实施方案审核备案", "Plan review and filing"),
    "selection": ("学员遴选", "Trainee selection"),
    "check-in": ("开班准备与报到", "Class preparation and check-in"),
    "stage-1": ("第一阶段 集中研修", "Stage 1, intensive workshop"),
    "stage-2": ("第二阶段 诊断示范", "Stage 2, diagnosis and demonstration"),
    "stage-3": ("第三阶段 研课磨课", "Stage 3, lesson study and polishing"),
    "stage-4": ("第四阶段 成果展示", "Stage 4, outcome showcase"),
    "stage-5": ("第五阶段 总结提升", "Stage 5, review and improvement"),
    "delivery": ("培训实施", "Delivery"),
    "archive": ("档案报送", "Archive submission"),
    "evaluation": ("量化考评", "Scored evaluation"),
}
_KIND = {
    "decision-asked": ("审核办理通知", "Request for a decision"),
    "submission-returned": ("退回修改通知", "Return for correction"),
    "submission-rejected": ("不予通过通知", "Rejection"),
    "submission-passed": ("审核结果通知", "Result of the review"),
    "tier-passed": ("审核进度通知", "Progress of the review"),
    "awarded": ("立项通知", "Award"),
    "selection-opened": ("学员遴选通知", "Opening of the selection"),
    "nomination-refused": ("报名未获通过通知", "Refused nominations"),
    "list-confirmed": ("学员名单确认通知", "Confirmed list of trainees"),
    "stage-opened": ("阶段开始通知", "Opening of a stage"),
    "stage-closed": ("阶段办结通知", "Close of a stage"),
    "started": ("开班通知", "Start"),
    "start-postponed": ("延期开班通知", "Postponed start"),
    "start-brought-forward": ("提前开班通知", "Start brought forward"),
    "obligation-remind": ("提醒", "Reminder"),
    "obligation-chase": ("催办", "Chasing"),
    "obligation-escalate": ("督办", "Escalation"),
    "trainee-returned": ("退回学员通知", "Return of a trainee"),
    "document-late": ("逾期报送通知", "Late document"),
    "evaluation-result": ("考评结果通知", "Result of the evaluation"),
    "code-locked": ("验证码锁定通知", "Locked code"),
    "run-lost": ("运行重建通知", "Rebuilt run"),
    "nobody-reached": ("无人接收通知", "Nobody reached"),
    "message-given-up": ("消息未送达通知", "Message not delivered"),
    "message-way-failed": ("联系方式失效通知", "Way that no longer works"),
    "run-crashed": ("运行崩溃通知", "Crashed run"),
    "run-late": ("运行延迟通知", "Late run"),
    "worker-silent": ("执行器无响应通知", "Silent worker"),
    "deadline-extended": ("延期通知", "Extended deadline"),
    "clock-resumed": ("恢复计时通知", "Clock that runs again"),
    "decision-withdrawn": ("撤回决定通知", "Decision taken back"),
    "watch-found": ("核查结果通知", "What the hourly audit found"),
    "watch-silent": ("监视中断通知", "Silent watch"),
    "programme-ended": ("培训结束通知", "End of the training"),
    "digest": ("每日汇总", "Daily digest"),
    "notice": ("通知", "Notice"),
}
KINDS: tuple[str, ...] = tuple(_KIND)
"""Every kind of message that has a wording of its own; any other kind is told in the words of `notice`."""
DIGEST = "digest"
OFFICE_KINDS = frozenset(
    {
        *("code-locked", "run-lost", "run-crashed", "run-late", "worker-silent", "nobody-reached"),
        *("message-given-up", "message-way-failed", "watch-found", "watch-silent"),
    }
)
"""What only the programme office needs to know: no short text for a group is added to the mail."""

_TABLES: Mapping[str, Mapping[str, tuple[str, str]]] = MappingProxyType(
    {"action": _ACTION, "outcome": _OUTCOME, "phase": _PHASE, "kind": _KIND}
)


def label(table: str, key: str, locale: str) -> str:
    """The word for a key of a table (action, outcome, phase, kind) in the reader's language, or the key itself."""
    words = _TABLES[table].get(key)
    return key if words is None else words[EN if locale == "en" else ZH]
