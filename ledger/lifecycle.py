"""The life of a programme: which phases close and which open, by the pack's graph, as a consequence of what is
recorded.

`advance_programme` is level-triggered: every operation ends with it, flows call it to repair, and calling it again
does nothing. The phases' states follow from recorded facts alone; no order of acts can leave them apart.
"""

import uuid
from collections.abc import Callable

from sqlmodel import col, select

from ledger.anchors import TEAM, owner_of, target_of
from ledger.chains import latest, new_version, open_chain, review_subject, settled
from ledger.core import Done, record, wake
from ledger.filings import has_filing
from ledger.obligations import cancel_open, meet, oblige
from ledger.outbox import tell_or_report
from ledger.packs import pack_of
from ledger.people import holders, seat_of
from models.act import Act
from models.people import Organisation, Person
from models.programme import Phase, Programme, ProgrammeSession, SessionSchool
from models.review import Submission
from models.states import (
    PhaseOutcome,
    PhaseState,
    ProgrammeState,
    ReviewSubject,
    StageState,
    SubmissionState,
)
from models.training import EvaluationResult, Nomination, Stage
from policies.lookup import document_of, phase_of, role_name, stage_of
from policies.schema import Pack
from policies.schema import Phase as PhaseSpec
from rules.phases import PhaseKey, planned, to_open
from rules.selection import reviewer

ARCHIVE = "archive-documents"
_REVIEWED = {
    SubmissionState.PASSED: PhaseOutcome.PASSED,
    SubmissionState.FILED: PhaseOutcome.FILED,
    SubmissionState.REJECTED: PhaseOutcome.REJECTED,
}


def advance(act: Act, programme_id: uuid.UUID) -> Done:
    """Open and close whatever is due on a programme. Nothing happens when nothing is, so it needs no key of its own."""
    advance_programme(act, act.session.get_one(Programme, programme_id))
    return Done(id=programme_id)


def advance_programme(act: Act, programme: Programme) -> None:
    """Close the phases whose matter is settled, then open those whose predecessors are closed, until nothing changes."""
    pack = pack_of(act, programme)
    rows, schools = phases_of(act, programme), schools_by_session(act, programme)
    while programme.state != ProgrammeState.REJECTED:
        if not _close_settled(act, programme, pack, rows) and not _open_due(act, programme, pack, rows, schools):
            break
    if programme.state == ProgrammeState.RUNNING and programme.ended_on is not None:
        programme.state = ProgrammeState.ENDED
    act.session.add(programme)


def phases_of(act: Act, programme: Programme) -> list[Phase]:
    """The phases of a programme that were opened, oldest first."""
    return list(act.session.exec(select(Phase).where(Phase.programme_id == programme.id).order_by(col(Phase.id))).all())


def sessions_of(act: Act, programme: Programme) -> list[ProgrammeSession]:
    """The sessions of a programme in order."""
    query = select(ProgrammeSession).where(ProgrammeSession.programme_id == programme.id)
    return list(act.session.exec(query.order_by(col(ProgrammeSession.number))).all())


def schools_by_session(act: Act, programme: Programme) -> dict[uuid.UUID, list[uuid.UUID]]:
    """For each session the schools that it visits."""
    rows = act.session.exec(
        select(ProgrammeSession.id, SessionSchool.school_id)
        .join(SessionSchool, col(SessionSchool.session_id) == col(ProgrammeSession.id), isouter=True)
        .where(ProgrammeSession.programme_id == programme.id)
        .order_by(col(ProgrammeSession.number), col(SessionSchool.id))
    ).all()
    found: dict[uuid.UUID, list[uuid.UUID]] = {}
    for session_id, school_id in rows:
        schools = found.setdefault(session_id, [])
        if school_id is not None:
            schools.append(school_id)
    return found


def over(act: Act, programme: Programme) -> bool:
    """Whether the programme has nothing more before it: rejected, or every planned phase closed."""
    if programme.state == ProgrammeState.REJECTED:
        return True
    wanted = planned(pack_of(act, programme), programme.kind, schools_by_session(act, programme))
    rows = phases_of(act, programme)
    return len(rows) == len(wanted) and all(row.state == PhaseState.CLOSED for row in rows)


