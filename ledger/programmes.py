"""Applications come in and become programmes: strands, sessions, schools and stages, pinned to the pack of the day.

Each failure cites its clause. Serves CQ2021-2.1, 3.2, 3.4, 3.9 to 3.11, 6.3.
"""

import uuid
from datetime import date

from sqlmodel import col, select

from ledger.anchors import target_of
from ledger.chains import latest, tier_seat
from ledger.content import content_verdicts
from ledger.core import Done, fingerprint, next_number, operation, record, wake
from ledger.errors import BadInput, NotFound, Refused, refusal
from ledger.lifecycle import advance_programme, over, tell_host
from ledger.obligations import rederive
from ledger.packs import pack_of, pin
from ledger.people import OFFICE, actor, organisation, roles_of
from models.act import Act
from models.documents import Obligation
from models.people import Organisation, Person
from models.programme import Programme, ProgrammeSession, SessionSchool, Strand
from models.review import Submission
from models.states import ProgrammeState, StageState, SubmissionState
from models.training import Stage
from models.values import Application, PlannedSession, PlannedStage, Verdict
from policies.grounds import EVERYWHERE
from policies.lookup import chain_for
from policies.schema import Pack
from rules.admission import admitted


def by_ref(act: Act, ref: str) -> Programme:
    """The programme of that ref (`CQ-2026-0001`). Raises `NotFound`."""
    row = act.session.exec(select(Programme).where(Programme.ref == ref.strip().upper())).first()
    if row is None:
        raise NotFound(f"there is no programme {ref}; see songjiao programme list")
    return row


def must_speak_for_host(act: Act, programme: Programme) -> Person:
    """The acting person, who must be the host's contact or of the programme office. Raises `Refused`."""
    who = actor(act)
    if not _speaks_for(act, who, programme.host_id):
        raise refusal(
            "role.host",
            "只有项目承担机构的联系人或项目办可以办理此事",
            "only the host institution's contact or the programme office may do this",
            setting="doors.host",
        )
    return who


def _speaks_for(act: Act, who: Person, host_id: uuid.UUID) -> bool:
    """Contacts, clerks and heads speak for their institution; its teachers do not."""
    return any(
        role == OFFICE or (where == host_id and role not in ("teacher", "trainee"))
        for where, role in roles_of(act, who.id)
    )


@operation("apply", Done)
def apply(act: Act, application: Application, pack: Pack) -> Done:
    """Take in an application: check it against the pack, record the programme, start its lifecycle. Answers the ref.

    Raises `BadInput` for what the pack or the ledger does not know, `Refused` with the verdicts of the checks that
    block.
    """
    who = actor(act)
    host = organisation(act, application.host)
    _must_be_known(act, application, pack, host)
    if not _speaks_for(act, who, host.id):
        raise refusal(
            "role.host",
            f"{who.ref} 不是{host.name}的联系人,不能代其申报",
            f"{who.ref} does not speak for {host.name} and cannot apply for it",
            setting="doors.host",
        )
    _must_be_new(act, application, host)
    verdicts = content_verdicts(act, pack, "application", application, host)
    if not admitted(verdicts):
        raise Refused(*(verdict for verdict in verdicts if not verdict.allowed))
    programme = _record(act, application, pack, host)
    strand = Strand(
        programme_id=programme.id,
        number=1,
        subject=application.subject,
        team_id=organisation(act, application.team).id if application.team else None,
        created_at=act.now,
    )
    act.session.add(strand)
    act.session.flush()
    for planned_session in application.sessions:
        _lay_out_session(act, programme, strand, pack, planned_session)
    act.session.add(
        Submission(
            programme_id=programme.id,
            subject="application",
            version=1,
            state=SubmissionState.UNDER_REVIEW,
            content=application.model_dump(mode="json"),
            verdicts=[verdict.model_dump(mode="json") for verdict in verdicts],
            submitted_by_id=who.id,
            submitted_at=act.now,
            created_at=act.now,
        )
    )
    act.session.flush()
    record(
        act,
        "application_submitted",
        programme,
        host=host.name,
        kind=application.kind,
        level=application.level,
        places=application.places,
        policy=pack.pack,
        content=fingerprint(application),
    )
    wake(act, programme)
    advance_programme(act, programme)
    return Done(id=programme.id, ref=programme.ref)


