"""What the ledger keeps of Prefect's runs: which run carries a phase, who executes it now, and what it has asked.

The ledger never reads history from Prefect: a deleted run is rebuilt from here as the next generation.
"""

import socket
import uuid
from collections.abc import Iterable, Sequence

from pydantic import BaseModel
from sqlmodel import col, select

from ledger.core import Done, operation, record, wake
from ledger.errors import NotFound
from ledger.outbox import tell
from ledger.people import office_people
from ledger.processes import lives
from models.act import Act
from models.office import FormAsk, Lease, Wake
from models.programme import Phase, Programme
from models.review import ApprovalStep
from models.states import PhaseState, StepState


class RunToStart(BaseModel):
    """A phase that is open (or was closed before its run began) and has no run yet."""

    programme_id: uuid.UUID
    phase_id: uuid.UUID
    flow: str
    idempotency_key: str
    generation: int


class OpenWake(BaseModel):
    """A wake that waits for its run: which run it means and the number that must have been observed."""

    id: uuid.UUID
    programme_id: uuid.UUID
    phase_id: uuid.UUID | None
    run_id: uuid.UUID | None
    number: int
    observed: int


class Ask(BaseModel):
    """A question in a run's Resume form. `key` is what Prefect stores the answer under."""

    number: int
    key: str
    step_id: uuid.UUID


class LeaseTaken(BaseModel):
    """Whether the lease is ours; if not, who holds it."""

    taken: bool
    holder: str


# --- runs -----------------------------------------------------------------------------------------------------------


def ledger_name(act: Act) -> str:
    """The ledger's own id, part of every run's idempotency key so that two ledgers never share a run."""
    known: str | None = act.session.info.get("ledger_name")
    if known is None:
        first = act.session.exec(select(Programme.id).order_by(col(Programme.id)).limit(1)).first()
        if first is None:
            return "empty"
        known = act.session.info["ledger_name"] = str(first)
    return known


def run_key(act: Act, programme: Programme, phase: Phase | None) -> str:
    """The idempotency key of a run: ledger, programme, phase, target and generation."""
    if phase is None:
        return f"{ledger_name(act)}:{programme.ref}:lifecycle::{programme.generation}"
    return f"{ledger_name(act)}:{programme.ref}:{phase.key}:{phase.target}:{phase.generation}"


def runs_to_start(act: Act, programme_id: uuid.UUID) -> list[RunToStart]:
    """The phases of a programme that have no run yet, oldest first."""
    programme = act.session.get_one(Programme, programme_id)
    phases = act.session.exec(
        select(Phase).where(Phase.programme_id == programme_id, col(Phase.run_id).is_(None)).order_by(col(Phase.id))
    ).all()
    return [
        RunToStart(
            programme_id=programme_id,
            phase_id=phase.id,
            flow=phase.flow,
            idempotency_key=run_key(act, programme, phase),
            generation=phase.generation,
        )
        for phase in phases
    ]


@operation("attach-run", Done)
def attach_run(
    act: Act, programme_id: uuid.UUID, phase_id: uuid.UUID | None, run_id: uuid.UUID, generation: int
) -> Done:
    """Note which run carries a phase (or the lifecycle) in this generation; an older generation changes nothing."""
    row: Programme | Phase = (
        act.session.get_one(Phase, phase_id) if phase_id else act.session.get_one(Programme, programme_id)
    )
    if row.generation == generation and row.run_id is None:
        row.run_id = run_id
        act.session.add(row)
    return Done(id=run_id)


@operation("lose-run", Done)
def lose_run(act: Act, programme_id: uuid.UUID, phase_id: uuid.UUID | None, run_id: uuid.UUID, why: str) -> Done:
    """A run was cancelled, deleted or failed in Prefect: that changes nothing here. The next generation starts, the
    office is told.
    """
    programme = act.session.get_one(Programme, programme_id)
    phase = act.session.get_one(Phase, phase_id) if phase_id else None
    row: Programme | Phase = phase or programme
    if row.run_id != run_id:
        return Done()
    row.run_id, row.generation, row.run_settled = None, row.generation + 1, False
    act.session.add(row)
    record(act, "run_lost", programme, phase=phase.key if phase else "lifecycle", why=why, generation=row.generation)
    tell(
        act, "run-lost", f"{run_id}", office_people(act), programme, phase=phase.key if phase else "lifecycle", why=why
    )
    wake(act, programme)
    return Done(id=row.id)


