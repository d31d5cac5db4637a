"""Why an operation did nothing.

LedgerError
├── Refused      a rule says no: carries the verdict with its clause
├── BadInput     what came in cannot be read: carries the field and what was expected
├── NotFound     the ledger knows no such thing
└── KeyReused    the same key came with another act
"""

from models.values import Basis, Verdict

OFFICE_RULES = {
    "approvals.reassignment": ("转办", "handing a step on"),
    "approvals.substitutes": ("请假代理", "who stands in for the absent"),
    "approvals.taking back": ("撤回决定", "taking a decision back"),
    "conflict of interest": ("利益回避", "conflict of interest"),
    "deadlines.acknowledgement": ("确认收到提醒", "acknowledging a reminder"),
    "deadlines.open": ("只办理未办结的事项", "only what is still open"),
    "deadlines.stopped clock": ("中止计时", "stopping the clock"),
    "doors.host": ("谁可以代表承训机构", "who speaks for the host"),
    "doors.office": ("项目办的权限", "what is the programme office's"),
    "doors.register": ("谁可以登记", "who may record"),
}
"""What refuses where no clause does, in the words of either language: settings of the office, never dressed as law."""


class LedgerError(Exception):
    """An operation that changed nothing, with a sentence for a person."""


class Refused(LedgerError):
    """A rule refuses the act."""

    def __init__(self, *verdicts: Verdict) -> None:
        self.verdicts = verdicts
        super().__init__("; ".join(f"{v.zh} [{', '.join(b.label for b in v.basis)}]" for v in verdicts))


def refusal(key: str, zh: str, en: str, *, basis: Basis | None = None, setting: str | None = None) -> Refused:
    """A refusal that rests on a part of the pack (`policies.grounds`), or on a setting of the office.

    It takes no clause by its id: which clause it is, the programme's pack says. `setting` is one of `OFFICE_RULES`.
    """
    said, said_en = OFFICE_RULES[setting] if setting else (None, None)
    rests_on = basis or Basis(setting=said, setting_en=said_en)
    return Refused(Verdict(key=key, allowed=False, zh=zh, en=en, basis=(rests_on,)))


class BadInput(LedgerError):
    """What came in cannot be taken: `problems` are (field, what is wrong) pairs."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{field}: {what}" for field, what in problems))


class NotFound(LedgerError):
    """The ledger knows no such thing."""


class KeyReused(LedgerError):
    """An idempotency key was used for another act before."""
