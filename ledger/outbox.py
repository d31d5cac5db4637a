"""The outbox: messages to people and wakes for runs, written with the act that causes them.

A message is claimed before it is sent and settled after; a crash between the two leaves it claimed, and it is sent once
more, marked as a repeat. What may wait waits for the reader's digest or the end of their quiet hours. Nobody sends inside
a transaction.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement
from sqlmodel import col, select

from ledger.core import fingerprint, plain, record
from ledger.courtesy import AT_ONCE, digest_moment, on_a_workday, quiet_until, waits_for_digest
from ledger.digests import DIGEST, bundle, contents, follow
from ledger.people import office_people
from ledger.together import Together
from models.act import Act
from models.office import Message
from models.people import Organisation, Person
from models.programme import Phase, Programme
from models.review import OneTimeCode
from models.states import MessageState, WayState

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
    fallback: str | None = None
    code: str | None = None
    repeated: bool = False
    tries: int = 0
    ways: dict[str, str] = {}


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
    at_once: bool = False,
    first: bool = False,
    together: Together | None = None,
    **facts: Any,
) -> int:
    """Queue one message a person on a matter; the same matter is told to a person once. Answers how many are reached.

    Also queued once for each of their organisations that has a channel of its own. Whoever has neither mail nor channel
    is not reached. `at_once`: also in quiet hours, for somebody who acts at this moment. `first`: the caller knows that
    nobody was told of this matter before. `together`: so too, and the caller writes these rows itself.
    """
    reached = 0
    told: set[uuid.UUID] = set()
    base = {"programme": programme.ref, "title": programme.title, "short": programme.short_name} if programme else {}
    said = plain(base | facts)
    for who in people:
        if not (who.email or who.channel or who.fallback):
            continue
        reached += _queue(
            act,
            kind,
            f"{kind}:{matter}:{who.ref}",
            who,
            who.locale,
            said,
            at_once,
            first,
            together,
            programme_id=programme.id if programme else None,
            obligation_id=obligation_id,
            step_id=step_id,
            person_id=who.id,
        )
        if who.organisation_id in told:
            continue
        told.add(who.organisation_id)
        home = act.session.get(Organisation, who.organisation_id)
        if home is not None and (home.channel or home.fallback):
            _queue(
                act,
                kind,
                f"{kind}:{matter}:{home.id}",
                home,
                who.locale,
                said,
                at_once,
                first,
                together,
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


def _queue(
    act: Act,
    kind: str,
    key: str,
    to: Person | Organisation,
    locale: str,
    facts: dict[str, Any],
    at_once: bool,
    first: bool,
    together: Together | None,
    **ids: Any,
) -> int:
    if (
        together is None
        and not first
        and act.session.exec(select(Message.id).where(Message.key == key)).first() is not None
    ):
        return 1
    at_once = at_once or kind in AT_ONCE
    said = {
        "key": key,
        "kind": kind,
        "locale": locale,
        "facts": facts,
        "state": MessageState.QUEUED,
        "next_try_at": act.now if at_once else _first_moment(act, kind, to),
        "created_at": act.now,
        **ids,
    }
    bundled = isinstance(to, Person) and not at_once and _may_be_bundled(act, kind, facts, to)
    if together is not None and not bundled:
        together.add(Message, **said)
        return 1
    row = Message(**said)
    if bundled:
        assert isinstance(to, Person)
        bundle(act, row, to)
    act.session.add(row)
    return 1


def _first_moment(act: Act, kind: str, to: Person | Organisation) -> datetime:
    """Now, or when quiet hours are over; what a ladder says and they hold back comes on a workday then."""
    coming = quiet_until(to.quiet_hours, act.now, act.zone)
    return on_a_workday(coming, act.zone) if coming > act.now and kind.startswith("obligation-") else coming


def _may_be_bundled(act: Act, kind: str, facts: dict[str, Any], who: Person) -> bool:
    if not who.digest_at:
        return False
    coming = digest_moment(who.digest_at, act.now, act.zone).date()
    return waits_for_digest(kind, facts, (coming - act.today).days)


def cancel_messages(act: Act, *, obligation_id: uuid.UUID | None = None, step_id: uuid.UUID | None = None) -> int:
    """Cancel the unsent messages on a matter that is settled, in the same transaction as what settled it."""
    query = select(Message).where(col(Message.state).in_((MessageState.QUEUED, MessageState.BUNDLED)))
    if obligation_id is not None:
        query = query.where(Message.obligation_id == obligation_id)
    if step_id is not None:
        query = query.where(Message.step_id == step_id)
    rows = act.session.exec(query).all() if (obligation_id or step_id) else []
    for row in rows:
        row.state = MessageState.CANCELLED
        act.session.add(row)
    return len(rows)


def due(act: Act, real_now: datetime, stale_after: timedelta) -> ColumnElement[bool]:
    """Which messages are to be sent now: queued ones whose moment has come, and claimed ones whose sender died.

    A message's first moment is one of the business clock. Whatever comes after it runs on real time (`real_now`): a moved
    clock neither hurries nor delays the post.
    """
    queued, first = col(Message.state) == MessageState.QUEUED, col(Message.error).is_(None)
    return (
        (queued & first & (col(Message.next_try_at) <= act.now))
        | (queued & ~first & (col(Message.next_try_at) <= real_now))
        | ((col(Message.state) == MessageState.SENDING) & (col(Message.next_try_at) <= real_now - stale_after))
    )


def claim_messages(act: Act, limit: int, real_now: datetime, stale_after: timedelta) -> list[Parcel]:
    """Claim queued messages that are due, oldest first, and those whose sender died more than `stale_after` ago."""
    rows = act.session.exec(
        select(Message)
        .where(due(act, real_now, stale_after))
        .order_by(col(Message.created_at), col(Message.id))
        .limit(limit)
    ).all()
    parcels = []
    codes = _codes_of(act, [row.step_id for row in rows if row.step_id])
    runs = _runs_of(act, [row.facts["phase_id"] for row in rows if row.facts.get("phase_id")])
    _fetch(act, Person, [row.person_id for row in rows])
    for row in rows:
        facts = row.facts | contents(act, row) if row.kind == DIGEST else row.facts
        if run := runs.get(str(row.facts.get("phase_id"))):
            facts = facts | {"run_id": run}
        if row.kind == DIGEST and not facts["messages"]:
            row.state = MessageState.CANCELLED
            act.session.add(row)
            continue
        row.repeated = row.repeated or row.state == MessageState.SENDING
        row.state = MessageState.SENDING
        row.tries += 1
        row.next_try_at = real_now
        act.session.add(row)
        parcels.append(_parcel(act, row, facts, codes))
    act.session.flush()
    return parcels


def _fetch(act: Act, table: type[Person | Message], ids: Iterable[uuid.UUID | None]) -> None:
    """Read rows at once that are looked at one by one."""
    wanted = {one for one in ids if one is not None}
    if wanted:
        act.session.exec(select(table).where(col(table.id).in_(wanted))).all()


def _codes_of(act: Act, step_ids: list[uuid.UUID]) -> dict[tuple[uuid.UUID, uuid.UUID], OneTimeCode]:
    if not step_ids:
        return {}
    rows = act.session.exec(select(OneTimeCode).where(col(OneTimeCode.step_id).in_(step_ids))).all()
    return {(row.step_id, row.person_id): row for row in rows}


def _runs_of(act: Act, phase_ids: list[str]) -> dict[str, str]:
    """The runs that carry these phases now; a phase without one is left out."""
    if not phase_ids:
        return {}
    wanted = {uuid.UUID(one) for one in phase_ids}
    rows = act.session.exec(select(Phase.id, Phase.run_id).where(col(Phase.id).in_(wanted))).all()
    return {str(phase): str(run) for phase, run in rows if run is not None}


def _parcel(
    act: Act, row: Message, facts: dict[str, Any], codes: dict[tuple[uuid.UUID, uuid.UUID], OneTimeCode]
) -> Parcel:
    who = act.session.get(Person, row.person_id) if row.person_id else None
    body = act.session.get(Organisation, row.organisation_id) if row.organisation_id else None
    code = None
    if row.step_id and who:
        kept = codes.get((row.step_id, who.id))
        code = act.code_of(row.step_id, who.id, kept.nonce) if kept and kept.used_at is None else None
    return Parcel(
        id=row.id,
        kind=row.kind,
        locale=row.locale,
        facts=facts,
        person_ref=who.ref if who else None,
        person_name=who.name if who else None,
        email=who.email if who else None,
        channel=who.channel if who else (body.channel if body else None),
        fallback=who.fallback if who else (body.fallback if body else None),
        code=code,
        repeated=row.repeated,
        tries=row.tries,
        ways=row.ways,
    )


def look_at_messages(act: Act, message_ids: Iterable[uuid.UUID]) -> None:
    """Read messages at once that are to be settled one by one."""
    _fetch(act, Message, message_ids)


def hold_message(act: Act, message_id: uuid.UUID, error: str, until: datetime) -> None:
    """Put a claimed message back that the office's own settings keep from being sent; that counts no try."""
    row = act.session.get_one(Message, message_id)
    if row.state == MessageState.SENDING:
        row.state, row.error, row.next_try_at = MessageState.QUEUED, error[:400], until
        row.tries -= 1
        act.session.add(row)


