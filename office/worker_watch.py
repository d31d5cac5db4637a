"""Sees that the worker has fallen silent, beside Prefect's own automation for it.

Prefect notices by events that follow one another; where its database was busy and one of them was lost, it may be a quarter
of an hour late. This looks at the heartbeat itself. Both tell the same matter, so the programme office is told once a day.
Serves no clause of a regulation.
"""

import os
import time
import urllib.parse
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ledger.notices import take_notice
from models.act import SYSTEM
from office import deploy
from office.prefect_env import POOL
from office.runtime.settings import Settings
from office.runtime.transactions import transaction

SILENT = timedelta(seconds=90)
"""Six heartbeats: a worker that died is started again within seconds, so this one hangs or cannot be started."""

_LOOK_SECONDS = 20.0
_TELL_SECONDS = 3600.0

Heard = Callable[[], datetime | None]


class WorkerWatch:
    """Looks at the worker's last heartbeat now and then; `heard` says when that was, and raises `OSError` when nobody
    can say.
    """

    def __init__(self, office: Settings, heard: Heard | None = None) -> None:
        self._office = office
        self._heard = heard or (lambda: deploy.worker_last_heard(office, _port(office)))
        self._next = 0.0

    def look(self) -> bool:
        """Whether the office was told that the worker is silent. Cheap when it is not yet time to look."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + _LOOK_SECONDS
        try:
            last = self._heard()
        except OSError:
            return False  # Prefect itself is away: that is the supervisor's matter
        if last is None or datetime.now(UTC) - last <= SILENT:
            return False
        with transaction(SYSTEM, office=self._office) as act:
            take_notice(act, "worker-silent", "worker", pool=POOL)
        self._next = time.monotonic() + _TELL_SECONDS
        return True


def _port(office: Settings) -> int:
    return urllib.parse.urlsplit(os.environ.get("PREFECT_API_URL", "")).port or office.prefect_port