@operation("settle-run", Done)
def settle_run(act: Act, programme_id: uuid.UUID, phase_id: uuid.UUID | None, run_id: uuid.UUID) -> Done:
    """The run of a closed phase has completed: nothing more is expected of it, and its wakes are done."""
    row: Programme | Phase = (
        act.session.get_one(Phase, phase_id) if phase_id else act.session.get_one(Programme, programme_id)
    )
    if row.run_id == run_id:
        row.run_settled = True
        act.session.add(row)
        for open_wake in act.session.exec(
            select(Wake).where(
                Wake.programme_id == programme_id, Wake.phase_id == phase_id, col(Wake.done_at).is_(None)
            )
        ).all():
            open_wake.done_at = act.now
            act.session.add(open_wake)
    return Done(id=row.id)


def observe(act: Act, programme_id: uuid.UUID, phase_id: uuid.UUID | None) -> int:
    """A flow is about to read the ledger: everything up to this event number will have been seen. Settles older
    wakes.
    """
    programme = act.session.get_one(Programme, programme_id)
    row: Programme | Phase = act.session.get_one(Phase, phase_id) if phase_id else programme
    row.observed_number = max(row.observed_number, programme.event_number)
    act.session.add(row)
    return row.observed_number


def _fetch_targets(act: Act, rows: Sequence[Wake]) -> None:
    """Read at once what wakes mean, one by one."""
    phases = {row.phase_id for row in rows if row.phase_id is not None}
    programmes = {row.programme_id for row in rows}
    if phases:
        act.session.exec(select(Phase).where(col(Phase.id).in_(phases))).all()
    if programmes:
        act.session.exec(select(Programme).where(col(Programme.id).in_(programmes))).all()


def open_wakes(act: Act, limit: int = 200) -> tuple[list[OpenWake], list[uuid.UUID]]:
    """Wakes not done yet, oldest first; and those of them whose number has been observed, which are to be closed
    (`close_wakes`). Only reads: whoever decides need not be waited for.
    """
    rows = act.session.exec(
        select(Wake).where(col(Wake.done_at).is_(None)).order_by(col(Wake.created_at), col(Wake.id)).limit(limit)
    ).all()
    return _told_apart(act, rows)


def close_wakes(act: Act, wake_ids: Iterable[uuid.UUID]) -> None:
    """Close those of these wakes whose number has been observed: one that was raised again meanwhile stays open."""
    rows = act.session.exec(select(Wake).where(col(Wake.id).in_(list(wake_ids)), col(Wake.done_at).is_(None))).all()
    _, observed = _told_apart(act, rows)
    for row in rows:
        if row.id in observed:
            row.done_at = act.now
            act.session.add(row)


def _told_apart(act: Act, rows: Sequence[Wake]) -> tuple[list[OpenWake], list[uuid.UUID]]:
    """Wakes that wait to be observed, and the ids of those that have been."""
    _fetch_targets(act, rows)
    found, observed = [], []
    for row in rows:
        target: Programme | Phase = (
            act.session.get_one(Phase, row.phase_id)
            if row.phase_id
            else act.session.get_one(Programme, row.programme_id)
        )
        closed = isinstance(target, Phase) and target.state != PhaseState.OPEN and not target.run_settled
        if target.run_id is not None and target.observed_number >= row.event_number and not closed:
            observed.append(row.id)
            continue
        found.append(
            OpenWake(
                id=row.id,
                programme_id=row.programme_id,
                phase_id=row.phase_id,
                run_id=target.run_id,
                number=row.event_number,
                observed=target.observed_number,
            )
        )
    return found, observed


# --- leases ---------------------------------------------------------------------------------------------------------


