"""Trainees are selected: each step recorded with who took it, for whom, and its source.

Voluntary enrolment by the teacher, recommendation by the school, public notice where the pack has one, review by
the county, confirmation by the host; then, during delivery, removal from the programme with its ban. Refused
nominations stay, with their clause. Serves CQ2021-5.2, 5.3, 5.8, 5.9, 10.4 and SL2017-5A.1 to 5A.3.
"""

from collections.abc import Sequence
from datetime import date

from sqlmodel import select

from ledger.core import Done, operation, record
from ledger.errors import BadInput, refusal
from ledger.lifecycle import advance_programme, county_of, host_people, tell_host
from ledger.nominations import (
    allow,
    in_programme,
    must_be_open,
    named_by_school,
    of_session,
    ref_of,
    refuse,
    roles_in,
    steps_done,
    take_step,
)
from ledger.outbox import tell_or_report
from ledger.packs import pack_of
from ledger.people import actor, holders, must_be_office, person
from ledger.posting import object_to as object_to
from ledger.posting import post_notice as post_notice
from ledger.programmes import by_ref, must_speak_for_host, session_of
from ledger.reviewing import Selected as Selected
from ledger.reviewing import review as review
from models.act import Act
from models.people import Organisation
from models.states import NominationState
from models.training import Ban, Nomination, PastTraining
from models.values import Verdict
from policies.grounds import selection_ground
from policies.schema import Pack
from rules.bans import ban_for
from rules.selection import TEACHER, may_take_step


@operation("volunteer", Done)
def volunteer(act: Act, programme_ref: str, session_number: int) -> Done:
    """The acting teacher enrols of their own will (CQ2021-5.3); nobody can do it for them.

    Raises `Refused` for whoever is no teacher in their own organisation, and before the award or after the
    confirmation.
    """
    programme = by_ref(act, programme_ref)
    session = session_of(act, programme, session_number)
    must_be_open(act, programme, session)
    who = actor(act)
    pack = pack_of(act, programme)
    roles = roles_in(act, who, who.organisation_id)
    teaches = TEACHER in roles
    home = None if teaches else act.session.get_one(Organisation, who.organisation_id).name
    verdict = may_take_step(
        pack, "volunteer", (), actor_roles=roles, actor_is_teacher=teaches, person=who.ref, organisation=home
    )
    allow(verdict)
    known = select(Nomination).where(Nomination.session_id == session.id, Nomination.person_id == who.id)
    row = act.session.exec(known).first()
    if row is None:
        row = Nomination(
            programme_id=programme.id,
            session_id=session.id,
            person_id=who.id,
            school_id=who.organisation_id,
            state=NominationState.VOLUNTEERED,
            created_at=act.now,
        )
        act.session.add(row)
        act.session.flush()
        take_step(act, pack, row, "volunteer", who)
        record(act, "volunteered", programme, session=session.number, ref=who.ref)
    return Done(id=row.id, ref=who.ref)


@operation("recommend", Selected)
def recommend(act: Act, programme_ref: str, session_number: int, teachers: Sequence[str]) -> Selected:
    """A school recommends teachers of its own who have enrolled. Raises `Refused` out of order or in the wrong role."""
    programme = by_ref(act, programme_ref)
    session = session_of(act, programme, session_number)
    must_be_open(act, programme, session)
    who = actor(act)
    pack = pack_of(act, programme)
    taken = 0
    for ref in teachers:
        row = named_by_school(act, programme, session, pack, person(act, ref))
        allow(
            may_take_step(
                pack, "recommend", steps_done(act, row), actor_roles=roles_in(act, who, row.school_id, "school")
            ),
            about=ref,
        )
        row.state = NominationState.RECOMMENDED
        act.session.add(row)
        take_step(act, pack, row, "recommend", who)
        taken += 1
    record(act, "recommended", programme, session=session.number, teachers=list(teachers))
    return Selected(taken=taken)


@operation("confirm-list", Selected)
def confirm_list(act: Act, programme_ref: str, session_number: int) -> Selected:
    """The host confirms the list: the reviewed ones up to the places, the rest as alternates; who lacks a step is
    refused.

    The list is confirmed once; it closes the selection of the session.
    """
    programme = by_ref(act, programme_ref)
    session = session_of(act, programme, session_number)
    must_be_open(act, programme, session)
    who = must_speak_for_host(act, programme)
    pack = pack_of(act, programme)
    rows = of_session(act, session, NominationState.REVIEWED)
    if not rows:
        raise refusal(
            "selection.confirm",
            "尚无区县审核报送的学员,不能确认名单",
            "no county has reviewed and sent any nominee yet",
            basis=selection_ground(pack, "review"),
        )
    result, ground = Selected(taken=0), selection_ground(pack, "recommend", "review")
    for row in of_session(act, session, NominationState.VOLUNTEERED, NominationState.RECOMMENDED):
        missing = Verdict(
            key="selection.steps",
            allowed=False,
            zh="未经学校推荐和区县审核报送,不能参训",
            en="not recommended by the school and reviewed by the county",
            basis=(ground,),
        )
        refuse(act, row, missing)
        result.refused.append((ref_of(act, row), missing.zh, ground.label))
    for row in rows:
        row.state = NominationState.CONFIRMED if result.taken < session.places else NominationState.ALTERNATE
        result.taken += row.state == NominationState.CONFIRMED
        act.session.add(row)
        take_step(act, pack, row, "confirm", who)
    session.list_confirmed_at = act.now
    act.session.add(session)
    act.session.flush()
    record(
        act,
        "list_confirmed",
        programme,
        session=session.number,
        confirmed=result.taken,
        alternates=len(rows) - result.taken,
        refused=len(result.refused),
    )
    tell_host(act, programme, "list-confirmed", str(session.id), session=session.name, count=result.taken)
    for school_id in {row.school_id for row in rows}:
        count = sum(1 for row in rows if row.school_id == school_id and row.state == NominationState.CONFIRMED)
        tell_or_report(
            act,
            "list-confirmed",
            f"{session.id}:{school_id}",
            holders(act, school_id, "school", "contact"),
            programme,
            session=session.name,
            count=count,
        )
    advance_programme(act, programme)
    return result


