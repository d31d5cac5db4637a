"""Which Prefect run carries what, and whether more is expected of it: what dispatcher and reconciliation compare with
Prefect.

Reads only. Serves no clause of a regulation.
"""

import socket
import uuid
from collections.abc import Collection

from pydantic import BaseModel
from sqlalchemy import ColumnElement
from sqlmodel import col, select

from ledger.lifecycle import over
from ledger.processes import lives
from ledger.runs import run_key
from models.act import Act
from models.office import Lease
from models.programme import Phase, Programme
from models.states import PhaseState, ProgrammeState


class Carrier(BaseModel):
    """A phase (or, without `phase_id`, the lifecycle of a programme) and the run that carries it in this generation.

    `rejected` says how the programme ended. `over` says that the ledger expects nothing more of it, so its run may be
    complete.
    """

    programme_id: uuid.UUID
    programme_ref: str
    phase_id: uuid.UUID | None
    flow: str
    run_id: uuid.UUID | None
    generation: int
    idempotency_key: str
    over: bool
    rejected: bool
    observed: int


_LOT = 1000
"""How many runs are asked for at a time: a database takes so many values in one statement and no more."""

_PROGRAMMES = select(Programme).where(~col(Programme.run_settled)).order_by(col(Programme.id))
_PHASES = (
    select(Phase, Programme)
    .join(Programme, col(Programme.id) == Phase.programme_id)
    .where(~col(Phase.run_settled))
    .order_by(col(Phase.id))
)


def carrier(act: Act, programme_id: uuid.UUID, phase_id: uuid.UUID | None) -> Carrier:
    """What carries a phase, or the programme's lifecycle when no phase is named."""
    programme = act.session.get_one(Programme, programme_id)
    if phase_id is not None:
        return _of_phase(act, programme, act.session.get_one(Phase, phase_id))
    return _of_lifecycle(act, programme)


def _of_lifecycle(act: Act, programme: Programme) -> Carrier:
    return Carrier(
        programme_id=programme.id,
        programme_ref=programme.ref,
        phase_id=None,
        flow="lifecycle",
        run_id=programme.run_id,
        generation=programme.generation,
        idempotency_key=run_key(act, programme, None),
        over=programme_over(act, programme.id),
        rejected=programme.state == ProgrammeState.REJECTED,
        observed=programme.observed_number,
    )


def _of_phase(act: Act, programme: Programme, phase: Phase) -> Carrier:
    return Carrier(
        programme_id=programme.id,
        programme_ref=programme.ref,
        phase_id=phase.id,
        flow=phase.flow,
        run_id=phase.run_id,
        generation=phase.generation,
        idempotency_key=run_key(act, programme, phase),
        over=phase.state != PhaseState.OPEN or programme.state == ProgrammeState.REJECTED,
        rejected=programme.state == ProgrammeState.REJECTED,
        observed=phase.observed_number,
    )


def programme_over(act: Act, programme_id: uuid.UUID) -> bool:
    """Whether a programme has nothing more before it and each phase that was opened has had its run."""
    programme = act.session.get_one(Programme, programme_id)
    if not over(act, programme):
        return False
    without_run = select(Phase.id).where(Phase.programme_id == programme_id, col(Phase.run_id).is_(None))
    return act.session.exec(without_run.limit(1)).first() is None


def unsettled_carriers(act: Act, after: Carrier | None = None, limit: int | None = None) -> list[Carrier]:
    """Every phase and lifecycle whose run has not been seen complete, lifecycles first, oldest first: all, or the next
    `limit` after one of them, whatever became of that one.
    """
    lifecycles: list[Carrier] = []
    if after is None or after.phase_id is None:
        programmes = _PROGRAMMES if after is None else _PROGRAMMES.where(col(Programme.id) > after.programme_id)
        lifecycles = [_of_lifecycle(act, row) for row in act.session.exec(programmes.limit(limit)).all()]
    later = _PHASES if after is None or after.phase_id is None else _PHASES.where(col(Phase.id) > after.phase_id)
    phases = act.session.exec(later.limit(None if limit is None else limit - len(lifecycles))).all()
    return lifecycles + [_of_phase(act, programme, phase) for phase, programme in phases]


def carriers_of(act: Act, run_ids: Collection[uuid.UUID]) -> list[Carrier]:
    """What these runs carry, where the ledger still expects something of them."""
    ids = list(run_ids)
    lots = [ids[first : first + _LOT] for first in range(0, len(ids), _LOT)]
    return [one for lot in lots for one in _where(act, col(Programme.run_id).in_(lot), col(Phase.run_id).in_(lot))]


def carriers_without_run(act: Act) -> list[Carrier]:
    """Phases and lifecycles whose run is still to be started."""
    return _where(act, col(Programme.run_id).is_(None), col(Phase.run_id).is_(None))


def _where(act: Act, of_programme: ColumnElement[bool], of_phase: ColumnElement[bool]) -> list[Carrier]:
    found = [_of_lifecycle(act, programme) for programme in act.session.exec(_PROGRAMMES.where(of_programme)).all()]
    phases = act.session.exec(_PHASES.where(of_phase)).all()
    return found + [_of_phase(act, programme, phase) for phase, programme in phases]


class HeldLease(BaseModel):
    """A lease and whether the process that took it still lives (one on another host counts as living)."""

    name: str
    holder: str
    run_id: uuid.UUID | None
    alive: bool


def held_leases(act: Act) -> list[HeldLease]:
    """Every lease that was taken and not given back."""
    here = socket.gethostname()
    return [
        HeldLease(
            name=row.name,
            holder=row.holder,
            run_id=row.run_id,
            alive=row.host != here or lives(row.pid, row.process_identity),
        )
        for row in act.session.exec(select(Lease).order_by(col(Lease.name))).all()
    ]
