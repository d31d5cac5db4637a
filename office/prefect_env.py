"""The environment under which Prefect's processes run in this office.

Decides where Prefect keeps its own database, on which address it listens, who may call it, and which of its idle work
is switched off. Everything is said by environment variables, so that no profile in a person's home folder, no
`prefect.toml` and no job variable can change it or leak the password. It never starts a process and never imports
Prefect: the supervisor stays small. It serves no clause of a regulation.
"""

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import certifi

from office.runtime.durable import keep_text
from office.runtime.settings import REPOSITORY, Settings, prefect_auth

HOST = "127.0.0.1"
POOL = "songjiao"
"""The name of the process work pool that runs every phase."""

BEGAN = "SONGJIAO_OFFICE_BEGAN"
"""The variable that tells the dispatcher since when this office runs: whatever was executed before then is dead."""

WORKER = "songjiao-worker"
"""The name of the office's worker."""

# What a person's shell may have set for Prefect elsewhere must not steer this office.
_FOREIGN = ("PREFECT_",)

_SHARED: dict[str, str] = {
    # A result kept by Prefect would answer a loop's second question with its first answer, across wakes too.
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    "PREFECT_TASKS_DEFAULT_PERSIST_RESULT": "false",
    "PREFECT_TASKS_DEFAULT_NO_CACHE": "true",
    "PREFECT_TASKS_DISABLE_CACHING": "true",
    # Nothing leaves the house.
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    # A client must never start a server of its own when ours is away for a moment.
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    # Each of these is a request per client, and every wake opens several clients.
    "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
    "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",
    "PREFECT_API_REQUEST_TIMEOUT": "60",
    "PREFECT_CLIENT_MAX_RETRIES": "5",
    "PREFECT_LOGGING_COLORS": "false",
    "PREFECT_CLI_COLORS": "false",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    "PYTHONUNBUFFERED": "1",
}

_SERVER: dict[str, str] = {
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    # It loads every paused run each five seconds; a waiting programme has no timeout here.
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED": "false",
    # The dispatcher starts the watches (`office.watches`): this scheduler's bulk insert fails under SQLAlchemy 2.1, and
    # under 2.0 the whole server was seen to stand still for a minute at a time.
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
    # A worker that comes back sends its last events again; a lot of nothing but those fails on SQLite (an insert of no
    # rows), and after five tries Prefect would drop what came with them. With the next new event the lot goes through.
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_MAX_FLUSH_RETRIES": "10000",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "30",
    "PREFECT_SERVER_SERVICES_REPOSSESSOR_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_CLEANUP_RECONCILER_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_FOREMAN_LOOP_SECONDS": "30",
    "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
    "PREFECT_SERVER_DATABASE_TIMEOUT": "60",
    "PREFECT_SERVER_DATABASE_CONNECTION_TIMEOUT": "60",
    "PREFECT_SERVER_API_KEEPALIVE_TIMEOUT": "30",
}

_WORKER: dict[str, str] = {
    # A run scheduled some seconds ahead would hold a process that only waits.
    "PREFECT_WORKER_PREFETCH_SECONDS": "1",
    "PREFECT_WORKER_HEARTBEAT_SECONDS": "15",
}


def free_port() -> int:
    """A TCP port on this machine that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def api_url(port: int) -> str:
    """Where Prefect's API of this office answers."""
    return f"http://{HOST}:{port}/api"


