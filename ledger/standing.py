"""What is owed outside any programme: yearly plans, regular meetings, hours of a cycle, what follows from an entry.

A duty is opened for its period (or after the entry that brings it about), met by entries of a register or by hours, and
climbed by its own sweep: the claim of a rung is an insert under a unique key, so that it fires once. Serves the standing
and annual clauses of the kind remind-escalate.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import func
from sqlmodel import col, select

from ledger.core import Done, operation, record
from ledger.entries import fact_of
from ledger.meeting import all_there
from ledger.outbox import tell
from ledger.packs import ground_facts, pack_at, pin
from ledger.people import must_be_office, office_people
from ledger.standing_queries import OPEN, duties_of, next_standing, recipients
from models.act import Act
from models.office import Message
from models.people import Organisation, Person, RoleAssignment
from models.programme import PolicySnapshot, Programme
from models.register import RegisterEntry, StandingDuty, StandingRung
from models.states import ApplicantKind, MessageState, ObligationState, ProgrammeState
from policies.lookup import NoValue, duty_of, role_name
from policies.mechanisms import Count, Duty
from policies.schema import Pack
from rules.deadlines import Due, due_at, late_days, next_rung, rungs
from rules.duties import due_after, due_in, period_of, times_asked
from rules.hours import hours_met, hours_period
from rules.indicators import fits

ENDED = "programme.ended"
__all__ = [
    "duties_of",
    "meet_by_hours",
    "meet_standing",
    "next_standing",
    "open_after",
    "open_duties",
    "sweep_standing",
]
_PAST = {"remind": "reminded", "chase": "chased", "escalate": "escalated"}


class Climbed(BaseModel):
    """How many rungs of standing duties a sweep climbed, and whether more are due."""

    fired: int
    more: bool


@operation("open-duties", Done, unsaid=frozenset({"pack"}))
def open_duties(act: Act, pack: Pack) -> Done:
    """Open the recurring duties of a pack for the period in which today lies; from then on the sweep opens the next ones.

    Raises `Refused` for others than the programme office.
    """
    must_be_office(act, "开立常设事项", "open standing duties")
    snapshot_id = pin(act, pack).id
    made = _open_period(act, pack, snapshot_id) + _open_ended(act, pack, snapshot_id)
    record(act, "duties_opened", pack=pack.pack, count=made)
    return Done(ref=f"{made}")


def _open_period(act: Act, pack: Pack, snapshot_id: UUID) -> int:
    made = 0
    for duty in pack.duties:
        if duty.every is None:
            continue
        period = period_of(pack, duty, act.today)
        due = due_in(pack, duty, period)
        for where, who in _owing(act, pack, duty):
            cause = f"{period.label}:{who.ref}" if who else period.label
            made += _open(act, pack, snapshot_id, duty, where, who, cause, period.starts_on, due)
    return made


def _open_ended(act: Act, pack: Pack, snapshot_id: UUID) -> int:
    """Open what the end of a programme brings about, for those whose due day has not passed; each once."""
    made = 0
    for duty in pack.duties:
        if duty.opens_with != ENDED:
            continue
        known = select(StandingDuty.cause).where(StandingDuty.pack == pack.pack, StandingDuty.kind == duty.key)
        ended = (
            select(Programme)
            .join(PolicySnapshot, col(PolicySnapshot.id) == col(Programme.snapshot_id))
            .where(
                PolicySnapshot.name == pack.pack,
                col(Programme.ended_on).is_not(None),
                col(Programme.ref).not_in(known),
            )
            .order_by(col(Programme.id))
        )
        for programme in act.session.exec(ended).all():
            on = programme.ended_on
            due = due_after(pack, duty, on) if on is not None else None
            if on is not None and due is not None and due.on >= act.today:
                host = act.session.get_one(Organisation, programme.host_id)
                made += _open(act, pack, snapshot_id, duty, host, None, programme.ref, on, due)
    return made


def _owing(act: Act, pack: Pack, duty: Duty) -> list[tuple[Organisation, Person | None]]:
    """Who owes: each organisation of the kind (of a role that sits in the host: each that carries a programme), or each
    person who holds the role.
    """
    if duty.per == "organisation":
        owes = col(Organisation.kind) == duty.owed_by
        if _in_host(pack, duty):
            hosts = select(Programme.host_id).where(
                Programme.region_code == pack.region_code,
                col(Programme.state).in_([ProgrammeState.AWARDED, ProgrammeState.RUNNING]),
            )
            owes = owes | col(Organisation.id).in_(hosts)
        rows = act.session.exec(select(Organisation).where(owes).order_by(col(Organisation.id)))
        return [(row, None) for row in rows.all()]
    query = (
        select(Person, Organisation)
        .join(Organisation, col(Organisation.id) == col(Person.organisation_id))
        .join(RoleAssignment, col(RoleAssignment.person_id) == col(Person.id))
        .where(RoleAssignment.role == duty.owed_by, Person.active)
        .order_by(col(Person.id))
    )
    return [(where, who) for who, where in act.session.exec(query).all()]


def _in_host(pack: Pack, duty: Duty) -> bool:
    role = pack.roles.get(duty.owed_by)
    return role is not None and role.seat == "host"


def _open(
    act: Act,
    pack: Pack,
    snapshot_id: UUID,
    duty: Duty,
    where: Organisation,
    who: Person | None,
    cause: str,
    starts_on: date,
    due: Due,
) -> int:
    known = select(StandingDuty.id).where(
        StandingDuty.pack == pack.pack,
        StandingDuty.kind == duty.key,
        StandingDuty.owed_by_id == where.id,
        StandingDuty.cause == cause,
    )
    if act.session.exec(known).first() is not None:
        return 0
    row = StandingDuty(
        pack=pack.pack,
        kind=duty.key,
        cause=cause,
        snapshot_id=snapshot_id,
        owed_by_id=where.id,
        owed_by_role=duty.owed_by,
        person_id=who.id if who else None,
        starts_on=starts_on,
        due_on=due.on,
        due_at=due_at(due.on, act.zone),
        state=OPEN,
        basis=(duty.basis if duty.cites else due.basis).model_dump(mode="json"),
        created_at=act.now,
    )
    passed = [rung.number for rung in rungs(pack, duty.ladder, row.due_on, act.zone) if rung.at <= act.now]
    row.rung = (passed[-1] if row.due_at >= act.now else passed[-1] - 1) if passed else 0
    coming = next_rung(pack, duty.ladder, row.due_on, act.zone, row.rung)
    row.next_at = coming.at if coming else None
    act.session.add(row)
    act.session.flush()
    return 1


def open_after(act: Act, pack: Pack, matter: str, entry: RegisterEntry) -> None:
    """Open what an entry brings about, once for each body that owes it: the one it speaks of, else those of the kind."""
    for duty in pack.duties:
        if duty.opens_with != matter or not fits(Count(register_=entry.register_key, where=duty.where), fact_of(entry)):
            continue
        try:
            due = due_after(pack, duty, entry.happened_on)
        except NoValue:
            continue  # the text did not hold yet on that day: the entry brings nothing about under it
        for where, who in _concerned(act, pack, duty, entry):
            _open(act, pack, pin(act, pack).id, duty, where, who, entry.ref, entry.happened_on, due)


def _concerned(act: Act, pack: Pack, duty: Duty, entry: RegisterEntry) -> list[tuple[Organisation, Person | None]]:
    owing = _owing(act, pack, duty)
    programme = act.session.get(Programme, entry.programme_id) if entry.programme_id else None
    if duty.per == "organisation" and _in_host(pack, duty) and programme is not None:
        return [(act.session.get_one(Organisation, programme.host_id), None)]
    if duty.per == "organisation" and _in_host(pack, duty) and entry.subject_organisation_id is not None:
        host = act.session.get_one(Organisation, entry.subject_organisation_id)
        if host.kind in (duty.owed_by, *ApplicantKind):
            return [(host, None)]
    if duty.per == "person":
        return [(where, who) for where, who in owing if who is not None and who.id == entry.subject_person_id]
    named = [(where, who) for where, who in owing if where.id in (entry.subject_organisation_id, entry.organisation_id)]
    return named or owing


# --- meeting ----------------------------------------------------------------------------------------------------------


def meet_standing(act: Act, pack: Pack, matter: str, entry: RegisterEntry) -> None:
    """An entry meets the earliest open duty it stands for; its later rungs and unsent messages are cancelled."""
    for duty in pack.duties:
        if duty.met_by != matter or not fits(_meeting(duty), fact_of(entry)):
            continue
        bodies = [one for one in (entry.subject_organisation_id, entry.organisation_id) if one is not None]
        query = select(StandingDuty).where(
            StandingDuty.pack == pack.pack,
            StandingDuty.kind == duty.key,
            StandingDuty.state == OPEN,
            col(StandingDuty.owed_by_id).in_(bodies),
        )
        if duty.per == "person":
            query = query.where(StandingDuty.person_id == (entry.subject_person_id or entry.person_id))
        if duty.opens_with == ENDED:
            query = query.where(StandingDuty.cause == entry.subject)
            if duty.covers == "trainees" and not _all_told(act, pack, matter, entry):
                continue
        row = act.session.exec(query.order_by(col(StandingDuty.due_on))).first()
        if row is not None and _made(act, pack, duty, row, bodies) >= times_asked(pack, duty, row.starts_on)[0]:
            _settle(act, row, act.today)


def _all_told(act: Act, pack: Pack, matter: str, entry: RegisterEntry) -> bool:
    """Whether there is an entry about every trainee of the programme."""
    programme = act.session.get(Programme, entry.programme_id) if entry.programme_id else None
    return programme is not None and all_there(act, pack, matter, programme)


def _made(act: Act, pack: Pack, duty: Duty, row: StandingDuty, bodies: Sequence[object]) -> int:
    """How many entries since the duty's first day stand for it."""
    query = select(RegisterEntry).where(
        RegisterEntry.pack == pack.pack,
        RegisterEntry.register_key == duty.met_by.removeprefix("register:"),
        RegisterEntry.state == "kept",
        RegisterEntry.happened_on >= row.starts_on,
        col(RegisterEntry.subject_organisation_id).in_(bodies) | col(RegisterEntry.organisation_id).in_(bodies),
    )
    return sum(fits(_meeting(duty), fact_of(one)) for one in act.session.exec(query).all())


