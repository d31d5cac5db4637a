"""Whether the office's children work, seen from outside: not whether they live, but whether they answer.

None of these raises: what cannot be asked does not work. It serves no clause of a regulation.
"""

import urllib.error
import urllib.request
from datetime import datetime

from office import deploy, prefect_env
from office.engine.place import socket_path
from office.engine.wire import ping
from office.runtime.settings import Settings


def server_answers(port: int) -> bool:
    """Whether Prefect's server says that it is healthy."""
    try:
        with urllib.request.urlopen(f"{prefect_env.api_url(port)}/health", timeout=5) as answer:  # on this machine
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def engine_answers(settings: Settings) -> bool:
    """Whether a warm parent stands behind the engine's socket."""
    return ping(socket_path(settings)) is not None


def worker_polls(settings: Settings, port: int, since: datetime) -> bool:
    """Whether a worker of the pool has been heard since then."""
    try:
        heard = deploy.worker_last_heard(settings, port)
    except (urllib.error.URLError, OSError):
        return False
    return heard is not None and heard >= since
