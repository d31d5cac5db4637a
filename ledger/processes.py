"""Which process it is: its number and its start on this boot, so that a stepped clock or a reused number misleads nobody.

Decides whether the process that took a lease still lives. Where the kernel tells (`/proc`), the identity is the boot's
id and the start in clock ticks since that boot; both stand still when the clock is set. Elsewhere (macOS) it is the
start as the kernel recorded it. Never ends a process. Serves no clause of a regulation.
"""

import os
from pathlib import Path

import psutil  # type: ignore[import-untyped]

UNKNOWN = ""
"""Nothing is known of a process beyond its number."""

_PROC = Path("/proc")


def identity(pid: int, proc: Path = _PROC) -> str:
    """What tells a process from every other that has, had or will have its number; `UNKNOWN` where nothing does."""
    try:
        boot = (proc / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}:{_after_name(pid, proc)[19]}"
    except (OSError, ValueError, IndexError):
        return _by_start(pid)


def lives(pid: int, known: str, proc: Path = _PROC) -> bool:
    """Whether that very process is still there. One that has ended and waits to be collected counts as gone."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's process has the number; whether it is the one is seen below
    try:
        if _after_name(pid, proc)[0] in ("Z", "X"):
            return False
    except (OSError, ValueError, IndexError):
        pass  # no such file here: its start tells
    now = identity(pid, proc)
    return UNKNOWN in (now, known) or now == known


def _after_name(pid: int, proc: Path) -> list[str]:
    """The fields of a process's `stat` from its state (the third of proc_pid_stat(5)) on; a name may hold blanks."""
    return (proc / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()


def _by_start(pid: int) -> str:
    try:
        return f"started:{psutil.Process(pid).create_time():.3f}"
    except psutil.Error:
        return UNKNOWN