def _meeting(duty: Duty) -> Count:
    return Count(register_=duty.met_by.removeprefix("register:"), where=duty.met_where)


def _settle(act: Act, row: StandingDuty, on: date) -> None:
    row.late_days = late_days(row.due_on, on)
    row.state = ObligationState.MET_LATE if row.late_days else ObligationState.MET
    row.met_at, row.next_at = act.now, None
    act.session.add(row)
    for message in act.session.exec(
        select(Message).where(Message.state == MessageState.QUEUED, col(Message.key).contains(f":duty-{row.id}:"))
    ).all():
        message.state = MessageState.CANCELLED
        act.session.add(message)
    record(act, "duty_met", duty=row.kind, cause=row.cause, due_on=row.due_on, late_days=row.late_days)


def meet_by_hours(act: Act, pack: Pack, person_id: object, on: date) -> None:
    """A teacher's hours meet the duties that ask for them, as soon as the minimum of the period is collected."""
    from ledger.hours import hours_of

    for duty in pack.duties:
        kind, _, key = duty.met_by.partition(":")
        if kind != "hours":
            continue
        hours = next(one for one in pack.hours if one.key == key)
        query = select(StandingDuty).where(
            StandingDuty.pack == pack.pack,
            StandingDuty.kind == duty.key,
            StandingDuty.person_id == person_id,
            StandingDuty.state == OPEN,
        )
        for row in act.session.exec(query).all():
            since = row.starts_on if duty.opens_with else None
            day = on if since else hours_period(pack, hours, row.starts_on).starts_on
            if hours_met(pack, hours, hours_of(act, pack, person_id), day, since).allowed:
                _settle(act, row, on)


