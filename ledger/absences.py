"""Who is away from when until when, and who stands in: set by the person, their head or the programme office.

On the first day, or at once where it has come, what lies open with the absent person is asked of their substitute too,
with a code of their own; every decision records for whom they stood. Coming back early ends it, nothing is erased.
Serves the substitutes of a pack's tiers.
"""

import uuid
from datetime import date

from pydantic import BaseModel
from sqlmodel import col, select

from ledger.chains import ask_one_more, give_code
from ledger.core import Done, operation, record
from ledger.errors import BadInput, NotFound, refusal
from ledger.people import HEAD, OFFICE, person, roles_of
from ledger.seats import substitutes
from models.act import Act
from models.people import Absence, Person
from models.programme import Programme
from models.review import ApprovalStep, OneTimeCode
from models.states import StepState


@operation("set-absence", Done)
def set_absence(
    act: Act, person_ref: str, substitute_ref: str, from_on: date, until_on: date, reason: str = ""
) -> Done:
    """A person is away on these days (both included) and another stands in for them (请假代理).

    Raises `BadInput` for days in disorder or passed and for oneself as substitute, `Refused` for others than the person,
    the head of their organisation or the programme office.
    """
    who, substitute = person(act, person_ref), person(act, substitute_ref)
    _may_set(act, who)
    if until_on < from_on:
        raise BadInput([("until", f"{until_on} is before {from_on}")])
    if until_on < act.today:
        raise BadInput([("until", f"{until_on} has passed already; today is {act.today}")])
    if substitute.id == who.id:
        raise BadInput([("substitute", f"{who.ref} cannot stand in for themselves; name another person")])
    row = Absence(
        person_id=who.id,
        substitute_id=substitute.id,
        from_on=from_on,
        until_on=until_on,
        why=reason.strip()[:400],
        set_by_id=act.actor.person_id,
        created_at=act.now,
    )
    act.session.add(row)
    act.session.flush()
    record(
        act, "absence_set", ref=who.ref, substitute=substitute.ref, from_on=from_on, until_on=until_on, reason=row.why
    )
    hand_over_due(act)
    return Done(id=row.id, ref=who.ref)


@operation("end-absence", Done)
def end_absence(act: Act, person_ref: str) -> Done:
    """The person is back: whoever stood in for them no longer may. Raises `NotFound` when they are not away."""
    who = person(act, person_ref)
    _may_set(act, who)
    rows = act.session.exec(
        select(Absence).where(
            Absence.person_id == who.id, col(Absence.ended_at).is_(None), col(Absence.until_on) >= act.today
        )
    ).all()
    if not rows:
        raise NotFound(f"{who.ref} is not away, and no absence to come is recorded")
    for row in rows:
        row.ended_at = act.now
        act.session.add(row)
        record(act, "absence_ended", ref=who.ref, from_on=row.from_on, until_on=row.until_on)
    return Done(id=rows[0].id, ref=who.ref)


def _may_set(act: Act, who: Person) -> None:
    if act.actor.person_id in (None, who.id):
        return
    roles = roles_of(act, act.actor.person_id) if act.actor.person_id else []
    if not any(role == OFFICE or (role == HEAD and where == who.organisation_id) for where, role in roles):
        raise refusal(
            "absence.who",
            "请假代理只能由本人、本单位负责人或项目办设置",
            "an absence is set by the person, the head of their organisation or the programme office",
            setting="approvals.substitutes",
        )


def hand_over_due(act: Act) -> int:
    """Ask the substitutes of those whose absence has begun for what lies open with them; each absence once."""
    rows = act.session.exec(
        select(Absence).where(
            col(Absence.until_on) >= act.today,
            col(Absence.from_on) <= act.today,
            col(Absence.handed_at).is_(None),
            col(Absence.ended_at).is_(None),
        )
    ).all()
    for row in rows:
        row.handed_at = act.now
        act.session.add(row)
        act.session.flush()
        _hand_over(act, row)
    return len(rows)


def _hand_over(act: Act, row: Absence) -> None:
    substitute = substitutes(act, [row.person_id], act.today).get(row.person_id)
    if substitute is None:
        return
    absent = act.session.get_one(Person, row.person_id)
    steps = act.session.exec(
        select(ApprovalStep)
        .join(OneTimeCode, col(OneTimeCode.step_id) == col(ApprovalStep.id))
        .where(
            ApprovalStep.state == StepState.OPEN,
            OneTimeCode.person_id == row.person_id,
            col(OneTimeCode.used_at).is_(None),
        )
        .order_by(col(ApprovalStep.opened_at), col(ApprovalStep.id))
    ).all()
    for step in steps:
        ask_anew(act, step, substitute)
        programme = act.session.get_one(Programme, step.programme_id)
        record(
            act,
            "step_handed_to_substitute",
            programme,
            subject=step.subject,
            tier=step.number,
            ref=absent.ref,
            substitute=substitute.ref,
        )


def ask_anew(act: Act, step: ApprovalStep, who: Person) -> None:
    """Give somebody who was not asked before a code for an open step, and ask them."""
    known = select(OneTimeCode.id).where(OneTimeCode.step_id == step.id, OneTimeCode.person_id == who.id)
    if act.session.exec(known.where(col(OneTimeCode.used_at).is_(None))).first() is not None:
        return
    give_code(act, step, who, anew=True)
    ask_one_more(act, act.session.get_one(Programme, step.programme_id), step, who)


class Away(BaseModel):
    """Somebody who is away, or will be, and who stands in for them."""

    id: uuid.UUID
    ref: str
    name: str
    substitute: str
    from_on: date
    until_on: date
    reason: str


def absences(act: Act) -> list[Away]:
    """Who is away now or will be, the soonest first."""
    rows = act.session.exec(
        select(Absence, Person)
        .join(Person, col(Person.id) == col(Absence.person_id))
        .where(col(Absence.ended_at).is_(None), col(Absence.until_on) >= act.today)
        .order_by(col(Absence.from_on), col(Person.ref))
    ).all()
    return [
        Away(
            id=row.id,
            ref=who.ref,
            name=who.name,
            substitute=act.session.get_one(Person, row.substitute_id).ref,
            from_on=row.from_on,
            until_on=row.until_on,
            reason=row.why,
        )
        for row, who in rows
    ]
