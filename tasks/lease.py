"""Who executes a run right now: one process, under a lease in the ledger.

Decides that a second execution of the same run (two wakes at once, a Resume beside a wake) leaves without touching
the run's state. It never breaks the lease of a living process; `tasks.repair` looks after dead ones. Serves no clause
of a regulation.
"""

import os
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import NoReturn

from prefect import get_client, get_run_logger
from prefect.exceptions import Abort, Pause
from prefect.runtime import flow_run
from prefect.states import Cancelled

from ledger import runs
from ledger.processes import identity
from ledger.queries.carriers import Carrier, carrier
from models.act import SYSTEM
from office.runtime.stop_points import stop_point
from office.runtime.transactions import reading, transaction
from tasks.thin import database_was_busy

_PATIENCE_SECONDS = 4.0
"""How long a second execution waits for the first: one that is just suspending gives its lease back within a moment."""


@lru_cache(maxsize=1)
def _holder_of(pid: int) -> tuple[str, str]:
    known = identity(pid)
    # Cut in the host's name, never in what tells the process from an earlier one with its number.
    return f"{socket.gethostname()[:30]}:{pid}:{known}"[:100], known


def take(name: str, run_id: uuid.UUID | None = None) -> bool:
    """Take the lease of that name for this process; False when a living process holds it."""
    pid = os.getpid()
    holder, known = _holder_of(pid)
    with transaction(SYSTEM) as act:
        return runs.take_lease(act, name, run_id, pid, known, holder).taken


def give_back(name: str) -> None:
    """Give this process's lease back; another's is left alone."""
    holder, _ = _holder_of(os.getpid())
    with transaction(SYSTEM) as act:
        runs.give_back_lease(act, name, holder)


def leave(why: str) -> NoReturn:
    """End this execution and leave the run in the state that others give it."""
    get_run_logger().info(why)
    raise Abort(why)


@contextmanager
def executing(programme_id: str, phase_id: str | None = None) -> Iterator[uuid.UUID]:
    """Execute the run that carries a phase (or a lifecycle) alone; gives the run's id.

    The lease goes back when the execution suspends or ends. After an error it stays: the process is about to end, and a
    dead lease is how `tasks.repair` knows that nobody executes the run any more. An execution that Prefect or the
    ledger did not answer, for longer than its tasks are patient, ends in the same way and does not fail the run.
    """
    run_id = uuid.UUID(str(flow_run.id))
    with _not_failing():
        _take_in_time(run_id)
        stop_point("flow.lease.taken")
        try:
            _must_carry(run_id, uuid.UUID(programme_id), uuid.UUID(phase_id) if phase_id else None)
            yield run_id
        except (Pause, Abort):  # suspended, or told to leave: the execution ends as it should
            give_back(str(run_id))
            raise
        give_back(str(run_id))


@contextmanager
def _not_failing() -> Iterator[None]:
    """Leave a run in its state where a database was busy or away: it is carried on, and nobody sees it failed."""
    try:
        yield
    except Exception as error:
        if not database_was_busy(error):
            raise
        leave(f"台账或 Prefect 暂时没有应答,本进程退出,稍后接着办理:{str(error)[:200]}")


def _take_in_time(run_id: uuid.UUID) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    waited = False
    while not take(str(run_id), run_id):
        if time.monotonic() > until:
            leave("本运行正由另一个进程执行,本进程退出,不改变运行状态。")
        waited = True
        time.sleep(0.1)
    if waited and not _is_running(run_id):
        give_back(str(run_id))
        leave("本运行刚由另一个进程办理完毕,本进程退出,不改变运行状态。")


def _is_running(run_id: uuid.UUID) -> bool:
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(run_id).state
    return state is not None and state.is_running()


def _must_carry(run_id: uuid.UUID, programme_id: uuid.UUID, phase_id: uuid.UUID | None) -> None:
    """Leave when the ledger knows another run for this phase: this one was given up, or was started by hand."""
    with reading() as act:
        known = carrier(act, programme_id, phase_id)
    if known.run_id == run_id:
        return
    if known.run_id is None:
        with get_client(sync_client=True) as client:
            key = client.read_flow_run(run_id).idempotency_key
        if key == known.idempotency_key:
            _attach(known, run_id)
            return
    with get_client(sync_client=True) as client:
        why = "本环节由另一个运行承办。已取消的运行不必恢复,系统会自动另起新的运行。"
        client.set_flow_run_state(run_id, Cancelled(message=why), force=True)
    leave(why)


def _attach(known: Carrier, run_id: uuid.UUID) -> None:
    with transaction(SYSTEM) as act:
        runs.attach_run(act, known.programme_id, known.phase_id, run_id, known.generation)