# --- closing --------------------------------------------------------------------------------------------------------


def _close_settled(act: Act, programme: Programme, pack: Pack, rows: list[Phase]) -> bool:
    closed = False
    for phase in rows:
        if phase.state != PhaseState.OPEN:
            continue
        outcome = outcome_by_fact(act, programme, pack, phase)
        if outcome is not None:
            _close(act, programme, pack, phase, outcome)
            closed = True
        elif phase.flow == "award":
            _lay_out_award(act, programme)  # the corrected application has passed its tiers
    return closed


def outcome_by_fact(act: Act, programme: Programme, pack: Pack, phase: Phase) -> PhaseOutcome | None:
    """How a phase has ended by what is recorded, or None while it goes on."""
    subject = review_subject(pack, phase.key)
    if subject is not None:
        submission = latest(act, programme, subject)
        return _REVIEWED[SubmissionState(submission.state)] if submission and settled(submission) else None
    return PhaseOutcome.DONE if _DONE[phase.flow](act, programme, phase) else None


def _session(act: Act, phase: Phase) -> ProgrammeSession:
    return act.session.get_one(ProgrammeSession, phase.session_id)


def phase_stages(act: Act, phase: Phase) -> list[Stage]:
    """The stages (or parts of a delivery) that a phase carries, in order."""
    query = select(Stage).where(Stage.session_id == phase.session_id)
    if phase.flow == "training-stage":
        query = query.where(Stage.key == phase.key, Stage.school_id == phase.school_id)
    return list(act.session.exec(query.order_by(col(Stage.planned_from), col(Stage.number))).all())


def _stages_closed(act: Act, phase: Phase) -> bool:
    return all(stage.state == StageState.CLOSED for stage in phase_stages(act, phase))


def _scored(act: Act, programme: Programme) -> bool:
    query = select(EvaluationResult.id).where(EvaluationResult.programme_id == programme.id)
    return act.session.exec(query).first() is not None


def handed_in(act: Act, programme: Programme, phase: Phase) -> bool:
    """Whether every document that the phase asks for came in; where it names none, the archive."""
    asked = [one.partition(":") for one in phase_of(pack_of(act, programme), phase.key).closes_when]
    documents = [key for sort, _, key in asked if sort == "document"]
    return all(has_filing(act, programme, key) for key in documents or [ARCHIVE])


_DONE: dict[str, Callable[[Act, Programme, Phase], bool]] = {
    "application": lambda act, programme, phase: True,
    "selection": lambda act, programme, phase: _session(act, phase).list_confirmed_at is not None,
    "check-in": lambda act, programme, phase: _session(act, phase).started_on is not None,
    "training-stage": lambda act, programme, phase: _stages_closed(act, phase),
    "delivery": lambda act, programme, phase: _stages_closed(act, phase),
    "archive": lambda act, programme, phase: programme.ended_on is not None and handed_in(act, programme, phase),
    "evaluation": lambda act, programme, phase: _scored(act, programme),
}


def _close(act: Act, programme: Programme, pack: Pack, phase: Phase, outcome: PhaseOutcome) -> None:
    phase.state, phase.outcome, phase.closed_at = PhaseState.CLOSED, outcome, act.now
    act.session.add(phase)
    act.session.flush()
    record(act, "phase_closed", programme, phase=phase.key, target=phase.target, outcome=outcome)
    session = act.session.get(ProgrammeSession, phase.session_id) if phase.session_id else None
    if outcome == PhaseOutcome.REJECTED:
        programme.state = ProgrammeState.REJECTED
        cancel_open(act, programme, "the programme was rejected")
    elif phase.flow == "award":
        programme.state = ProgrammeState.AWARDED
        tell_host(act, programme, "awarded", str(phase.id), places=programme.places, starts_on=programme.starts_on)
    meet(act, programme, f"phase:{phase.key}", target=phase.target)
    if outcome != PhaseOutcome.REJECTED:
        oblige(act, programme, f"{phase.key}.closed", session=session, school_id=phase.school_id)
    wake(act, programme, phase)
    wake(act, programme)


# --- opening --------------------------------------------------------------------------------------------------------


