"""One child process of the office: how it is started, watched, stopped, and what is left of it afterwards.

Decides when a child that ended is started again (soon at first, then slower). It never decides which children there
are; the supervisor does. It serves no clause of a regulation.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil  # type: ignore[import-untyped]

TETHER = Path(__file__).resolve().with_name("tether.py")
LOG_LIMIT = 20_000_000
"""Bytes after which a log is set aside as `.1` when its child starts."""

_PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_SETTLED_SECONDS = 60.0


class OfficeError(RuntimeError):
    """The office cannot start or go on; the message says what to do."""


@dataclass(frozen=True)
class ChildPlan:
    """What a child is: its name, program, environment, and how one sees that it works.

    `command[0]` is an absolute path. `ready` is asked again and again until it says yes; it must not raise.
    `grace_seconds` is how long it may take to leave after SIGTERM before SIGKILL. `niceness` is how far it steps back for
    others when the processor is scarce (0 to 19); what it starts steps back with it.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    working_dir: Path
    ready: Callable[[], bool] | None = None
    ready_seconds: float = 120.0
    grace_seconds: float = 10.0
    niceness: int = 0


@dataclass
class Child:
    """A child of the running office."""

    plan: ChildPlan
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: datetime | None = None
    restarts: int = 0
    held: bool = False
    next_start: float = 0.0
    _quick_ends: int = 0
    _start_mark: float = 0.0
    _left_behind: set[psutil.Process] = field(default_factory=set)

    @property
    def pid(self) -> int | None:
        """The process id while it lives."""
        return self.process.pid if self.process is not None and self.process.poll() is None else None

    def start(self) -> None:
        """Start the program in a session of its own, tied to the calling thread's life, its output appended to its
        log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        command = [
            *(sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), str(int(signal.SIGTERM))),
            *self.plan.command,
        ]
        with self.log.open("ab") as output:
            os.fchmod(output.fileno(), 0o600)
            self.process = subprocess.Popen(
                command,
                env=dict(self.plan.environment),
                cwd=self.plan.working_dir,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C in the terminal goes to the supervisor alone, which stops the children in order.
                start_new_session=True,
                # Logs and databases hold what people wrote: readable by the owner alone.
                umask=0o077,
            )
        if self.plan.niceness:
            with contextlib.suppress(ProcessLookupError):  # ended at once
                os.setpriority(os.PRIO_PROCESS, self.process.pid, self.plan.niceness)
        self.started_at = datetime.now(UTC)
        self._start_mark = time.monotonic()

    def note_end(self) -> float:
        """The child has ended by itself: remember what it left running, and return the seconds until it is started
        again."""
        assert self.process is not None
        self._left_behind |= group_members(self.process.pid)
        if time.monotonic() - self._start_mark > _SETTLED_SECONDS:
            self._quick_ends = 0
        pause = _PAUSES[min(self._quick_ends, len(_PAUSES) - 1)]
        self._quick_ends += 1
        self.next_start = time.monotonic() + pause
        return pause

    def is_ready(self) -> bool:
        """Whether it lives and its own check, where it has one, says yes."""
        return self.pid is not None and (self.plan.ready is None or self.plan.ready())

    def stop(self) -> None:
        """Ask it to leave, insist after its grace, then end whatever its group or an earlier life of it left running."""
        if self.process is None:
            return
        group = self.process.pid
        if self.process.poll() is None:
            _signal_group(group, signal.SIGTERM, alone=True)
            try:
                self.process.wait(self.plan.grace_seconds)
            except subprocess.TimeoutExpired:
                _signal_group(group, signal.SIGKILL)
                self.process.wait()
        self._left_behind |= group_members(group)
        for process in self._left_behind:
            try:
                process.kill()
            except psutil.Error:
                pass  # it is gone already
        self._left_behind.clear()

    def last_words(self, lines: int = 12) -> str:
        """The end of its log, for a message to a person."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return "(no log)"


def group_members(group: int) -> set[psutil.Process]:
    """The live processes of a process group. Each stays told apart from a later process with the same id."""
    members: set[psutil.Process] = set()
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                members.add(process)
        except (psutil.Error, ProcessLookupError, PermissionError):
            continue  # it ended while we looked
    return members


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def _signal_group(group: int, number: signal.Signals, *, alone: bool = False) -> None:
    if alone:
        _signal(group, number)
        return
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        pass
