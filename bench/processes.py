"""The processes of an office and what they take: memory in fair shares, processor time with that of ended children.

Processor time tells what a wake costs also on a machine that is busy with other things. Decides nothing; serves no
clause of a regulation.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from office.runtime.settings import Settings

_BETWEEN_LOOKS_SECONDS = 3.0


@dataclass(frozen=True)
class Waiting:
    """What waiting took at most, while it was watched: processes, memory (MB) and the share of one core."""

    processes: int
    pss_mb: float
    core_share: float


def tells_shares() -> bool:
    """Whether this system tells a process's fair share of memory."""
    return Path("/proc/self/smaps_rollup").exists()


def watch(office: Settings, seconds: float) -> Waiting:
    """Look at all processes of an office again and again for so long."""
    looks: list[tuple[int, float]] = []
    until, began = time.monotonic() + seconds, time.monotonic()
    before = cpu_seconds(office)
    while not looks or time.monotonic() < until:
        sizes = [_pss_mb(process) for process in processes(office)]
        looks.append((len(sizes), sum(sizes)))
        time.sleep(min(_BETWEEN_LOOKS_SECONDS, seconds))
    share = max(cpu_seconds(office) - before, 0.0) / (time.monotonic() - began)
    return Waiting(max(count for count, _ in looks), max(size for _, size in looks), share)


def processes(office: Settings) -> list[psutil.Process]:
    """Every process that works for an office: its environment names the office's folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("SONGJIAO_DATA_DIR") == str(office.root):
                found.append(process)
        except psutil.Error:
            continue  # gone by now, or not ours to look at
    return found


def cpu_seconds(office: Settings) -> float:
    """Processor time of all processes that live now, with that of their ended children."""
    used = 0.0
    for process in processes(office):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        used += times.user + times.system + times.children_user + times.children_system
    return used


def _pss_mb(process: psutil.Process) -> float:
    """A process's proportional set size in megabytes (10^6 bytes): pages shared by n processes count 1/n each."""
    try:
        text = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0  # it has ended meanwhile
    line = next((line for line in text.splitlines() if line.startswith("Pss:")), "Pss: 0 kB")
    return int(line.split()[1]) * 1024 / 1_000_000
