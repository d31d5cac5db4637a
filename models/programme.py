"""Programmes, their strands, sessions and phases, and the pack each one is pinned to."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field

from models.base import Recorded


class PolicySnapshot(Recorded, table=True):
    """A resolved pack as it stood when a programme started under it, found by its hash."""

    __tablename__ = "policy_snapshot"

    hash: str = Field(unique=True, max_length=64)
    name: str = Field(max_length=60)
    content: dict[str, Any] = Field(sa_type=JSON)


class Programme(Recorded, table=True):
    """One training undertaking from application to evaluation: one award, one budget, one pinned pack.

    `event_number` counts the acts on this programme; a wake carries the number that a flow must have observed.
    `starts_on`/`ends_on` are planned days; `started_on`/`ended_on` are recorded acts.
    """

    __tablename__ = "programme"

    ref: str = Field(unique=True, max_length=40)
    title: str = Field(max_length=200)
    short_name: str = Field(max_length=40)
    region_code: str = Field(max_length=10)
    year: int
    kind: str = Field(max_length=40)
    level: str = Field(max_length=20)
    applicant_kind: str = Field(max_length=20)
    subject: str = Field(max_length=100)
    theme: str = Field(max_length=400)
    host_id: uuid.UUID = Field(foreign_key="organisation.id", index=True)
    snapshot_id: uuid.UUID = Field(foreign_key="policy_snapshot.id")
    state: str = Field(max_length=20, index=True)
    places: int
    starts_on: date
    ends_on: date
    started_on: date | None = None
    ended_on: date | None = None
    budget_total: str = Field(max_length=20)
    budget_confirmed_at: datetime | None = None
    event_number: int = 0
    observed_number: int = 0
    run_id: uuid.UUID | None = None
    run_settled: bool = False
    generation: int = 1
    sample: bool = False


class Strand(Recorded, table=True):
    """A strand (子项目) of a programme: a subject with its own training team."""

    __tablename__ = "strand"
    __table_args__ = (UniqueConstraint("programme_id", "number"),)

    programme_id: uuid.UUID = Field(foreign_key="programme.id", index=True)
    number: int
    subject: str = Field(max_length=100)
    team_id: uuid.UUID | None = Field(default=None, foreign_key="organisation.id")


class ProgrammeSession(Recorded, table=True):
    """A session (期) or class (班) of a strand, with its own selection, attendance and part of the archive."""

    __tablename__ = "programme_session"
    __table_args__ = (UniqueConstraint("strand_id", "number"),)

    programme_id: uuid.UUID = Field(foreign_key="programme.id", index=True)
    strand_id: uuid.UUID = Field(foreign_key="strand.id", index=True)
    number: int
    name: str = Field(max_length=100)
    places: int
    county_id: uuid.UUID | None = Field(default=None, foreign_key="organisation.id")
    starts_on: date
    ends_on: date
    started_on: date | None = None
    ended_on: date | None = None
    list_confirmed_at: datetime | None = None


class SessionSchool(Recorded, table=True):
    """A rural school that a session visits, with its places."""

    __tablename__ = "session_school"
    __table_args__ = (UniqueConstraint("session_id", "school_id"),)

    session_id: uuid.UUID = Field(foreign_key="programme_session.id", index=True)
    school_id: uuid.UUID = Field(foreign_key="organisation.id", index=True)
    places: int


class Phase(Recorded, table=True):
    """One phase of a programme, session or school: what a flow run carries.

    `target` is `programme`, or the session's or the school visit's id as text: it makes the key unique.
    `run_id` is the Prefect run of this `generation`; the ledger never reads history from it.
    """

    __tablename__ = "phase"
    __table_args__ = (UniqueConstraint("programme_id", "key", "target"),)

    programme_id: uuid.UUID = Field(foreign_key="programme.id", index=True)
    key: str = Field(max_length=40)
    flow: str = Field(max_length=40)
    target: str = Field(max_length=40)
    session_id: uuid.UUID | None = Field(default=None, foreign_key="programme_session.id")
    school_id: uuid.UUID | None = Field(default=None, foreign_key="organisation.id")
    state: str = Field(max_length=20, index=True)
    outcome: str | None = Field(default=None, max_length=20)
    opened_at: datetime
    closed_at: datetime | None = None
    observed_number: int = 0
    run_id: uuid.UUID | None = None
    run_settled: bool = False
    generation: int = 1
