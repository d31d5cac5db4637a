"""Stages as they stand: which one is meant, who may work on it, whether it is open, and what it still needs to close.

Decides by `rules.stages`; records nothing. Serves SL2017-2.1 to 2.20, 6A.1.5 and CQ2021-5.7.
"""

import uuid
from collections.abc import Sequence
from datetime import date

from sqlmodel import col, select

from ledger.anchors import target_of
from ledger.entries import entries_of, fact_of
from ledger.errors import NotFound, Refused, refusal
from ledger.filings import products
from ledger.lifecycle import schools_by_session
from ledger.nominations import trainees
from ledger.packs import pack_of
from ledger.people import OFFICE, actor, organisation, roles_of
from ledger.programmes import session_of
from models.act import Act
from models.people import Organisation, Person
from models.programme import Programme, ProgrammeSession, Strand
from models.states import StageState
from models.training import Attendance, Stage
from policies.grounds import EVERYWHERE, phase_for, resting_on, stage_ground
from policies.lookup import LookupFailure, stage_of
from policies.schema import Pack
from policies.schema import Stage as StageSpec
from rules.indicators import EntryFact
from rules.stages import may_close

TAKING_PART = ("teacher", "trainee")


def stage_at(act: Act, programme: Programme, key: str, session_number: int, school_name: str | None) -> Stage:
    """A stage of a session (of one school where it runs per school). Raises `NotFound`."""
    session = session_of(act, programme, session_number)
    school = organisation(act, school_name) if school_name else None
    row = act.session.exec(
        select(Stage).where(
            Stage.session_id == session.id,
            Stage.key == key,
            Stage.target == target_of(session.id, school.id if school else None),
        )
    ).first()
    if row is None:
        raise NotFound(f"{programme.ref} {session.name} has no stage {key}" + (f" at {school.name}" if school else ""))
    return row


def must_work_on(act: Act, programme: Programme, pack: Pack, stage: Stage) -> Person:
    """The acting person must be of the training team, the host, a school of the stage, or the programme office.

    Teachers take part, they do not conduct: what they owe they hand in by `may_hand_in_own`. Raises `Refused`.
    """
    who = actor(act)
    session = act.session.get_one(ProgrammeSession, stage.session_id)
    strand = act.session.get_one(Strand, session.strand_id)
    schools = [stage.school_id] if stage.school_id else schools_by_session(act, programme).get(stage.session_id, [])
    allowed = {programme.host_id, strand.team_id, *schools}
    held = roles_of(act, who.id)
    if not any((where in allowed and role not in TAKING_PART) or role == OFFICE for where, role in held):
        raise refusal(
            "role.stage",
            "只有送培团队、承训机构、该阶段的学校或项目办可以办理此事",
            "only the training team, the host, a school of this stage or the programme office may do this",
            basis=resting_on(stage_spec(pack, stage), phase_for(pack, "delivery")),
        )
    return who


def may_hand_in_own(act: Act, pack: Pack, stage: Stage, kind: str, covers: int) -> bool:
    """Whether the acting person is a trainee of the stage who hands in a product of their own."""
    spec = stage_spec(pack, stage)
    own = spec is not None and any(one.document == kind and one.owed_by in TAKING_PART for one in spec.products)
    return (
        own
        and covers == 1
        and any(row.person_id == act.actor.person_id for row in trainees(act, stage.session_id, stage.school_id))
    )


def must_be_open(act: Act, programme: Programme, pack: Pack, stage: Stage) -> None:
    """The stage must be open. Raises `Refused` before the session has started, before the stage's predecessor has closed,
    and once it is closed itself.
    """
    if stage.state == StageState.OPEN:
        return
    session = act.session.get_one(ProgrammeSession, stage.session_id)
    if stage.state == StageState.CLOSED:
        zh, en = f"{stage.name}已结束", f"{stage.name} is closed"
    elif session.started_on is None:
        start = f"songjiao session start {programme.ref} --session {session.number}"
        zh = f"{session.name}尚未开班,{stage.name}还不能开展;请先开班:{start}"
        en = f"{session.name} has not started, so {stage.name} is not open; start it first: {start}"
    else:
        zh = f"{stage.name}尚未开始:前一阶段结束后才能开展"
        en = f"{stage.name} is not open: the stage before it must close first"
    raise refusal("stage.open", zh, en, basis=stage_ground(pack, stage.key))


def stage_spec(pack: Pack, stage: Stage) -> StageSpec | None:
    """What the pack says of a stage; None for a part of a delivery without the five stages."""
    try:
        return stage_of(pack, stage.key)
    except LookupFailure:
        return None  # a part of a delivery without five stages


def must_be_closable(act: Act, programme: Programme, stage: Stage, day: date) -> None:
    """Everything that the stage still needs must be there on that day. Raises `Refused` naming each thing missing."""
    pack = pack_of(act, programme)
    spec = stage_spec(pack, stage)
    people = trainees(act, stage.session_id, stage.school_id)
    if spec is not None:
        verdict = may_close(
            spec,
            predecessor_closed=True,  # a stage is open only after its predecessor closed
            products=products(act, stage),
            trainees=len(people),
            today=day,
            planned_to=stage.planned_to,
            schools=1 if stage.school_id else max(1, len(schools_by_session(act, programme).get(stage.session_id, []))),
            pack=pack,
            entries=_entries(act, pack, programme, stage) if spec.requires else (),
        )
        if not verdict.allowed:
            raise Refused(verdict)
    took_part = act.session.exec(select(Attendance.id).where(Attendance.stage_id == stage.id).limit(1)).first()
    if people and took_part is None:
        raise refusal(
            "stage.attendance",
            f"{stage.name}尚未登记参训情况和学时;请先登记",
            f"nobody's attendance is recorded for {stage.name}; record it first",
            basis=EVERYWHERE,
        )


def _entries(act: Act, pack: Pack, programme: Programme, stage: Stage) -> list[EntryFact]:
    """The entries about the programme that speak of this stage, or of no stage in particular but of its days."""
    rows = entries_of(act, pack, programme=programme)
    since = stage.actual_from or stage.planned_from
    elsewhere = _other_schools(act, programme, stage)
    return [
        fact_of(row)
        for row in rows
        if (row.content.get("stage") == stage.key or ("stage" not in row.content and row.happened_on >= since))
        and elsewhere.isdisjoint(str(value) for value in row.content.values())
    ]


def _other_schools(act: Act, programme: Programme, stage: Stage) -> frozenset[str]:
    """The names of the other schools of a stage that runs per school: what is recorded of them is not this one's."""
    if stage.school_id is None:
        return frozenset()
    schools = schools_by_session(act, programme).get(stage.session_id, [])
    return frozenset(act.session.get_one(Organisation, one).name for one in schools if one != stage.school_id)


def stage_rows(act: Act, programme_id: uuid.UUID) -> Sequence[Stage]:
    """The stages of a programme in the order of their planned days."""
    query = select(Stage).where(Stage.programme_id == programme_id)
    return act.session.exec(query.order_by(col(Stage.planned_from), col(Stage.number), col(Stage.id))).all()
