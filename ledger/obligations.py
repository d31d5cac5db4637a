"""What is owed by when: created with the event that causes it, met by an act, climbed by the sweep.

A due day is derived by the pack's rule from recorded anchors; when an anchor moves, the day moves with an event.
The claim of a rung is an insert under a unique key, so two sweeps at once, or one after a standstill, fire each
rung once and in order. Serves CQ2021-6.7, 6.10, 6.11 and every other clause that the pack makes an obligation of.
"""

import uuid
from collections.abc import Iterator
from datetime import date, datetime

from pydantic import BaseModel
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ledger.anchors import anchors, facts, owner_of, session_days, step_rule
from ledger.core import Done, operation, record
from ledger.errors import BadInput
from ledger.outbox import cancel_messages, tell_or_report
from ledger.packs import pack_of
from ledger.people import HEAD, holders, must_be_office, office_people
from models.act import Act
from models.documents import Filing, Obligation, RungFired
from models.people import Organisation, Person
from models.programme import Programme, ProgrammeSession
from models.review import ApprovalStep
from models.states import ObligationState
from policies.lookup import find, role_name
from policies.schema import LadderRung, ObligationKind, Pack
from rules.deadlines import due_at, due_on, late_days, next_rung, recurring, rungs

PROGRAMME = "programme"


class Swept(BaseModel):
    """How many rungs a sweep climbed, and whether more are due."""

    fired: int
    more: bool


def oblige(
    act: Act,
    programme: Programme,
    event: str,
    session: ProgrammeSession | None = None,
    step: ApprovalStep | None = None,
) -> None:
    """Create what falls due with an event (`award.closed`, `step.opened`, …), each once; called again it adds
    nothing.
    """
    pack = pack_of(act, programme)
    for kind in pack.obligations:
        if kind.opens_with != event or (kind.kinds and programme.kind not in kind.kinds):
            continue
        for at in _sessions(act, programme, kind, session):
            target = str(step.id) if step and kind.per == "step" else str(at.id) if at else PROGRAMME
            _create(act, programme, pack, kind, target, at, step if kind.per == "step" else None)


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


def _create(
    act: Act,
    programme: Programme,
    pack: Pack,
    kind: ObligationKind,
    target: str,
    session: ProgrammeSession | None,
    step: ApprovalStep | None,
) -> None:
    known = select(Obligation).where(
        Obligation.programme_id == programme.id, Obligation.kind == kind.key, Obligation.target == target
    )
    before = act.session.exec(known.order_by(col(Obligation.number).desc()).limit(1)).first()
    again = kind.opens_with.endswith(".returned")  # each return brings one of its own
    if before is not None and (not again or before.state == ObligationState.OPEN):
        return
    role = step.role if step else kind.owed_by
    owner_id = step.organisation_id if step else owner_of(act, programme, pack, role).id
    rule = step_rule(pack, programme, step) if step else kind.due
    days: tuple[date, ...]
    if kind.every:
        days = recurring(pack, kind, session_days(act, programme, session))
        basis = find(pack, kind.every, programme.starts_on).basis
    else:
        due = due_on(pack, rule, anchors(act, programme, session, step), facts(programme))
        days, basis = (due.on,), due.basis
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
            due_on=day,
            due_at=due_at(day, act.zone),
            state=ObligationState.OPEN,
            basis=basis.model_dump(mode="json"),
            created_at=act.now,
        )
        _aim(act, pack, kind, row)
        act.session.add(row)
    act.session.flush()


def _aim(act: Act, pack: Pack, kind: ObligationKind, row: Obligation) -> None:
    """Set the next rung: those whose moment passed before the matter was known are left out, but an overdue
    matter's latest.
    """
    passed = [rung.number for rung in rungs(pack, kind.ladder, row.due_on, act.zone) if rung.at <= act.now]
    row.rung = (passed[-1] if row.due_at >= act.now else passed[-1] - 1) if passed else 0
    coming = next_rung(pack, kind.ladder, row.due_on, act.zone, row.rung)
    row.next_at = coming.at if coming else None


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
        row.late_days = late_days(row.due_on, act.today)
        row.state = ObligationState.MET_LATE if row.late_days else ObligationState.MET
        row.met_at, row.next_at = act.now, None
        row.met_by_id = filing.id if filing else None
        act.session.add(row)
        cancel_messages(act, obligation_id=row.id)
        if kind.hardness == "hard":
            worst = max(worst, row.late_days)
        record(act, "obligation_met", programme, obligation=kind.key, due_on=row.due_on, late_days=row.late_days)
    return worst


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
        row.state, row.next_at = ObligationState.CANCELLED, None
        act.session.add(row)
        cancel_messages(act, obligation_id=row.id)
        record(act, "obligation_cancelled", programme, obligation=row.kind, due_on=row.due_on, why=why)


