"""Where a programme stands: who is awaited, since when, until when, by which clause, and what follows in both cases.

`explain` answers for any programme; the table of the awaited and the deadlines answer for the whole office.
"""

import uuid
from collections.abc import Callable
from datetime import date, datetime

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Mapped
from sqlmodel import col, select

from ledger.chains import SUBJECT_NAMES
from ledger.lifecycle import phase_stages, phases_of
from ledger.matters import Owed
from ledger.packs import chain_of, pack_of
from ledger.people import heads
from ledger.programmes import by_ref
from ledger.queries.labels import phase_name
from ledger.queries.phases import phase_view, step_view
from ledger.queries.waiting import ACTS_EN, OUTCOMES, waiting_for
from models.act import Act
from models.documents import Obligation
from models.people import Organisation
from models.programme import Phase, Programme, ProgrammeSession
from models.review import ApprovalStep
from models.states import ObligationState, PhaseState, StageState, StepState
from policies.grounds import resting_on, selection_ground
from policies.lookup import phase_of, role_name, setting_words
from policies.schema import Pack
from rules.deadlines import due_at, next_rung

Quote = Callable[[str], str]


class Awaited(BaseModel):
    """Something that somebody owes: what, who, since when, until when, by what, and what follows if they act or do not.

    A standing duty belongs to no programme: its `programme` and `title` are empty. `heads` are the roles of a head there;
    they are for finding whom it concerns and are not shown.
    """

    id: uuid.UUID
    kind: str
    programme: str
    title: str
    what: str
    what_en: str
    organisation: str
    role: str
    role_en: str
    role_key: str
    heads: tuple[str, ...] = Field(default=(), exclude=True)
    since: datetime
    until: date | None
    overdue_days: int
    hardness: str = "hard"
    opens_on: date | None = None
    stopped_since: datetime | None = None
    stopped_days: int = 0
    stop_budget: int | None = None
    clock: str = ""
    clock_en: str = ""
    silenced_until: datetime | None = None
    clause: str | None
    setting: str | None
    setting_says: str | None = None
    setting_says_en: str | None = None
    quote: str | None = None
    if_done: str
    if_done_en: str
    if_not: str
    if_not_en: str


def clock_words(act: Act, row: Owed) -> dict[str, str]:
    """How a stopped clock stands, in Chinese and English; nothing for one that runs."""
    if row.stopped_at is None:
        return {}
    since = row.stopped_at.astimezone(act.zone).date()
    return {
        "clock": f"自{since}中止(此前已用{row.stopped_days}天,共{row.stop_budget}天)",
        "clock_en": f"stopped since {since} ({row.stopped_days} of {row.stop_budget} days used before)",
    }


class PhaseLine(BaseModel):
    """A phase with its days, and what an open one waits for: until which planned day, by what.

    What somebody owes by a day of its own is listed apart, as `Awaited`.
    """

    key: str
    name: str
    name_en: str
    target: str
    state: str
    outcome: str | None
    opened_at: datetime
    closed_at: datetime | None
    waiting_for: str
    waiting_for_en: str
    until: date | None = None
    clause: str | None = None
    setting_says: str | None = None
    setting_says_en: str | None = None
    adopted_from: str | None = None
    quote: str | None = None


class Standing(BaseModel):
    """The whole answer of `explain`."""

    ref: str
    title: str
    state: str
    policy: str
    phases: list[PhaseLine]
    awaited: list[Awaited]


def explain(act: Act, ref: str, quote: Quote | None = None) -> Standing:
    """Where a programme stands. Raises `NotFound` for an unknown ref."""
    programme = by_ref(act, ref)
    pack = pack_of(act, programme)
    return Standing(
        ref=programme.ref,
        title=programme.title,
        state=programme.state,
        policy=pack.pack,
        phases=[_phase_line(act, programme, pack, phase, quote) for phase in phases_of(act, programme)],
        awaited=awaited(act, programme, quote),
    )