def _base(settings: Settings, outer: Mapping[str, str] | None) -> dict[str, str]:
    given = os.environ if outer is None else outer
    environment = {name: value for name, value in given.items() if not name.startswith(_FOREIGN)}
    environment.update(_SHARED)
    environment["PREFECT_LOGGING_LEVEL"] = given.get("PREFECT_LOGGING_LEVEL", "INFO")
    environment["PREFECT_HOME"] = str(settings.root / "prefect")
    environment["PREFECT_PROFILES_PATH"] = str(settings.root / "prefect" / "profiles.toml")
    # The children read the same settings as the supervisor, whatever folder they are started in.
    for name, value in settings_environment(settings).items():
        environment[name] = value
    # The rooms are top-level packages: an editable install finds them, and so does this.
    paths = [str(REPOSITORY), *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    environment["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    return environment


def settings_environment(settings: Settings) -> dict[str, str]:
    """The settings as `SONGJIAO_…` variables, with absolute paths; what is unset is left out."""
    environment: dict[str, str] = {}
    for name, value in settings.model_dump().items():
        if value is None:
            continue
        environment[f"SONGJIAO_{name.upper()}"] = str(value.resolve()) if isinstance(value, Path) else str(value)
    return environment


def client_environment(settings: Settings, port: int, outer: Mapping[str, str] | None = None) -> dict[str, str]:
    """For whoever calls Prefect: dispatcher, deployments, desk, command line, tests.

    Holds the password, so never print it.
    """
    environment = _base(settings, outer)
    environment["PREFECT_API_URL"] = api_url(port)
    environment["PREFECT_API_AUTH_STRING"] = prefect_auth(settings)
    environment["PREFECT_API_SSL_CERT_FILE"] = str(_short_bundle(settings))
    return environment


def _short_bundle(settings: Settings) -> Path:
    """A bundle of one certificate authority.

    Prefect reads the bundle for each client that it opens, several per wake and 40 ms each time for the usual one,
    although its API here is plain http on this machine.
    """
    bundle = settings.root / "prefect" / "one-authority.pem"
    if not bundle.exists():
        bundle.parent.mkdir(parents=True, exist_ok=True)
        end = "-----END CERTIFICATE-----"
        first, _, _ = Path(certifi.where()).read_text(encoding="utf-8").partition(end)
        keep_text(bundle, first[first.index("-----BEGIN") :] + end + "\n")
    return bundle


def server_environment(settings: Settings, port: int, outer: Mapping[str, str] | None = None) -> dict[str, str]:
    """For the Prefect server: its own SQLite database in the data folder, bound to this machine, guarded by a
    password."""
    environment = client_environment(settings, port, outer)
    environment.update(_SERVER)
    environment["PREFECT_SERVER_API_AUTH_STRING"] = prefect_auth(settings)
    environment["PREFECT_SERVER_API_HOST"] = HOST
    environment["PREFECT_SERVER_API_PORT"] = str(port)
    environment["PREFECT_SERVER_UI_API_URL"] = api_url(port)
    database = quote(str(settings.root / "prefect.db"))
    environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = f"sqlite+aiosqlite:///{database}"
    environment["PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS"] = str(settings.late_after_seconds)
    environment["PREFECT_SERVER_MEMO_STORE_PATH"] = str(settings.root / "prefect" / "memo_store.toml")
    return environment


def worker_environment(settings: Settings, port: int, outer: Mapping[str, str] | None = None) -> dict[str, str]:
    """For the worker and, through it, every flow run: polls at the office's interval."""
    environment = client_environment(settings, port, outer)
    environment.update(_WORKER)
    environment["PREFECT_WORKER_QUERY_SECONDS"] = str(settings.worker_poll_seconds)
    return environment


def server_command(port: int) -> list[str]:
    """Prefect's application (see `office.prefect_app`) under uvicorn: `prefect server start` without its second
    process."""
    return [
        *(sys.executable, "-m", "uvicorn", "--factory", "office.prefect_app:create"),
        *("--host", HOST, "--port", str(port), "--timeout-keep-alive", "30", "--log-level", "warning"),
        *("--no-access-log", "--timeout-graceful-shutdown", "3", "--ws-per-message-deflate", "false"),
    ]


def worker_command(engine: Literal["warm", "stock"]) -> list[str]:
    """Prefect's process worker on the office's pool; the queues bound how much it takes (see `office.deploy`).

    With the warm engine it has a bell (`office.worker`); the stock way is Prefect's own command line.
    """
    if engine == "warm":
        return [sys.executable, "-m", "office.worker"]
    return [
        *(sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process"),
        *("--name", WORKER, "--install-policy", "never", "--no-create-pool-if-not-found"),
    ]