@operation("return-trainee", Done)
def return_trainee(act: Act, programme_ref: str, teacher: str, cause: str, heard: str) -> Done:
    """The host removes a trainee from the programme (退回学员), effective at once; a ban follows by the pack
    (CQ2021-5.8, 5.9).

    `heard` records what the trainee said before: a ban of years follows, so an excuse must be heard. Raises
    `BadInput` without.
    """
    programme = by_ref(act, programme_ref)
    must_speak_for_host(act, programme)
    who = person(act, teacher)
    if not heard.strip() or not cause.strip():
        raise BadInput([("heard, cause", "say why the trainee is returned and what they said when heard")])
    row = in_programme(act, programme, who)
    pack = pack_of(act, programme)
    row.state = NominationState.RETURNED
    act.session.add(row)
    term = ban_for(pack, "returned", act.today)
    record(
        act, "trainee_returned", programme, ref=who.ref, cause=cause, heard=heard, until=term.ends_on if term else None
    )
    if term is not None:
        act.session.add(
            Ban(
                person_id=who.id,
                key=term.key,
                levels=",".join(term.levels),
                starts_on=term.starts_on,
                ends_on=term.ends_on,
                cause=cause,
                clause=term.basis.clause,
                nomination_id=row.id,
                created_at=act.now,
            )
        )
    school = act.session.get_one(Organisation, row.school_id)
    people = [*holders(act, school.id, "school", "contact"), *host_people(act, programme)]
    county = county_of(act, school, pack)
    people += [*holders(act, county.id, county.kind), *([who] if who.email or who.channel else [])]
    tell_or_report(
        act,
        "trainee-returned",
        str(row.id),
        people,
        programme,
        school=school.name,
        until=term.ends_on if term else None,
        clause=term.basis.clause if term else None,
        cause=cause,
    )
    return Done(id=row.id, ref=who.ref)


@operation("break-off", Done)
def break_off(act: Act, programme_ref: str, teacher: str, reason: str) -> Done:
    """A trainee breaks off with leave (illness, maternity): recorded, and no ban follows. Leave is not absence."""
    programme = by_ref(act, programme_ref)
    must_speak_for_host(act, programme)
    who = person(act, teacher)
    row = in_programme(act, programme, who)
    row.state = NominationState.BROKEN_OFF
    act.session.add(row)
    record(act, "trainee_broke_off", programme, ref=who.ref, reason=reason)
    return Done(id=row.id, ref=who.ref)


@operation("record-ban", Done)
def record_ban(act: Act, teacher: str, pack: Pack, returned_on: date, cause: str) -> Done:
    """The office takes over a ban from before Songjiao: the teacher was returned on that day.

    Raises `BadInput` where the pack bans nothing, `Refused` for others than the office.
    """
    must_be_office(act, "登记此前的禁训", "take over a ban")
    who = person(act, teacher)
    term = ban_for(pack, "returned", returned_on)
    if term is None:
        raise BadInput([("policy", f"{pack.pack} has no ban for a return")])
    row = Ban(
        person_id=who.id,
        key=term.key,
        levels=",".join(term.levels),
        starts_on=term.starts_on,
        ends_on=term.ends_on,
        cause=cause,
        clause=term.basis.clause,
        created_at=act.now,
    )
    act.session.add(row)
    act.session.flush()
    record(
        act, "ban_recorded", None, ref=who.ref, returned_on=returned_on, until=term.ends_on, clause=term.basis.clause
    )
    return Done(id=row.id, ref=who.ref)


@operation("record-past-training", Done)
def record_past_training(act: Act, teacher: str, kind: str, subject: str, title: str, ended_on: date) -> Done:
    """The office takes over a training from before Songjiao, so that repeated participation is seen (重复参训).

    Raises `BadInput` for an end that has not come, `Refused` for others than the office.
    """
    must_be_office(act, "登记此前的培训", "take over a past training")
    who = person(act, teacher)
    if ended_on > act.today:
        raise BadInput([("ended_on", f"{ended_on} has not come yet; a past training has ended")])
    row = PastTraining(person_id=who.id, kind=kind, subject=subject, title=title, ended_on=ended_on, created_at=act.now)
    act.session.add(row)
    act.session.flush()
    record(act, "past_training_recorded", None, ref=who.ref, kind=kind, subject=subject, ended_on=ended_on)
    return Done(id=row.id, ref=who.ref)
