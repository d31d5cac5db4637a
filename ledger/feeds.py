"""Calendars of what is due, per person and organisation: who may have one, what stands in it, when it ends.

The address holds a secret of which the ledger keeps a hash; whoever has the address may look, until it is revoked. A
feed tells what an organisation owes and by when, no person's name. Serves no clause of a regulation.
"""

import hashlib
import uuid
from collections.abc import Iterable

from pydantic import BaseModel
from sqlmodel import col, select

from ledger.core import Done, operation, record
from ledger.errors import BadInput
from ledger.people import CLERK, OFFICE, must_be_office, organisation, person
from ledger.queries.duties import personal_awaited, standing_awaited
from ledger.queries.standing import Awaited, awaited
from models.act import Act
from models.people import CalendarFeed, Organisation, Person, RoleAssignment

CONTACT = "contact"


class Calendar(BaseModel):
    """What a feed shows: whose it is, in which language, and what is due, soonest first."""

    name: str
    locale: str
    due: list[Awaited]


def hash_of(token: str) -> str:
    """What the ledger keeps of a feed's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_feed_of(act: Act, person_ref: str | None, organisation_name: str | None) -> CalendarFeed | None:
    """The feed that a person or an organisation has now, or None. Raises `NotFound`, `BadInput` unless one is named."""
    who, body = _whose(act, person_ref, organisation_name)
    query = select(CalendarFeed).where(col(CalendarFeed.revoked_at).is_(None))
    if who is not None:
        return act.session.exec(query.where(CalendarFeed.person_id == who.id)).first()
    assert body is not None
    return act.session.exec(query.where(CalendarFeed.organisation_id == body.id)).first()


@operation("open-feed", Done)
def open_feed(
    act: Act, feed_id: uuid.UUID, token_hash: str, person_ref: str | None = None, organisation_name: str | None = None
) -> Done:
    """Give a person or an organisation a calendar; who has one keeps it. Answers the feed's id.

    A person's is given to themselves or by the programme office; an organisation's to its people or by the office.
    Raises `NotFound`, `BadInput` unless exactly one is named, `Refused` for others.
    """
    who, body = _whose(act, person_ref, organisation_name)
    _must_be_theirs(act, who, body)
    known = open_feed_of(act, person_ref, organisation_name)
    if known is not None:
        return Done(id=known.id)
    row = CalendarFeed(
        id=feed_id,
        person_id=who.id if who else None,
        organisation_id=body.id if body else None,
        token_hash=token_hash,
        created_at=act.now,
    )
    act.session.add(row)
    record(act, "feed_opened", ref=who.ref if who else None, organisation=body.name if body else None)
    return Done(id=row.id)


@operation("revoke-feed", Done)
def revoke_feed(act: Act, person_ref: str | None = None, organisation_name: str | None = None) -> Done:
    """End the calendar of a person or an organisation: its address answers nobody any more.

    Raises `BadInput` where there is none, `NotFound` and `Refused` as `open_feed` does.
    """
    who, body = _whose(act, person_ref, organisation_name)
    _must_be_theirs(act, who, body)
    row = open_feed_of(act, person_ref, organisation_name)
    if row is None:
        raise BadInput([("calendar", "there is none to revoke")])
    row.revoked_at = act.now
    act.session.add(row)
    record(act, "feed_revoked", ref=who.ref if who else None, organisation=body.name if body else None)
    return Done(id=row.id)


def calendar_of(act: Act, token: str) -> Calendar | None:
    """The calendar behind a secret, or None where it opens nothing (any more)."""
    feed = act.session.exec(
        select(CalendarFeed).where(CalendarFeed.token_hash == hash_of(token), col(CalendarFeed.revoked_at).is_(None))
    ).first()
    if feed is None:
        return None
    if feed.person_id is not None:
        who = act.session.get_one(Person, feed.person_id)
        return _person_calendar(act, who) if who.active else None
    return _body_calendar(act, act.session.get_one(Organisation, feed.organisation_id))


def calendar_for(act: Act, person_ref: str | None, organisation_name: str | None) -> Calendar:
    """What the feed of a person or an organisation shows, whether they have one or not. Raises as `open_feed` does."""
    who, body = _whose(act, person_ref, organisation_name)
    if who is not None:
        return _person_calendar(act, who)
    assert body is not None
    return _body_calendar(act, body)


def _person_calendar(act: Act, who: Person) -> Calendar:
    held = act.session.exec(select(RoleAssignment).where(RoleAssignment.person_id == who.id)).all()
    name = f"{who.ref}"
    if any(one.role == OFFICE for one in held):
        due = [*awaited(act), *standing_awaited(act), *personal_awaited(act, who.id)]
        return Calendar(name=name, locale=who.locale, due=_soonest(due))
    roles: dict[uuid.UUID, set[str]] = {}
    for one in held:
        roles.setdefault(one.organisation_id, set()).add(one.role)
    owed = [(row, owner) for owner in roles for row in (*awaited(act, owed_by=owner), *standing_awaited(act, (owner,)))]
    mine = [row for row, owner in owed if roles[owner] & _speakers(act, owner, row)]
    mine += personal_awaited(act, who.id)
    return Calendar(name=name, locale=who.locale, due=_soonest(mine))


def _speakers(act: Act, owner: uuid.UUID, row: Awaited) -> set[str]:
    """The roles that a matter of an organisation concerns: who owes it, its contact, head and clerks."""
    return {row.role_key, CONTACT, *row.heads, CLERK, act.session.get_one(Organisation, owner).kind}


def _body_calendar(act: Act, body: Organisation) -> Calendar:
    mine = None if body.kind == OFFICE else body.id
    due = [*awaited(act, owed_by=mine), *standing_awaited(act, (mine,) if mine else None)]
    return Calendar(name=body.name, locale="zh-CN", due=_soonest(due))


def _soonest(due: Iterable[Awaited]) -> list[Awaited]:
    return sorted(due, key=lambda row: (str(row.until), row.programme, row.what, str(row.id)))


def _whose(
    act: Act, person_ref: str | None, organisation_name: str | None
) -> tuple[Person | None, Organisation | None]:
    if (person_ref is None) == (organisation_name is None):
        raise BadInput([("calendar", "name a person or an organisation, one of the two")])
    if person_ref is not None:
        return person(act, person_ref), None
    return None, organisation(act, organisation_name or "")


def _must_be_theirs(act: Act, who: Person | None, body: Organisation | None) -> None:
    me = act.actor.person_id
    if me is not None and who is not None and who.id == me:
        return
    mine = act.session.get(Person, me) if me is not None else None
    if mine is not None and body is not None and mine.organisation_id == body.id:
        return
    must_be_office(act, "管理他人的日历", "give out the calendars of others")