def settle_message(
    act: Act,
    message_id: uuid.UUID,
    error: str | None,
    final: bool,
    real_now: datetime,
    *,
    ways: Mapping[str, str] | None = None,
    told: bool = False,
    doubtful: bool = False,
) -> MessageState:
    """Record how a sending ended: sent (or delivered, where the service says so), to be tried again after a pause, or
    given up visibly (an event, and the office told).

    `ways` is how it fared by mail, channel and fallback. `told`: the reader has it, although a way failed; when patience
    ends, that is enough. `doubtful`: it may have arrived all the same, so the next try is marked as a repeat. A way that
    failed for good is reported to the office once, until its address is corrected.
    """
    row = act.session.get_one(Message, message_id)
    if row.state != MessageState.SENDING:
        return MessageState(row.state)
    broken = [way for way, how in (ways or {}).items() if how == WayState.FAILED_FOR_GOOD and row.ways.get(way) != how]
    row.ways = row.ways | dict(ways or {})
    if error is None or (told and (final or row.tries > len(BACKOFF))):
        took = {how for how in row.ways.values() if how in (WayState.SENT, WayState.DELIVERED)}
        row.state = MessageState.DELIVERED if took == {WayState.DELIVERED} else MessageState.SENT
        row.sent_at, row.error = act.now, None
        for way in broken:
            _report_way(act, row, way)
    elif final or row.tries > len(BACKOFF):
        row.state, row.error = MessageState.GIVEN_UP, error[:400]
        programme = _programme_of(act, row)
        record(act, "message_given_up", programme, message=row.kind, error=error[:400])
        if row.kind != "message-given-up":
            tell(act, "message-given-up", str(row.id), office_people(act), programme, about=row.kind, error=error[:200])
    else:
        row.state, row.error = MessageState.QUEUED, error[:400]
        row.next_try_at = real_now + BACKOFF[row.tries - 1]
        row.repeated = row.repeated or doubtful
    act.session.add(row)
    if row.kind == DIGEST and row.state != MessageState.QUEUED:
        follow(act, row)
    return MessageState(row.state)


def _programme_of(act: Act, row: Message) -> Programme | None:
    return act.session.get(Programme, row.programme_id) if row.programme_id else None


def _report_way(act: Act, row: Message, way: str) -> None:
    """Tell the office that somebody can no longer be reached in one way; once for each address."""
    who = act.session.get(Person, row.person_id) if row.person_id else None
    body = act.session.get(Organisation, row.organisation_id) if row.organisation_id else None
    to = who or body
    if to is None or row.kind == "message-way-failed":
        return
    address = who.email if who and way == "mail" else getattr(to, way, None)
    name = who.ref if who else body.name if body else ""
    tell(
        act,
        "message-way-failed",
        f"{to.id}:{way}:{fingerprint(address)[:12]}",
        office_people(act),
        to_whom=name,
        way=way,
        about=row.kind,
    )