def _open_due(
    act: Act, programme: Programme, pack: Pack, rows: list[Phase], schools: dict[uuid.UUID, list[uuid.UUID]]
) -> bool:
    if programme.state == ProgrammeState.REJECTED:
        return False
    opened = {_key(row) for row in rows}
    closed = {_key(row) for row in rows if row.state == PhaseState.CLOSED}
    due = to_open(pack, programme.kind, schools, closed, opened)
    for key in due:
        rows.append(_open(act, programme, pack, key))
    return bool(due)


def _key(row: Phase) -> PhaseKey:
    return PhaseKey(row.key, row.session_id, row.school_id)


def _open(act: Act, programme: Programme, pack: Pack, key: PhaseKey) -> Phase:
    spec = phase_of(pack, key.key)
    phase = Phase(
        programme_id=programme.id,
        key=key.key,
        flow=spec.flow,
        target=target_of(key.session, key.school),
        session_id=key.session,
        school_id=key.school,
        state=PhaseState.OPEN,
        opened_at=act.now,
        created_at=act.now,
    )
    act.session.add(phase)
    act.session.flush()
    record(act, "phase_opened", programme, phase=phase.key, target=phase.target)
    wake(act, programme, phase)
    wake(act, programme)
    session = act.session.get(ProgrammeSession, key.session) if key.session else None
    oblige(act, programme, f"{key.key}.opened", session=session, school_id=key.school)
    _begin(act, programme, pack, spec, phase)
    return phase


def _begin(act: Act, programme: Programme, pack: Pack, spec: PhaseSpec, phase: Phase) -> None:
    """What a phase does as it opens, by rule alone."""
    subject = review_subject(pack, phase.key)
    if subject == ReviewSubject.AWARD:
        _lay_out_award(act, programme)
    if subject is not None:
        submission = latest(act, programme, subject)
        if submission is not None and submission.state == SubmissionState.UNDER_REVIEW:
            open_chain(act, programme, submission)
    if phase.flow == "selection":
        _call_for_trainees(act, programme, phase)
    if phase.flow in ("training-stage", "delivery"):
        for stage in phase_stages(act, phase):
            stage.state = StageState.OPEN
            act.session.add(stage)
            _tell_stage(act, programme, pack, spec, stage)


def _lay_out_award(act: Act, programme: Programme) -> None:
    """The award is about a version of the application: once it has passed its tiers it is laid before the commission."""
    before, application = latest(act, programme, ReviewSubject.AWARD), latest(act, programme, ReviewSubject.APPLICATION)
    if application is None or not settled(application) or application.state == SubmissionState.REJECTED:
        return
    if before is not None and before.state != SubmissionState.RETURNED:
        return
    row = Submission(
        programme_id=programme.id,
        subject=ReviewSubject.AWARD,
        version=before.version + 1 if before else 1,
        state=SubmissionState.UNDER_REVIEW,
        content={"application_version": application.version},
        submitted_by_id=application.submitted_by_id,
        submitted_at=act.now,
        created_at=act.now,
    )
    new_version(act, row)
    open_chain(act, programme, row)


def reopen_application(act: Act, programme: Programme) -> None:
    """The commission returned the application at the award: it is corrected and goes through its own tiers again.

    The review's phase opens again with a run of its own; the award's phase stays open and waits.
    """
    application = latest(act, programme, ReviewSubject.APPLICATION)
    pack = pack_of(act, programme)
    for phase in phases_of(act, programme):
        if application is None or review_subject(pack, phase.key) != ReviewSubject.APPLICATION:
            continue
        application.state = SubmissionState.RETURNED
        phase.state, phase.outcome, phase.closed_at = PhaseState.OPEN, None, None
        phase.run_id, phase.run_settled, phase.generation = None, False, phase.generation + 1
        act.session.add_all([application, phase])
        act.session.flush()
        record(act, "phase_opened", programme, phase=phase.key, target=phase.target, again=True)
        oblige(act, programme, f"{ReviewSubject.APPLICATION}.returned")
        wake(act, programme, phase)
        wake(act, programme)


