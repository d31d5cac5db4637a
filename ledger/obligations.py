"""What is owed by when: created with the event that causes it, met by an act.

A due day is derived by the pack's rule from recorded anchors; when an anchor moves, the day moves with an event. What
people do to a deadline is `ledger.deadlines`, what climbs its ladder `ledger.sweeping`. Serves CQ2021-6.7, 6.10, 6.11
and every other clause that the pack makes an obligation of.
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ledger.anchors import anchors, facts, owner_of, session_days, stage_days, step_rule, target_of
from ledger.core import record
from ledger.errors import refusal
from ledger.outbox import cancel_messages
from ledger.packs import pack_of
from models.act import Act
from models.documents import DeadlineChange, Filing, Obligation
from models.people import Organisation
from models.programme import Programme, ProgrammeSession, SessionSchool
from models.register import StandingDuty
from models.review import ApprovalStep
from models.states import ObligationState
from models.values import Basis
from policies.lookup import find
from policies.schema import ObligationKind, Pack
from rules.deadlines import RungDue, due_at, due_on, late_days, recurring, rungs
from rules.extensions import Extended, Stood, due_after, runs_again_on, stood

PROGRAMME = "programme"
TOP = "top-of-ladder"


def oblige(
    act: Act,
    programme: Programme,
    event: str,
    session: ProgrammeSession | None = None,
    step: ApprovalStep | None = None,
    school_id: uuid.UUID | None = None,
) -> list[Obligation]:
    """Create what falls due with an event (`award.closed`, `step.opened`, …), each once; called again it adds
    nothing (but a step opens once only). What is owed per school is created for each school that the session visits, or
    for the one of the event. Answers what was created.
    """
    pack = pack_of(act, programme)
    created: list[Obligation] = []
    for kind in pack.obligations:
        if kind.opens_with != event or (kind.kinds and programme.kind not in kind.kinds):
            continue
        for at in _sessions(act, programme, kind, session):
            if at is not None and kind.per == "school":
                for school in _schools(act, at, school_id):
                    created += _create(act, programme, pack, kind, target_of(at.id, school.id), at, None, school)
                continue
            target = str(step.id) if step and kind.per == "step" else str(at.id) if at else PROGRAMME
            created += _create(act, programme, pack, kind, target, at, step if kind.per == "step" else None)
    return created


def _sessions(
    act: Act, programme: Programme, kind: ObligationKind, session: ProgrammeSession | None
) -> Iterator[ProgrammeSession | None]:
    if kind.per in ("programme", "step"):
        yield None
    elif session is not None:
        yield session
    else:
        query = select(ProgrammeSession).where(ProgrammeSession.programme_id == programme.id)
        yield from act.session.exec(query.order_by(col(ProgrammeSession.number))).all()


def _schools(act: Act, session: ProgrammeSession, school_id: uuid.UUID | None) -> Sequence[Organisation]:
    """The schools that a session visits, or the one that is meant."""
    query = (
        select(Organisation)
        .join(SessionSchool, col(SessionSchool.school_id) == col(Organisation.id))
        .where(SessionSchool.session_id == session.id)
    )
    if school_id is not None:
        query = query.where(Organisation.id == school_id)
    return act.session.exec(query.order_by(col(SessionSchool.id))).all()


def _days(
    act: Act,
    programme: Programme,
    pack: Pack,
    kind: ObligationKind,
    session: ProgrammeSession | None,
    step: ApprovalStep | None,
    target: str,
) -> dict[str, date]:
    """The days from which what is owed is counted; those of its stage where its rule asks for them."""
    due = step_rule(pack, programme, step) if step else kind.due
    rules = (pack.rules.get(key) or pack.settings.get(key) for key in (due, kind.not_before) if key)
    counted_from = {rule.counted_from for rule in rules if rule is not None and rule.counted_from}
    known = anchors(act, programme, session, step, counted_from)
    if any(day.startswith("stage.") for day in counted_from):
        known |= stage_days(act, programme, kind.opens_with.partition(".")[0], session, target)
    return known


def _create(
    act: Act,
    programme: Programme,
    pack: Pack,
    kind: ObligationKind,
    target: str,
    session: ProgrammeSession | None,
    step: ApprovalStep | None,
    school: Organisation | None = None,
) -> list[Obligation]:
    before = _before(act, programme, kind, target) if step is None else None
    again = kind.opens_with.endswith(".returned")  # each return brings one of its own
    if before is not None and (not again or before.state == ObligationState.OPEN):
        return []
    role = step.role if step else kind.owed_by
    owner_id = step.organisation_id if step else owner_of(act, programme, pack, role, school).id
    rule = step_rule(pack, programme, step) if step else kind.due
    days: tuple[date, ...]
    if kind.every:
        days = recurring(pack, kind, session_days(act, programme, session))
        basis = find(pack, kind.every, programme.starts_on).basis
    else:
        known_days = _days(act, programme, pack, kind, session, step, target)
        due = due_on(pack, rule, known_days, facts(programme))
        days, basis = (due.on,), due.basis
    opens_on = None
    if kind.not_before is not None:
        known_days = _days(act, programme, pack, kind, session, step, target)
        opens_on = due_on(pack, kind.not_before, known_days, facts(programme)).on
    created = []
    for number, day in enumerate(days, start=before.number + 1 if before else 1):
        row = Obligation(
            programme_id=programme.id,
            kind=kind.key,
            target=target,
            number=number,
            session_id=session.id if session else None,
            step_id=step.id if step else None,
            owed_by_id=owner_id,
            owed_by_role=role,
            derived_on=day,
            opens_on=opens_on,
            due_on=day,
            due_at=due_at(day, act.zone),
            state=ObligationState.OPEN,
            basis=basis.model_dump(mode="json"),
            created_at=act.now,
        )
        aim(act, pack, kind, row)
        act.session.add(row)
        created.append(row)
    return created


def _before(act: Act, programme: Programme, kind: ObligationKind, target: str) -> Obligation | None:
    """The latest that was owed of this kind for this target."""
    known = select(Obligation).where(
        Obligation.programme_id == programme.id, Obligation.kind == kind.key, Obligation.target == target
    )
    return act.session.exec(known.order_by(col(Obligation.number).desc()).limit(1)).first()


def aim(act: Act, pack: Pack, kind: ObligationKind, row: Obligation) -> None:
    """Set the next rung: those whose moment passed before the matter was known are left out, but an overdue
    matter's latest.
    """
    passed = [rung.number for rung in rungs(pack, kind.ladder, row.due_on, act.zone) if rung.at <= act.now]
    row.rung = (passed[-1] if row.due_at >= act.now else passed[-1] - 1) if passed else 0
    set_next(act, pack, kind, row)


def set_next(
    act: Act, pack: Pack, kind: ObligationKind, row: Obligation, ladder: Sequence[RungDue] | None = None
) -> None:
    """Set the next moment after the rung reached: of the rung that comes, or of a stopped clock's running again."""
    row.rests = None
    if row.stopped_at is not None:
        row.next_at = runs_again_at(act, pack, kind, row)
        return
    ladder = rungs(pack, kind.ladder, row.due_on, act.zone) if ladder is None else ladder
    coming = ladder[row.rung] if row.rung < len(ladder) else None
    row.next_at = moment_of(row, coming) if coming else None
    if coming is None:
        row.rests = TOP


