"""What the warm parent has ready before it forks: modules, complete models, Prefect's settings and logging.

Decides what is worth preparing: whatever a flow run's process would do in the same way each time, found by profiling a
wake. It leaves no connection open and starts no thread; `unfit` looks whether an import did. It serves no clause of a
regulation.
"""

import gc
import importlib
import os
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy.engine import make_url

from ledger import packs
from office.runtime.database import engine_for
from office.runtime.settings import Settings
from office.runtime.transactions import reading
from policies.clauses import quote_of, registers

# What a flow run's process imports sooner or later; found by comparing a finished child's modules with the parent's. A
# name that a later version no longer has is passed over: it is then imported where it is needed, a little later.
MODULES = (
    *("prefect.engine", "prefect.flow_engine", "prefect.task_engine", "prefect.flow_runs", "prefect.input"),
    *("prefect.artifacts", "prefect.deployments", "prefect.client.orchestration", "prefect.events.clients"),
    *("prefect.events.worker", "prefect.logging.handlers", "prefect.runtime", "prefect.states", "prefect.runner"),
    *("prefect.task_runners", "prefect.blocks.core", "prefect.utilities.visualization", "prefect._internal.observers"),
    *("prefect._internal.metrics", "rich._emoji_codes", "websockets.asyncio.client", "httpx", "asyncio.unix_events"),
    *("anyio._backends._asyncio", "encodings.idna", "stringprep", "zoneinfo", "multiprocessing", "sqlite3"),
    *("sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql"),
)

_settings = ExitStack()


def import_everything(prefect_file: Path) -> None:
    """Import Prefect and the flows that the file names. Raises what the flows' imports raise."""
    from office.deploy import read_deployments

    for name in MODULES:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    for deployment in read_deployments(prefect_file):
        importlib.import_module(deployment.entrypoint.rpartition(".")[0])
    _complete_models()
    quote_of(Settings().policies_dir, "")  # the quotes that forms show; parsing them takes longer than a whole wake


def know_packs(office: Settings) -> None:
    """Read the packs that programmes in flight are pinned to, so that their runs need not: that takes 30 ms each time. Where
    that is not possible (there is no ledger yet, it does not answer) the runs read them, and each meets its own trouble.
    """
    url = make_url(office.ledger_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return
    engine = engine_for(office.ledger_url)
    try:
        with reading(office) as act:
            packs.know_packs(act)
    except Exception as trouble:
        print(f"songjiao engine: packs are not read ahead ({type(trouble).__name__})", file=sys.stderr, flush=True)
    finally:
        engine.dispose()


def watched_data() -> set[Path]:
    """Files beside our code that are read once and kept: a change of theirs makes this process out of date as well."""
    return set(registers(Settings().policies_dir))


def _complete_models() -> None:
    """Pydantic builds some validators on first use; built here, each child has them."""
    from pydantic import BaseModel

    waiting: list[type[BaseModel]] = [BaseModel]
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        if not model.__pydantic_complete__ and model.__module__.startswith("prefect.client"):
            model.model_rebuild(raise_errors=False)


def prefect_part(environment: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """What Prefect's settings are made from; names with two underscores belong to one run and are none."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(b"PREFECT_") and not name.startswith(b"PREFECT__")
    }


def take_settings(environment: Mapping[bytes, bytes]) -> None:
    """Make this process's Prefect settings and logging those of the environment; its children inherit them."""
    import prefect.context
    from prefect.logging.configuration import setup_logging
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    for name in prefect_part(os.environb):
        del os.environb[name]
    os.environb.update(prefect_part(environment))
    _settings.close()
    prefect.context.refresh_global_settings_context()
    # The heartbeat's thread sleeps in whole seconds, and a run that leaves waits for it. Nobody listens to it here:
    # whether a run lives is known from its lease. An environment variable cannot say "none", hence this.
    _settings.enter_context(temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}))
    setup_logging(incremental=False)


def unfit() -> str | None:
    """Why this process may not fork, or None: threads and database engines do not survive it."""
    threads = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    tasks = Path("/proc/self/task")
    if not threads and tasks.exists() and len(list(tasks.iterdir())) > 1:
        threads = ["one started outside Python"]
    if threads:
        return f"importing the flows started threads: {', '.join(threads)}"
    from sqlalchemy.engine import Engine

    if any(isinstance(thing, Engine) and _holds(thing.pool) for thing in gc.get_objects()):
        return "importing the flows opened a database; connect on first use"
    return None


def _holds(pool: object) -> bool:
    """Whether a pool holds a connection; one that cannot tell may."""
    from sqlalchemy.pool import QueuePool

    return not isinstance(pool, QueuePool) or pool.checkedin() + pool.checkedout() > 0