def _must_be_new(act: Act, application: Application, host: Organisation) -> None:
    """A host's programme is applied for once: the same title and first day while the first one goes on is a slip of the
    hand. Raises `Refused`.
    """
    query = select(Programme).where(Programme.host_id == host.id, Programme.title == application.title)
    for row in act.session.exec(query.order_by(col(Programme.id))).all():
        before = latest(act, row, "application")
        days = {
            row.starts_on.isoformat(),
            before.content["starts_on"] if before else None,
        }  # also where the start was moved
        if application.starts_on.isoformat() in days and not over(act, row):
            raise refusal(
                "apply.again",
                f"{host.name}已申报“{row.title}”({row.ref},{application.starts_on} 开班),尚在办理,不必重复申报;"
                f"退回后修改请用 songjiao programme correct {row.ref},确是另一个项目的请换一个名称(title)",
                f"{host.name} has applied for “{row.title}” already ({row.ref}, starting on {application.starts_on}), and "
                f"it goes on; after a return send songjiao programme correct {row.ref}, and give another title to what is "
                "another programme",
                basis=EVERYWHERE,
            )


def _must_be_known(act: Act, application: Application, pack: Pack, host: Organisation) -> None:
    problems = []
    if application.kind not in pack.kinds:
        problems.append(("kind", f"{application.kind!r} is not one of {', '.join(sorted(pack.kinds))} in {pack.pack}"))
    elif chain_for(pack, "application", application.host_kind, application.level) is None:
        problems.append(
            (
                "host_kind, level",
                f"{pack.pack} has no approval chain for a {application.host_kind} at level {application.level}",
            )
        )
    for session in application.sessions:
        for name in [session.county, *(visit.name for visit in session.schools)]:
            if name and act.session.exec(select(Organisation.id).where(Organisation.name == name)).first() is None:
                problems.append((f"sessions[{session.number}]", f"no organisation is called {name}; add it first"))
        keys = [stage.key for stage in session.stages]
        problems += [
            (f"sessions[{session.number}].stages", f"{key} stands there twice")
            for key in set(keys)
            if keys.count(key) > 1
        ]
        for spec in pack.phases:
            if spec.stage is None or application.kind not in (spec.kinds or (application.kind,)):
                continue
            rows = [("", session.stages)] if spec.per == "session" else [(v.name, v.stages) for v in session.schools]
            problems += [
                (f"sessions[{session.number}].stages", f"{spec.name.en} ({spec.stage}) is not planned {where}".rstrip())
                for where, stages in rows
                if spec.stage not in {stage.key for stage in stages}
            ]
    if problems:
        raise BadInput(problems)
    if host.kind != application.host_kind:
        raise BadInput(
            [("host", f"{host.name} is recorded as {host.kind}, the application says {application.host_kind}")]
        )
    _must_have_tiers(act, application, pack, host)


def _must_have_tiers(act: Act, application: Application, pack: Pack, host: Organisation) -> None:
    """Every tier that the programme will meet has its organisation; else it would stand still half-way."""
    missing = []
    for subject in dict.fromkeys(chain.subject for chain in pack.approval):
        chain = chain_for(pack, subject, application.host_kind, application.level)
        for tier in chain.tiers if chain else ():
            try:
                tier_seat(act, host, pack, tier.role)
            except NotFound as error:
                missing.append(("host", str(error)))
    if missing:
        raise BadInput(list(dict.fromkeys(missing)))


