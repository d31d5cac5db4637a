"""`songjiao status`: says in order only while an office runs, its parts live, its watches look and nothing is stuck."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from ledger.watching import AUDIT, SWEEP, looked
from models.act import SYSTEM
from models.office import Message, Wake
from models.programme import Programme
from models.states import MessageState
from office.runtime.settings import Settings
from office.runtime.transactions import transaction
from office.state_file import OfficeState, write_state
from tests.integration.cli_world import Answer, done, example, paper, people_the_office, songjiao

ME = os.getpid()
Runs = Callable[..., None]


@pytest.fixture
def ended() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def runs(sqlite_office: Settings) -> Iterator[Runs]:
    """Let an office run as `status` sees one: a held lock and the file that says where it is."""
    people_the_office(sqlite_office)
    sqlite_office.run_dir.mkdir()

    def say(ready: bool = True, pid: int = ME, **children: int | None) -> None:
        living = {"server": ME, "engine": ME, "worker": ME, "dispatcher": ME} | children
        write_state(
            sqlite_office, OfficeState(pid, "http://127.0.0.1:1/api", "http://127.0.0.1:1", "warm", ready, living)
        )

    with (sqlite_office.run_dir / "office.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield say


def lines(answer: Answer) -> list[str]:
    """What it said, line by line."""
    return answer.out.splitlines()


def test_a_running_office_is_in_order(runs: Runs) -> None:
    runs()
    fresh = songjiao("status")
    assert fresh.status == 0
    assert lines(fresh)[:5] == [
        f"办公室:运行中(进程 {ME})",
        "  Prefect 服务:运行中",
        "  预热引擎:运行中",
        "  执行器:运行中",
        "  消息发送:运行中",
    ]
    assert lines(fresh)[5:] == ["时限督办:尚未运行", "整点核查:尚未运行", "到期未发的消息:无", "未处理的运行唤醒:无"]
    told = songjiao("status", "--json").data
    assert (told["in_order"], told["office"]["runs"]) == (True, True)
    assert told["office"]["children"]["worker"] == {"pid": ME, "lives": True}
    assert told["messages"] == {"count": 0, "oldest_since": None, "oldest_seconds": None, "stuck": False}


def test_no_office_is_wrong_by_itself(sqlite_office: Settings) -> None:
    people_the_office(sqlite_office)
    away = songjiao("status", lang="en")
    assert (away.status, away.err) == (1, "")
    assert lines(away)[0] == (
        "office: does not run; no deadline is watched and no message sent. Start it with songjiao up"
    )
    assert lines(songjiao("status"))[0] == "办公室:没有运行,期限无人督办、消息不发送;请用 songjiao up 启动"
    told = songjiao("status", "--json")
    assert (told.status, told.data["in_order"]) == (1, False)
    assert told.data["office"] == {"runs": False, "children": {}}
    with transaction(SYSTEM, office=sqlite_office) as act:
        looked(act, SWEEP, datetime.now(UTC))
    assert [text for text in lines(songjiao("status", lang="en")) if "in order" in text] == []


def test_a_state_file_that_was_left_behind_counts_as_none(runs: Runs, sqlite_office: Settings, ended: int) -> None:
    runs(pid=ended)
    assert songjiao("status", "--json").data["office"]["runs"] is False
    runs()
    (sqlite_office.run_dir / "office.lock").unlink()  # nobody holds the lock of this name
    (sqlite_office.run_dir / "office.lock").touch()
    assert songjiao("status", "--json").data["office"]["runs"] is False


def test_a_part_that_is_down_and_an_office_that_starts_are_not_in_order(runs: Runs, ended: int) -> None:
    runs(worker=ended, dispatcher=None)
    down = songjiao("status", lang="en")
    assert down.status == 1
    assert lines(down)[:5] == [
        f"office: runs (process {ME})",
        "  Prefect server: runs",
        "  warm engine: runs",
        "  worker: does not run",
        "  dispatcher: does not run",
    ]
    runs(ready=False)
    starts = songjiao("status")
    assert (starts.status, lines(starts)[0]) == (1, f"办公室:正在启动(进程 {ME})")


def test_a_silent_watch_is_not_in_order(runs: Runs) -> None:
    runs()
    now = datetime.now(UTC)
    with transaction(SYSTEM) as one:
        looked(one, SWEEP, now)
        looked(one, AUDIT, now - timedelta(hours=3))
    silent = songjiao("status", lang="en")
    assert silent.status == 1
    assert [text.split(": ")[0] for text in lines(silent)[5:7]] == ["deadline watch", "hourly audit"]
    assert "hourly audit: has not run since" in silent.out
    assert [watch["silent"] for watch in songjiao("status", "--json").data["watches"]] == [False, True]


def test_what_waits_is_told_with_its_age_and_is_wrong_after_an_hour(
    runs: Runs, tmp_path: Path, sqlite_office: Settings
) -> None:
    runs()
    host = people_the_office(sqlite_office)["host"]
    done("programme", "apply", paper(tmp_path, "a.yaml", example("application")), "--as", host)
    waits = songjiao("status", "--json")
    assert waits.status == 0
    assert waits.data["messages"]["count"] >= 1
    assert waits.data["wakes"]["count"] >= 1
    assert waits.data["messages"]["oldest_seconds"] < 60

    now = datetime.now(UTC)
    with transaction(SYSTEM) as one:
        for row in one.session.exec(select(Message)):
            row.next_try_at = now + timedelta(days=1)
        later = one.session.exec(select(Message)).first()
        assert later is not None
        later.next_try_at, later.state = now - timedelta(hours=3, minutes=1), MessageState.QUEUED
    stuck = songjiao("status")
    assert stuck.status == 1
    assert "到期未发的消息:1 条,最早的已等 3 小时,滞留" in lines(stuck)

    with transaction(SYSTEM) as one:
        for row in one.session.exec(select(Message)):
            row.state = MessageState.SENT
        for wake in one.session.exec(select(Wake)):
            wake.done_at = now
        programme = one.session.exec(select(Programme)).one()
        one.session.add(Wake(programme_id=programme.id, event_number=1, created_at=now - timedelta(days=2, minutes=1)))
    woken = songjiao("status", lang="en")
    assert woken.status == 1
    assert lines(woken)[-2:] == ["messages due and unsent: none", "open wakes: 1, the oldest for 2 d, stuck"]
