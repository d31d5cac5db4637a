"""Submissions in versions, the steps of their approval chains, decisions and one-time codes."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field

from models.base import Recorded


class Submission(Recorded, table=True):
    """One version of an application, an award matter or an implementation plan. Versions are only ever added."""

    __tablename__ = "submission"
    __table_args__ = (UniqueConstraint("programme_id", "subject", "version"),)

    programme_id: uuid.UUID = Field(foreign_key="programme.id", index=True)
    subject: str = Field(max_length=30)
    version: int
    state: str = Field(max_length=20, index=True)
    content: dict[str, Any] = Field(sa_type=JSON)
    verdicts: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    document_id: uuid.UUID | None = Field(default=None, foreign_key="document.id")
    submitted_by_id: uuid.UUID = Field(foreign_key="person.id")
    submitted_at: datetime


class ApprovalStep(Recorded, table=True):
    """One tier's step on one version of a submission: which organisation in which role does what.

    `number` is the tier's place in the chain (from 1). A step goes pending, open, decided; never back: where a decision
    is taken back, the step is superseded and its tier asked anew in the next `round`.
    """

    __tablename__ = "approval_step"
    __table_args__ = (UniqueConstraint("submission_id", "number", "round"),)

    programme_id: uuid.UUID = Field(foreign_key="programme.id", index=True)
    submission_id: uuid.UUID = Field(foreign_key="submission.id", index=True)
    subject: str = Field(max_length=30)
    number: int
    role: str = Field(max_length=60)
    action: str = Field(max_length=20)
    organisation_id: uuid.UUID = Field(foreign_key="organisation.id", index=True)
    basis: dict[str, Any] = Field(sa_type=JSON)
    state: str = Field(max_length=20, index=True)
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    round: int = 1
    superseded_at: datetime | None = None


class Decision(Recorded, table=True):
    """What a tier decided. Only ever added; one a step.

    `person_id` is who acted in their own name and code; `on_behalf_of` names the head whose stamped page
    (`document_id`) a clerk recorded (代录). `for_id` is the absent person in whose place they stood. Where silence counts
    as consent nobody acted: `deemed_by` is the clause that says so.
    """

    __tablename__ = "decision"

    step_id: uuid.UUID = Field(foreign_key="approval_step.id", unique=True)
    programme_id: uuid.UUID = Field(foreign_key="programme.id", index=True)
    outcome: str = Field(max_length=20)
    comment: str = Field(default="", max_length=2000)
    person_id: uuid.UUID | None = Field(default=None, foreign_key="person.id")
    for_id: uuid.UUID | None = Field(default=None, foreign_key="person.id")
    deemed_by: str | None = Field(default=None, max_length=40)
    on_behalf_of: str | None = Field(default=None, max_length=100)
    document_id: uuid.UUID | None = Field(default=None, foreign_key="document.id")
    door: str = Field(max_length=20)
    decided_at: datetime


class OneTimeCode(Recorded, table=True):
    """What the ledger keeps of a one-time code: never the code itself, which is made at the moment of sending."""

    __tablename__ = "one_time_code"
    __table_args__ = (UniqueConstraint("step_id", "person_id"),)

    step_id: uuid.UUID = Field(foreign_key="approval_step.id", index=True)
    person_id: uuid.UUID = Field(foreign_key="person.id")
    nonce: str = Field(max_length=40)
    expires_at: datetime
    tries: int = 0
    locked_at: datetime | None = None
    used_at: datetime | None = None


class Vote(Recorded, table=True):
    """What one person says on a step that needs several: the decision follows when the quorum stands. Only added.

    `seat_id` is whose voice it is: the person themselves, or the absent one in whose place they stand; each has one.
    """

    __tablename__ = "vote"
    __table_args__ = (UniqueConstraint("step_id", "seat_id"),)

    step_id: uuid.UUID = Field(foreign_key="approval_step.id", index=True)
    person_id: uuid.UUID = Field(foreign_key="person.id")
    seat_id: uuid.UUID = Field(foreign_key="person.id")
    outcome: str = Field(max_length=20)
    comment: str = Field(default="", max_length=2000)
    on_behalf_of: str | None = Field(default=None, max_length=100)
    document_id: uuid.UUID | None = Field(default=None, foreign_key="document.id")
    voted_at: datetime


class TakenBack(Recorded, table=True):
    """A decision was taken back by who had made it, before the next tier had acted."""

    __tablename__ = "taken_back"

    decision_id: uuid.UUID = Field(foreign_key="decision.id", unique=True)
    person_id: uuid.UUID = Field(foreign_key="person.id")
    why: str = Field(max_length=400)


class Reassignment(Recorded, table=True):
    """A step was handed from one person to another (`from_id` empty: from all who were asked), by whom and why."""

    __tablename__ = "reassignment"

    step_id: uuid.UUID = Field(foreign_key="approval_step.id", index=True)
    from_id: uuid.UUID | None = Field(default=None, foreign_key="person.id")
    to_id: uuid.UUID = Field(foreign_key="person.id")
    by_id: uuid.UUID | None = Field(default=None, foreign_key="person.id")
    why: str = Field(max_length=400)
