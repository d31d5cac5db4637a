"""Organisations, people and roles: who there is, who may speak for whom, and who is reached."""

import re
import uuid
from collections.abc import Iterable, Sequence

from sqlmodel import col, select

from ledger.core import Done, next_number, operation, record
from ledger.errors import BadInput, NotFound, refusal
from models.act import Act
from models.people import Organisation, Person, RoleAssignment
from policies.schema import Pack

CLERK = "clerk"
HEAD = "head"
OFFICE = "programme-office"
MAIL = re.compile(r"[^@\s<>\",;]+@[^@\s<>\",;]+")


@operation("add-organisation", Done)
def add_organisation(
    act: Act,
    name: str,
    kind: str,
    parent: str | None = None,
    level: str | None = None,
    rural: bool = False,
    channel: str | None = None,
    sample: bool = False,
) -> Done:
    """Add an organisation under its parent; `kind` is a role key of the pack, `channel` an encrypted Apprise address.

    Raises `BadInput` when the name is taken or blank, `NotFound` for an unknown parent, `Refused` for others than
    the office.
    """
    must_be_office(act, "登记机构", "add organisations")
    name = name.strip()
    if not name:
        raise BadInput([("name", "is empty; give the organisation's full name")])
    if act.session.exec(select(Organisation).where(Organisation.name == name)).first():
        raise BadInput([("name", f"{name} exists already")])
    row = Organisation(
        name=name,
        kind=kind,
        level=level,
        parent_id=organisation(act, parent).id if parent else None,
        rural=rural,
        channel=channel,
        sample=sample,
        created_at=act.now,
    )
    act.session.add(row)
    act.session.flush()
    record(act, "organisation_added", name=name, kind=kind, parent=parent)
    return Done(id=row.id, ref=name)


@operation("add-person", Done)
def add_person(
    act: Act,
    name: str,
    organisation_name: str,
    roles: Sequence[str] = (),
    email: str | None = None,
    channel: str | None = None,
    locale: str = "zh-CN",
) -> Done:
    """Add a person to an organisation with the roles they hold there. Answers their ref (`P-0001`).

    Raises `BadInput` for an address that is none, `NotFound` for an unknown organisation, `Refused` for others than the
    office.
    """
    must_be_office(act, "登记人员", "add people")
    name = name.strip()
    if not name:
        raise BadInput([("name", "is empty; give the person's name")])
    if email is not None and not MAIL.fullmatch(email):
        raise BadInput([("email", f"{email!r} is not a mail address")])
    if locale not in ("zh-CN", "en"):
        raise BadInput([("locale", f"{locale!r} is not one of zh-CN, en")])
    home = organisation(act, organisation_name)
    person_row = Person(
        ref=f"P-{next_number(act, 'P'):04d}",
        name=name,
        organisation_id=home.id,
        email=email,
        channel=channel,
        locale=locale,
        created_at=act.now,
    )
    act.session.add(person_row)
    act.session.flush()
    for role in roles:
        _assign(act, person_row, home, role)
    record(act, "person_added", ref=person_row.ref, organisation=organisation_name, roles=list(roles))
    return Done(id=person_row.id, ref=person_row.ref)


@operation("give-role", Done)
def give_role(act: Act, person_ref: str, organisation_name: str, role: str) -> Done:
    """Give a person a role in an organisation.

    Raises `NotFound` for an unknown person or organisation, `Refused` for others than the programme office.
    """
    must_be_office(act, "授予角色", "give roles")
    who, where = person(act, person_ref), organisation(act, organisation_name)
    _assign(act, who, where, role)
    record(act, "role_given", ref=who.ref, organisation=where.name, role=role)
    return Done(id=who.id, ref=who.ref)


def _assign(act: Act, who: Person, where: Organisation, role: str) -> None:
    known = select(RoleAssignment).where(
        RoleAssignment.person_id == who.id, RoleAssignment.organisation_id == where.id, RoleAssignment.role == role
    )
    if act.session.exec(known).first() is None:
        act.session.add(RoleAssignment(person_id=who.id, organisation_id=where.id, role=role, created_at=act.now))
        act.session.flush()


def organisation(act: Act, name: str) -> Organisation:
    """The organisation of that name. Raises `NotFound`."""
    row = act.session.exec(select(Organisation).where(Organisation.name == name.strip())).first()
    if row is None:
        raise NotFound(f"no organisation is called {name}; add it first (songjiao organisation add)")
    return row


def person(act: Act, ref: str) -> Person:
    """The active person of that ref (`P-0001`) or, where it is unique, of that name. Raises `NotFound`."""
    ref = ref.strip()
    rows = act.session.exec(
        select(Person).where((Person.ref == ref.upper()) | (Person.name == ref), Person.active)
    ).all()
    if len(rows) != 1:
        why = "several people are called" if rows else "nobody is called"
        raise NotFound(f"{why} {ref}; give the person's number such as P-0001")
    return rows[0]


def heads(pack: Pack) -> tuple[str, ...]:
    """The roles whose holder is the head of their body: the office's own word for it, and those that the pack marks so."""
    return (HEAD, *(key for key, role in pack.roles.items() if role.head))