def take_lease(
    act: Act, name: str, run_id: uuid.UUID | None, pid: int, process_identity: str, holder: str
) -> LeaseTaken:
    """Take the right to execute a thing, by compare-and-set. The same holder takes it again; another one leaves."""
    row = act.session.exec(select(Lease).where(Lease.name == name)).first()
    if row is not None and row.holder != holder:
        if row.host != socket.gethostname() or lives(row.pid, row.process_identity):
            return LeaseTaken(taken=False, holder=row.holder)
        record(act, "lease_broken", None, name=name, holder=row.holder, pid=row.pid)
    if row is None:
        row = Lease(
            name=name, holder=holder, host="", pid=pid, process_identity="", taken_at=act.now, created_at=act.now
        )
    row.holder, row.run_id, row.host = holder, run_id, socket.gethostname()
    row.pid, row.process_identity, row.taken_at = pid, process_identity, act.now
    act.session.add(row)
    act.session.flush()
    return LeaseTaken(taken=True, holder=holder)


def give_back_lease(act: Act, name: str, holder: str) -> None:
    """Give a lease back; a lease that is another's is left alone."""
    row = act.session.exec(select(Lease).where(Lease.name == name, Lease.holder == holder)).first()
    if row is not None:
        act.session.delete(row)


def break_foreign_leases(act: Act) -> int:
    """Break leases of other hosts. Only for who has made sure that nobody else works on this ledger (one data folder, one lock).

    A machine that was renamed, or a container that came back under another name, would else wait for itself for ever.
    """
    rows = act.session.exec(select(Lease).where(Lease.host != socket.gethostname())).all()
    for row in rows:
        record(act, "lease_broken", None, name=row.name, holder=row.holder, pid=row.pid)
        act.session.delete(row)
    return len(rows)


# --- asks -----------------------------------------------------------------------------------------------------------


def next_ask(act: Act, run_id: uuid.UUID, step_id: uuid.UUID) -> Ask:
    """A fresh question for a run; numbers are never used again, also not after a crash."""
    last = act.session.exec(
        select(FormAsk).where(FormAsk.run_id == run_id).order_by(col(FormAsk.number).desc())
    ).first()
    number = last.number + 1 if last else 1
    key = f"ask-{number}"
    act.session.add(FormAsk(run_id=run_id, step_id=step_id, number=number, key=key, created_at=act.now))
    act.session.flush()
    return Ask(number=number, key=key, step_id=step_id)


def open_asks(act: Act, run_id: uuid.UUID, last: int) -> list[Ask]:
    """The `last` questions of a run that were put and not taken in yet, oldest first."""
    rows = act.session.exec(
        select(FormAsk)
        .where(FormAsk.run_id == run_id, col(FormAsk.taken_in_at).is_(None))
        .order_by(col(FormAsk.number).desc())
        .limit(last)
    ).all()
    return [Ask(number=row.number, key=row.key, step_id=row.step_id) for row in reversed(rows)]


def take_in(act: Act, run_id: uuid.UUID, number: int, said: str) -> None:
    """The answer of a question was taken in; `said` is what came of it, for the next form."""
    row = act.session.exec(select(FormAsk).where(FormAsk.run_id == run_id, FormAsk.number == number)).one()
    row.taken_in_at, row.answer = act.now, said[:400]
    act.session.add(row)


def last_answer(act: Act, run_id: uuid.UUID, step_id: uuid.UUID) -> str | None:
    """What came of the last answer on this step, where it was not accepted."""
    row = act.session.exec(
        select(FormAsk)
        .where(FormAsk.run_id == run_id, FormAsk.step_id == step_id, col(FormAsk.answer).is_not(None))
        .order_by(col(FormAsk.number).desc())
    ).first()
    return row.answer if row else None


def open_step(act: Act, programme_id: uuid.UUID, subject: str) -> ApprovalStep | None:
    """The step of a subject that waits for a decision, if one does."""
    return act.session.exec(
        select(ApprovalStep).where(
            ApprovalStep.programme_id == programme_id,
            ApprovalStep.subject == subject,
            ApprovalStep.state == StepState.OPEN,
        )
    ).first()


def phase_row(act: Act, phase_id: uuid.UUID) -> Phase:
    """A phase by id. Raises `NotFound`."""
    row = act.session.get(Phase, phase_id)
    if row is None:
        raise NotFound(f"no phase {phase_id}")
    return row
