"""What the outbox holds, as people ask for it: to whom, about what, how each message fared."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import ColumnElement, and_
from sqlmodel import col, select

from models.act import Act
from models.office import Message
from models.people import Organisation, Person
from models.programme import Programme
from models.states import MessageState

FAILED_FOR_NOW, FAILED_FOR_GOOD = "failed-for-now", "failed-for-good"


class Listed(BaseModel):
    """A message of the outbox. `delivery` is its state in the words of delivery: queued, bundled, sending, sent,
    delivered, failed-for-now, failed-for-good, cancelled.
    """

    id: uuid.UUID
    kind: str
    to: str | None
    programme: str | None
    state: str
    delivery: str
    ways: dict[str, str]
    tries: int
    repeated: bool
    created_at: datetime
    next_try_at: datetime | None
    sent_at: datetime | None
    error: str | None


def delivery_of(row: Message) -> str:
    """A message's state in the words of delivery: queued and given up say how trying went."""
    if row.state == MessageState.GIVEN_UP:
        return FAILED_FOR_GOOD
    return FAILED_FOR_NOW if row.state == MessageState.QUEUED and row.tries else row.state


def messages(act: Act, programme: Programme | None = None, state: str | None = None, limit: int = 50) -> list[Listed]:
    """Messages, newest first; `state` is one of the outbox or of delivery."""
    query = (
        select(Message, Person.ref, Organisation.name, Programme.ref)
        .join(Person, col(Person.id) == col(Message.person_id), isouter=True)
        .join(Organisation, col(Organisation.id) == col(Message.organisation_id), isouter=True)
        .join(Programme, col(Programme.id) == col(Message.programme_id), isouter=True)
    )
    if programme is not None:
        query = query.where(Message.programme_id == programme.id)
    if state is not None:
        query = query.where(_in(state))
    rows = act.session.exec(query.order_by(col(Message.id).desc()).limit(limit)).all()
    waiting = (MessageState.QUEUED, MessageState.BUNDLED)
    return [
        Listed(
            id=row.id,
            kind=row.kind,
            to=person or body,
            programme=ref,
            state=row.state,
            delivery=delivery_of(row),
            ways=row.ways,
            tries=row.tries,
            repeated=row.repeated,
            created_at=row.created_at,
            next_try_at=row.next_try_at if row.state in waiting else None,
            sent_at=row.sent_at,
            error=row.error,
        )
        for row, person, body, ref in rows
    ]


def _in(state: str) -> ColumnElement[bool]:
    special: Mapping[str, ColumnElement[bool]] = {
        FAILED_FOR_GOOD: col(Message.state) == MessageState.GIVEN_UP,
        FAILED_FOR_NOW: and_(col(Message.state) == MessageState.QUEUED, col(Message.tries) > 0),
    }
    return special.get(state, col(Message.state) == state)