def rederive(act: Act, programme: Programme) -> None:
    """Derive the due days of open obligations again after an anchor moved; each that moves is an event, its ladder
    starts anew.
    """
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
        due = due_on(pack, rule, anchors(act, programme, session, step), facts(programme))
        if due.on == row.due_on:
            continue
        record(act, "obligation_moved", programme, obligation=row.kind, old=row.due_on, new=due.on)
        cancel_messages(act, obligation_id=row.id)
        row.due_on, row.due_at, row.moves = due.on, due_at(due.on, act.zone), row.moves + 1
        _aim(act, pack, kind, row)
        act.session.add(row)


@operation("waive-obligation", Done)
def waive(act: Act, obligation_id: uuid.UUID, reason: str) -> Done:
    """The programme office waives an obligation, with its reason (免报). Raises `BadInput` without one, `Refused`
    for others.
    """
    must_be_office(act, "免报", "waive an obligation")
    if not reason.strip():
        raise BadInput([("reason", "a waiver needs its reason (事由)")])
    row = act.session.get_one(Obligation, obligation_id)
    programme = act.session.get_one(Programme, row.programme_id)
    if row.state == ObligationState.OPEN:
        row.state, row.next_at = ObligationState.WAIVED, None
        act.session.add(row)
        cancel_messages(act, obligation_id=row.id)
        record(act, "obligation_waived", programme, obligation=row.kind, due_on=row.due_on, reason=reason)
    return Done(id=row.id)


# --- the sweep ------------------------------------------------------------------------------------------------------


def sweep(act: Act, limit: int = 200) -> Swept:
    """Climb the rungs that are due, oldest first, at most `limit` of them; each rung once, its messages in this
    transaction.
    """
    rows = act.session.exec(
        select(Obligation)
        .where(Obligation.state == ObligationState.OPEN, col(Obligation.next_at) <= act.now)
        .order_by(col(Obligation.next_at), col(Obligation.id))
        .limit(limit)
    ).all()
    for row in rows:
        _climb(act, row)
    act.session.flush()
    coming = next_moment(act)
    return Swept(fired=len(rows), more=coming is not None and coming <= act.now)


def _climb(act: Act, row: Obligation) -> None:
    programme = act.session.get_one(Programme, row.programme_id)
    pack = pack_of(act, programme)
    kind = next(kind for kind in pack.obligations if kind.key == row.kind)
    due = next_rung(pack, kind.ladder, row.due_on, act.zone, row.rung)
    if due is None:
        row.next_at = None
        act.session.add(row)
        return
    people = recipients(act, row, due.rung)
    row.rung = due.number
    coming = next_rung(pack, kind.ladder, row.due_on, act.zone, row.rung)
    row.next_at = coming.at if coming else None
    act.session.add(row)
    owner = act.session.get_one(Organisation, row.owed_by_id)
    record(
        act,
        f"obligation_{_PAST[due.rung.rung]}",
        programme,
        obligation=row.kind,
        owed_by=owner.name,
        due_on=row.due_on,
        rung=due.number,
        to=[who.ref for who in people],
    )
    reached = tell_or_report(
        act,
        f"obligation-{due.rung.rung}",
        f"{row.id}:{row.moves}:{due.number}",
        people,
        programme,
        obligation_id=row.id,
        what=kind.name.zh,
        what_en=kind.name.en,
        owed_by=owner.name,
        owed_by_role=role_name(pack, row.owed_by_role, "zh-CN"),
        due_on=row.due_on,
        days=(act.today - row.due_on).days,
        clause=row.basis.get("clause"),
        setting=row.basis.get("setting"),
    )
    act.session.add(
        RungFired(
            obligation_id=row.id,
            move=row.moves,
            number=due.number,
            rung=due.rung.rung,
            due_at=due.at,
            fired_at=act.now,
            reached=reached,
            created_at=act.now,
        )
    )
    act.session.flush()
    if not reached and coming is not None and row.due_at < act.now:
        row.next_at = min(coming.at, act.now)  # overdue and nobody reached: the next rung follows at once


_PAST = {"remind": "reminded", "chase": "chased", "escalate": "escalated"}


def recipients(act: Act, row: Obligation, rung: LadderRung) -> list[Person]:
    """The people a rung speaks to: the owner's, their head, the body above, the programme office."""
    owner = act.session.get_one(Organisation, row.owed_by_id)
    people: list[Person] = []
    for to in rung.to:
        if to == "owner":
            people += holders(act, owner.id, row.owed_by_role) or holders(act, owner.id, "contact", owner.kind)
        elif to == "head":
            people += holders(act, owner.id, HEAD)
        elif to == "next-level" and owner.parent_id:
            above = act.session.get_one(Organisation, owner.parent_id)
            people += holders(act, above.id, above.kind)
        elif to == "programme-office":
            people += office_people(act)
    return list({who.id: who for who in people}.values())


def next_moment(act: Act) -> datetime | None:
    """The next moment at which a rung is due, or None."""
    return act.session.exec(
        select(Obligation.next_at)
        .where(Obligation.state == ObligationState.OPEN, col(Obligation.next_at).is_not(None))
        .order_by(col(Obligation.next_at))
        .limit(1)
    ).first()