def _phase_line(act: Act, programme: Programme, pack: Pack, phase: Phase, quote: Quote | None) -> PhaseLine:
    step = None
    if phase.state == PhaseState.OPEN and phase.flow in ("tiered-review", "award"):
        step = phase_view(act, phase.id).step
    waits, waits_en = waiting_for(act, programme, pack, phase, step)
    ground = selection_ground(pack) if phase.flow == "selection" else resting_on(phase_of(pack, phase.key))
    says, says_en = setting_words(pack, ground.setting, ground.setting_en)
    return PhaseLine(
        key=phase.key,
        name=phase_name(pack, phase),
        name_en=phase_of(pack, phase.key).name.en,
        target=_target(act, phase),
        state=phase.state,
        outcome=phase.outcome,
        opened_at=phase.opened_at,
        closed_at=phase.closed_at,
        waiting_for=waits,
        waiting_for_en=waits_en,
        until=_planned_until(act, phase) if waits else None,
        clause=ground.clause,
        setting_says=says or None,
        setting_says_en=says_en or None,
        adopted_from=ground.adopted_from,
        quote=quote(ground.clause) if quote and ground.clause and waits else None,
    )


def _planned_until(act: Act, phase: Phase) -> date | None:
    """The planned day by which an open phase is to be over: before the start, the day of the start."""
    if phase.flow in ("selection", "check-in") and phase.session_id is not None:
        return act.session.get_one(ProgrammeSession, phase.session_id).starts_on
    return max(
        (stage.planned_to for stage in phase_stages(act, phase) if stage.state != StageState.CLOSED), default=None
    )


def _target(act: Act, phase: Phase) -> str:
    if phase.school_id:
        return act.session.get_one(Organisation, phase.school_id).name
    return act.session.get_one(ProgrammeSession, phase.session_id).name if phase.session_id else ""


def awaited(
    act: Act,
    programme: Programme | None = None,
    quote: Quote | None = None,
    until: date | None = None,
    owed_by: uuid.UUID | None = None,
    *,
    after: date | None = None,
    limit: int | None = None,
) -> list[Awaited]:
    """Open obligations, soonest first: of one programme, or of all that run; with `until` what is due by that day, with
    `after` what is due later than that, with `owed_by` what that organisation owes, with `limit` the first so many.
    """
    query = select(Obligation).where(Obligation.state == ObligationState.OPEN)
    if programme is not None:
        query = query.where(Obligation.programme_id == programme.id)
    query = query.where(*due_between(act, col(Obligation.due_at), after, until))
    if owed_by is not None:
        query = query.where(Obligation.owed_by_id == owed_by)
    rows = act.session.exec(query.order_by(col(Obligation.due_at), col(Obligation.id)).limit(limit)).all()
    return [_awaited(act, row, quote) for row in rows]


def due_between(act: Act, due: Mapped[datetime], after: date | None, until: date | None) -> list[ColumnElement[bool]]:
    """The conditions for what is due after the one day and by the other."""
    later = [due > due_at(after, act.zone)] if after is not None else []
    return [*later, due <= due_at(until, act.zone)] if until is not None else later


def _awaited(act: Act, row: Obligation, quote: Quote | None) -> Awaited:
    programme = act.session.get_one(Programme, row.programme_id)
    pack = pack_of(act, programme)
    kind = next(kind for kind in pack.obligations if kind.key == row.kind)
    step = act.session.get(ApprovalStep, row.step_id) if row.step_id else None
    what, what_en = kind.name.zh, kind.name.en
    clause, setting = row.basis.get("clause"), row.basis.get("setting")
    says, says_en = setting_words(pack, setting, row.basis.get("setting_en"))
    if step is not None:
        zh, en = SUBJECT_NAMES[step.subject]
        what, what_en = f"{zh}:{OUTCOMES[step.action]}", f"{en}: {ACTS_EN[step.action]}"
        clause = clause or step.basis.get("clause")
    done, done_en = _if_done(act, programme, pack, step)
    if_not, if_not_en = if_not_of(act, pack, kind.ladder, row.due_on, row.rung)
    return Awaited(
        id=row.id,
        kind=row.kind,
        programme=programme.ref,
        title=programme.short_name,
        what=what,
        what_en=what_en,
        organisation=act.session.get_one(Organisation, row.owed_by_id).name,
        role=role_name(pack, row.owed_by_role, "zh-CN"),
        role_en=role_name(pack, row.owed_by_role, "en"),
        role_key=row.owed_by_role,
        heads=heads(pack),
        since=row.created_at,
        until=row.due_on,
        overdue_days=0 if row.stopped_at else max(0, (act.today - row.due_on).days),
        hardness=kind.hardness,
        opens_on=row.opens_on,
        stopped_since=row.stopped_at,
        stopped_days=row.stopped_days,
        stop_budget=row.stop_budget,
        **clock_words(act, row),
        silenced_until=row.silenced_until if row.silenced_until and row.silenced_until > act.now else None,
        clause=clause,
        setting=setting,
        setting_says=says or None,
        setting_says_en=says_en or None,
        quote=quote(clause) if quote and clause else None,
        if_done=done,
        if_done_en=done_en,
        if_not=if_not,
        if_not_en=if_not_en,
    )