def _call_for_trainees(act: Act, programme: Programme, phase: Phase) -> None:
    """Tell the schools of the session, and their county, that nominations are open and for how many places."""
    session = _session(act, phase)
    rows = act.session.exec(select(SessionSchool).where(SessionSchool.session_id == session.id)).all()
    for row in rows:
        school = act.session.get_one(Organisation, row.school_id)
        tell_or_report(
            act,
            "selection-opened",
            f"{phase.id}:{school.id}",
            holders(act, school.id, "school", "contact"),
            programme,
            session=session.name,
            school=school.name,
            places=row.places,
        )
    if not rows and not session.county_id:
        tell_host(
            act, programme, "selection-opened", str(phase.id), session=session.name, school="", places=session.places
        )
    if session.county_id:
        county = act.session.get_one(Organisation, session.county_id)
        tell_or_report(
            act,
            "selection-opened",
            f"{phase.id}:{county.id}",
            holders(act, county.id, county.kind),
            programme,
            session=session.name,
            school=county.name,
            places=session.places,
        )


def _tell_stage(act: Act, programme: Programme, pack: Pack, spec: PhaseSpec, stage: Stage) -> None:
    """Tell each party what it owes in a stage, from the pack."""
    session = act.session.get_one(ProgrammeSession, stage.session_id)
    known = stage_of(pack, spec.stage) if spec.stage else None
    facts = {
        "stage": stage.name,
        "stage_en": known.name.en if known else None,
        "session": session.name,
        "from": stage.planned_from,
        "to": stage.planned_to,
        "clause": known.cites if known else None,
    }
    if known is None:
        tell_host(act, programme, "stage-opened", f"{stage.id}:host", duties=[], products=[], **facts)
        return
    for role in dict.fromkeys(
        [*known.owners, *(duty.role for duty in known.duties), *(p.owed_by for p in known.products)]
    ):
        people, school = people_in_role(act, programme, pack, role, stage)
        if not people and role in ("trainee", "teacher"):
            continue  # trainees without an address are reached through their school
        tell_or_report(
            act,
            "stage-opened",
            f"{stage.id}:{role}",
            people,
            programme,
            role=role_name(pack, role, "zh-CN"),
            role_en=role_name(pack, role, "en"),
            school=school,
            duties=[duty.says.zh for duty in known.duties if duty.role == role],
            duties_en=[duty.says.en for duty in known.duties if duty.role == role],
            products=[document_of(pack, p.document).name.zh for p in known.products if p.owed_by == role],
            products_en=[document_of(pack, p.document).name.en for p in known.products if p.owed_by == role],
            **facts,
        )


def people_in_role(act: Act, programme: Programme, pack: Pack, role: str, stage: Stage) -> tuple[list[Person], str]:
    """Who stands for a role in a stage, and the school they are told about."""
    if role == TEAM:
        team = owner_of(act, programme, pack, role)
        return holders(act, team.id, TEAM, "contact") or host_people(act, programme), ""
    if role in ("rural-school", "school"):
        schools = [stage.school_id] if stage.school_id else schools_by_session(act, programme).get(stage.session_id, [])
        rows = [act.session.get_one(Organisation, school) for school in schools]
        return [who for row in rows for who in holders(act, row.id, "school", "contact")], "、".join(
            r.name for r in rows
        )
    if role in ("trainee", "teacher"):
        query = (
            select(Person)
            .join(Nomination, Nomination.person_id == Person.id)  # type: ignore[arg-type]
            .where(Nomination.session_id == stage.session_id, Nomination.state == "confirmed")
        )
        if stage.school_id:
            query = query.where(Nomination.school_id == stage.school_id)
        return [who for who in act.session.exec(query).all() if who.email or who.channel], ""
    where = owner_of(act, programme, pack, role)
    return holders(act, where.id, role, where.kind), where.name


def host_people(act: Act, programme: Programme) -> list[Person]:
    """The host institution's contacts."""
    return holders(act, programme.host_id, "host-institution", "contact")


def tell_host(act: Act, programme: Programme, kind: str, matter: str, **facts: object) -> None:
    """Tell the host institution's contacts."""
    tell_or_report(act, kind, matter, host_people(act, programme), programme, **facts)


def county_of(act: Act, organisation: Organisation, pack: Pack) -> Organisation:
    """The body above a school that reviews its nominations (a county's authority). Raises `NotFound`."""
    return seat_of(act, reviewer(pack), organisation)
