"""Nominations, bans, notices, stages, products, attendance and scores."""

import uuid
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from models.base import Recorded


class Nomination(Recorded, table=True):
    """One teacher's way into one session, from the voluntary enrolment to the result."""

    __tablename__ = "nomination"
    __table_args__ = (UniqueConstraint("session_id", "person_id"),)

    programme_id: uuid.UUID = Field(foreign_key="programme.id", index=True)
    session_id: uuid.UUID = Field(foreign_key="programme_session.id", index=True)
    person_id: uuid.UUID = Field(foreign_key="person.id", index=True)
    school_id: uuid.UUID = Field(foreign_key="organisation.id", index=True)
    state: str = Field(max_length=20, index=True)
    refusal: str | None = Field(default=None, max_length=400)
    refusal_basis: str | None = Field(default=None, max_length=100)
    checked_in_at: datetime | None = None


class NominationStep(Recorded, table=True):
    """One recorded step of a selection, with who acted for whom and its source (clause or office setting)."""

    __tablename__ = "nomination_step"
    __table_args__ = (UniqueConstraint("nomination_id", "step"),)

    nomination_id: uuid.UUID = Field(foreign_key="nomination.id", index=True)
    step: str = Field(max_length=20)
    person_id: uuid.UUID | None = Field(default=None, foreign_key="person.id")
    organisation_id: uuid.UUID | None = Field(default=None, foreign_key="organisation.id")
    basis: str = Field(max_length=100)
    acted_at: datetime


class PublicNotice(Recorded, table=True):
    """The posting of a school's list so that objections can be made. Both days are included."""

    __tablename__ = "public_notice"
    __table_args__ = (UniqueConstraint("session_id", "school_id"),)

    session_id: uuid.UUID = Field(foreign_key="programme_session.id", index=True)
    school_id: uuid.UUID = Field(foreign_key="organisation.id")
    from_on: date
    to_on: date
    objections: int = 0


class Ban(Recorded, table=True):
    """A teacher must not take part at some levels from `starts_on` up to and including `ends_on` (CQ2021-5.9)."""

    __tablename__ = "ban"
    __table_args__ = (Index("ix_ban_person_ends", "person_id", "ends_on"),)

    person_id: uuid.UUID = Field(foreign_key="person.id")
    key: str = Field(max_length=60)
    levels: str = Field(max_length=100)
    starts_on: date
    ends_on: date
    cause: str = Field(max_length=400)
    clause: str | None = Field(default=None, max_length=40)
    nomination_id: uuid.UUID | None = Field(default=None, foreign_key="nomination.id")


class PastTraining(Recorded, table=True):
    """A training that a teacher took part in before Songjiao kept the ledger: the same kind and subject again is a repetition."""

    __tablename__ = "past_training"

    person_id: uuid.UUID = Field(foreign_key="person.id", index=True)
    kind: str = Field(max_length=40)
    subject: str = Field(max_length=100)
    title: str = Field(max_length=200)
    ended_on: date


class Stage(Recorded, table=True):
    """A stage of send-teaching, or a part of a delivery without five stages, for a session or one of its schools.

    `hours` are credit hours a trainee earns. Planned and actual days are kept apart.
    """

    __tablename__ = "stage"
    __table_args__ = (UniqueConstraint("session_id", "key", "target"),)

    programme_id: uuid.UUID = Field(foreign_key="programme.id", index=True)
    session_id: uuid.UUID = Field(foreign_key="programme_session.id", index=True)
    school_id: uuid.UUID | None = Field(default=None, foreign_key="organisation.id")
    target: str = Field(max_length=40)
    key: str = Field(max_length=40)
    number: int
    name: str = Field(max_length=60)
    place: str = Field(default="", max_length=100)
    hours: Decimal = Field(max_digits=7, decimal_places=2)
    state: str = Field(max_length=20, index=True)
    planned_from: date
    planned_to: date
    actual_from: date | None = None
    actual_to: date | None = None


class Attendance(Recorded, table=True):
    """One trainee took part in one stage, with the credit hours recorded."""

    __tablename__ = "attendance"
    __table_args__ = (UniqueConstraint("stage_id", "nomination_id"),)

    stage_id: uuid.UUID = Field(foreign_key="stage.id", index=True)
    nomination_id: uuid.UUID = Field(foreign_key="nomination.id", index=True)
    hours: Decimal = Field(max_digits=7, decimal_places=2)


class Score(Recorded, table=True):
    """The score of one source on a scale 0-100, entered by its owner."""

    __tablename__ = "score"
    __table_args__ = (UniqueConstraint("programme_id", "source"),)

    programme_id: uuid.UUID = Field(foreign_key="programme.id", index=True)
    source: str = Field(max_length=40)
    value: Decimal = Field(max_digits=6, decimal_places=2)
    person_id: uuid.UUID = Field(foreign_key="person.id")
    entered_at: datetime


class EvaluationResult(Recorded, table=True):
    """The closed score of a programme: the weighted sum, rounded once."""

    __tablename__ = "evaluation_result"

    programme_id: uuid.UUID = Field(foreign_key="programme.id", unique=True)
    total: Decimal = Field(max_digits=6, decimal_places=2)
    closed_at: datetime
