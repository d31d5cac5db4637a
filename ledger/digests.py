"""The daily digest: one message a person and day for what is not urgent, made when it is sent.

A bundled message is a row like any other: what settles its matter cancels it, and it shares the fate of the digest that
carries it. A digest whose matters have all been settled is not sent. Decides nothing about what is urgent
(`ledger.courtesy`). Serves no clause of a regulation.
"""

from typing import Any

from sqlmodel import col, select

from ledger.courtesy import digest_moment, quiet_until
from models.act import Act
from models.office import Message
from models.people import Person
from models.states import MessageState

DIGEST = "digest"


def bundle(act: Act, row: Message, who: Person) -> None:
    """Put a message that was just queued into its reader's next digest, and make that where there is none yet."""
    days_on, carrier = 0, _carrier(act, who, 0)
    while carrier.state != MessageState.QUEUED:  # on its way already: tomorrow's, then
        days_on += 1
        carrier = _carrier(act, who, days_on)
    row.state, row.bundle_id, row.next_try_at = MessageState.BUNDLED, carrier.id, carrier.next_try_at
    act.session.add(row)


def _carrier(act: Act, who: Person, days_on: int) -> Message:
    assert who.digest_at is not None
    moment = digest_moment(who.digest_at, act.now, act.zone, days_on)
    key = f"{DIGEST}:{who.ref}:{moment.date().isoformat()}"
    row = act.session.exec(select(Message).where(Message.key == key)).first()
    if row is None:
        row = Message(
            key=key,
            kind=DIGEST,
            locale=who.locale,
            person_id=who.id,
            facts={},
            state=MessageState.QUEUED,
            next_try_at=quiet_until(who.quiet_hours, moment, act.zone),
            created_at=act.now,
        )
        act.session.add(row)
        act.session.flush()
    return row


def carried(act: Act, digest: Message) -> list[Message]:
    """The messages that a digest carries, oldest first: those still waiting, or those it took with it."""
    state = MessageState.BUNDLED if digest.state in (MessageState.QUEUED, MessageState.SENDING) else digest.state
    query = select(Message).where(Message.bundle_id == digest.id, Message.state == state)
    return list(act.session.exec(query.order_by(col(Message.created_at), col(Message.id))).all())


def contents(act: Act, digest: Message) -> dict[str, Any]:
    """What a digest tells: its messages as kinds and facts, for whoever puts them into words."""
    rows = carried(act, digest)
    return {"messages": [{"id": str(row.id), "kind": row.kind, "facts": row.facts} for row in rows], "count": len(rows)}


def follow(act: Act, digest: Message) -> None:
    """What a digest carried shares its fate, once that is settled."""
    query = select(Message).where(Message.bundle_id == digest.id, Message.state == MessageState.BUNDLED)
    for row in act.session.exec(query).all():
        row.state, row.sent_at, row.error, row.tries = digest.state, digest.sent_at, digest.error, digest.tries
        act.session.add(row)
