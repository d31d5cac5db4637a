"""The context in which an operation of the ledger runs: an open session, who acts, under which key, at which moment.

The edge (command, task, request) makes one with `office.runtime.transactions.transaction` and commits once.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Protocol

from sqlmodel import Session

from models.states import Door

NEWS = "news"
"""In a session's `info`, where rows for the dispatcher were written past the session: it is to look at them at once."""


class CodeMaker(Protocol):
    """Makes the one-time code of a step for a person; holds the server's key, so the ledger need not."""

    def __call__(self, step_id: uuid.UUID, person_id: uuid.UUID, nonce: str) -> str: ...


@dataclass(frozen=True)
class Actor:
    """Who acts and through which door. `person_id` is None for the system itself."""

    door: Door
    person_id: uuid.UUID | None = None


SYSTEM = Actor(door=Door.SYSTEM)


@dataclass(frozen=True)
class Act:
    """One act on the ledger: everything an operation may use besides its arguments."""

    session: Session
    actor: Actor
    key: str
    now: datetime
    zone: tzinfo
    code_of: CodeMaker

    @property
    def today(self) -> date:
        """The day of `now` where the regulation holds."""
        return self.now.astimezone(self.zone).date()
