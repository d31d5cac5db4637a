"""The words in which the demo speaks, in both languages; Chinese as offices say it."""

from collections.abc import Mapping

DOORS = {
    "resume-form": ("Prefect 表单", "Resume form"),
    "cli": ("命令行", "command line"),
    "on-behalf": ("代录", "recorded on behalf"),
}
OUTCOMES = {
    "approve": ("同意", "approved"),
    "return": ("退回修改", "returned for correction"),
    "reject": ("不予通过", "rejected"),
    "file": ("予以备案", "filed"),
    "done": ("办结", "done"),
    "passed": ("通过", "passed"),
    "filed": ("已备案", "filed"),
    "rejected": ("不予通过", "rejected"),
}
SOURCES = {
    "expert-inspection": ("专家视导", "expert inspection"),
    "trainee-satisfaction": ("学员满意度", "trainee satisfaction"),
    "outcome-quality": ("培训成果质量", "quality of outcomes"),
    "archive-documents": ("培训档案资料", "archive documents"),
}
RUNGS = {"remind": ("提醒", "reminders"), "chase": ("催办", "chased"), "escalate": ("督办", "escalated")}
RUNG = {"remind": ("提醒", "reminder"), "chase": ("催办", "chase"), "escalate": ("督办", "escalation")}
"""What one rung is called; `RUNGS` stand before a number."""
STATES = {
    "application": ("项目申报书", "application"),
    "award": ("遴选立项", "award"),
    "implementation-plan": ("实施方案", "implementation plan"),
    "finished": ("结业", "finished"),
    "confirmed": ("在训", "confirmed"),
    "refused": ("不符合条件", "refused"),
    "alternate": ("替补", "alternates"),
    "returned": ("退回", "returned"),
    "broken-off": ("中途退出", "broken off"),
    "cancelled": ("已取消", "cancelled"),
    "given-up": ("未能送达", "given up"),
    "queued": ("待发", "queued"),
    "sending": ("发送中", "sending"),
}


def many(number: int, one: str, more: str | None = None) -> str:
    """A number with its English noun, in the right one of its two forms.

    >>> many(1, "day"), many(2, "day"), many(2, "entry", "entries")
    ('1 day', '2 days', '2 entries')
    """
    return f"{number} {one if number == 1 else more or f'{one}s'}"


class Say:
    """One of two sentences, by the reader's language."""

    def __init__(self, locale: str) -> None:
        self.english = locale == "en"

    def __call__(self, zh: str, en: str) -> str:
        """The sentence that the reader understands."""
        return en if self.english else zh

    def name(self, names: Mapping[str, str]) -> str:
        """A name that comes in both languages."""
        return names["en" if self.english else "zh"]

    def word(self, words: Mapping[str, tuple[str, str]], key: str | None) -> str:
        """A word of one of the lists; the key itself where the list has none."""
        known = words.get(key or "")
        return self(*known) if known else (key or "")
