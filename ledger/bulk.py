"""Many steps decided in one go: each by the same operation as a single one, in a transaction of its own.

One step's refusal does not stop the others; a trouble of the system ends the go, and the same key takes it up again
where it ended. Every step needs its own one-time code, as it does alone. Serves CQ2021-2.1 to 2.6.
"""

import uuid
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError

from ledger.core import done_before
from ledger.errors import LedgerError
from ledger.filings import Stored
from ledger.queries.choices import Choice, key_of
from ledger.review import decide_step
from models.act import Act
from models.states import DecisionOutcome

Begin = Callable[[str | None], AbstractContextManager[Act]]
"""Opens the transaction of one act under its key; committed when the block ends."""

MOST_KEY = 200 - len(":") - len(str(uuid.UUID(int=0)))
"""How long a key for many steps may be: each step's own is kept with it."""


class Pick(BaseModel):
    """What is to be decided on a step, with the code of the person for that step."""

    choice: Choice
    outcome: DecisionOutcome
    code: str
    comment: str = ""


class Result(BaseModel):
    """What came of one step: decided, or why not."""

    programme: str
    title: str = ""
    subject: str | None = None
    tier: int | None = None
    step_id: uuid.UUID | None = None
    decided: bool
    before: bool = False
    zh: str
    en: str
    basis: list[str] = []
    basis_en: list[str] = []


class Summary(BaseModel):
    """What came of a go; `stopped` says what trouble of the system ended it early."""

    decided: list[Result] = []
    refused: list[Result] = []
    stopped: str | None = None

    def add(self, one: Result) -> None:
        """Put a result where it belongs."""
        (self.decided if one.decided else self.refused).append(one)


def decide_each(
    begin: Begin,
    picks: Iterable[Pick],
    person_ref: str,
    *,
    key: str | None = None,
    on_behalf_of: str | None = None,
    scan: Stored | None = None,
) -> Summary:
    """Decide each step in a transaction of its own, and say of each what came of it.

    Under `key` a step is decided once, however often the go is repeated. A scanned page stands for every step of the
    go. Never raises for what one step's refusal is.
    """
    summary = Summary()
    for pick in picks:
        try:
            summary.add(_decide(begin, pick, person_ref, key, on_behalf_of, scan))
        except LedgerError as error:
            summary.add(refused(pick.choice, str(error), str(error)))
        except DBAPIError as trouble:
            summary.stopped = f"{pick.choice.programme}: {trouble.orig}"
            break
    return summary


def refused(choice: Choice, zh: str, en: str) -> Result:
    """A step that was not decided, and why."""
    return Result(**_about(choice), decided=False, zh=zh, en=en)


def _decide(
    begin: Begin, pick: Pick, person_ref: str, key: str | None, on_behalf_of: str | None, scan: Stored | None
) -> Result:
    step_id = pick.choice.step_id
    if pick.outcome not in pick.choice.outcomes:
        offered = "、".join(outcome.value for outcome in pick.choice.outcomes)
        return refused(
            pick.choice, f"本级不作此决定,可选:{offered}", f"this tier does not decide so; it may: {offered}"
        )
    with begin(key_of(key, step_id) if key else None) as act:
        before = done_before(act)  # another go under this key may have come first since the steps were looked at
        done = decide_step(act, step_id, person_ref, pick.code, pick.outcome, pick.comment, on_behalf_of, scan)
    return Result(
        **_about(pick.choice),
        decided=done.accepted,
        before=before,
        zh=done.zh,
        en=done.en,
        basis=done.basis,
        basis_en=done.basis_en,
    )


def _about(choice: Choice) -> dict[str, object]:
    return {
        "programme": choice.programme,
        "title": choice.title,
        "subject": choice.subject,
        "tier": choice.tier,
        "step_id": choice.step_id,
    }
