"""Delivery: the start as a join, stages with attendance and products, the recorded end.

A stage may not close before its predecessor; stages 2 and 3 run per school. The start of anything unapproved is refused
(CQ2021-10.3). Serves SL2017-2.1 to 2.20, 6A.*, CQ2021-4.5, 5.7.
"""

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel
from sqlmodel import col, select

from ledger.chains import decided, latest
from ledger.core import Done, operation, record
from ledger.entries import entry_facts
from ledger.errors import BadInput, Refused, refusal
from ledger.filings import Stored, file_document, has_filing
from ledger.lifecycle import advance_programme, county_of, schools_by_session, sessions_of, tell_host
from ledger.meeting import meet_by_product
from ledger.nominations import trainees
from ledger.obligations import cancel_open, meet, rederive
from ledger.outbox import tell_or_report
from ledger.packs import chain_of, pack_of
from ledger.people import OFFICE, actor, holders, must_be_office, person
from ledger.programmes import by_ref, must_speak_for_host, session_of
from ledger.stages import may_hand_in_own, must_be_closable, must_be_open, must_work_on, stage_at, stage_spec
from models.act import Act
from models.people import Organisation
from models.programme import Phase, Programme, ProgrammeSession
from models.states import NominationState, PhaseState, ProgrammeState, ReviewSubject, StageState
from models.training import Attendance, Nomination, Stage
from policies.grounds import EVERYWHERE, document_ground, start_ground
from policies.lookup import LookupFailure, document_of, phase_of
from policies.schema import Pack
from rules.approval import lodged
from rules.preparation import day_has_come, may_start
from rules.selection import reviewer


class Attended(BaseModel):
    """How many trainees took part in a stage, and the credit hours recorded for all of them together."""

    trainees: int
    hours: str


# --- the start ------------------------------------------------------------------------------------------------------


def start_facts(act: Act, programme: Programme, session: ProgrammeSession) -> dict[str, bool]:
    """What the join before the start asks: each condition of the pack and whether it holds."""
    pack = pack_of(act, programme)
    plan = latest(act, programme, "implementation-plan")
    known = {
        "plan-lodged": plan is not None
        and lodged(chain_of(pack, programme, "implementation-plan"), decided(act, plan)),
        "list-confirmed": session.list_confirmed_at is not None,
        "budget-confirmed": programme.budget_confirmed_at is not None,
    }
    for condition in phase_of(pack, "check-in").closes_when:
        sort, _, key = condition.partition(":")
        if sort == "document":
            known[condition] = has_filing(act, programme, key, session)
        if sort == "register":
            known[condition] = _recorded(act, pack, programme, key, session)
    return known


def _recorded(act: Act, pack: Pack, programme: Programme, key: str, session: ProgrammeSession) -> bool:
    """Whether a register holds a whole entry about the programme; where its entries name a session, about this one."""
    return any(
        fact.register == key
        and fact.subject == programme.ref
        and str(fact.content.get("session", session.number)) == str(session.number)
        for fact in entry_facts(act, pack, [key])
    )


@operation("start-session", Done)
def start_session(act: Act, programme_ref: str, session_number: int, absent: Sequence[str] = ()) -> Done:
    """The session starts today: those confirmed check in, except `absent`, whose places go to alternates (报到).

    Raises `Refused` while anything of the join is missing, above all an unapproved plan (CQ2021-10.3), and before the
    planned day.
    """
    programme = by_ref(act, programme_ref)
    must_speak_for_host(act, programme)
    session = session_of(act, programme, session_number)
    phase = _check_in_phase(act, programme, session)
    pack = pack_of(act, programme)
    spec = phase_of(pack, phase.key)
    verdict = may_start(pack, spec, start_facts(act, programme, session))
    if verdict.allowed:
        verdict = day_has_come(session.starts_on, act.today, programme.ref, session.number)
    if not verdict.allowed:
        raise Refused(verdict)
    missing = {person(act, ref).id for ref in absent}
    present = 0
    for row in trainees(act, session.id):
        if row.person_id in missing:
            row.state = NominationState.BROKEN_OFF
        else:
            row.checked_in_at, present = act.now, present + 1
        act.session.add(row)
    for row in _alternates(act, session, session.places - present):
        row.state, row.checked_in_at, present = NominationState.CONFIRMED, act.now, present + 1
        act.session.add(row)
    session.started_on = act.today
    programme.started_on = programme.started_on or act.today
    programme.state = ProgrammeState.RUNNING
    act.session.add_all([session, programme])
    act.session.flush()
    record(act, "session_started", programme, session=session.number, on=act.today, checked_in=present)
    meet(act, programme, "act:start", target=str(session.id))
    rederive(act, programme)
    _tell_counties(act, programme, session)
    advance_programme(act, programme)
    return Done(id=session.id, ref=programme.ref)


