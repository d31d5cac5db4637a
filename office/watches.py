"""Starts the office's own watches (deadline watch, reconcile) in time, as runs of their deployments.

Decides only when: a watch is due once in each of its periods, and its run bears the period in its idempotency key, so a
restart or a second look starts none twice. Prefect's own scheduler is switched off: its bulk insert does not work with the
SQLAlchemy that the rest needs. A demo moves its own clock and calls the deadline watch itself. Serves no clause.
"""

import time

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName

from models.office import BusinessClock
from office.runtime.settings import Settings
from office.runtime.transactions import reading

PERIODS = {"deadline-watch": ("时限督办", 300), "reconcile": ("数据核对", 120)}
"""The deployment, its run's name, and its period in seconds of real time."""


class Watches:
    """The watches of one office, and the period in which each was last started."""

    def __init__(self, office: Settings) -> None:
        self._office = office
        self._started: dict[str, int] = {}

    def due(self) -> list[str]:
        """The watches that have not been started in the present period."""
        return [name for name, (_, period) in PERIODS.items() if self._started.get(name) != int(time.time() // period)]

    def start(self, client: SyncPrefectClient, name: str) -> None:
        """Start a watch for the present period, or find the run that was started for it before."""
        label, period = PERIODS[name]
        number = int(time.time() // period)
        with reading(self._office) as act:
            clock = act.session.get(BusinessClock, 1)
            moved = clock is not None and clock.demo
        if not moved:
            known = client.read_deployments(
                deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[name])), limit=1
            )
            if known:
                client.create_flow_run_from_deployment(
                    known[0].id, name=label, tags=["songjiao", name], idempotency_key=f"watch:{name}:{number}"
                )
        self._started[name] = number
