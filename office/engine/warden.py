"""Keeps the warm engine's door open: owns the Unix socket, and sees to it that a warm parent stands behind it.

Decides when a new parent is started: when the old one died, or retired because code or settings changed (it drains,
the new one takes over the same door, clients in between only wait). While no parent can be had (the code does not
import), it closes the door in each client's face at once, so that flow runs start the stock way. It never imports
Prefect or the rooms, and so never needs to be renewed. It serves no clause of a regulation.

Started by the supervisor: `python -m office.engine.warden --socket PATH` and what the parent is started with.
"""

import argparse
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

_PAUSES = (0.0, 0.2, 1.0, 5.0, 15.0, 60.0)
_SETTLED_SECONDS = 30.0
_SEE_SECONDS = 5.0
"""How often it is seen to that the socket still stands."""


class Warden:
    """The door and the parent behind it."""

    def __init__(self, path: Path, parent_arguments: list[str]) -> None:
        self.path = path
        self._parent_arguments = parent_arguments
        self._door = _open_door(path)
        self._current: subprocess.Popen[bytes] | None = None
        self._retired: list[subprocess.Popen[bytes]] = []
        self._ready = False
        self._failures = 0
        self._started = 0.0
        self._next_start = 0.0
        self._leaving = False
        self._renew = False

    def run(self) -> None:
        """Until SIGTERM or SIGINT. SIGHUP renews the parent."""
        wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, self._note)
        while not self._leaving:
            self._tend()
            self._wait(wake_read)
            if not self.path.is_socket():  # somebody cleared the folder: the supervisor starts a warden with a new door
                _say(f"{self.path} was taken away")
                self._leaving = True
        self._stop()

    def _note(self, number: int, _frame: object) -> None:
        if number in (signal.SIGTERM, signal.SIGINT):
            self._leaving = True
        elif number == signal.SIGHUP:
            self._renew = True

    def _tend(self) -> None:
        self._retired = [parent for parent in self._retired if parent.poll() is None]
        if self._renew and self._current is not None:
            self._renew = False
            self._retire()
        if self._current is not None and self._current.poll() is not None:
            if time.monotonic() - self._started > _SETTLED_SECONDS:
                self._failures = 0
            pause = _PAUSES[min(self._failures, len(_PAUSES) - 1)]
            _say(f"the parent ended ({self._current.returncode}); a new one in {pause:g} s")
            self._failures += 1
            self._next_start = time.monotonic() + pause
            self._current = None
        if self._current is None and time.monotonic() >= self._next_start:
            self._start()

    def _start(self) -> None:
        self._ready = False
        self._started = time.monotonic()
        self._current = subprocess.Popen(
            [sys.executable, "-m", "office.engine.parent", "--door", str(self._door.fileno()), *self._parent_arguments],
            pass_fds=[self._door.fileno()],
            stdin=subprocess.PIPE,  # its end tells the parent that we are gone
            stdout=subprocess.PIPE,  # "ready" and "retire" lines
        )

    def _retire(self) -> None:
        assert self._current is not None
        if self._current.stdin is not None:
            self._current.stdin.close()
        self._retired.append(self._current)
        self._current = None
        self._next_start = 0.0

    def _wait(self, wake: int) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(wake, selectors.EVENT_READ, "wake")
            if self._current is not None and self._current.stdout is not None:
                selector.register(self._current.stdout, selectors.EVENT_READ, "parent")
            if not self._ready and self._failures > 1:
                selector.register(self._door, selectors.EVENT_READ, "door")
            due = self._next_start - time.monotonic() if self._current is None else _SEE_SECONDS
            pause = min(max(0.0, due), _SEE_SECONDS)
            for key, _ in selector.select(pause):
                if key.data == "wake":
                    os.read(wake, 4096)
                elif key.data == "door":
                    self._turn_away()
                else:
                    self._hear()

    def _hear(self) -> None:
        assert self._current is not None and self._current.stdout is not None
        line = os.read(self._current.stdout.fileno(), 4096)
        if b"ready" in line:
            self._ready = True
            _say(f"parent {self._current.pid} is warm after {time.monotonic() - self._started:.1f} s")
        if b"retire" in line:
            _say("code or settings changed: renewing the parent")
            self._failures = 0
            self._retire()
        if not line:
            try:
                self._current.wait(5)
            except subprocess.TimeoutExpired:
                self._current.kill()
                self._current.wait()

    def _turn_away(self) -> None:
        try:
            connection, _ = self._door.accept()
        except BlockingIOError:
            return
        connection.close()

    def _stop(self) -> None:
        if self.path.is_socket():
            self.path.unlink(missing_ok=True)
        self._door.close()
        parents = [*self._retired, *([self._current] if self._current is not None else [])]
        for parent in parents:
            parent.terminate()
        for parent in parents:
            try:
                parent.wait(5)
            except subprocess.TimeoutExpired:
                parent.kill()
                parent.wait()


def _open_door(path: Path) -> socket.socket:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent.stat().st_uid != os.getuid():
        raise PermissionError(f"{path.parent} belongs to another user; the engine's socket cannot stand there")
    # A socket left over by a killed warden would refuse everyone; the supervisor's lock makes sure that no other one
    # lives.
    path.unlink(missing_ok=True)
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    former = os.umask(0o177)
    try:
        door.bind(str(path))
    finally:
        os.umask(former)
    door.listen(256)
    door.setblocking(False)
    return door


def _say(text: str) -> None:
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} songjiao engine: {text}", file=sys.stderr, flush=True)


def main() -> None:
    """Keep the door until told to leave."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--socket", type=Path, required=True)
    given, rest = arguments.parse_known_args()
    try:
        warden = Warden(given.socket, rest)
    except OSError as error:
        _say(f"no door at {given.socket} ({error}); flow runs start the stock way until that is mended")
        sys.exit(1)
    warden.run()


if __name__ == "__main__":
    main()