def _check_in_phase(act: Act, programme: Programme, session: ProgrammeSession) -> Phase:
    row = act.session.exec(
        select(Phase).where(
            Phase.programme_id == programme.id, Phase.flow == "check-in", Phase.session_id == session.id
        )
    ).first()
    if row is None or row.state != PhaseState.OPEN:
        began = session.started_on
        raise refusal(
            "start.open",
            f"{session.name}已于{began}开班" if began else f"{session.name}尚不能开班:项目未立项",
            f"{session.name} started on {began}"
            if began
            else f"{session.name} cannot start: the programme is not awarded",
            basis=EVERYWHERE if began else start_ground(pack_of(act, programme)),
        )
    return row


def _alternates(act: Act, session: ProgrammeSession, count: int) -> list[Nomination]:
    if count <= 0:
        return []
    query = select(Nomination).where(Nomination.session_id == session.id, Nomination.state == NominationState.ALTERNATE)
    return list(act.session.exec(query.order_by(col(Nomination.id)).limit(count)).all())


def _tell_counties(act: Act, programme: Programme, session: ProgrammeSession) -> None:
    pack = pack_of(act, programme)
    schools = schools_by_session(act, programme).get(session.id, [])
    counties = {county_of(act, act.session.get_one(Organisation, school), pack).id for school in schools}
    people = [who for county in sorted(counties, key=str) for who in holders(act, county, reviewer(pack))]
    tell_host(act, programme, "started", str(session.id), session=session.name, starts_on=act.today)
    if people:
        tell_or_report(
            act, "started", f"{session.id}:counties", people, programme, session=session.name, starts_on=act.today
        )


# --- stages ---------------------------------------------------------------------------------------------------------


@operation("open-stage", Done)
def open_stage(
    act: Act, programme_ref: str, key: str, session_number: int, school: str | None = None, on: date | None = None
) -> Done:
    """Record the actual first day of a stage. The phase before it must be closed, else the stage is not open."""
    programme = by_ref(act, programme_ref)
    stage = stage_at(act, programme, key, session_number, school)
    pack = pack_of(act, programme)
    must_work_on(act, programme, pack, stage)
    must_be_open(act, programme, pack, stage)
    day = on or act.today
    if day > act.today:
        raise BadInput([("on", f"{day} has not come yet; an actual day is recorded when it is there")])
    if stage.actual_from is None:
        stage.actual_from = day
        act.session.add(stage)
        record(act, "stage_opened", programme, stage=key, session=session_number, school=school, on=day)
    return Done(id=stage.id)


@operation("attend", Attended)
def attend(
    act: Act, programme_ref: str, key: str, session_number: int, school: str | None = None, absent: Sequence[str] = ()
) -> Attended:
    """Record who took part in a stage, with its credit hours; everybody of the session but `absent`. May be said
    again.
    """
    programme = by_ref(act, programme_ref)
    stage = stage_at(act, programme, key, session_number, school)
    pack = pack_of(act, programme)
    must_work_on(act, programme, pack, stage)
    must_be_open(act, programme, pack, stage)
    missing = {person(act, ref).id for ref in absent}
    known = {
        row.nomination_id: row
        for row in act.session.exec(select(Attendance).where(Attendance.stage_id == stage.id)).all()
    }
    count = 0
    for row in trainees(act, stage.session_id, stage.school_id):
        if row.person_id in missing:
            if row.id in known:
                act.session.delete(known[row.id])
            continue
        count += 1
        if row.id not in known:
            act.session.add(Attendance(stage_id=stage.id, nomination_id=row.id, hours=stage.hours, created_at=act.now))
    act.session.flush()
    record(
        act,
        "attended",
        programme,
        stage=key,
        session=session_number,
        school=school,
        trainees=count,
        absent=list(absent),
    )
    return Attended(trainees=count, hours=str(stage.hours * count))


@operation("hand-in-product", Done)
def hand_in_product(
    act: Act,
    programme_ref: str,
    key: str,
    session_number: int,
    kind: str,
    stored: Stored,
    school: str | None = None,
    covers: int = 1,
) -> Done:
    """Hand in a product of a stage; a school may hand in those of its trainees together (`covers` of them), or each
    their own.

    Raises `BadInput` for a kind that the stage does not yield, `Refused` when the stage is not open.
    """
    programme = by_ref(act, programme_ref)
    stage = stage_at(act, programme, key, session_number, school)
    pack = pack_of(act, programme)
    who = actor(act) if may_hand_in_own(act, pack, stage, kind, covers) else must_work_on(act, programme, pack, stage)
    must_be_open(act, programme, pack, stage)
    spec = stage_spec(pack, stage)
    wanted = [product.document for product in spec.products] if spec else []
    if spec is not None and kind not in wanted:
        raise BadInput([("kind", f"{kind!r} is no product of {stage.name}; it yields {', '.join(wanted)}")])
    if covers < 1:
        raise BadInput([("covers", f"{covers} is not a number of trainees")])
    filing = file_document(act, programme, kind, stored, who, stage=stage, covers=covers)
    record(
        act,
        "product_handed_in",
        programme,
        stage=key,
        session=session_number,
        school=school,
        product=kind,
        version=filing.version,
        covers=covers,
        sha256=stored.sha256,
    )
    for product in spec.products if spec else ():
        if product.document == kind and any(owed.met_by == kind for owed in pack.obligations):
            meet_by_product(
                act, programme, stage, product, len(trainees(act, stage.session_id, stage.school_id)), filing
            )
    return Done(id=filing.id)


