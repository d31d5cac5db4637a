"""The warm parent: a process that has imported Prefect and the flows, and forks a child for each flow run.

Decides how many children there are at once, how long each may work, and when it is out of date: before taking a run it
looks whether a file of ours that it has imported changed, and if so retires (it takes no more, lets its children finish,
leaves). It keeps no database, event loop, client or thread open: a fork would copy them half alive; it checks this before
it says that it is ready. It serves no clause of a regulation.

Started by the warden: `python -m office.engine.parent --door FD --limit N --memory-mb M --seconds S --prefect-file FILE`.
"""

import argparse
import contextlib
import gc
import json
import os
import resource
import selectors
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from office.engine.child import Order, become
from office.engine.rehearsal import rehearse
from office.engine.warmth import import_everything, know_packs, prefect_part, take_settings, unfit, watched_data
from office.engine.wire import Incoming, Request
from office.runtime.settings import settings

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Run:
    """A client and, once it said go, the child that works for it."""

    incoming: Incoming
    request: Request | None = None
    pid: int | None = None
    ends_at: float | None = None
    """When the child has worked for too long; on the clock of `time.monotonic`."""


class Parent:
    """The loop between the door, the clients and the children."""

    def __init__(
        self,
        door: socket.socket,
        watched: dict[Path, tuple[int, int] | None],
        *,
        limit: int,
        memory_mb: int = 0,
        seconds: float = 0.0,
    ) -> None:
        self._door = door
        self._limit = limit
        self._memory_mb = memory_mb
        self._seconds = seconds
        self._watched = watched
        self._selector = selectors.DefaultSelector()
        self._runs: dict[int, Run] = {}
        self._served = 0
        self._said: dict[bytes, bytes] = {}
        self._retired = False
        self._leaving = False
        self._door_open = False

    @staticmethod
    def _tell_warden(word: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # a warden that is gone is noticed at the other pipe
            os.write(1, word)

    def serve(self) -> Order | None:
        """Serve until retired and drained, or told to leave. In a forked child: return what that child has to do."""
        wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._note_leave)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._selector.register(wake_read, selectors.EVENT_READ, "wake")
        self._selector.register(0, selectors.EVENT_READ, "warden")
        self._tell_warden(b"ready\n")
        while not self._leaving and not (self._retired and not self._runs):
            self._tend_door()
            for key, _ in self._selector.select(self._until_next_end()):
                if key.data == "wake":
                    os.read(wake_read, 4096)
                elif key.data == "warden":
                    if not os.read(0, 4096):
                        self._selector.unregister(0)
                        self._retire()
                elif key.data == "door":
                    self._answer_door()
                elif (order := self._hear(key.data)) is not None:
                    for number in (wake_read, wake_write):
                        os.close(number)
                    return order
            self._end_overdue()
            self._reap()
        for run in list(self._runs.values()):
            self._drop(run)
        return None

    def _note_leave(self, *_: object) -> None:
        self._leaving = True

    def _tend_door(self) -> None:
        wanted = not self._retired and len(self._runs) < self._limit
        if wanted and not self._door_open:
            self._selector.register(self._door, selectors.EVENT_READ, "door")
        elif not wanted and self._door_open:
            self._selector.unregister(self._door)
        self._door_open = wanted

    def _answer_door(self) -> None:
        if self._retired or len(self._runs) >= self._limit:
            return
        if self._watched != _marks(self._watched):
            # Whoever knocks waits at the door, which the next parent opens.
            self._tell_warden(b"retire\n")
            self._retire()
            return
        try:
            connection, _ = self._door.accept()
        except BlockingIOError:
            return
        connection.setblocking(False)
        run = Run(Incoming(connection))
        self._runs[connection.fileno()] = run
        self._selector.register(connection, selectors.EVENT_READ, run)

    def _retire(self) -> None:
        self._retired = True
        self._tend_door()
        self._door.close()

    def _hear(self, run: Run) -> Order | None:
        incoming = run.incoming
        incoming.read()
        if run.request is None and incoming.buffer[:1] == b"P":
            self._report(run)
            return None
        if run.request is None:
            try:
                run.request = incoming.request()
            except ValueError:
                incoming.closed = True
            if run.request is not None and not self._say(run, b"A"):
                incoming.closed = True
        while run.request is not None and incoming.buffer and not incoming.closed:
            word = incoming.buffer[:1]
            if word == b"G" and run.pid is None:
                del incoming.buffer[:1]
                if (order := self._fork(run)) is not None:
                    return order
            elif word == b"S" and run.pid is not None:
                if len(incoming.buffer) < 2:
                    break
                os.kill(run.pid, incoming.buffer[1])
                del incoming.buffer[:2]
            else:
                incoming.closed = True
        if incoming.closed:
            self._drop(run)
        return None

    def _fork(self, run: Run) -> Order | None:
        assert run.request is not None
        self._served += 1
        said = prefect_part(run.request.environment)
        if said != self._said:
            # The worker writes settings its own way, so the first run teaches them; after that they stay as they are.
            take_settings(run.request.environment)
            self._said = said
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._forget_all(run)
            return Order(run.request, parent, self._memory_mb)
        run.pid = pid
        run.ends_at = time.monotonic() + self._seconds if self._seconds else None
        for stream in run.incoming.streams:
            os.close(stream)
        run.incoming.streams = []
        return None

    def _forget_all(self, mine: Run) -> None:
        """In the child: close everything of the parent's, keep the client's three streams."""
        signal.set_wakeup_fd(-1)
        self._selector.close()
        self._door.close()
        for run in self._runs.values():
            run.incoming.connection.close()
            if run is not mine:
                for stream in run.incoming.streams:
                    os.close(stream)

    def _until_next_end(self) -> float | None:
        """Seconds until the first child will have worked for too long; None where none is bounded."""
        ends = [run.ends_at for run in self._runs.values() if run.pid is not None and run.ends_at is not None]
        return max(0.0, min(ends) - time.monotonic()) if ends else None

    def _end_overdue(self) -> None:
        """A child that hangs would hold its run's lease for ever: it is killed, its run is seen to have crashed, and the
        ledger has it done again.
        """
        for run in self._runs.values():
            if run.pid is not None and run.ends_at is not None and run.ends_at <= time.monotonic():
                words = f"songjiao engine: child {run.pid} worked for over {self._seconds:g} s and is ended"
                print(words, file=sys.stderr, flush=True)
                run.ends_at = None
                self._end_group(run.pid)

    def _reap(self) -> None:
        for run in list(self._runs.values()):
            if run.pid is None:
                continue
            pid, status = os.waitpid(run.pid, os.WNOHANG)
            if pid:
                self._end_group(run.pid)
                run.pid = None
                self._say(run, b"X" + status.to_bytes(4, "big", signed=True))
                self._close(run)

    def _drop(self, run: Run) -> None:
        """The client is gone, and with it the worker's hold on the run: the child must not go on."""
        if run.pid is not None:
            self._end_group(run.pid)
            try:
                os.kill(run.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            os.waitpid(run.pid, 0)
            run.pid = None
        self._close(run)

    def _end_group(self, group: int) -> None:
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass  # the child had no process of its own left, or had not yet a group of its own

    def _close(self, run: Run) -> None:
        self._runs.pop(run.incoming.connection.fileno(), None)
        try:
            self._selector.unregister(run.incoming.connection)
        except (KeyError, ValueError):
            pass
        run.incoming.close()

    def _say(self, run: Run, words: bytes) -> bool:
        try:
            run.incoming.connection.send(words)
        except OSError:
            return False
        return True

    def _report(self, run: Run) -> None:
        answer = {
            "pid": os.getpid(),
            "children": sorted(other.pid for other in self._runs.values() if other.pid is not None),
            "served": self._served,
            "watched_files": len(self._watched),
            "modules": len(sys.modules),
        }
        self._say(run, json.dumps(answer).encode())
        self._close(run)


def _marks(files: dict[Path, tuple[int, int] | None]) -> dict[Path, tuple[int, int] | None]:
    """For each file its modification time (ns) and size; None where it does not exist."""
    marks: dict[Path, tuple[int, int] | None] = {}
    for file in files:
        try:
            status = file.stat()
        except OSError:
            marks[file] = None
        else:
            marks[file] = (status.st_mtime_ns, status.st_size)
    return marks


def _own_files() -> set[Path]:
    """The files of the rooms that are imported by now; packages installed below the repository are not ours."""
    files: set[Path] = set()
    for module in list(sys.modules.values()):
        source = getattr(module, "__file__", None) if isinstance(module, ModuleType) else None
        if source is None:
            continue
        path = Path(source).resolve()
        if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
            files.add(path)
    return files


def main() -> None:
    """Warm up, serve, and in a child run the flow run."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--door", type=int, required=True)
    arguments.add_argument("--limit", type=int, default=16)
    arguments.add_argument("--memory-mb", type=int, default=0)
    arguments.add_argument("--seconds", type=float, default=0.0)
    arguments.add_argument("--prefect-file", type=Path, default=ROOT / "prefect.yaml")
    given = arguments.parse_args()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Looked at before the imports: a file that changes while they go on makes this parent out of date from the start.
    extra = {given.prefect_file.resolve(), ROOT / "songjiao.env"}
    began_ns = time.time_ns()
    import_everything(given.prefect_file)
    take_settings(os.environb)
    office = settings()
    if (reason := rehearse(office)) is not None:
        print(f"songjiao engine: no rehearsal ({reason}); flow runs take a little longer", file=sys.stderr, flush=True)
    know_packs(office)
    watched = _marks(dict.fromkeys(_own_files() | watched_data() | extra))
    for file, mark in watched.items():
        if mark is not None and mark[0] > began_ns:
            watched[file] = (0, 0)
    if (reason := unfit()) is not None:
        print(f"songjiao engine: {reason}; flow runs start the stock way", file=sys.stderr, flush=True)
        sys.exit(3)
    # What is alive now lives for ever: children need not look at it, and so do not copy its pages.
    gc.collect()
    gc.freeze()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    door = socket.socket(fileno=given.door)
    door.setblocking(False)
    parent = Parent(door, watched, limit=given.limit, memory_mb=given.memory_mb, seconds=given.seconds)
    order = parent.serve()
    if order is not None:
        become(order)


if __name__ == "__main__":
    main()
