"""Prefect's side of a run: starting it once, waking it, naming it, and reading in what state it is.

Decides nothing; callers say what is to be done. Uses Prefect's public client only. Names and tags come from the ledger
(`ledger.queries.labels`) and hold no person's name. Serves no clause of a regulation.
"""

import hashlib
import itertools
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from prefect import Task, get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    TaskRunFilter,
    TaskRunFilterName,
)
from prefect.client.schemas.objects import State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run
from prefect.states import Completed, Crashed, Scheduled
from uuid_utils.compat import uuid7

from ledger import runs
from ledger.queries.carriers import Carrier, carrier
from ledger.queries.labels import RunLabel, run_label
from models.act import SYSTEM
from office.runtime.stop_points import stop_point
from office.runtime.transactions import reading, transaction
from tasks.thin import thin

_PAGE = 100
_ENDED_BADLY = (StateType.CANCELLED, StateType.FAILED, StateType.CRASHED)
_ENDED = (StateType.COMPLETED, *_ENDED_BADLY)

_JUST_NOW = timedelta(minutes=1)
"""Within which runs completed that are looked at: they are many, and hardly one of them needs help."""


class NoDeployment(RuntimeError):
    """Prefect does not know the deployment that carries a phase."""


@dataclass(frozen=True)
class RunState:
    """In what state Prefect has a run, since when, and under which keys its form lies when it waits for one."""

    kind: StateType
    since: datetime
    form_keys: dict[str, str] | None = None

    @property
    def waits(self) -> bool:
        """Whether it is suspended."""
        return self.kind == StateType.PAUSED

    @property
    def ended(self) -> bool:
        """Whether it has come to an end, good or bad."""
        return self.kind in _ENDED


def states_of(client: SyncPrefectClient, run_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, RunState]:
    """The states of runs; a run that Prefect does not know (any more) is left out."""
    wanted = list(dict.fromkeys(run_ids))
    found: dict[uuid.UUID, RunState] = {}
    for first in range(0, len(wanted), _PAGE):
        page = wanted[first : first + _PAGE]
        for run in client.read_flow_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=page)), limit=_PAGE):
            if run.state is not None:
                found[run.id] = _plain(run.state)
    return found


def unusual(client: SyncPrefectClient, since: datetime) -> set[uuid.UUID]:
    """The runs that are being executed or are about to be, those that ended badly after `since`, and those that completed
    just now: whatever needs help is among them, but for a run that was deleted, waits without its form, or completed while
    nobody looked.
    """
    moving = FlowRunFilter(state=_in_states(StateType.PENDING, StateType.RUNNING, StateType.CANCELLING))
    badly = FlowRunFilter(state=_in_states(*_ENDED_BADLY), end_time=FlowRunFilterEndTime(after_=since))
    just_now = FlowRunFilterEndTime(after_=max(since, datetime.now(UTC) - _JUST_NOW))
    completed = FlowRunFilter(state=_in_states(StateType.COMPLETED), end_time=just_now)
    return {run_id for those in (moving, badly, completed) for run_id in _all_of(client, those)}


def _all_of(client: SyncPrefectClient, those: FlowRunFilter) -> Iterator[uuid.UUID]:
    """The ids of runs, page by page in an order that does not change meanwhile."""
    for first in itertools.count(0, _PAGE):
        page = client.read_flow_runs(flow_run_filter=those, sort=FlowRunSort.ID_DESC, limit=_PAGE, offset=first)
        yield from (run.id for run in page)
        if len(page) < _PAGE:
            return


def _in_states(*kinds: StateType) -> FlowRunFilterState:
    return FlowRunFilterState(type=FlowRunFilterStateType(any_=list(kinds)))


def _plain(state: "State") -> RunState:
    keys = state.state_details.run_input_keyset
    return RunState(state.type, state.timestamp, dict(keys) if keys else None)


def label_of(programme_id: uuid.UUID, phase_id: uuid.UUID | None) -> RunLabel:
    """What a run is called and tagged with, by the ledger as it stands now."""
    with reading() as act:
        return run_label(act, programme_id, phase_id)


def rename(client: SyncPrefectClient, run_id: uuid.UUID, label: RunLabel) -> None:
    """Give a run its present name and tags."""
    client.update_flow_run(run_id, name=label.name, tags=label.tags)