def moment_of(row: Obligation | StandingDuty, coming: RungDue) -> datetime:
    """When a rung is due: an acknowledgement puts off what is said to the owner, never an escalation."""
    if row.silenced_until is None or coming.rung.rung == "escalate":
        return coming.at
    return max(coming.at, row.silenced_until)


def silenced(row: Obligation | StandingDuty, coming: RungDue, now: datetime) -> bool:
    """Whether an acknowledgement holds a rung back at this moment."""
    return row.silenced_until is not None and row.silenced_until > now and coming.rung.rung != "escalate"


def working(pack: Pack, rule_id: str) -> bool:
    """Whether a rule counts working days."""
    rule = pack.rules.get(rule_id) or pack.settings.get(rule_id)
    return rule is not None and rule.unit == "working_day"


def rule_of(act: Act, programme: Programme, pack: Pack, kind: ObligationKind, row: Obligation) -> str:
    """The rule or setting that gives the due day of an obligation."""
    step = act.session.get(ApprovalStep, row.step_id) if row.step_id else None
    return step_rule(pack, programme, step) if step else kind.due


def runs_again_at(act: Act, pack: Pack, kind: ObligationKind, row: Obligation) -> datetime:
    """When a stopped clock runs again by itself, its budget used up: the end of that day."""
    assert row.stopped_at is not None
    programme = act.session.get_one(Programme, row.programme_id)
    left = max(0, (row.stop_budget or 0) - row.stopped_days)
    stopped_on = row.stopped_at.astimezone(act.zone).date()
    last = runs_again_on(stopped_on, left, working=working(pack, rule_of(act, programme, pack, kind, row)))
    return due_at(last, act.zone)


