"""Standing duties as they stand: what is open, when the next rung is due, what was told and is not sent yet. Reads only."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import col, select

from models.act import Act
from models.office import Message
from models.register import StandingDuty
from models.states import MessageState, ObligationState

OPEN = ObligationState.OPEN


def unsent_on_duties(act: Act, duty_id: uuid.UUID | str = "") -> Sequence[Message]:
    """What was told on one duty, or on any, and has not gone out yet, by itself or in a digest."""
    return act.session.exec(
        select(Message).where(
            col(Message.state).in_((MessageState.QUEUED, MessageState.BUNDLED)),
            col(Message.key).contains(f":duty-{duty_id}"),
        )
    ).all()


def next_standing(act: Act) -> datetime | None:
    """The next moment at which a rung of a standing duty is due, or None."""
    return act.session.exec(
        select(StandingDuty.next_at)
        .where(StandingDuty.state == OPEN, col(StandingDuty.next_at).is_not(None))
        .order_by(col(StandingDuty.next_at))
        .limit(1)
    ).first()


def duties_of(act: Act, pack: str | None = None, *, only_open: bool = True) -> Iterable[StandingDuty]:
    """The standing duties, the soonest due first."""
    query = select(StandingDuty)
    if pack is not None:
        query = query.where(StandingDuty.pack == pack)
    if only_open:
        query = query.where(StandingDuty.state == OPEN)
    return act.session.exec(query.order_by(col(StandingDuty.due_on), col(StandingDuty.id))).all()