@operation("close-stage", Done)
def close_stage(
    act: Act, programme_ref: str, key: str, session_number: int, school: str | None = None, on: date | None = None
) -> Done:
    """Close a stage on its actual last day once the pack's conditions hold; the last one ends the session and the
    programme.

    Raises `Refused` naming each missing product with its clause.
    """
    programme = by_ref(act, programme_ref)
    stage = stage_at(act, programme, key, session_number, school)
    pack = pack_of(act, programme)
    must_work_on(act, programme, pack, stage)
    must_be_open(act, programme, pack, stage)
    day = on or act.today
    if day > act.today:
        raise BadInput([("on", f"{day} has not come yet; an actual day is recorded when it is there")])
    must_be_closable(act, programme, stage, day)
    stage.actual_from = stage.actual_from or min(stage.planned_from, day)
    if day < stage.actual_from:
        raise BadInput([("on", f"{day} is before the stage began on {stage.actual_from}")])
    stage.actual_to, stage.state = day, StageState.CLOSED
    act.session.add(stage)
    act.session.flush()
    record(act, "stage_closed", programme, stage=key, session=session_number, school=school, on=day)
    _end_what_is_over(act, programme, session_of(act, programme, session_number))
    advance_programme(act, programme)
    return Done(id=stage.id)


def _end_what_is_over(act: Act, programme: Programme, session: ProgrammeSession) -> None:
    """The end is a recorded act: the last stage of a session ends it, the last session ends the programme."""
    rows = act.session.exec(select(Stage).where(Stage.session_id == session.id)).all()
    if any(row.state != StageState.CLOSED for row in rows):
        return
    session.ended_on = max(row.actual_to or row.planned_to for row in rows)
    act.session.add(session)
    for row in trainees(act, session.id):
        row.state = NominationState.FINISHED
        act.session.add(row)
    act.session.flush()
    record(act, "session_ended", programme, session=session.number, on=session.ended_on)
    meet(act, programme, "act:end", target=str(session.id))
    cancel_open(act, programme, "no session takes place after the actual end", session=session)
    everyone = sessions_of(act, programme)
    if all(one.ended_on is not None for one in everyone):
        programme.ended_on = max(one.ended_on for one in everyone if one.ended_on)
        act.session.add(programme)
        act.session.flush()
        record(act, "programme_ended", programme, on=programme.ended_on)
        tell_host(act, programme, "programme-ended", "end", on=programme.ended_on)
    rederive(act, programme)


# --- documents that belong to no stage ------------------------------------------------------------------------------


@operation("submit-document", Done)
def submit_document(act: Act, programme_ref: str, kind: str, stored: Stored, session_number: int | None = None) -> Done:
    """Hand in a document of a programme or of a session. A late one is accepted, marked late and counted.

    Raises `BadInput` for a kind that the pack does not know, `Refused` for an archive before the actual end is
    recorded.
    """
    programme = by_ref(act, programme_ref)
    who = must_speak_for_host(act, programme)
    pack = pack_of(act, programme)
    try:
        spec = document_of(pack, kind)
    except LookupFailure as error:
        raise BadInput([("kind", str(error))]) from None
    session = session_of(act, programme, session_number) if session_number else None
    if kind == ReviewSubject.PLAN:
        raise BadInput([("kind", f"{spec.name.en} goes through its review: submit it as the plan, not as a document")])
    _must_hand_in(act, programme, pack, kind)
    if kind == "archive-documents" and programme.ended_on is None:
        raise refusal(
            "archive.ended",
            "项目尚未登记实际结束,不能报送档案;请先结束最后一个阶段",
            "the actual end is not recorded yet; close the last stage first",
            basis=document_ground(pack, kind),
        )
    filing = file_document(act, programme, kind, stored, who, session=session)
    filing.late_days = meet(act, programme, kind, target=str(session.id) if session else None, filing=filing)
    act.session.add(filing)
    record(
        act,
        "document_submitted",
        programme,
        document=kind,
        version=filing.version,
        sha256=stored.sha256,
        late_days=filing.late_days,
        session=session_number,
    )
    if filing.late_days:
        tell_host(
            act,
            programme,
            "document-late",
            str(filing.id),
            what=spec.name.zh,
            what_en=spec.name.en,
            late_days=filing.late_days,
        )
    advance_programme(act, programme)
    return Done(id=filing.id, ref=programme.ref)


def _must_hand_in(act: Act, programme: Programme, pack: Pack, kind: str) -> None:
    """What the programme office owes, the host does not hand in for it (it has an interest in the score)."""
    owed = [one for one in pack.obligations if one.met_by == kind]
    if owed and all(one.owed_by == OFFICE for one in owed):
        name = document_of(pack, kind).name
        must_be_office(act, f"报送{name.zh}", f"hand in: {name.en}")
