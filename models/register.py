"""Entries of the registers that packs declare, imported facts, and duties that stand outside any programme."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field

from models.base import Recorded


class RegisterEntry(Recorded, table=True):
    """One entry of a register: what the pack's fields hold, what it speaks of, who wrote it. `ref` is such as `R-000001`.

    An entry is never changed: it is annulled with a reason and, where need be, written anew. `identity` holds what no
    second entry may repeat; an annulled entry gives it free.
    """

    __tablename__ = "register_entry"
    __table_args__ = (Index("ix_register_entry_kept", "pack", "register_key", "state"),)

    ref: str = Field(unique=True, max_length=20)
    pack: str = Field(max_length=60)
    register_key: str = Field(max_length=60)
    programme_id: uuid.UUID | None = Field(default=None, foreign_key="programme.id", index=True)
    subject_organisation_id: uuid.UUID | None = Field(default=None, foreign_key="organisation.id", index=True)
    subject_person_id: uuid.UUID | None = Field(default=None, foreign_key="person.id", index=True)
    subject: str = Field(default="", max_length=200)
    happened_on: date
    content: dict[str, Any] = Field(sa_type=JSON)
    verdicts: list[dict[str, Any]] = Field(sa_type=JSON)
    clause: str | None = Field(default=None, max_length=40)
    document_id: uuid.UUID | None = Field(default=None, foreign_key="document.id")
    file_name: str | None = Field(default=None, max_length=200)
    organisation_id: uuid.UUID | None = Field(default=None, foreign_key="organisation.id", index=True)
    person_id: uuid.UUID | None = Field(default=None, foreign_key="person.id")
    state: str = Field(max_length=20)
    annulled_because: str | None = Field(default=None, max_length=400)
    identity: str | None = Field(default=None, unique=True, max_length=64)


class EntryMark(Recorded, table=True):
    """A mark that an entry got from a role after it was recorded: checked, approved, filed, read."""

    __tablename__ = "entry_mark"
    __table_args__ = (UniqueConstraint("entry_id", "mark"),)

    entry_id: uuid.UUID = Field(foreign_key="register_entry.id", index=True)
    mark: str = Field(max_length=60)
    person_id: uuid.UUID | None = Field(default=None, foreign_key="person.id")
    marked_at: datetime


class ImportedFact(Recorded, table=True):
    """A number brought in from outside for a year (and an organisation), with where it was taken from. The latest counts."""

    __tablename__ = "imported_fact"
    __table_args__ = (Index("ix_imported_fact_name", "pack", "name", "year"),)

    pack: str = Field(max_length=60)
    name: str = Field(max_length=60)
    year: int
    organisation_id: uuid.UUID | None = Field(default=None, foreign_key="organisation.id")
    value: str = Field(max_length=40)
    source: str = Field(max_length=400)
    person_id: uuid.UUID | None = Field(default=None, foreign_key="person.id")


class StandingDuty(Recorded, table=True):
    """Something owed outside a programme, in one period or after one entry. `next_at` is when its ladder's next rung is due.

    `cause` is the period's first day, or the number of the entry that opened it, with the person who owes where it is one.
    `derived_on` is the day that the text gives; `due_on` is that day with what people did to it (`deadline_change`).
    While `stopped_at` is set the clock stands, as that of an `Obligation` does.
    """

    __tablename__ = "standing_duty"
    __table_args__ = (
        UniqueConstraint("pack", "kind", "owed_by_id", "cause"),
        Index("ix_standing_duty_next", "state", "next_at"),
    )

    pack: str = Field(max_length=60)
    kind: str = Field(max_length=60)
    cause: str = Field(max_length=80)
    snapshot_id: uuid.UUID = Field(foreign_key="policy_snapshot.id")
    owed_by_id: uuid.UUID = Field(foreign_key="organisation.id", index=True)
    owed_by_role: str = Field(max_length=60)
    person_id: uuid.UUID | None = Field(default=None, foreign_key="person.id", index=True)
    starts_on: date
    derived_on: date
    due_on: date
    due_at: datetime
    next_at: datetime | None = None
    silenced_until: datetime | None = None
    stopped_at: datetime | None = None
    stopped_days: int = 0
    stop_budget: int | None = None
    moves: int = 0
    state: str = Field(max_length=20)
    rung: int = 0
    basis: dict[str, Any] = Field(sa_type=JSON)
    met_at: datetime | None = None
    late_days: int = 0


class StandingRung(Recorded, table=True):
    """A rung of a standing duty's ladder was climbed. The unique key is the claim: a rung fires once per due day.

    `move` counts how often the due day moved.
    """

    __tablename__ = "standing_rung"
    __table_args__ = (UniqueConstraint("duty_id", "move", "number"),)

    duty_id: uuid.UUID = Field(foreign_key="standing_duty.id", index=True)
    move: int = 0
    number: int
    rung: str = Field(max_length=20)
    fired_at: datetime
    reached: int
