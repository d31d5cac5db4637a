"""Organisations, people, and the roles that people hold in organisations."""

import uuid
from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from models.base import Recorded


class Organisation(Recorded, table=True):
    """An education authority, institute, school, university, other body, training team or programme office.

    `kind` is a role key of the pack (`county-education-authority`, `school`, …); `parent_id` is the body above it.
    `channel` and `fallback` (used when the channel fails for good) are Apprise addresses, encrypted; nothing is sent in
    the `quiet_hours` (`21:00-07:30`).
    """

    __tablename__ = "organisation"

    name: str = Field(unique=True, max_length=200)
    kind: str = Field(index=True, max_length=60)
    level: str | None = Field(default=None, max_length=20)
    parent_id: uuid.UUID | None = Field(default=None, foreign_key="organisation.id", index=True)
    rural: bool = False
    channel: str | None = None
    fallback: str | None = None
    quiet_hours: str | None = Field(default=None, max_length=11)
    sample: bool = False


class Person(Recorded, table=True):
    """A person with the least that is needed to reach them. `ref` is what people type (`P-0001`).

    `fallback` is the channel (encrypted) for when the others failed for good. What is urgent waits for the end of the
    `quiet_hours` (`21:00-07:30`); what is not comes once a day at `digest_at` (`08:00`), where that is set.
    """

    __tablename__ = "person"

    ref: str = Field(unique=True, max_length=20)
    name: str = Field(max_length=100)
    organisation_id: uuid.UUID = Field(foreign_key="organisation.id", index=True)
    email: str | None = Field(default=None, max_length=200)
    channel: str | None = None
    fallback: str | None = None
    quiet_hours: str | None = Field(default=None, max_length=11)
    digest_at: str | None = Field(default=None, max_length=5)
    locale: str = Field(default="zh-CN", max_length=10)
    active: bool = True


class RoleAssignment(Recorded, table=True):
    """A person holds a role in an organisation. Role `clerk` may record on behalf of the heads of that organisation."""

    __tablename__ = "role_assignment"
    __table_args__ = (UniqueConstraint("person_id", "organisation_id", "role"),)

    person_id: uuid.UUID = Field(foreign_key="person.id", index=True)
    organisation_id: uuid.UUID = Field(foreign_key="organisation.id", index=True)
    role: str = Field(max_length=60)


class Absence(Recorded, table=True):
    """A person is away from `from_on` up to and including `until_on`, and another stands in for them.

    `set_by_id` is the person themselves, their head or the programme office. `handed_at` is when open matters went to
    the substitute; an absence that was ended early keeps its row.
    """

    __tablename__ = "absence"
    __table_args__ = (Index("ix_absence_days", "until_on", "from_on"),)

    person_id: uuid.UUID = Field(foreign_key="person.id", index=True)
    substitute_id: uuid.UUID = Field(foreign_key="person.id", index=True)
    from_on: date
    until_on: date
    why: str = Field(default="", max_length=400)
    set_by_id: uuid.UUID | None = Field(default=None, foreign_key="person.id")
    handed_at: datetime | None = None
    ended_at: datetime | None = None


class CalendarFeed(Recorded, table=True):
    """A person's or an organisation's calendar of what is due, under a secret address of which only the hash is kept.

    One that was revoked answers nobody any more.
    """

    __tablename__ = "calendar_feed"

    person_id: uuid.UUID | None = Field(default=None, foreign_key="person.id", index=True)
    organisation_id: uuid.UUID | None = Field(default=None, foreign_key="organisation.id", index=True)
    token_hash: str = Field(unique=True, max_length=64)
    revoked_at: datetime | None = None
