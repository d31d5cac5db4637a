"""The outbox: messages to people and wakes for runs, written with the act that causes them.

A message is claimed before it is sent and settled after; a crash between the two leaves it claimed, and it is sent once
more, marked as a repeat. Nobody sends inside a transaction.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel
from sqlmodel import col, select

from ledger.core import plain, record
from ledger.people import office_people
from models.act import Act
from models.office import Message
from models.people import Organisation, Person
from models.programme import Programme
from models.review import OneTimeCode
from models.states import MessageState

BACKOFF = (timedelta(seconds=20), timedelta(minutes=2), timedelta(minutes=15), timedelta(hours=2), timedelta(hours=12))


class Parcel(BaseModel):
    """One message, ready for sending: plain data for the notifications room. `code` exists only here, never in a row."""

    id: uuid.UUID
    kind: str
    locale: str
    facts: dict[str, Any]
    person_ref: str | None = None
    person_name: str | None = None
    email: str | None = None
    channel: str | None = None
    code: str | None = None
    repeated: bool = False
    tries: int = 0


def tell(
    act: Act,
    kind: str,
    matter: str,
    people: Iterable[Person],
    programme: Programme | None = None,
    /,
    *,
    obligation_id: uuid.UUID | None = None,
    step_id: uuid.UUID | None = None,
    **facts: Any,
) -> int:
    """Queue one message a person on a matter; the same matter is told to a person once. Answers how many are reached.

    Also queued once for each of their organisations that has a channel of its own. Whoever has neither mail nor channel
    is not reached.
    """
    reached = 0
    told: set[uuid.UUID] = set()
    base = {"programme": programme.ref, "title": programme.title, "short": programme.short_name} if programme else {}
    for who in people:
        if not (who.email or who.channel):
            continue
        reached += _queue(
            act,
            kind,
            f"{kind}:{matter}:{who.ref}",
            who.locale,
            base | facts,
            programme_id=programme.id if programme else None,
            obligation_id=obligation_id,
            step_id=step_id,
            person_id=who.id,
        )
        if who.organisation_id in told:
            continue
        told.add(who.organisation_id)
        home = act.session.get(Organisation, who.organisation_id)
        if home is not None and home.channel:
            _queue(
                act,
                kind,
                f"{kind}:{matter}:{home.id}",
                who.locale,
                base | facts,
                programme_id=programme.id if programme else None,
                obligation_id=obligation_id,
                organisation_id=home.id,
            )
    return reached


def tell_or_report(
    act: Act, kind: str, matter: str, people: Iterable[Person], programme: Programme, /, **facts: Any
) -> int:
    """Like `tell`; when nobody is reached, the event says so and the programme office is told instead."""
    reached = tell(act, kind, matter, people, programme, **facts)
    if not reached:
        record(act, "nobody_reached", programme, message=kind, matter=matter)
        tell(act, "nobody-reached", f"{kind}:{matter}", office_people(act), programme, about=kind, **facts)
    return reached


def _queue(act: Act, kind: str, key: str, locale: str, facts: dict[str, Any], **ids: Any) -> int:
    if act.session.exec(select(Message.id).where(Message.key == key)).first() is not None:
        return 1
    act.session.add(
        Message(
            key=key,
            kind=kind,
            locale=locale,
            facts=plain(facts),
            state=MessageState.QUEUED,
            next_try_at=act.now,
            created_at=act.now,
            **ids,
        )
    )
    act.session.flush()
    return 1


def cancel_messages(act: Act, *, obligation_id: uuid.UUID | None = None, step_id: uuid.UUID | None = None) -> int:
    """Cancel the unsent messages on a matter that is settled, in the same transaction as what settled it."""
    query = select(Message).where(Message.state == MessageState.QUEUED)
    if obligation_id is not None:
        query = query.where(Message.obligation_id == obligation_id)
    if step_id is not None:
        query = query.where(Message.step_id == step_id)
    rows = act.session.exec(query).all() if (obligation_id or step_id) else []
    for row in rows:
        row.state = MessageState.CANCELLED
        act.session.add(row)
    return len(rows)


def claim_messages(act: Act, limit: int, real_now: datetime, stale_after: timedelta) -> list[Parcel]:
    """Claim queued messages that are due, oldest first, and those whose sender died more than `stale_after` ago.

    Delivery runs on real time (`real_now`): a moved business clock neither hurries nor delays the post.
    """
    rows = act.session.exec(
        select(Message)
        .where(
            (
                (col(Message.state) == MessageState.QUEUED)
                & (col(Message.tries) == 0)
                & (col(Message.next_try_at) <= act.now)
            )
            | ((col(Message.state) == MessageState.QUEUED) & (col(Message.next_try_at) <= real_now))
            | ((col(Message.state) == MessageState.SENDING) & (col(Message.next_try_at) <= real_now - stale_after))
        )
        .order_by(col(Message.created_at), col(Message.id))
        .limit(limit)
    ).all()
    parcels = []
    for row in rows:
        row.repeated = row.repeated or row.state == MessageState.SENDING
        row.state = MessageState.SENDING
        row.tries += 1
        row.next_try_at = real_now
        act.session.add(row)
        parcels.append(_parcel(act, row))
    act.session.flush()
    return parcels


def _parcel(act: Act, row: Message) -> Parcel:
    who = act.session.get(Person, row.person_id) if row.person_id else None
    body = act.session.get(Organisation, row.organisation_id) if row.organisation_id else None
    code = None
    if row.step_id and who:
        kept = act.session.exec(
            select(OneTimeCode).where(OneTimeCode.step_id == row.step_id, OneTimeCode.person_id == who.id)
        ).first()
        code = act.code_of(row.step_id, who.id, kept.nonce) if kept and kept.used_at is None else None
    return Parcel(
        id=row.id,
        kind=row.kind,
        locale=row.locale,
        facts=row.facts,
        person_ref=who.ref if who else None,
        person_name=who.name if who else None,
        email=who.email if who else None,
        channel=who.channel if who else (body.channel if body else None),
        code=code,
        repeated=row.repeated,
        tries=row.tries,
    )


def hold_message(act: Act, message_id: uuid.UUID, error: str, until: datetime) -> None:
    """Put a claimed message back that the office's own settings keep from being sent; that counts no try."""
    row = act.session.get_one(Message, message_id)
    if row.state == MessageState.SENDING:
        row.state, row.error, row.next_try_at = MessageState.QUEUED, error[:400], until
        row.tries -= 1
        act.session.add(row)


def settle_message(act: Act, message_id: uuid.UUID, error: str | None, final: bool, real_now: datetime) -> MessageState:
    """Record how a sending ended: sent, to be tried again after a pause, or given up visibly (an event, and the
    office told).
    """
    row = act.session.get_one(Message, message_id)
    if row.state != MessageState.SENDING:
        return MessageState(row.state)
    if error is None:
        row.state, row.sent_at, row.error = MessageState.SENT, act.now, None
    elif final or row.tries > len(BACKOFF):
        row.state, row.error = MessageState.GIVEN_UP, error[:400]
        programme = act.session.get(Programme, row.programme_id) if row.programme_id else None
        record(act, "message_given_up", programme, message=row.kind, error=error[:400])
        if row.kind != "message-given-up":
            tell(act, "message-given-up", str(row.id), office_people(act), programme, about=row.kind, error=error[:200])
    else:
        row.state, row.error = MessageState.QUEUED, error[:400]
        row.next_try_at = real_now + BACKOFF[row.tries - 1]
    act.session.add(row)
    return MessageState(row.state)
