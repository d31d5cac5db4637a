"""What every table shares: time-ordered ids and aware moments."""

import uuid
from datetime import datetime

from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7


class Table(SQLModel):
    """A row with a UUIDv7 key, so that rows sort by the moment they were made."""

    id: uuid.UUID = Field(default_factory=uuid7, primary_key=True)


class Recorded(Table):
    """A row that also says when it was recorded (business clock, UTC)."""

    created_at: datetime = Field(index=True)
