"""What is owed by when: created with the event that causes it, met by an act.

A due day is derived by the pack's rule from recorded anchors; when an anchor moves, the day moves with an event. What
people do to a deadline is `ledger.deadlines`, which day it has by then `ledger.matters`, what climbs its ladder
`ledger.sweeping`. Serves CQ2021-6.7, 6.10, 6.11 and every other clause that the pack makes an obligation of.
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ledger.anchors import anchors, facts, owner_of, session_days, stage_days, step_rule, target_of
from ledger.core import record
from ledger.errors import refusal
from ledger.matters import Matter, aim, due_so_far, move
from ledger.outbox import cancel_messages
from ledger.packs import pack_of
from models.act import Act
from models.documents import Filing, Obligation
from models.people import Organisation
from models.programme import Programme, ProgrammeSession, SessionSchool
from models.review import ApprovalStep
from models.states import ObligationState
from models.values import Basis
from policies.lookup import find
from policies.schema import ObligationKind, Pack
from rules.deadlines import due_at, due_on, late_days, recurring

PROGRAMME = "programme"


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
        aim(act, Matter(row, pack, programme))
        act.session.add(row)
        created.append(row)
    return created


def _before(act: Act, programme: Programme, kind: ObligationKind, target: str) -> Obligation | None:
    """The latest that was owed of this kind for this target."""
    known = select(Obligation).where(
        Obligation.programme_id == programme.id, Obligation.kind == kind.key, Obligation.target == target
    )
    return act.session.exec(known.order_by(col(Obligation.number).desc()).limit(1)).first()


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
        row.late_days = late_days(due_so_far(act, Matter(row, pack, programme)), act.today)
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
    last = due_so_far(act, Matter(row, pack, programme))
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
        if move(act, Matter(row, pack, programme)):
            record(act, "obligation_moved", programme, obligation=row.kind, old=old, new=row.due_on)
            moved.append((row, old))
    return moved


# --- what comes next -------------------------------------------------------------------------------------------------


def next_moment(act: Act) -> datetime | None:
    """The next moment at which a rung is due, or None."""
    return act.session.exec(
        select(Obligation.next_at)
        .where(Obligation.state == ObligationState.OPEN, col(Obligation.next_at).is_not(None))
        .order_by(col(Obligation.next_at))
        .limit(1)
    ).first()