def _record(act: Act, application: Application, pack: Pack, host: Organisation) -> Programme:
    year = application.starts_on.year
    number = next_number(act, f"{pack.region_code}-{year}")
    programme = Programme(
        ref=f"{pack.region_code}-{year}-{number:04d}",
        title=application.title,
        short_name=application.short,
        region_code=pack.region_code,
        year=year,
        kind=application.kind,
        level=application.level,
        applicant_kind=application.host_kind,
        subject=application.subject,
        theme=application.theme,
        host_id=host.id,
        snapshot_id=pin(act, pack).id,
        state=ProgrammeState.APPLIED,
        places=application.places,
        starts_on=application.starts_on,
        ends_on=application.ends_on,
        budget_total=str(application.budget_total),
        sample=application.sample,
        created_at=act.now,
    )
    act.session.add(programme)
    act.session.flush()
    return programme


def _lay_out_session(act: Act, programme: Programme, strand: Strand, pack: Pack, given: PlannedSession) -> None:
    stages = list(given.stages) + [stage for school in given.schools for stage in school.stages]
    session = ProgrammeSession(
        programme_id=programme.id,
        strand_id=strand.id,
        number=given.number,
        name=given.name,
        places=given.places,
        county_id=organisation(act, given.county).id if given.county else None,
        starts_on=min(stage.starts_on for stage in stages),
        ends_on=max(stage.ends_on for stage in stages),
        created_at=act.now,
    )
    act.session.add(session)
    act.session.flush()
    for number, stage in enumerate(given.stages, start=1):
        if not _runs_per_school(pack, programme.kind, stage.key):
            _lay_out_stage(act, programme, session, stage, _place(pack, stage, number), None)
    for visit in given.schools:
        school = organisation(act, visit.name)
        act.session.add(
            SessionSchool(session_id=session.id, school_id=school.id, places=visit.trainees, created_at=act.now)
        )
        for number, stage in enumerate(visit.stages, start=1):
            if _runs_per_school(pack, programme.kind, stage.key):
                _lay_out_stage(act, programme, session, stage, _place(pack, stage, number), school)
    act.session.flush()


def _place(pack: Pack, stage: PlannedStage, otherwise: int) -> int:
    """A stage's number in the pack, or its place in the plan where the pack has no such stage."""
    return next((spec.number for spec in pack.stages if spec.key == stage.key), otherwise)


def _runs_per_school(pack: Pack, kind: str, key: str) -> bool:
    return any(spec.stage == key and spec.per == "school" and kind in (spec.kinds or (kind,)) for spec in pack.phases)


def _lay_out_stage(
    act: Act,
    programme: Programme,
    session: ProgrammeSession,
    stage: PlannedStage,
    number: int,
    school: Organisation | None,
) -> None:
    act.session.add(
        Stage(
            programme_id=programme.id,
            session_id=session.id,
            school_id=school.id if school else None,
            target=target_of(session.id, school.id if school else None),
            key=stage.key,
            number=number,
            name=stage.name,
            place=stage.place,
            hours=stage.hours,
            state=StageState.PLANNED,
            planned_from=stage.starts_on,
            planned_to=stage.ends_on,
            created_at=act.now,
        )
    )


@operation("confirm-budget", Done)
def confirm_budget(act: Act, programme_ref: str) -> Done:
    """The funding is secured and recorded, before delivery (SL2017-6A.1.6)."""
    programme = by_ref(act, programme_ref)
    must_speak_for_host(act, programme)
    if programme.budget_confirmed_at is None:
        programme.budget_confirmed_at = act.now
        act.session.add(programme)
        record(act, "budget_confirmed", programme, total=programme.budget_total)
        advance_programme(act, programme)
    return Done(id=programme.id, ref=programme.ref)


