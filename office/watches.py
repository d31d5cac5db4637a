"""Starts the office's own watches (deadline watch, hourly audit, reconcile) in time, and notices when one falls silent.

Decides only when: a watch is due once in each of its periods, and its run bears the period in its idempotency key, so a
restart or a second look starts none twice. Prefect's own scheduler is switched off: its bulk insert does not work with the
SQLAlchemy that the rest needs. A demo moves its own clock and calls the deadline watch itself. That a watch has not looked
for too long is told from here, with Prefect down as well. Serves no clause.
"""

import time
from datetime import UTC, datetime

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName

from ledger.watching import silent_untold, tell_of_silence
from models.act import SYSTEM, Act
from models.office import BusinessClock
from office.runtime.settings import Settings
from office.runtime.transactions import reading, transaction

PERIODS = {"deadline-watch": ("时限督办", 300), "hourly-audit": ("整点核查", 3600), "reconcile": ("数据核对", 120)}
"""The deployment, its run's name, and its period in seconds of real time."""

_ALARM_SECONDS = 60.0


class Watches:
    """The watches of one office, and the period in which each was last started."""

    def __init__(self, office: Settings) -> None:
        self._office = office
        self._started: dict[str, int] = {}
        self._alarmed = 0.0

    def alarm(self) -> list[str]:
        """Tell the office of watches that have been silent for too long; looks once a minute. Answers which."""
        if time.monotonic() < self._alarmed:
            return []
        self._alarmed = time.monotonic() + _ALARM_SECONDS
        now = datetime.now(UTC)
        with reading(self._office) as act:
            if _is_demo(act) or not silent_untold(act, now):
                return []
        with transaction(SYSTEM, office=self._office) as act:
            return tell_of_silence(act, now)

    def due(self) -> list[str]:
        """The watches that have not been started in the present period."""
        return [name for name, (_, period) in PERIODS.items() if self._started.get(name) != int(time.time() // period)]

    def start(self, client: SyncPrefectClient, name: str) -> None:
        """Start a watch for the present period, or find the run that was started for it before."""
        label, period = PERIODS[name]
        number = int(time.time() // period)
        with reading(self._office) as act:
            moved = _is_demo(act)
        if not moved:
            known = client.read_deployments(
                deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[name])), limit=1
            )
            if known:
                client.create_flow_run_from_deployment(
                    known[0].id, name=label, tags=["songjiao", name], idempotency_key=f"watch:{name}:{number}"
                )
        self._started[name] = number


def _is_demo(act: Act) -> bool:
    clock = act.session.get(BusinessClock, 1)
    return clock is not None and clock.demo
