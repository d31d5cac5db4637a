"""The ground that every measurement stands on: an office in a folder of its own, as `songjiao up` runs it.

One server, one ledger and one set of data for all sides of a comparison: a side is the worker's `command` and how often
it asks, and nothing else. Decides nothing; serves no clause of a regulation.
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, TypeVar

import httpx
from sqlmodel import col, select

from bench.copies import copy_programme
from bench.mail import StampedSink
from bench.world import World
from models.office import Lease, Message, Wake
from models.states import MessageState
from office.children import TETHER
from office.deploy import PHASES
from office.prefect_env import (
    client_environment,
    server_environment,
    settings_environment,
    worker_command,
    worker_environment,
)
from office.runtime.database import forget_engines
from office.runtime.migrate import open_ledger
from office.runtime.settings import REPOSITORY, Settings, prefect_auth, settings
from office.runtime.transactions import reading
from office.state_file import OfficeState, running_office
from office.supervisor import Office

T = TypeVar("T")

PATIENCE_SECONDS = 600.0
"""After which something that was waited for is taken not to come: then there is no measurement."""


class NotMeasured(RuntimeError):
    """Something did not happen that was to be measured; the text says what was waited for."""


@dataclass(frozen=True)
class Side:
    """How flow runs are started in a comparison: the engine (the worker's `command`) and the worker's poll interval."""

    name: str
    engine: Literal["warm", "stock"]
    poll_seconds: float


WARM = Side("warm", "warm", float(Settings.model_fields["worker_poll_seconds"].default))
STOCK_DEFAULT = Side("stock, asks every 10 s", "stock", 10.0)
STOCK_1S = Side("stock, asks every 1 s", "stock", 1.0)


class Api:
    """Prefect's API as anybody with the password sees it: from outside."""

    def __init__(self, url: str, auth: str) -> None:
        user, _, password = auth.partition(":")
        self._http = httpx.Client(base_url=url, auth=(user, password), timeout=60)

    def get(self, path: str) -> Any:
        """What stands there, or None where nothing does."""
        answer = self._again(lambda: self._http.get(path))
        return None if answer.status_code == 404 else answer.raise_for_status().json()

    def post(self, path: str, body: object) -> Any:
        """The answer to a question."""
        return self._again(lambda: self._http.post(path, json=body)).raise_for_status().json()

    def states(self, run_id: str) -> list[dict[str, Any]]:
        """All states of a run, in order."""
        found = self._again(lambda: self._http.get("/flow_run_states/", params={"flow_run_id": run_id}))
        return sorted(found.raise_for_status().json(), key=lambda state: str(state["timestamp"]))

    def form_key(self, run_id: str, *tags: str) -> str | None:
        """The key of the form under which a run waits with these tags; None while it does not, or its form is not
        saved."""
        run = self.get(f"/flow_runs/{run_id}")
        state = (run or {}).get("state") or {}
        keys = (state.get("state_details") or {}).get("run_input_keyset")
        if state.get("name") != "Suspended" or not keys or not set(tags) <= set(run["tags"]):
            return None
        return str(keys["response"]) if self.get(f"/flow_runs/{run_id}/input/{keys['schema']}") is not None else None

    def waits(self, run_id: str) -> bool:
        """Whether a run is suspended."""
        run = self.get(f"/flow_runs/{run_id}")
        return run is not None and (run.get("state") or {}).get("name") == "Suspended"

    def count(self, *tags: str, kinds: tuple[str, ...]) -> int:
        """How many runs of programmes with these tags are in a state of these kinds."""
        # Not the office's own watches: one whose worker was stopped just then stays pending for ever.
        flow_runs: dict[str, Any] = {"state": {"type": {"any_": list(kinds)}}, "work_queue_name": {"any_": [PHASES]}}
        if tags:
            flow_runs["tags"] = {"all_": list(tags)}
        return int(self.post("/flow_runs/count", {"flow_runs": flow_runs}))

    def moving(self) -> int:
        """How many runs of programmes are to be executed, or are being executed, now."""
        return self.count(kinds=("SCHEDULED", "PENDING", "RUNNING", "CANCELLING"))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _again(self, ask: Callable[[], httpx.Response]) -> httpx.Response:
        """Ask; while the server is busy ask again."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = ask()
                if answer.status_code < 500 or time.monotonic() > until:
                    return answer
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
            time.sleep(0.2)


@dataclass
class Ground:
    """An office's folder, settings, mailbox and people; `opened` runs the office in this process."""

    settings: Settings
    sink: StampedSink
    world: World

    def standing(self, count: int) -> list[str]:
        """Have `count` programmes wait at the first tier of their plan's review, with their runs; gives their refs.

        The first one came there by the ledger's operations and the office's own start of its runs, the others are
        copies of it. The office runs for it, and has left again.
        """
        refs = self.world.stand(1)
        with self.opened() as running:
            running.all_wait(refs)
        return refs + copy_programme(self.settings, refs[0], count - 1)

    @contextmanager
    def up(self) -> Iterator["Watched"]:
        """The office, run by `songjiao up` in processes of its own until the block ends. Raises `NotMeasured`."""
        paths = [str(REPOSITORY), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
        # Tied to this process: a measurement that is killed leaves no office behind.
        tie = (sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), str(int(signal.SIGTERM)))
        command = [*tie, sys.executable, "-m", "cli.main", "up"]
        log = self.settings.root / "up.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                command, env=environment, cwd=self.settings.root,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        try:

            def ready() -> OfficeState | None:
                if process.poll() is not None:
                    raise NotMeasured(f"songjiao up ended: {log.read_text(errors='replace')[-1000:]}")
                state = running_office(self.settings)
                return state if state is not None and state.ready else None

            state = until_true(ready, "songjiao up", 0.1, PATIENCE_SECONDS)
            api = Api(state.api_url, prefect_auth(self.settings))
            try:
                yield Watched(self, api)
            finally:
                api.close()
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @contextmanager
    def opened(self) -> Iterator["Running"]:
        """The office, running as under `songjiao up`, until the block ends; started on the warm side."""
        with Office(self.settings, before_start=lambda: open_ledger(self.settings)) as office:
            office.wait_healthy()
            api = Api(office.api_url, office.auth)
            try:
                yield Running(self, api, office)
            finally:
                api.close()


@dataclass
class Watched:
    """An office that runs, in this process or beside it, and its API."""

    ground: Ground
    api: Api

    def rest(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until nothing is under way: no message, no wake, no execution."""
        until_true(self._at_rest, "an office at rest", 0.2, patience_seconds)

    def all_wait(self, refs: list[str], patience_seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until the plan's review of these programmes waits at its first tier, and the office is at rest."""

        def waiting(ref: str) -> bool:
            runs = self.ground.world.runs(ref)
            return "plan-review" in runs and self.api.form_key(runs["plan-review"], "tier:1") is not None

        for ref in refs:
            until_true(partial(waiting, ref), f"the runs of {ref}", 0.5, patience_seconds)
        self.rest(patience_seconds)

    def _at_rest(self) -> bool:
        with reading(self.ground.settings) as act:
            on_its_way = (MessageState.QUEUED, MessageState.SENDING)
            for query in (
                select(Message.id).where(col(Message.state).in_(on_its_way)),
                select(Wake.id).where(col(Wake.done_at).is_(None)),
                select(Lease.id).where(col(Lease.run_id).is_not(None)),
            ):
                if act.session.exec(query.limit(1)).first() is not None:
                    return False
        return self.api.moving() == 0


@dataclass
class Running(Watched):
    """A ground whose office runs in this process, so that its sides can be changed."""

    office: Office
    side: Side = WARM

    def take(self, side: Side) -> None:
        """Go over to a side: register the deployments with its `command`, restart the worker with its poll interval."""
        if side == self.side:
            return
        other = self.ground.settings.model_copy(
            update={"engine": side.engine, "worker_poll_seconds": side.poll_seconds}
        )
        self.office.hold("worker")
        command = [sys.executable, "-m", "office.deploy"]
        environment = client_environment(other, self.office.port)
        done = subprocess.run(command, env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NotMeasured(f"the deployments could not be registered: {done.stderr[-1000:]}")
        worker = self.office.children["worker"]
        worker.plan = replace(
            worker.plan, command=worker_command(side.engine), environment=worker_environment(other, self.office.port)
        )
        self.office.restart("worker")
        self.side = side


def until_true(ask: Callable[[], T | None], what: str, pause_seconds: float, patience_seconds: float) -> T:
    """Ask until the answer is neither None nor False. Raises `NotMeasured` when it does not come."""
    until = time.monotonic() + patience_seconds
    while (answer := ask()) is None or answer is False:
        if time.monotonic() > until:
            raise NotMeasured(f"waited {patience_seconds:.0f} s in vain: {what}")
        time.sleep(pause_seconds)
    return answer


@contextmanager
def ground() -> Iterator[Ground]:
    """An empty office with its people, in a folder that goes away; this machine's own settings do not reach it."""
    before = dict(os.environ)
    folder = Path(tempfile.mkdtemp(prefix="songjiao-bench-"))
    try:
        for name in [name for name in os.environ if name.startswith(("SONGJIAO_", "PREFECT_"))]:
            del os.environ[name]
        with StampedSink() as sink:
            office = Settings(data_dir=folder / "data", prefect_port=0, smtp_url=sink.url, _env_file=None)
            os.environ.update(settings_environment(office))
            settings.cache_clear()
            _place_prefect_tables(office)
            prefect_auth(office)
            open_ledger(office)
            yield Ground(office, sink, World.build(office))
    finally:
        forget_engines()
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()
        shutil.rmtree(folder, ignore_errors=True)


def _place_prefect_tables(office: Settings) -> None:
    """Give the office a Prefect database with empty tables: Prefect's own migrations take ten seconds, so they run once
    per version of Prefect and machine."""
    kept = Path(tempfile.gettempdir()) / f"songjiao-prefect-{version('prefect')}-{os.getuid()}.db"
    if not kept.exists():
        fresh = kept.with_suffix(f".{os.getpid()}")
        environment = server_environment(office, 1)
        environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = f"sqlite+aiosqlite:///{fresh}"
        command = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "-y"]
        subprocess.run(command, env=environment, check=True, capture_output=True)
        with closing(sqlite3.connect(fresh)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        fresh.replace(kept)
    office.root.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(kept, office.root / "prefect.db")
