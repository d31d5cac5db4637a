"""Where a running office is: the file `run/office.json` by which command line, demo and tests find it.

Decides nothing; it never holds a password. It serves no clause of a regulation.
"""

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from office.runtime.durable import keep_text
from office.runtime.settings import Settings


@dataclass(frozen=True)
class OfficeState:
    """What others may know of a running office.

    `children` has a name for each child and its process id while it lives.
    """

    pid: int
    api_url: str
    ui_url: str
    engine: str
    ready: bool
    children: dict[str, int | None]

    @property
    def port(self) -> int:
        """The TCP port of Prefect's server."""
        return int(self.ui_url.rpartition(":")[2])


def write_state(settings: Settings, state: OfficeState) -> None:
    """Replace the file in one step, readable by its owner alone."""
    keep_text(settings.run_dir / "office.json", json.dumps(asdict(state), indent=1))


def running_office(settings: Settings) -> OfficeState | None:
    """The office that runs in this data folder now, or None; a file left behind by a killed one counts as none."""
    lock = settings.run_dir / "office.lock"
    try:
        held = os.open(lock, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(settings.run_dir / "office.json")
    finally:
        os.close(held)
    return None


def lives(pid: int | None) -> bool:
    """Whether this process runs on this machine; one that has ended and was not yet buried does not."""
    try:
        return pid is not None and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _read(file: Path) -> OfficeState | None:
    try:
        return OfficeState(**json.loads(file.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
