"""A process is told from a later one with its number by its start on this boot, whatever the clock says meanwhile."""

import os
import subprocess
import sys
from pathlib import Path

import psutil

from ledger.processes import UNKNOWN, identity, lives

BOOT, OTHER = "6f0c1e5a-0000-4000-8000-000000000001", "6f0c1e5a-0000-4000-8000-000000000002"


def kernel(folder: Path, pid: int, *, boot: str = BOOT, ticks: int = 4711, state: str = "S", btime: int = 1) -> Path:
    """What the kernel tells of one process, its name with a blank and a bracket in it."""
    (folder / str(pid)).mkdir(parents=True, exist_ok=True)
    (folder / "sys/kernel/random").mkdir(parents=True, exist_ok=True)
    (folder / "sys/kernel/random/boot_id").write_text(f"{boot}\n", encoding="ascii")
    (folder / "stat").write_text(f"cpu 1 2 3\nbtime {btime}\n", encoding="ascii")
    fields = " ".join(["1"] * 18)
    (folder / str(pid) / "stat").write_text(f"{pid} (a ) b) {state} {fields} {ticks} 0 0\n", encoding="ascii")
    return folder


def test_a_stepped_clock_changes_nothing(tmp_path: Path) -> None:
    pid = os.getpid()
    before = identity(pid, kernel(tmp_path, pid, btime=1_700_000_000))
    assert before == f"{BOOT}:4711"
    assert lives(pid, before, kernel(tmp_path, pid, btime=1_700_003_600))


def test_another_start_or_another_boot_is_another_process(tmp_path: Path) -> None:
    pid = os.getpid()
    before = identity(pid, kernel(tmp_path, pid))
    assert not lives(pid, before, kernel(tmp_path, pid, ticks=4712))
    assert not lives(pid, before, kernel(tmp_path, pid, boot=OTHER))
    assert not lives(pid, "before 0002", kernel(tmp_path, pid))
    assert lives(pid, before, kernel(tmp_path, pid))


def test_a_process_that_ended_is_gone_also_before_it_is_collected(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    known = identity(child.pid)
    assert lives(child.pid, known)
    assert child.stdin is not None
    child.stdin.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, nobody has collected it
    assert not lives(child.pid, known)
    child.wait()
    assert not lives(child.pid, known)


def test_where_the_kernel_shows_no_files_the_recorded_start_tells(tmp_path: Path) -> None:
    pid = os.getpid()
    known = identity(pid, tmp_path)
    assert known == f"started:{psutil.Process(pid).create_time():.3f}"
    assert lives(pid, known, tmp_path)
    assert not lives(pid, "started:1.000", tmp_path)


def test_where_nothing_is_known_a_living_number_counts_as_living() -> None:
    assert lives(os.getpid(), UNKNOWN)
    assert identity(2**22 + 1) == UNKNOWN