def due_so_far(act: Act, programme: Programme, pack: Pack, kind: ObligationKind, row: Obligation) -> date:
    """The due day at this moment: of a stopped clock with the days that it has stood until today."""
    if row.stopped_at is None:
        return row.due_on
    counts = working(pack, rule_of(act, programme, pack, kind, row))
    days = stood(row.stopped_at.astimezone(act.zone).date(), act.today, working=counts)
    left = max(0, (row.stop_budget or 0) - row.stopped_days)
    return due_after(row.due_on, [Stood(min(days, left))], working=counts)


# --- meeting, moving, waiving ---------------------------------------------------------------------------------------


def meet(act: Act, programme: Programme, met_by: str, target: str | None = None, filing: Filing | None = None) -> int:
    """An act meets what it was owed for: the earliest open one of each kind. Answers the days late of the worst (0
    = on time).

    Later rungs and unsent messages are cancelled in the same transaction.
    """
    pack = pack_of(act, programme)
    worst = 0
    for kind in (kind for kind in pack.obligations if kind.met_by == met_by):
        query = select(Obligation).where(
            Obligation.programme_id == programme.id,
            Obligation.kind == kind.key,
            Obligation.state == ObligationState.OPEN,
        )
        if kind.per != "programme" and target is not None:
            query = query.where(Obligation.target == target)
        row = act.session.exec(query.order_by(col(Obligation.due_on), col(Obligation.number))).first()
        if row is None:
            continue
        _must_be_in_window(act, programme, pack, kind, row)
        row.late_days = late_days(due_so_far(act, programme, pack, kind, row), act.today)
        row.state = ObligationState.MET_LATE if row.late_days else ObligationState.MET
        row.met_at, row.next_at, row.rests, row.stopped_at = act.now, None, None, None
        row.met_by_id = filing.id if filing else None
        act.session.add(row)
        cancel_messages(act, obligation_id=row.id)
        if kind.hardness == "hard":
            worst = max(worst, row.late_days)
        record(act, "obligation_met", programme, obligation=kind.key, due_on=row.due_on, late_days=row.late_days)
    return worst


def _must_be_in_window(act: Act, programme: Programme, pack: Pack, kind: ObligationKind, row: Obligation) -> None:
    """Not before the window opens, and not after it closed where the pack says so. Raises `Refused`."""
    basis = Basis.model_validate(row.basis)
    if row.opens_on is not None and act.today < row.opens_on:
        raise refusal(
            "obligation.window",
            f"“{kind.name.zh}”自{row.opens_on}起受理,现在还早;请届时再办理",
            f"“{kind.name.en}” is taken from {row.opens_on} on; it is too early now, come back then",
            basis=basis,
        )
    last = due_so_far(act, programme, pack, kind, row)
    if kind.late == "refused" and act.today > last:
        raise refusal(
            "obligation.window",
            f"“{kind.name.zh}”已于{last}截止,不再受理;确有原因的请项目办延期(songjiao deadline extend)",
            f"“{kind.name.en}” closed on {last}; where there is a reason, the programme office extends it "
            "(songjiao deadline extend)",
            basis=basis,
        )