def bear(run_id: uuid.UUID, label: RunLabel) -> None:
    """Give the run that is being executed its present name and tags, where the dispatcher has not done so already."""
    if flow_run.name == label.name and set(flow_run.tags) == set(label.tags):
        return
    with get_client(sync_client=True) as client:
        rename(client, run_id, label)


def start(client: SyncPrefectClient, what: Carrier) -> uuid.UUID:
    """Start the run of a phase or lifecycle, or find the one started before under the same key, and note it in the
    ledger.

    Raises `NoDeployment` where `prefect.yaml` was not registered.
    """
    label = label_of(what.programme_id, what.phase_id)
    by_name = DeploymentFilter(name=DeploymentFilterName(any_=[what.flow]))
    known = client.read_deployments(deployment_filter=by_name, limit=1)
    if not known:
        raise NoDeployment(f"Prefect has no deployment {what.flow!r}; register prefect.yaml by restarting the office")
    parameters = {"programme_id": str(what.programme_id)}
    if what.phase_id is not None:
        parameters["phase_id"] = str(what.phase_id)
    run = client.create_flow_run_from_deployment(
        known[0].id, parameters=parameters, name=label.name, tags=label.tags, idempotency_key=what.idempotency_key
    )
    stop_point("run.created")
    with transaction(SYSTEM) as act:
        runs.attach_run(act, what.programme_id, what.phase_id, run.id, what.generation)
    stop_point("run.attached")
    return run.id


def wake(client: SyncPrefectClient, run_id: uuid.UUID, what: Carrier | None = None) -> None:
    """Have a suspended run look at the ledger. The caller has seen it suspended: a running one would be executed
    twice.
    """
    stop_point("run.before-wake")
    client.set_flow_run_state(run_id, Scheduled())
    stop_point("run.woken")
    if what is not None:  # beside the start of its process
        rename(client, run_id, label_of(what.programme_id, what.phase_id))


def start_over(client: SyncPrefectClient, run_id: uuid.UUID, state: RunState, why: str) -> None:
    """Have a run whose process is gone executed anew from its first line: first it is told crashed, then scheduled."""
    if not state.ended:
        client.set_flow_run_state(run_id, Crashed(message=why), force=True)
    client.set_flow_run_state(run_id, Scheduled(message=why))


def has_input(client: SyncPrefectClient, run_id: uuid.UUID, key: str) -> bool:
    """Whether Prefect keeps an input under this key for the run."""
    rows = client.filter_flow_run_input(run_id, key_prefix=key, limit=1, exclude_keys=set())
    return any(row.key == key for row in rows)


def exists(client: SyncPrefectClient, run_id: uuid.UUID) -> bool:
    """Whether Prefect knows the run. A list that left it out may have been read a moment too early."""
    try:
        client.read_flow_run(run_id)
    except ObjectNotFound:
        return False
    return True


def put_down(run_id: uuid.UUID, task: "Task[..., None]", names: Iterable[str]) -> list[str]:
    """Have a run show complete task runs of these names; gives those that it did not show before.

    It is asked for these alone, not for all it ever showed. The key of each follows from its name: put down twice at
    once, it is there once.
    """
    this, wanted = FlowRunFilter(id=FlowRunFilterId(any_=[run_id])), list(names)
    fresh: list[str] = []
    for first in range(0, len(wanted), _PAGE):
        page = wanted[first : first + _PAGE]
        with get_client(sync_client=True) as client:
            named = TaskRunFilter(name=TaskRunFilterName(any_=page))
            held = client.read_task_runs(flow_run_filter=this, task_run_filter=named, limit=_PAGE * 2)
            shown = {one.name for one in held}
            for name in page:
                if name not in shown:
                    key = hashlib.sha256(name.encode()).hexdigest()[:16]
                    # Prefect lists task runs by their ids: these follow one another, as what they tell of did.
                    client.create_task_run(task, run_id, dynamic_key=key, id=uuid7(), name=name, state=Completed())
                    fresh.append(name)
    return fresh


@thin("启动环节运行")
def start_phases(programme_id: uuid.UUID) -> list[str]:
    """Start the runs of every opened phase that has none, and give their names."""
    with reading() as act:
        due = [carrier(act, programme_id, one.phase_id) for one in runs.runs_to_start(act, programme_id)]
    if not due:
        return []
    names = []
    with get_client(sync_client=True) as client:
        for what in due:
            start(client, what)
            names.append(label_of(what.programme_id, what.phase_id).name)
    return names
