"""Makes good what a crash, a cancelled run or a lost wake left behind between ledger and Prefect.

Decides from the ledger's word alone what a run should be doing: a run that a person cancelled or deleted changes
nothing in the ledger, so the next generation starts; a run whose process died is executed anew; a suspended one that
refuses every Resume since its form was never saved is woken. Used by the dispatcher at once and by the scheduled
reconciliation for all. Serves no clause of a regulation.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from prefect import get_client, get_run_logger
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import StateType
from prefect.states import Cancelled

from ledger import runs
from ledger.lifecycle import advance
from ledger.programmes import in_flight
from ledger.queries.carriers import (
    Carrier,
    HeldLease,
    carrier,
    carriers_of,
    carriers_without_run,
    held_leases,
    unsettled_carriers,
)
from models.act import SYSTEM
from office.runtime.transactions import reading, transaction
from tasks.runs import RunState, exists, has_input, start, start_over, states_of, unusual, wake
from tasks.thin import thin

STARTING = timedelta(seconds=60)
"""After which a run that Prefect calls pending, and nobody executes, counts as never started."""

SILENT = timedelta(seconds=120)
"""After which a run that Prefect calls running, and nobody executes, counts as abandoned."""

CALLED_OFF = timedelta(seconds=15)
"""The same where it is being cancelled: it holds no lease, so nothing but its start can still be under way."""

SAVING = timedelta(seconds=10)
"""Within which a run that has just been suspended gets its form."""

DISPATCHER = "dispatcher"
"""The lease of the dispatcher. While it is at work wakes are its matter: two at once would execute a run twice."""

LATELY = timedelta(minutes=10)
"""How far back a reconciliation looks for runs that have ended."""

REPORTING = timedelta(seconds=3)
"""Within which a worker reports a crash a second time; a run started over before that would be called crashed again."""

_GONE = "执行本运行的进程已不在,从台账重新接着办理。"


def tend(
    client: SyncPrefectClient,
    what: Carrier,
    state: RunState | None,
    lease: HeldLease | None,
    *,
    wanted: bool,
    now: datetime,
    began: datetime | None = None,
) -> str | None:
    """Do what one run needs so that the ledger's matter goes on, and say what was done; None when nothing was.

    `wanted` says that the ledger has something new for it. A phase without a run is not started here: its lifecycle
    does that. `began` is since when this office runs: what was executed before, and holds no lease, is dead for sure.
    """
    if what.run_id is None:
        if what.phase_id is not None:
            return None
        start(client, what)
        return "started"
    if lease is not None and lease.alive:
        return None
    if state is None:
        if exists(client, what.run_id):
            return None
        return _lose(what, "deleted")
    if state.ended:
        return _tend_ended(client, what, what.run_id, state, now)
    if state.waits:
        if wanted or what.over:
            wake(client, what.run_id, what)
            return "woken"
        return _tend_form(client, what.run_id, state, lease, now)
    return _tend_moving(client, what, what.run_id, state, lease, now, began)


def _tend_ended(
    client: SyncPrefectClient, what: Carrier, run_id: uuid.UUID, state: RunState, now: datetime
) -> str | None:
    if state.kind == StateType.CRASHED:
        if now - state.since < REPORTING:
            return None
        start_over(client, run_id, state, _GONE)
        return "restarted"
    if state.kind == StateType.COMPLETED and what.over:
        with transaction(SYSTEM) as act:
            runs.settle_run(act, what.programme_id, what.phase_id, run_id)
        return "settled"
    return _lose(what, state.kind.value.lower())


def _tend_form(
    client: SyncPrefectClient, run_id: uuid.UUID, state: RunState, lease: HeldLease | None, now: datetime
) -> str | None:
    if state.form_keys is None or (lease is None and now - state.since < SAVING):
        return None
    if has_input(client, run_id, state.form_keys["schema"]):
        return None
    wake(client, run_id)
    return "asked again"


def _tend_moving(
    client: SyncPrefectClient,
    what: Carrier,
    run_id: uuid.UUID,
    state: RunState,
    lease: HeldLease | None,
    now: datetime,
    began: datetime | None,
) -> str | None:
    age = now - state.since
    executed = state.kind in (StateType.RUNNING, StateType.PENDING)
    if state.kind == StateType.CANCELLING:
        if age < CALLED_OFF:
            return None
        client.set_flow_run_state(run_id, Cancelled(message=_GONE), force=True)
        return _lose(what, "cancelled")
    dead = lease is not None and state.kind == StateType.RUNNING
    stuck = (state.kind == StateType.RUNNING and age > SILENT) or (state.kind == StateType.PENDING and age > STARTING)
    orphaned = executed and began is not None and state.since < began
    if not dead and not stuck and not orphaned:
        return None
    start_over(client, run_id, state, _GONE)
    return "restarted"


def _lose(what: Carrier, why: str) -> str:
    assert what.run_id is not None
    with transaction(SYSTEM) as act:
        runs.lose_run(act, what.programme_id, what.phase_id, what.run_id, why)
    return f"lost ({why})"


def drop_dead_leases(leases: Iterable[HeldLease], states: Mapping[uuid.UUID, RunState], now: datetime) -> None:
    """Forget dead leases of runs that are not being executed and were tended, so that only those in need of help keep
    one.
    """
    for lease in leases:
        if lease.alive or lease.run_id is None:
            continue
        state = states.get(lease.run_id)
        if state is None or ((state.ended or state.waits) and now - state.since > SAVING):
            with transaction(SYSTEM) as act:
                runs.give_back_lease(act, lease.name, lease.holder)


@thin("核对项目进展")
def advance_all() -> int:
    """Open and close by rule whatever an interrupted act left due, programme by programme; gives their number."""
    with reading() as act:
        ids = [programme.id for programme in in_flight(act)]
    for programme_id in ids:
        with transaction(SYSTEM) as act:
            advance(act, programme_id)
    return len(ids)


@thin("核对运行状态")
def reconcile_runs() -> dict[str, int]:
    """Compare runs that the ledger still expects something of with Prefect, repair what differs, and count it.

    All that are out of the ordinary; those that just wait only while no dispatcher is at work, which goes round them: one
    by one they would keep a large office's server busy all day.
    """
    log = get_run_logger()
    done: dict[str, int] = {}
    with get_client(sync_client=True) as client:
        now = datetime.now(UTC)
        moving = unusual(client, now - LATELY)
        with reading() as act:
            leases = held_leases(act)
            at_work = any(lease.name == DISPATCHER and lease.alive for lease in leases)
            wanted = set() if at_work else {(one.programme_id, one.phase_id) for one in runs.open_wakes(act)[0]}
            by_run = {lease.run_id: lease for lease in leases if lease.run_id is not None}
            without_run = carriers_without_run(act)
            # A phase that waits for a run is started by its lifecycle: wake that.
            wanted |= {(one.programme_id, None) for one in without_run}
            carriers = _once(
                [
                    *(carrier(act, *one) for one in sorted(wanted, key=str)),
                    *without_run,
                    *carriers_of(act, moving | by_run.keys()),
                    *([] if at_work else unsettled_carriers(act)),
                ]
            )
        states = states_of(client, [one.run_id for one in carriers if one.run_id is not None])
        now = datetime.now(UTC)
        for one in carriers:
            state = states.get(one.run_id) if one.run_id else None
            lease = by_run.get(one.run_id) if one.run_id else None
            word = tend(client, one, state, lease, wanted=(one.programme_id, one.phase_id) in wanted, now=now)
            if word is not None:
                log.info("%s %s: %s", one.flow, one.run_id or "-", word)
                done[word] = done.get(word, 0) + 1
        drop_dead_leases(leases, states, now)
    return done


def _once(carriers: list[Carrier]) -> list[Carrier]:
    return list({(one.programme_id, one.phase_id): one for one in carriers}.values())
