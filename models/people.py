"""Organisations, people, and the roles that people hold in organisations."""

import uuid

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.base import Recorded


class Organisation(Recorded, table=True):
    """An education authority, institute, school, university, other body, training team or programme office.

    `kind` is a role key of the pack (`county-education-authority`, `school`, …); `parent_id` is the body above it.
    `channel` is an Apprise address, encrypted.
    """

    __tablename__ = "organisation"

    name: str = Field(unique=True, max_length=200)
    kind: str = Field(index=True, max_length=60)
    level: str | None = Field(default=None, max_length=20)
    parent_id: uuid.UUID | None = Field(default=None, foreign_key="organisation.id", index=True)
    rural: bool = False
    channel: str | None = None
    sample: bool = False


class Person(Recorded, table=True):
    """A person with the least that is needed to reach them. `ref` is what people type (`P-0001`)."""

    __tablename__ = "person"

    ref: str = Field(unique=True, max_length=20)
    name: str = Field(max_length=100)
    organisation_id: uuid.UUID = Field(foreign_key="organisation.id", index=True)
    email: str | None = Field(default=None, max_length=200)
    channel: str | None = None
    locale: str = Field(default="zh-CN", max_length=10)
    active: bool = True


class RoleAssignment(Recorded, table=True):
    """A person holds a role in an organisation. Role `clerk` may record on behalf of the heads of that organisation."""

    __tablename__ = "role_assignment"
    __table_args__ = (UniqueConstraint("person_id", "organisation_id", "role"),)

    person_id: uuid.UUID = Field(foreign_key="person.id", index=True)
    organisation_id: uuid.UUID = Field(foreign_key="organisation.id", index=True)
    role: str = Field(max_length=60)
