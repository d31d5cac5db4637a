"""Keeps one office running: Prefect's server, the warm engine, the worker, the dispatcher, as children of one process.

Decides the order (server, healthy, what `prefect.yaml` names, engine, worker, dispatcher), starts again what ended by
itself, and stops in reverse. It holds a lock, so that a data folder has one office, and writes where everything is to
`run/office.json`. It never records anything about a programme, and imports neither Prefect nor the ledger. It serves
no clause of a regulation.

Errors: `OfficeError` where the office cannot start: already running, port taken, server not healthy, `prefect.yaml`
refused.
"""

import fcntl
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from office import deploy, health, prefect_env
from office.children import Child, ChildPlan, OfficeError
from office.engine.place import engine_command, engine_in_use
from office.prefect_env import BEGAN
from office.runtime.settings import REPOSITORY, Settings, prefect_auth
from office.state_file import OfficeState, write_state

Say = Callable[[str], None]

_LOOK_SECONDS = 0.1

_TROUBLE_SECONDS = 5.0
"""How long until a child that could not even be started is tried again."""

_NICENESS = {"server": 2, "engine": 5, "worker": 5}
"""Who steps back when the processor is scarce: a decision reaches the next person first, the runs follow in Prefect."""


class Office:
    """A running office, as a context manager; `office.until_told` runs one until it is told to stop.

    `before_start` is called once under the lock, before any child is started: migrate the ledger, look at leases.
    Without `dispatcher` no messages or wakes go out. `more` are further children, started last in the given order.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        dispatcher: bool = True,
        before_start: Callable[[], None] | None = None,
        prefect_file: Path | None = None,
        more: Callable[[int], Sequence[ChildPlan]] | None = None,
        say: Say | None = None,
    ) -> None:
        self.settings = settings
        self.port = settings.prefect_port or prefect_env.free_port()
        self.children: dict[str, Child] = {}
        self.prefect_file = prefect_file or REPOSITORY / "prefect.yaml"
        self._dispatcher = dispatcher
        self._before_start = before_start
        self._more = more
        self._say: Say = say or (lambda _: None)
        self._began = datetime.now(UTC)
        self._lock: int | None = None
        self._orders: queue.Queue[tuple[Callable[[], None], Future[None]]] = queue.Queue()
        self._keeper: threading.Thread | None = None
        self._leaving = threading.Event()
        self._up = threading.Event()
        self._silent_since: OSError | None = None
        self.trouble: BaseException | None = None
        """What ended the keeping of the children, where something did: the office is down then."""

    # ── what others ask ──────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def api_url(self) -> str:
        """Prefect's API of this office."""
        return prefect_env.api_url(self.port)

    @property
    def ui_url(self) -> str:
        """Prefect's UI of this office."""
        return f"http://{prefect_env.HOST}:{self.port}"

    @property
    def auth(self) -> str:
        """The `user:password` of API and UI. Never print it."""
        return prefect_auth(self.settings)

    def environment(self) -> dict[str, str]:
        """The environment of a client of this office."""
        return prefect_env.client_environment(self.settings, self.port)

    def _dispatcher_environment(self) -> dict[str, str]:
        return self.environment() | {BEGAN: self._began.isoformat()}

    def pid(self, name: str) -> int:
        """The process id of a living child. Raises `OfficeError` when it does not live."""
        pid = self.children[name].pid
        if pid is None:
            raise OfficeError(f"{name} does not run at the moment")
        return pid

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to a child as a crash would, and return its former process id; the supervisor starts it
        again."""
        pid = self.pid(name)
        os.kill(pid, number)
        if number == signal.SIGKILL:
            process = self.children[name].process
            assert process is not None
            process.wait()
        return pid

    def hold(self, name: str) -> None:
        """Stop a child and leave it stopped until `restart`."""
        self._order(lambda: self._hold(self.children[name]))

    def restart(self, name: str) -> None:
        """Stop a child where it lives, start it, and wait until it works."""
        self._order(lambda: self._restart(self.children[name]))

    def tell_to_leave(self) -> None:
        """Have the office stop, also while it is starting; whoever opened it waits for that."""
        self._leaving.set()

    def wait_healthy(self, seconds: float = 60.0) -> None:
        """Wait until every child lives and works. Raises `OfficeError` naming the one that does not."""
        until = time.monotonic() + seconds
        while True:
            waiting = [name for name, child in self.children.items() if not child.held and not child.is_ready()]
            if not waiting and self._up.is_set():
                return
            if time.monotonic() > until:
                words = "\n".join(f"{name}:\n{self.children[name].last_words()}" for name in waiting)
                raise OfficeError(f"not healthy after {seconds:.0f} s: {', '.join(waiting) or 'start'}\n{words}")
            time.sleep(_LOOK_SECONDS)

    # ── life ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def __enter__(self) -> Self:
        self._take_lock()
        try:
            self._check_port()
            (self.settings.root / "prefect").mkdir(parents=True, exist_ok=True)
            self._write_state(ready=False)
            if self._before_start is not None:
                self._before_start()
            started: Future[None] = Future()
            # One thread starts every child and outlives them all: the kernel ties a child to the thread that started
            # it.
            self._keeper = threading.Thread(target=self._keep, args=(started,), name="office-keeper")
            self._keeper.start()
            started.result()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        self._leaving.set()
        if self._keeper is not None:
            self._keeper.join()
            self._keeper = None
        if self._lock is not None:
            (self.settings.run_dir / "office.json").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def _take_lock(self) -> None:
        run_dir = self.settings.run_dir
        run_dir.mkdir(parents=True, exist_ok=True)
        run_dir.chmod(0o700)
        self._lock = os.open(run_dir / "office.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._lock, 32).decode(errors="replace").strip() or "?"
            os.close(self._lock)
            self._lock = None
            raise OfficeError(
                f"The office in {self.settings.root} is running already (process {holder}). Stop it first, or choose"
                " another data folder with SONGJIAO_DATA_DIR."
            ) from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, str(os.getpid()).encode(), 0)

    def _check_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((prefect_env.HOST, self.port))
            except OSError as error:
                raise OfficeError(
                    f"Port {self.port} is in use by another program. Stop it, or choose another with"
                    " SONGJIAO_PREFECT_PORT (0 takes a free one)."
                ) from error

    # ── the keeper's thread ──────────────────────────────────────────────────────────────────────────────────────────

    def _keep(self, started: "Future[None]") -> None:
        try:
            try:
                self._start_all()
            except BaseException as error:
                started.set_exception(error)
                return
            self._up.set()
            self._write_state(ready=True)
            started.set_result(None)
            while not self._leaving.is_set():
                self._take_order()
                for child in self.children.values():
                    self._look_after(child)
        except BaseException as error:  # nobody waits for this thread: who runs the office is told
            self.trouble = error
        finally:
            for child in reversed(self.children.values()):
                child.stop()

    def _start_all(self) -> None:
        server = self._plan(
            "server",
            prefect_env.server_command(self.port),
            prefect_env.server_environment(self.settings, self.port),
            ready=lambda: health.server_answers(self.port),
            grace=6.0,
        )
        worker_environment = prefect_env.worker_environment(self.settings, self.port)
        starting = [server]
        if engine_in_use(self.settings) == "warm":
            command = engine_command(self.settings, self.prefect_file)
            starting.append(
                self._plan("engine", command, worker_environment, ready=lambda: health.engine_answers(self.settings))
            )
        elif self.settings.engine == "warm":
            self._say("The warm engine needs Linux: flow runs start the stock way, slower.")
        self._start(*starting)
        if not deploy.is_current(self.settings, self.port, self.prefect_file):
            self._say("deployments")
            self._deploy()
        command = prefect_env.worker_command(engine_in_use(self.settings))
        self._start(self._plan("worker", command, worker_environment, ready=self._worker_polls))
        if self._dispatcher:
            command = [sys.executable, "-m", "office.dispatcher"]
            self._start(self._plan("dispatcher", command, self._dispatcher_environment()))
        for plan in self._more(self.port) if self._more is not None else ():
            self._start(plan)

    def _plan(
        self,
        name: str,
        command: Sequence[str],
        environment: dict[str, str],
        *,
        ready: Callable[[], bool] | None = None,
        grace: float = 10.0,
    ) -> ChildPlan:
        behind = _NICENESS.get(name, 0)
        return ChildPlan(name, command, environment, REPOSITORY, ready=ready, grace_seconds=grace, niceness=behind)

    def _start(self, *plans: ChildPlan) -> None:
        """Start these together, and wait until all of them work."""
        for plan in plans:
            self._say(plan.name)
            self.children[plan.name] = Child(plan, self.settings.root / "log" / f"{plan.name}.log")
            self.children[plan.name].start()
        for plan in plans:
            self._await_ready(self.children[plan.name])
        self._write_state(ready=False)

    def _await_ready(self, child: Child) -> None:
        until = time.monotonic() + child.plan.ready_seconds
        while not child.is_ready():
            if self._leaving.is_set():
                raise OfficeError("told to stop while starting")
            if child.pid is None or time.monotonic() > until:
                how = "ended at once" if child.pid is None else f"is not ready after {child.plan.ready_seconds:.0f} s"
                raise OfficeError(f"{child.plan.name} {how}. Its log, {child.log}, ends:\n{child.last_words()}")
            time.sleep(0.02)

    def _deploy(self) -> None:
        command = [sys.executable, "-m", "office.deploy", str(self.prefect_file)]
        done = subprocess.run(
            command, env=self.environment(), cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False
        )
        (self.settings.root / "log" / "deploy.log").write_text(done.stdout + done.stderr, encoding="utf-8")
        if done.returncode != 0:
            raise OfficeError(f"{self.prefect_file} could not be registered:\n{done.stderr.strip()[-2000:]}")

    def _look_after(self, child: Child) -> None:
        if child.held or child.pid is not None or child.process is None:
            return
        if child.next_start == 0.0:
            pause = child.note_end()
            self._say(f"{child.plan.name} ended ({_how(child.process.returncode)}); again in {pause:g} s")
        if time.monotonic() >= child.next_start:
            child.next_start = 0.0
            child.restarts += 1
            try:
                child.start()
            except OSError as error:  # a full disk, too many processes: it passes
                child.next_start = time.monotonic() + _TROUBLE_SECONDS
                self._say(f"{child.plan.name} could not be started ({error}); again in {_TROUBLE_SECONDS:g} s")
                return
            self._write_state(ready=True)

    def _hold(self, child: Child) -> None:
        child.held = True
        child.stop()
        self._write_state(ready=True)

    def _restart(self, child: Child) -> None:
        child.stop()
        child.held, child.next_start = False, 0.0
        child.start()
        self._await_ready(child)
        self._write_state(ready=True)

    def _order(self, act: Callable[[], None]) -> None:
        done: Future[None] = Future()
        self._orders.put((act, done))
        done.result()

    def _take_order(self) -> None:
        try:
            act, done = self._orders.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            return
        try:
            act()
        except Exception as error:
            done.set_exception(error)
        else:
            done.set_result(None)

    def _worker_polls(self) -> bool:
        since = self.children["worker"].started_at
        return since is not None and health.worker_polls(self.settings, self.port, since)

    def _write_state(self, *, ready: bool) -> None:
        state = OfficeState(
            pid=os.getpid(),
            api_url=self.api_url,
            ui_url=self.ui_url,
            engine=engine_in_use(self.settings),
            ready=ready,
            children={name: child.pid for name, child in self.children.items()},
        )
        try:
            write_state(self.settings, state)
        except OSError as error:  # a full disk: the office goes on, and the next change of a child writes it
            if self._silent_since is None:
                self._say(f"{self.settings.run_dir / 'office.json'} cannot be written ({error})")
            self._silent_since = error
        else:
            self._silent_since = None


def _how(returncode: int | None) -> str:
    if returncode is not None and returncode < 0:
        return signal.Signals(-returncode).name
    return f"exit {returncode}"
