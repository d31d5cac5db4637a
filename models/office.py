"""What keeps the office running: clock, keys of acts, audit chain, outbox, leases and asks."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.base import Recorded


class BusinessClock(SQLModel, table=True):
    """The one clock: real time plus an offset in seconds, or frozen. It moves only in a ledger made with `--demo`."""

    __tablename__ = "business_clock"

    id: int = Field(default=1, primary_key=True)
    offset_seconds: float = 0
    frozen_at: datetime | None = None
    demo: bool = False


class ActKey(Recorded, table=True):
    """An act done under a client-given key, with what it answered: the same key again gives the same answer."""

    __tablename__ = "act_key"

    key: str = Field(unique=True, max_length=200)
    operation: str = Field(max_length=60)
    fingerprint: str = Field(max_length=64)
    answer: dict[str, Any] = Field(sa_type=JSON)


class AuditEvent(SQLModel, table=True):
    """What happened, by whom, through which door; each event carries the hash of the one before it."""

    __tablename__ = "audit_event"

    number: int = Field(primary_key=True)
    at: datetime
    kind: str = Field(max_length=60, index=True)
    programme_id: uuid.UUID | None = Field(default=None, foreign_key="programme.id", index=True)
    person_id: uuid.UUID | None = Field(default=None, foreign_key="person.id")
    door: str = Field(max_length=20)
    facts: dict[str, Any] = Field(sa_type=JSON)
    previous_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64, unique=True)


class AuditHead(SQLModel, table=True):
    """The last audit event's number and hash, kept beside the chain: a tail that was cut off is missed here."""

    __tablename__ = "audit_head"

    id: int = Field(default=1, primary_key=True)
    number: int
    hash: str = Field(max_length=64)


class Message(Recorded, table=True):
    """A message in the outbox: one recipient, one matter. Codes are made at sending and never stand here.

    `ways` says how it fared by mail, channel and fallback, so that what took it is not sent to again. `bundle_id` names
    the digest that carries it.
    """

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_due", "state", "next_try_at"),)

    key: str = Field(unique=True, max_length=200)
    kind: str = Field(max_length=60)
    programme_id: uuid.UUID | None = Field(default=None, foreign_key="programme.id", index=True)
    obligation_id: uuid.UUID | None = Field(default=None, foreign_key="obligation.id", index=True)
    step_id: uuid.UUID | None = Field(default=None, foreign_key="approval_step.id", index=True)
    person_id: uuid.UUID | None = Field(default=None, foreign_key="person.id")
    organisation_id: uuid.UUID | None = Field(default=None, foreign_key="organisation.id")
    locale: str = Field(default="zh-CN", max_length=10)
    facts: dict[str, Any] = Field(sa_type=JSON)
    state: str = Field(max_length=20)
    tries: int = 0
    next_try_at: datetime
    sent_at: datetime | None = None
    error: str | None = Field(default=None, max_length=400)
    repeated: bool = False
    ways: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    bundle_id: uuid.UUID | None = Field(default=None, foreign_key="message.id", index=True)


class Wake(Recorded, table=True):
    """A hint that a run should look at the ledger. Done only when its flow has observed `event_number` or more.

    `phase_id` empty means the programme's lifecycle run.
    """

    __tablename__ = "wake"
    __table_args__ = (Index("ix_wake_open", "done_at", "created_at"),)

    programme_id: uuid.UUID = Field(foreign_key="programme.id", index=True)
    phase_id: uuid.UUID | None = Field(default=None, foreign_key="phase.id", index=True)
    event_number: int
    done_at: datetime | None = None


class Lease(Recorded, table=True):
    """Who executes a thing right now: taken by compare-and-set, given back at the end, broken when its process is dead.

    `process_identity` tells the process from a later one with the same number (`ledger.processes`).
    """

    __tablename__ = "lease"

    name: str = Field(unique=True, max_length=100)
    holder: str = Field(max_length=100)
    run_id: uuid.UUID | None = None
    host: str = Field(max_length=100)
    pid: int
    process_identity: str = Field(max_length=100)
    taken_at: datetime


class FormAsk(Recorded, table=True):
    """A question put to people through a run's Resume form; its number is never reused."""

    __tablename__ = "form_ask"
    __table_args__ = (UniqueConstraint("run_id", "number"),)

    run_id: uuid.UUID = Field(index=True)
    step_id: uuid.UUID = Field(foreign_key="approval_step.id")
    number: int
    key: str = Field(max_length=60)
    taken_in_at: datetime | None = None
    answer: str | None = Field(default=None, max_length=400)


class Watch(SQLModel, table=True):
    """When a watch of the office last looked (real time), what it found, and when its silence was told.

    A watch that has not looked for longer than its period is an alarm of its own.
    """

    __tablename__ = "watch"

    name: str = Field(primary_key=True, max_length=40)
    looked_at: datetime
    found: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    silence_told_at: datetime | None = None


class Counter(SQLModel, table=True):
    """Gapless numbers for what people call things by, per name (`CQ-2026`, `P`)."""

    __tablename__ = "counter"

    name: str = Field(primary_key=True, max_length=40)
    value: int = 0


class Bookmark(SQLModel, table=True):
    """How far a reader of the audit chain has come: every event up to `number` has been carried on."""

    __tablename__ = "bookmark"

    name: str = Field(primary_key=True, max_length=40)
    number: int = 0
    moved_at: datetime