def cancel_open(
    act: Act,
    programme: Programme,
    why: str,
    step: ApprovalStep | None = None,
    session: ProgrammeSession | None = None,
) -> None:
    """Cancel open obligations that have become pointless: a dropped step's, all of a rejected programme, or a session's
    recurring ones of periods after its actual end.
    """
    query = select(Obligation).where(Obligation.programme_id == programme.id, Obligation.state == ObligationState.OPEN)
    if step is not None:
        query = query.where(Obligation.step_id == step.id)
    if session is not None:
        kinds = [kind for kind in pack_of(act, programme).obligations if kind.every]
        for kind in kinds:
            held = recurring(pack_of(act, programme), kind, session_days(act, programme, session))
            late = query.where(
                Obligation.kind == kind.key, Obligation.session_id == session.id, col(Obligation.due_on) > max(held)
            )
            _cancel(act, programme, why, late)
        return
    _cancel(act, programme, why, query)


def _cancel(act: Act, programme: Programme, why: str, query: SelectOfScalar[Obligation]) -> None:
    for row in act.session.exec(query).all():
        row.state, row.next_at, row.rests = ObligationState.CANCELLED, None, None
        act.session.add(row)
        cancel_messages(act, obligation_id=row.id)
        record(act, "obligation_cancelled", programme, obligation=row.kind, due_on=row.due_on, why=why)


def rederive(act: Act, programme: Programme) -> list[tuple[Obligation, date]]:
    """Derive the due days of open obligations again after an anchor moved; each that moves is an event, its ladder
    starts anew. Answers those that moved, each with its former day.
    """
    moved: list[tuple[Obligation, date]] = []
    pack = pack_of(act, programme)
    kinds = {kind.key: kind for kind in pack.obligations}
    query = select(Obligation).where(Obligation.programme_id == programme.id, Obligation.state == ObligationState.OPEN)
    for row in act.session.exec(query).all():
        kind = kinds[row.kind]
        if kind.every:
            continue
        session = act.session.get(ProgrammeSession, row.session_id) if row.session_id else None
        step = act.session.get(ApprovalStep, row.step_id) if row.step_id else None
        rule = step_rule(pack, programme, step) if step else kind.due
        known = _days(act, programme, pack, kind, session, step, row.target)
        row.derived_on = due_on(pack, rule, known, facts(programme)).on
        if kind.not_before is not None:
            row.opens_on = due_on(pack, kind.not_before, known, facts(programme)).on
        act.session.add(row)
        old = row.due_on
        if move(act, programme, pack, kind, row):
            record(act, "obligation_moved", programme, obligation=row.kind, old=old, new=row.due_on)
            moved.append((row, old))
    return moved


def move(act: Act, programme: Programme, pack: Pack, kind: ObligationKind, row: Obligation) -> bool:
    """Work out the due day anew from the derived one and what people did to it; answers whether it moved.

    Where it did, unsent messages on it are cancelled and its ladder starts anew.
    """
    counts = working(pack, rule_of(act, programme, pack, kind, row))
    due = due_after(row.derived_on, changes_of(act, row), working=counts)
    if due == row.due_on:
        return False
    cancel_messages(act, obligation_id=row.id)
    row.due_on, row.due_at, row.moves = due, due_at(due, act.zone), row.moves + 1
    aim(act, pack, kind, row)
    act.session.add(row)
    return True


def changes_of(act: Act, row: Obligation) -> list[Extended | Stood]:
    """The extensions and standstills of an obligation, in the order in which they were recorded."""
    found: list[Extended | Stood] = []
    query = select(DeadlineChange).where(DeadlineChange.obligation_id == row.id)
    for change in act.session.exec(query.order_by(col(DeadlineChange.created_at), col(DeadlineChange.id))).all():
        if change.change == "extended" and change.until_on is not None:
            found.append(Extended(change.until_on))
        elif change.change == "resumed" and change.days:
            found.append(Stood(change.days))
    return found


# --- what comes next -------------------------------------------------------------------------------------------------


def next_moment(act: Act) -> datetime | None:
    """The next moment at which a rung is due, or None."""
    return act.session.exec(
        select(Obligation.next_at)
        .where(Obligation.state == ObligationState.OPEN, col(Obligation.next_at).is_not(None))
        .order_by(col(Obligation.next_at))
        .limit(1)
    ).first()