# --- the sweep --------------------------------------------------------------------------------------------------------


def sweep_standing(act: Act, limit: int = 200) -> Climbed:
    """Open the duties of periods that have begun, then climb the rungs that are due, oldest first, each once."""
    _renew(act)
    rows = act.session.exec(
        select(StandingDuty)
        .where(StandingDuty.state == OPEN, col(StandingDuty.next_at) <= act.now)
        .order_by(col(StandingDuty.next_at), col(StandingDuty.id))
        .limit(limit)
    ).all()
    for row in rows:
        _climb(act, row)
    act.session.flush()
    coming = next_standing(act)
    return Climbed(fired=len(rows), more=coming is not None and coming <= act.now)


def _renew(act: Act) -> None:
    """Where a pack's duties were opened before, those of a new period open with it, under the latest text."""
    for name in act.session.exec(select(StandingDuty.pack).distinct()).all():
        snapshot_id = act.session.exec(
            select(PolicySnapshot.id)
            .join(StandingDuty, col(StandingDuty.snapshot_id) == col(PolicySnapshot.id))
            .where(StandingDuty.pack == name)
            .order_by(col(PolicySnapshot.id).desc())
        ).first()
        if snapshot_id is None:
            continue
        pack = pack_at(act, snapshot_id)
        begun = dict(
            act.session.exec(
                select(StandingDuty.kind, func.max(StandingDuty.starts_on))
                .where(StandingDuty.pack == name)
                .group_by(StandingDuty.kind)
            ).all()
        )
        recurring = [duty for duty in pack.duties if duty.every]
        made = _open_ended(act, pack, snapshot_id)
        if any(
            duty.key in begun and period_of(pack, duty, act.today).starts_on > begun[duty.key] for duty in recurring
        ):
            made += _open_period(act, pack, snapshot_id)
        if made:
            record(act, "duties_opened", pack=name, count=made)


