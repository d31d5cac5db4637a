"""Who writes waits for who writes: threads of a process in their order, the post before others, and nobody for ever."""

import sqlite3
import threading
import time
import uuid

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from ledger import runs
from ledger.core import wake
from models.act import SYSTEM
from models.office import Wake
from models.programme import Programme
from office.runtime import database
from office.runtime.settings import Settings
from office.runtime.transactions import reading, transaction
from tests.integration.sample_world import World

FAR = 30.0


def test_threads_that_write_follow_one_another(sqlite_office: Settings) -> None:
    inside, most, order = 0, 0, []
    guard = threading.Lock()

    def act(number: int) -> None:
        nonlocal inside, most
        with transaction(SYSTEM, office=sqlite_office):
            with guard:
                inside += 1
                most = max(most, inside)
                order.append(number)
            time.sleep(0.01)
            with guard:
                inside -= 1

    threads = [threading.Thread(target=act, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(FAR)
    assert (most, sorted(order)) == (1, list(range(12)))


def test_a_write_within_a_write_is_told_that_the_ledger_is_busy(
    sqlite_office: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_BUSY_MS", 200)
    database.forget_engines()
    with transaction(SYSTEM, office=sqlite_office) as act:
        act.session.connection()
        with pytest.raises(OperationalError, match="locked"), transaction(SYSTEM, office=sqlite_office) as inner:
            inner.session.connection()
    with transaction(SYSTEM, office=sqlite_office) as act:  # and nothing is left of it
        act.session.connection()


def holding(office: Settings, until: threading.Event) -> threading.Thread:
    """Another process's write: takes the lock and lets it go when told."""
    taken = threading.Event()

    def hold() -> None:
        other = sqlite3.connect(str(office.ledger_url).removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        taken.set()
        until.wait(FAR)
        other.execute("COMMIT")
        other.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert taken.wait(FAR)
    return thread


def test_the_post_takes_the_lock_as_soon_as_it_is_free(sqlite_office: Settings) -> None:
    free = threading.Event()
    other = holding(sqlite_office, free)
    threading.Timer(0.3, free.set).start()
    with transaction(SYSTEM, office=sqlite_office, ahead=True) as act:
        assert free.is_set()
        (patience,) = act.session.connection().exec_driver_sql("PRAGMA busy_timeout").one()
    other.join(FAR)
    assert patience == database._BUSY_MS  # what it waited without is back


def test_the_post_too_is_told_when_the_lock_is_never_free(
    sqlite_office: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_AHEAD_SECONDS", 0.1)
    monkeypatch.setattr(database, "_BUSY_MS", 100)
    database.forget_engines()
    free = threading.Event()
    other = holding(sqlite_office, free)
    try:
        with (
            pytest.raises(OperationalError, match="locked"),
            transaction(SYSTEM, office=sqlite_office, ahead=True) as act,
        ):
            act.session.connection()
    finally:
        free.set()
        other.join(FAR)


def test_who_looks_for_wakes_waits_for_nobody_who_decides(sqlite_office: Settings) -> None:
    World(sqlite_office, "1").build().apply("示例甲")
    free = threading.Event()
    other = holding(sqlite_office, free)
    try:
        with reading(sqlite_office) as act:
            waiting, observed = runs.open_wakes(act)
        assert waiting
        assert not observed
        assert not free.is_set()
    finally:
        free.set()
        other.join(FAR)


def test_a_wake_that_was_raised_again_meanwhile_is_not_closed(sqlite_office: Settings) -> None:
    _, ref = World(sqlite_office, "1").build().apply("示例甲")
    with transaction(SYSTEM, office=sqlite_office) as act:
        programme = act.session.exec(select(Programme).where(Programme.ref == ref)).one()
        programme.run_id, programme.observed_number = uuid.uuid4(), programme.event_number
        act.session.add(programme)
        wake(act, programme)
    with reading(sqlite_office) as act:
        _, observed = runs.open_wakes(act)
        mine = act.session.exec(select(Wake.id).where(col(Wake.phase_id).is_(None))).one()
    assert mine in observed
    with transaction(SYSTEM, office=sqlite_office) as act:
        programme = act.session.exec(select(Programme).where(Programme.ref == ref)).one()
        programme.event_number += 1
        act.session.add(programme)
        wake(act, programme)
    with transaction(SYSTEM, office=sqlite_office) as act:
        runs.close_wakes(act, observed)
    with reading(sqlite_office) as act:
        assert mine in {one.id for one in runs.open_wakes(act)[0]}
    with transaction(SYSTEM, office=sqlite_office) as act:
        programme = act.session.exec(select(Programme).where(Programme.ref == ref)).one()
        programme.observed_number = programme.event_number
        act.session.add(programme)
        runs.close_wakes(act, [mine])
    with reading(sqlite_office) as act:
        assert act.session.get_one(Wake, mine).done_at is not None