def actor(act: Act) -> Person:
    """The person who acts. Raises `NotFound` when the system acts where a person must."""
    row = act.session.get(Person, act.actor.person_id) if act.actor.person_id else None
    if row is None:
        raise NotFound("this act needs a person; say who acts (--as P-0001)")
    return row


def must_be_office(act: Act, zh: str, en: str) -> None:
    """Only the programme office may do this, or whoever has the machine itself and acts for no person (first
    set-up, tests).

    Raises `Refused`.
    """
    if act.actor.person_id is None:
        return
    if not any(role == OFFICE for _, role in roles_of(act, act.actor.person_id)):
        raise refusal(
            "role.office", f"只有项目办可以{zh}", f"only the programme office may {en}", setting="doors.office"
        )


def roles_of(act: Act, person_id: uuid.UUID) -> list[tuple[uuid.UUID, str]]:
    """(organisation, role) pairs that the person holds."""
    rows = act.session.exec(select(RoleAssignment).where(RoleAssignment.person_id == person_id)).all()
    return [(row.organisation_id, row.role) for row in rows]


def holders(act: Act, organisation_id: uuid.UUID, *roles: str) -> list[Person]:
    """Active people who hold one of the roles in the organisation, in the order of their numbers."""
    query = (
        select(Person)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)  # type: ignore[arg-type]
        .where(RoleAssignment.organisation_id == organisation_id, RoleAssignment.role.in_(roles), Person.active)  # type: ignore[attr-defined]
        .order_by(Person.ref)
        .distinct()
    )
    return list(act.session.exec(query).all())


def holders_by_role(act: Act, organisation_id: uuid.UUID, roles: Iterable[str]) -> dict[str, list[Person]]:
    """For each of the roles the active people who hold it in the organisation, in the order of their numbers."""
    query = (
        select(RoleAssignment.role, Person)
        .join(Person, col(Person.id) == col(RoleAssignment.person_id))
        .where(
            RoleAssignment.organisation_id == organisation_id,
            col(RoleAssignment.role).in_(set(roles)),
            col(Person.active),
        )
        .order_by(col(Person.ref))
        .distinct()
    )
    found: dict[str, list[Person]] = {}
    for role, who in act.session.exec(query).all():
        found.setdefault(role, []).append(who)
    return found


def office_people(act: Act) -> list[Person]:
    """The people of the programme office."""
    query = (
        select(Person)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)  # type: ignore[arg-type]
        .where(RoleAssignment.role == OFFICE, Person.active)
        .order_by(Person.ref)
        .distinct()
    )
    return list(act.session.exec(query).all())


def seat_of(act: Act, role: str, near: Organisation) -> Organisation:
    """The organisation that holds a role for `near`: itself, else the nearest of that kind up the tree, or beside
    it there.

    A county's institute is found beside the county's authority; a municipal centre beside the commission.
    Raises `NotFound` when there is none.
    """
    found = seats_of(act, role, [near]).get(near.id)
    if found is None:
        raise no_seat(role, near)
    return found


def no_seat(role: str, near: Organisation) -> NotFound:
    """What is said where no organisation holds a role for `near`."""
    return NotFound(
        f"no organisation of kind {role} is recorded above or beside {near.name}; add it (songjiao organisation add)"
    )


def seats_of(act: Act, role: str, nears: Sequence[Organisation]) -> dict[uuid.UUID, Organisation]:
    """For each of many organisations the one that `seat_of` finds, by its id; left out where there is none. Asks the
    ledger twice for each level of the tree, however many there are.
    """
    found: dict[uuid.UUID, Organisation] = {}
    at = {near.id: near for near in nears}
    while at:
        found |= {near: place for near, place in at.items() if place.kind == role}
        at = {near: place for near, place in at.items() if near not in found}
        if not at:
            break
        beside = _first_child(act, role, {place.id for place in at.values()})
        found |= {near: beside[place.id] for near, place in at.items() if place.id in beside}
        at = {near: place for near, place in at.items() if near not in found and place.parent_id is not None}
        above = organisations(act, {place.parent_id for place in at.values() if place.parent_id})
        at = {near: above[place.parent_id] for near, place in at.items() if place.parent_id in above}
    return found


def _first_child(act: Act, role: str, parents: set[uuid.UUID]) -> dict[uuid.UUID, Organisation]:
    """By parent the first organisation of a kind below it, by name."""
    query = select(Organisation).where(col(Organisation.parent_id).in_(parents), Organisation.kind == role)
    found: dict[uuid.UUID, Organisation] = {}
    for row in act.session.exec(query.order_by(col(Organisation.name))).all():
        if row.parent_id is not None:
            found.setdefault(row.parent_id, row)
    return found


def organisations(act: Act, ids: set[uuid.UUID]) -> dict[uuid.UUID, Organisation]:
    """Organisations by their ids, with at most one query."""
    if len(ids) == 1:  # may be known to the session already
        row = act.session.get(Organisation, next(iter(ids)))
        return {row.id: row} if row else {}
    if not ids:
        return {}
    return {row.id: row for row in act.session.exec(select(Organisation).where(col(Organisation.id).in_(ids))).all()}
