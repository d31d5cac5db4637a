"""The words in which the lifecycle flow is written: look at the programme, start its phases, wait, end.

Each reads the ledger or does one idempotent operation of it. Which phases open is decided by the pack's graph in the
ledger; here their runs are started, each once. Serves no clause itself.
"""

import uuid
from dataclasses import dataclass
from typing import NoReturn

from prefect import State, get_run_logger
from prefect.states import Completed

from ledger import runs
from ledger.lifecycle import advance
from ledger.queries.carriers import Carrier, carrier
from models.act import SYSTEM
from office.runtime.stop_points import stop_point
from office.runtime.transactions import transaction
from tasks.artifacts import publish, publish_awaited
from tasks.ask import wait
from tasks.runs import bear, label_of, start_phases
from tasks.thin import patient


@dataclass
class LifecycleRun:
    """One execution of the run that carries a programme as a whole."""

    run_id: uuid.UUID
    programme_id: uuid.UUID
    seen: Carrier


@patient
def look_at_programme(programme_id: uuid.UUID) -> Carrier:
    """Do what is due by rule, note that everything up to now has been seen, and read the programme, in one
    transaction.
    """
    with transaction(SYSTEM) as act:
        advance(act, programme_id)
        runs.observe(act, programme_id, None)
        return carrier(act, programme_id, None)


def open_programme(run_id: uuid.UUID, programme_id: str) -> LifecycleRun:
    """Begin an execution: see where the programme stands."""
    known = uuid.UUID(programme_id)
    return LifecycleRun(run_id, known, look_at_programme(known))


def start_due_phases(programme: LifecycleRun) -> None:
    """Start a run for each phase that has opened and has none, several at once, and look again."""
    log = get_run_logger()
    while names := start_phases(programme.programme_id):
        for name in names:
            log.info("已启动:%s", name)
        programme.seen = look_at_programme(programme.programme_id)


def programme_outcome(programme: LifecycleRun) -> str | None:
    """How the programme has ended, in words, or None while it goes on."""
    if not programme.seen.over:
        return None
    return "项目不予通过" if programme.seen.rejected else "项目全流程办结"


def await_phases(programme: LifecycleRun) -> NoReturn:
    """Suspend until a phase closes or an act on the programme wakes the run."""
    _leave_word(programme)
    wait(programme.seen.observed)


def close_programme(programme: LifecycleRun, outcome: str) -> "State[None]":
    """End the run; also a programme that was rejected has a complete run, whose message says so."""
    _leave_word(programme)
    stop_point("flow.closing")
    return Completed(message=outcome)


def _leave_word(programme: LifecycleRun) -> None:
    publish(programme.programme_id, programme.seen.programme_ref)
    publish_awaited(always=False)
    bear(programme.run_id, label_of(programme.programme_id, None))