def _climb(act: Act, row: StandingDuty) -> None:
    pack = pack_at(act, row.snapshot_id)
    duty = duty_of(pack, row.kind)
    if duty.met_by.startswith("hours:"):
        meet_by_hours(act, pack, row.person_id, act.today)
        if row.state != OPEN:
            return
    due = next_rung(pack, duty.ladder, row.due_on, act.zone, row.rung)
    if due is None:
        row.next_at = None
        act.session.add(row)
        return
    owner = act.session.get_one(Organisation, row.owed_by_id)
    people = recipients(act, row, owner, due.rung)
    row.rung = due.number
    coming = next_rung(pack, duty.ladder, row.due_on, act.zone, row.rung)
    row.next_at = coming.at if coming else None
    act.session.add(row)
    record(
        act,
        f"duty_{_PAST[due.rung.rung]}",
        duty=row.kind,
        cause=row.cause,
        owed_by=owner.name,
        due_on=row.due_on,
        rung=due.number,
        to=[who.ref for who in people],
    )
    facts: dict[str, Any] = {
        "what": duty.name.zh,
        "what_en": duty.name.en,
        "owed_by": owner.name,
        "owed_by_role": role_name(pack, row.owed_by_role),
        "owed_by_role_en": role_name(pack, row.owed_by_role, "en"),
        "due_on": row.due_on,
        "days": (act.today - row.due_on).days,
        **ground_facts(pack, row.basis),
    }
    reached = tell(act, f"obligation-{due.rung.rung}", f"duty-{row.id}:{due.number}", people, **facts)
    if not reached:
        record(act, "nobody_reached", message=f"obligation-{due.rung.rung}", matter=f"duty-{row.id}:{due.number}")
        tell(act, "nobody-reached", f"duty-{row.id}:{due.number}", office_people(act), about=row.kind, **facts)
    act.session.add(
        StandingRung(
            duty_id=row.id,
            number=due.number,
            rung=due.rung.rung,
            fired_at=act.now,
            reached=reached,
            created_at=act.now,
        )
    )
    act.session.flush()
