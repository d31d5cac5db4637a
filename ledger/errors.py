"""Why an operation did nothing.

LedgerError
├── Refused      a rule says no: carries the verdict with its clause
├── BadInput     what came in cannot be read: carries the field and what was expected
├── NotFound     the ledger knows no such thing
└── KeyReused    the same key came with another act
"""

from models.values import Basis, Verdict


class LedgerError(Exception):
    """An operation that changed nothing, with a sentence for a person."""


class Refused(LedgerError):
    """A rule refuses the act."""

    def __init__(self, *verdicts: Verdict) -> None:
        self.verdicts = verdicts
        super().__init__("; ".join(f"{v.zh} [{', '.join(b.label for b in v.basis)}]" for v in verdicts))


def refusal(key: str, zh: str, en: str, *, basis: Basis | None = None, setting: str | None = None) -> Refused:
    """A refusal that rests on a part of the pack (`policies.grounds`), or on a setting of the office.

    It takes no clause by its id: which clause it is, the programme's pack says.
    """
    return Refused(Verdict(key=key, allowed=False, zh=zh, en=en, basis=(basis or Basis(setting=setting),)))


class BadInput(LedgerError):
    """What came in cannot be taken: `problems` are (field, what is wrong) pairs."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{field}: {what}" for field, what in problems))


class NotFound(LedgerError):
    """The ledger knows no such thing."""


class KeyReused(LedgerError):
    """An idempotency key was used for another act before."""