@operation("postpone-start", Done)
def postpone_start(act: Act, programme_ref: str, session_number: int, to: date, reason: str) -> Done:
    """Postpone the start of a session (延期开班) or bring it forward (提前开班): every stage not begun and every derived
    date moves, as an event.

    Raises `BadInput` without a reason, for the planned day itself or one that is past, or when the session has started;
    `Refused` where a duty that is still to be done would be too late at once.
    """
    programme = by_ref(act, programme_ref)
    must_speak_for_host(act, programme)
    session = session_of(act, programme, session_number)
    if not reason.strip():
        raise BadInput([("reason", "a start is moved with its reason (事由)")])
    if session.started_on is not None:
        raise BadInput(
            [("session", f"{session.name} started on {session.started_on}; its start cannot be moved any more")]
        )
    old, shift = session.starts_on, to - session.starts_on
    if not shift:
        raise BadInput([("to", f"{to} is the planned start already")])
    if to < min(old, act.today):
        raise BadInput([("to", f"{to} is past; a start is brought forward to today ({act.today}) at the earliest")])
    for stage in act.session.exec(select(Stage).where(Stage.session_id == session.id)).all():
        if stage.state == StageState.PLANNED:
            stage.planned_from, stage.planned_to = stage.planned_from + shift, stage.planned_to + shift
            act.session.add(stage)
    session.starts_on, session.ends_on = session.starts_on + shift, session.ends_on + shift
    act.session.add(session)
    act.session.flush()
    fit_programme_days(act, programme)
    kind = "start_postponed" if to > old else "start_brought_forward"
    moved = record(act, kind, programme, session=session.number, old=old, new=to, reason=reason)
    _must_leave_time(act, programme, to, rederive(act, programme))
    matter = f"{session.id}:{to}:{moved.number}"  # a start that is moved back to a former day is told again
    facts = {"session": session.name, "old": old, "new": to, "reason": reason}
    tell_host(act, programme, kind.replace("_", "-"), matter, **facts)
    advance_programme(act, programme)
    return Done(id=session.id, ref=programme.ref)


def _must_leave_time(act: Act, programme: Programme, to: date, moved: list[tuple[Obligation, date]]) -> None:
    """What is still to be done before the start must not be late at once by bringing it forward. Raises `Refused`."""
    kinds = {kind.key: kind for kind in pack_of(act, programme).obligations}
    late = [(kinds[row.kind], row.due_on) for row, old in moved if row.due_on < act.today <= old]
    verdicts = [
        Verdict(
            key="start.time",
            allowed=False,
            zh=f"开班提前至 {to},“{kind.name.zh}”应于 {due} 前办理,已来不及;请先办理,或选更晚的日期",
            en=f"with a start on {to}, {kind.name.en} was due on {due} and would be late at once; do it first, or take a "
            "later day",
            basis=(kind.basis,),
        )
        for kind, due in late
    ]
    if verdicts:
        raise Refused(*verdicts)


def fit_programme_days(act: Act, programme: Programme) -> None:
    """The programme's planned days follow its sessions'."""
    rows = act.session.exec(select(ProgrammeSession).where(ProgrammeSession.programme_id == programme.id)).all()
    programme.starts_on = min(row.starts_on for row in rows)
    programme.ends_on = max(row.ends_on for row in rows)
    act.session.add(programme)
    act.session.flush()


def session_of(act: Act, programme: Programme, number: int) -> ProgrammeSession:
    """A session of a programme by its number. Raises `NotFound`."""
    row = act.session.exec(
        select(ProgrammeSession).where(ProgrammeSession.programme_id == programme.id, ProgrammeSession.number == number)
    ).first()
    if row is None:
        raise NotFound(f"{programme.ref} has no session {number}")
    return row


def in_flight(act: Act) -> list[Programme]:
    """Programmes whose lifecycle has not come to its end, oldest first."""
    return list(
        act.session.exec(
            select(Programme).where(col(Programme.run_settled).is_(False)).order_by(col(Programme.id))
        ).all()
    )
