"""Documents by content hash, who handed them in for what, and what is owed by when."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field

from models.base import Recorded


class Document(Recorded, table=True):
    """The content of a file, kept once under its SHA-256; sizes are bytes."""

    __tablename__ = "document"

    sha256: str = Field(unique=True, max_length=64)
    size: int
    media_type: str = Field(max_length=100)


class Filing(Recorded, table=True):
    """A document handed in for a programme: kind, version, by whom, for which stage or session, on time or late.

    `covers` says for how many trainees it stands (a school may hand in theirs together).
    """

    __tablename__ = "filing"
    __table_args__ = (UniqueConstraint("programme_id", "kind", "target", "version"),)

    programme_id: uuid.UUID = Field(foreign_key="programme.id", index=True)
    kind: str = Field(max_length=60, index=True)
    target: str = Field(max_length=40)
    version: int
    document_id: uuid.UUID = Field(foreign_key="document.id")
    file_name: str = Field(max_length=200)
    session_id: uuid.UUID | None = Field(default=None, foreign_key="programme_session.id")
    stage_id: uuid.UUID | None = Field(default=None, foreign_key="stage.id", index=True)
    organisation_id: uuid.UUID = Field(foreign_key="organisation.id")
    person_id: uuid.UUID = Field(foreign_key="person.id")
    covers: int = 1
    submitted_at: datetime
    late_days: int = 0


class Obligation(Recorded, table=True):
    """Something owed by a day. `next_at` is when the ladder's next rung is due (indexed).

    `derived_on` is the day that the rule gives; `due_on` is that day with extensions and stopped days (`deadline_change`
    says who gave them and why). Not before `opens_on` may it be met. While `stopped_at` is set the clock stands: at most
    until `stop_budget` days are used, of which `stopped_days` were used before. Until `silenced_until` its owner is not
    reminded. `rests` says why an open one has no next moment: `top-of-ladder`, where only people go on.
    """

    __tablename__ = "obligation"
    __table_args__ = (
        UniqueConstraint("programme_id", "kind", "target", "number"),
        Index("ix_obligation_next", "state", "next_at", "id"),
        Index("ix_obligation_due", "state", "due_at", "id"),
    )

    programme_id: uuid.UUID = Field(foreign_key="programme.id", index=True)
    kind: str = Field(max_length=60)
    target: str = Field(max_length=40)
    number: int = 1
    session_id: uuid.UUID | None = Field(default=None, foreign_key="programme_session.id")
    step_id: uuid.UUID | None = Field(default=None, foreign_key="approval_step.id", index=True)
    owed_by_id: uuid.UUID = Field(foreign_key="organisation.id", index=True)
    owed_by_role: str = Field(max_length=60)
    derived_on: date
    opens_on: date | None = None
    due_on: date
    due_at: datetime
    next_at: datetime | None = Field(default=None)
    rests: str | None = Field(default=None, max_length=20)
    silenced_until: datetime | None = None
    stopped_at: datetime | None = None
    stopped_days: int = 0
    stop_budget: int | None = None
    state: str = Field(max_length=20)
    rung: int = 0
    moves: int = 0
    basis: dict[str, Any] = Field(sa_type=JSON)
    met_by_id: uuid.UUID | None = Field(default=None, foreign_key="filing.id")
    met_at: datetime | None = None
    late_days: int = 0


class RungFired(Recorded, table=True):
    """A rung of an obligation's ladder was climbed. The unique key is the claim: a rung fires once per due day.

    `move` counts how often the due day moved.
    """

    __tablename__ = "rung_fired"
    __table_args__ = (UniqueConstraint("obligation_id", "move", "number"),)

    obligation_id: uuid.UUID = Field(foreign_key="obligation.id", index=True)
    move: int
    number: int
    rung: str = Field(max_length=20)
    due_at: datetime
    fired_at: datetime
    reached: int


class DeadlineChange(Recorded, table=True):
    """What people did to a deadline, of a programme's matter or of a standing duty: who, why, until when. Only added.

    It was extended, stopped, resumed, waived or acknowledged. `days` are those of a stop's budget, of a resumed clock's
    standstill, or of an acknowledgement's silence.
    """

    __tablename__ = "deadline_change"

    obligation_id: uuid.UUID | None = Field(default=None, foreign_key="obligation.id", index=True)
    duty_id: uuid.UUID | None = Field(default=None, foreign_key="standing_duty.id", index=True)
    change: str = Field(max_length=20)
    why: str = Field(default="", max_length=400)
    person_id: uuid.UUID | None = Field(default=None, foreign_key="person.id")
    until_on: date | None = None
    days: int | None = None
