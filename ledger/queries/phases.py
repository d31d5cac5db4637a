"""What a phase's run needs to know: where the phase stands, what it waits for, and what happened in it.

Nothing here costs more as a programme grows old: a view reads one phase and what hangs on it.
"""

import uuid
from datetime import date, datetime

from pydantic import BaseModel
from sqlmodel import col, select

from ledger.chains import latest, review_subject, steps_of
from ledger.delivery import start_facts
from ledger.filings import products
from ledger.lifecycle import handed_in, over, phase_stages, phases_of
from ledger.packs import chain_of, pack_of
from ledger.queries.waiting import OUTCOMES as OUTCOMES
from ledger.queries.waiting import waiting_for
from ledger.scoring import sheet_of
from models.act import Act
from models.documents import Obligation
from models.people import Organisation
from models.programme import Phase, Programme, ProgrammeSession
from models.review import ApprovalStep, Decision, Submission
from models.states import DecisionOutcome, PhaseState, StageState, StepState, TierAction
from models.training import Nomination
from policies.lookup import document_of, phase_of, role_name
from policies.schema import Pack
from rules.approval import allowed_outcomes
from rules.preparation import condition_name


class StepView(BaseModel):
    """The tier that waits for a decision."""

    id: uuid.UUID
    number: int
    tiers: int
    role: str
    role_key: str
    organisation: str
    action: str
    outcomes: list[str]
    version: int
    opened_at: datetime
    due_on: date | None = None
    clause: str | None = None


class Line(BaseModel):
    """Something that happened in a phase, with an id that stays the same, in the words of the office."""

    id: str
    text: str
    done: bool = True


class PhaseView(BaseModel):
    """A phase as its run sees it."""

    programme_id: uuid.UUID
    programme_ref: str
    phase_id: uuid.UUID
    key: str
    flow: str
    name: str
    state: str
    outcome: str | None
    subject: str | None = None
    step: StepView | None = None
    waiting_for: str = ""
    lines: list[Line] = []


def phase_view(act: Act, phase_id: uuid.UUID) -> PhaseView:
    """A phase with what it waits for and what happened in it, in order."""
    phase = act.session.get_one(Phase, phase_id)
    programme = act.session.get_one(Programme, phase.programme_id)
    pack = pack_of(act, programme)
    subject = review_subject(pack, phase.key)
    step = _open_step(act, programme, pack, subject) if subject and phase.state == PhaseState.OPEN else None
    return PhaseView(
        programme_id=programme.id,
        programme_ref=programme.ref,
        phase_id=phase.id,
        key=phase.key,
        flow=phase.flow,
        name=phase_of(pack, phase.key).name.zh,
        state=phase.state,
        outcome=phase.outcome,
        subject=subject,
        step=step,
        waiting_for=waiting_for(act, programme, pack, phase, step)[0],
        lines=_lines(act, programme, pack, phase, subject),
    )


def outcome_of(act: Act, phase_id: uuid.UUID) -> str | None:
    """How a phase ended, or None while it is open."""
    return act.session.get_one(Phase, phase_id).outcome


def step_view(act: Act, step: ApprovalStep) -> StepView:
    """A step with the words around it."""
    programme = act.session.get_one(Programme, step.programme_id)
    pack = pack_of(act, programme)
    owed = act.session.exec(select(Obligation).where(Obligation.step_id == step.id)).first()
    submission = act.session.get_one(Submission, step.submission_id)
    return StepView(
        id=step.id,
        number=step.number,
        tiers=len(chain_of(pack, programme, step.subject).tiers),
        role=role_name(pack, step.role, "zh-CN"),
        role_key=step.role,
        organisation=act.session.get_one(Organisation, step.organisation_id).name,
        action=step.action,
        outcomes=[outcome.value for outcome in allowed_outcomes(TierAction(step.action))],
        version=submission.version,
        opened_at=step.opened_at or step.created_at,
        due_on=owed.due_on if owed else None,
        clause=step.basis.get("clause"),
    )


def _open_step(act: Act, programme: Programme, pack: Pack, subject: str) -> StepView | None:
    submission = latest(act, programme, subject)
    rows = steps_of(act, submission) if submission else []
    row = next((row for row in rows if row.state == StepState.OPEN), None)
    return step_view(act, row) if row else None


