"""What every table shares: time-ordered ids and aware moments."""

import uuid
from datetime import datetime

from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

# Constraints carry names by rule, so that a later revision can name the one it changes, on SQLite too.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(SQLModel):
    """A row with a UUIDv7 key, so that rows sort by the moment they were made."""

    id: uuid.UUID = Field(default_factory=uuid7, primary_key=True)


class Recorded(Table):
    """A row that also says when it was recorded (business clock, UTC)."""

    created_at: datetime = Field(index=True)
