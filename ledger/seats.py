"""Whose voice counts on a step, and who may raise it: role holders, who stands in for the absent, who it was handed to.

A seat belongs to a person in a role of the deciding organisation. While they are away their substitute may speak in it
too; where the step was handed on, the seat is the new person's. Decides no permission: `rules.approval` does. Serves the
quorum and the substitutes of a pack's tiers.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import col, select

from ledger.packs import chain_of, pack_of
from ledger.people import CLERK, holders_by_role
from models.act import Act
from models.people import Absence, Person
from models.programme import Programme
from models.review import ApprovalStep, Reassignment
from policies.schema import Tier

_LONGEST_LINE = 5
"""How many absent ones may follow one another before nobody is found to stand in: also what ends a circle."""


@dataclass(frozen=True)
class Seat:
    """A voice on a step: whose it is, who may raise it, and for which groups it counts."""

    holder: Person
    speakers: tuple[Person, ...]
    groups: frozenset[str]


def tier_of(act: Act, programme: Programme, step: ApprovalStep) -> Tier:
    """What the programme's pack says of the tier of a step."""
    return chain_of(pack_of(act, programme), programme, step.subject).tiers[step.number - 1]


def seats_of(act: Act, step: ApprovalStep) -> list[Seat]:
    """The seats of a step, in the order of the people's numbers."""
    seats, _ = seats_and_speakers(act, step)
    return seats


def seats_and_speakers(act: Act, step: ApprovalStep, *, opening: bool = False) -> tuple[list[Seat], list[Person]]:
    """The seats of a step, and who may decide it with a code: those in its seats, who stands in for them, and the
    recording clerks; both in the order of the people's numbers. One that is just `opening` was never handed on.
    """
    tier = tier_of(act, act.session.get_one(Programme, step.programme_id), step)
    roles = tier.quorum.groups or (step.role,)
    held = holders_by_role(act, step.organisation_id, (*roles, CLERK))
    handed = [] if opening else _reassignments(act, step)
    seats = _seats(act, {role: held.get(role, []) for role in roles}, handed)
    speakers = {who.id: who for seat in seats for who in seat.speakers} | {who.id: who for who in held.get(CLERK, [])}
    return seats, sorted(speakers.values(), key=lambda who: who.ref)


def _reassignments(act: Act, step: ApprovalStep) -> Sequence[Reassignment]:
    query = select(Reassignment).where(Reassignment.step_id == step.id)
    return act.session.exec(query.order_by(col(Reassignment.created_at), col(Reassignment.id))).all()


def _seats(act: Act, held: Mapping[str, list[Person]], reassignments: Iterable[Reassignment]) -> list[Seat]:
    groups: dict[uuid.UUID, set[str]] = {}
    people: dict[uuid.UUID, Person] = {}
    for role, holders in held.items():
        for who in holders:
            people[who.id] = who
            groups.setdefault(who.id, set()).add(role)
    for handed in reassignments:
        left = groups.pop(handed.from_id, set()) if handed.from_id else set().union(*groups.values())
        if handed.from_id is None:
            people, groups = {}, {}
        else:
            people.pop(handed.from_id, None)
        people[handed.to_id] = act.session.get_one(Person, handed.to_id)
        groups.setdefault(handed.to_id, set()).update(left)
    standing_in = substitutes(act, people, act.today)
    return [
        Seat(who, (who, *((standing_in[who.id],) if who.id in standing_in else ())), frozenset(groups[who.id]))
        for who in sorted(people.values(), key=lambda one: one.ref)
    ]


def substitutes(act: Act, people: Iterable[uuid.UUID], on: date) -> dict[uuid.UUID, Person]:
    """Who stands in for whom of these people on a day; one who is away as well is followed to their own substitute."""
    wanted = set(people)
    if not wanted:
        return {}
    rows = act.session.exec(
        select(Absence.person_id, Absence.substitute_id)
        .where(col(Absence.from_on) <= on, col(Absence.until_on) >= on, col(Absence.ended_at).is_(None))
        .order_by(col(Absence.created_at), col(Absence.id))
    ).all()
    away = dict(iter(rows))
    found: dict[uuid.UUID, Person] = {}
    for person_id in wanted & away.keys():
        at = away[person_id]
        for _ in range(_LONGEST_LINE):
            if at not in away:
                break
            at = away[at]
        who = act.session.get(Person, at)
        if who is not None and who.active and at not in away and at != person_id:
            found[person_id] = who
    return found
