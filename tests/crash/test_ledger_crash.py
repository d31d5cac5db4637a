"""A process killed in the middle of an act, and started again, leaves the ledger as an undisturbed one does, row
for row.
"""

import multiprocessing
import re
import shutil
import signal
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Uuid
from sqlmodel import SQLModel

from ledger.audit import verify
from office.runtime.clock import move_clock
from office.runtime.database import engine_for
from office.runtime.settings import Settings
from office.runtime.transactions import reading
from tests.crash.acting import SQL, run
from tests.support.road import Road
from tests.support.scenario import Drive, at, play, sample

pytestmark = pytest.mark.crash
PROCESSES = multiprocessing.get_context("forkserver")  # one process imports everything, each child is forked from it
PROCESSES.set_forkserver_preload(["tests.crash.acting"])
BEFORE, AFTER = "transaction.flushed", "transaction.committed"
WHEN = {
    "apply": (date(2025, 12, 1), date(2025, 12, 8)),
    "decide": (date(2025, 12, 8), date(2025, 12, 9)),
    "sweep": (date(2025, 12, 8), date(2025, 12, 22)),
    "duties": (date(2025, 12, 8), date(2025, 12, 22)),
    "start": (date(2026, 3, 18), date(2026, 3, 23)),
    "archive": (date(2026, 11, 10), date(2026, 11, 20)),
}
"""For each act: until which day the sample goes before it, and the day of the act (the archive comes late)."""
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_RANDOM = ("nonce", "hash", "previous_hash")


@pytest.fixture(scope="module")
def ledger_before(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], Settings]:
    """A copy of the ledger as it stands just before an act, the clock frozen at the act's moment."""
    known: dict[str, Path] = {}

    def copy_of(act: str, to: Path) -> Settings:
        if act not in known:
            office = Settings(data_dir=tmp_path_factory.mktemp(act))
            until, day = WHEN[act]
            road = Road(Drive.begin(office, "S01"), sample("S01"))
            play(road.drive, road.doings(), until)
            move_clock(office, at(day), frozen=True)
            engine_for(office.ledger_url).dispose()  # the last connection folds the WAL into the file
            known[act] = office.root
        shutil.copytree(known[act], to)
        return Settings(data_dir=to)

    return copy_of


def _act(office: Settings, act: str, stop_at: str | None = None) -> int | None:
    """The act in a process of its own; gives how it ended (-9: killed)."""
    child = PROCESSES.Process(target=run, args=(str(office.root), act, stop_at))
    child.start()
    child.join(60)
    return child.exitcode


def _rows(office: Settings) -> dict[str, list[str]]:
    """Every row of every table; what is random in every run (ids, nonces, hashes) left out, moments and order kept."""
    found: dict[str, list[str]] = {}
    with reading(office) as act:
        for table in SQLModel.metadata.sorted_tables:
            columns = [c for c in table.columns if not isinstance(c.type, Uuid) and c.name not in _RANDOM]
            rows = act.session.connection().execute(table.select()).all()
            places = [list(table.columns).index(column) for column in columns]
            found[table.name] = sorted(_UUID.sub("·", repr([row[place] for place in places])) for row in rows)
        assert verify(act).ok
    engine_for(office.ledger_url).dispose()
    return found


def _counts(rows: dict[str, list[Any]]) -> dict[str, int]:
    return {name: len(found) for name, found in rows.items()}


@pytest.mark.parametrize("act", list(WHEN))
def test_an_act_that_was_killed_and_done_again_leaves_what_an_undisturbed_one_leaves(
    act: str, ledger_before: Callable[[str, Path], Settings], tmp_path: Path
) -> None:
    untouched = ledger_before(act, tmp_path / "untouched")
    before = _rows(untouched)
    assert _act(untouched, act) == 0
    wanted = _rows(untouched)
    assert wanted != before
    for stop_at, is_there in ((BEFORE, before), (AFTER, None)):
        office = ledger_before(act, tmp_path / stop_at)
        assert _act(office, act, stop_at) == -signal.SIGKILL
        if is_there is not None:
            assert _rows(office) == is_there
        assert _act(office, act) == 0
        assert _counts(_rows(office)) == _counts(wanted)
        assert _rows(office) == wanted


@pytest.mark.parametrize(
    ("act", "point"),
    [
        ("sweep", "INSERT INTO rung_fired"),
        ("sweep", "INSERT INTO message"),  # its rung and its event are written by then
        ("duties", "INSERT INTO standing_rung"),
        ("duties", "INSERT INTO message"),
    ],
)
def test_a_sweep_killed_between_rung_and_message_leaves_neither_and_is_made_up_for(
    act: str, point: str, ledger_before: Callable[[str, Path], Settings], tmp_path: Path
) -> None:
    untouched = ledger_before(act, tmp_path / "untouched")
    before = _rows(untouched)
    assert _act(untouched, act) == 0
    wanted = _rows(untouched)
    office = ledger_before(act, tmp_path / "killed")
    assert _act(office, act, f"{SQL}{point}") == -signal.SIGKILL
    left = _rows(office)
    assert {name: left[name] for name in ("rung_fired", "standing_rung", "message")} == {
        name: before[name] for name in ("rung_fired", "standing_rung", "message")
    }
    assert _act(office, act) == 0
    assert _rows(office) == wanted