# --- what happened --------------------------------------------------------------------------------------------------


def _lines(act: Act, programme: Programme, pack: Pack, phase: Phase, subject: str | None) -> list[Line]:
    if subject is not None:
        return _review_lines(act, programme, subject)
    if phase.flow == "application":
        return [Line(id="application", text="项目申报书已受理并通过形式审核")]
    if phase.flow == "selection":
        return _selection_lines(act, phase)
    if phase.flow == "check-in":
        session = act.session.get_one(ProgrammeSession, phase.session_id)
        found = [
            Line(id=condition, text=f"开班条件:{condition_name(pack, condition)[0]}", done=holds)
            for condition, holds in start_facts(act, programme, session).items()
            if holds
        ]
        return found + ([Line(id="start", text=f"{session.started_on} 开班报到")] if session.started_on else [])
    if phase.flow in ("training-stage", "delivery"):
        return [
            Line(id=f"{stage.id}:{kind}", text=f"{stage.name}:{_document(pack, kind)}({count}份)")
            for stage in phase_stages(act, phase)
            for kind, count in products(act, stage).items()
        ] + [
            Line(id=f"{stage.id}:end", text=f"{stage.name}:{stage.actual_from} 至 {stage.actual_to} 完成")
            for stage in phase_stages(act, phase)
            if stage.state == StageState.CLOSED
        ]
    if phase.flow == "evaluation":
        return [
            Line(id=part.source, text=f"{part.name.zh}:{part.value}分 × {part.weight} = {part.points}")
            for part in sheet_of(act, programme).parts
        ]
    if phase.flow == "archive" and handed_in(act, programme, phase):
        return [Line(id="archive", text="档案资料已报送")]
    return []


def _document(pack: Pack, kind: str) -> str:
    return document_of(pack, kind).name.zh


def _review_lines(act: Act, programme: Programme, subject: str) -> list[Line]:
    rows = act.session.exec(
        select(ApprovalStep, Decision, Organisation, Submission)
        .join(Decision, col(Decision.step_id) == col(ApprovalStep.id))
        .join(Organisation, col(Organisation.id) == col(ApprovalStep.organisation_id))
        .join(Submission, col(Submission.id) == col(ApprovalStep.submission_id))
        .where(ApprovalStep.programme_id == programme.id, ApprovalStep.subject == subject)
        .order_by(col(Decision.id))
    ).all()
    said = {DecisionOutcome.RETURN: "退回修改", DecisionOutcome.REJECT: "不予通过"}
    return [
        Line(
            id=f"step-{step.id}",
            text=f"第{submission.version}版 第{step.number}级 {where.name}:"
            + said.get(DecisionOutcome(decision.outcome), OUTCOMES[step.action]),
        )
        for step, decision, where, submission in rows
    ]


def _selection_lines(act: Act, phase: Phase) -> list[Line]:
    session = act.session.get_one(ProgrammeSession, phase.session_id)
    if session.list_confirmed_at is None:
        return []
    states = list(act.session.exec(select(Nomination.state).where(Nomination.session_id == session.id)).all())
    refused = states.count("refused")
    chosen = sum(states.count(state) for state in ("confirmed", "finished", "returned", "broken-off"))
    return [
        Line(
            id="list",
            text=f"名单已确认:录取{chosen}人,替补{states.count('alternate')}人,不符合条件{refused}人",
        )
    ]


# --- the lifecycle --------------------------------------------------------------------------------------------------


class LifecycleView(BaseModel):
    """A programme as its lifecycle run sees it."""

    programme_id: uuid.UUID
    ref: str
    over: bool
    state: str
    open: list[str]
    closed: int


def lifecycle_view(act: Act, programme_id: uuid.UUID) -> LifecycleView:
    """Which phases are open, how many are closed, and whether anything is still before the programme."""
    programme = act.session.get_one(Programme, programme_id)
    pack = pack_of(act, programme)
    rows = phases_of(act, programme)
    return LifecycleView(
        programme_id=programme.id,
        ref=programme.ref,
        over=over(act, programme),
        state=programme.state,
        open=[phase_of(pack, row.key).name.zh for row in rows if row.state == PhaseState.OPEN],
        closed=sum(row.state == PhaseState.CLOSED for row in rows),
    )