def if_not_of(act: Act, pack: Pack, ladder: str, due_on: date, rung: int) -> tuple[str, str]:
    """What comes next on a ladder while nobody acts, in Chinese and English."""
    coming = next_rung(pack, ladder, due_on, act.zone, rung)
    day = coming.at.astimezone(act.zone).date() if coming else None
    zh, en = (words.format(day=day) for words in _IF_NOT[coming.rung.rung if coming else None])
    return zh, en


_IF_NOT = {
    None: ("不再自动提醒,由项目办处理", "no further reminder; the programme office takes it up"),
    "remind": ("{day} 提醒", "a reminder on {day}"),
    "chase": ("{day} 催办", "chased on {day}"),
    "escalate": ("{day} 督办,报上一级和项目办", "escalated on {day} to the next level and the programme office"),
}


def _if_done(act: Act, programme: Programme, pack: Pack, step: ApprovalStep | None) -> tuple[str, str]:
    if step is None:
        return "办结,后续提醒自动取消", "settled; later reminders are cancelled"
    tiers = chain_of(pack, programme, step.subject).tiers
    if step.number < len(tiers):
        role = tiers[step.number].role
        return (
            f"同意后转第{step.number + 1}级({role_name(pack, role, 'zh-CN')});退回则承训机构修改后重报",
            f"if passed, tier {step.number + 1} opens ({role_name(pack, role, 'en')}); if returned, the host corrects it",
        )
    if step.action == "file":
        return "备案后审核备案环节办结", "once filed, the review closes"
    return (
        "同意后本环节办结,进入下一环节;退回则修改后重报",
        "if passed, the next phase opens; if returned, it is corrected",
    )


class WaitingStep(BaseModel):
    """A step that waits for a decision, for the list of approvals."""

    step_id: uuid.UUID
    programme: str
    title: str
    subject: str
    tier: int
    tiers: int
    organisation: str
    role: str
    action: str
    outcomes: list[str]
    since: datetime
    until: date | None
    clause: str | None


def waiting_steps(act: Act, organisation_ids: set[uuid.UUID] | None = None) -> list[WaitingStep]:
    """Steps that wait for a decision, oldest first; of some organisations, or of all."""
    query = select(ApprovalStep).where(ApprovalStep.state == StepState.OPEN).order_by(col(ApprovalStep.opened_at))
    rows = [
        row
        for row in act.session.exec(query).all()
        if organisation_ids is None or row.organisation_id in organisation_ids
    ]
    found = []
    for row in rows:
        view = step_view(act, row)
        programme = act.session.get_one(Programme, row.programme_id)
        found.append(
            WaitingStep(
                step_id=row.id,
                programme=programme.ref,
                title=programme.short_name,
                subject=row.subject,
                tier=view.number,
                tiers=view.tiers,
                organisation=view.organisation,
                role=view.role,
                action=row.action,
                outcomes=view.outcomes,
                since=view.opened_at,
                until=view.due_on,
                clause=view.clause,
            )
        )
    return found
