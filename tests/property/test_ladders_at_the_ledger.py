"""Whatever people do to deadlines and whenever the office looks: a ladder never goes down or skips, no day gets earlier.

Each example is a copy of one prepared ledger on which drawn acts and sweeps follow one another, refused ones included.
"""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from ledger.audit import verify
from ledger.deadlines import acknowledge, extend, resume, stop
from ledger.errors import BadInput, Refused
from ledger.sweeping import sweep
from models.documents import Obligation, RungFired
from models.office import Message
from office.runtime.clock import business_now, move_clock
from office.runtime.database import engine_for
from office.runtime.settings import Settings
from tests.support.road import OFFICE_PERSON, Road
from tests.support.scenario import ZONE, Drive, at, play, rows_of, sample

CONTACT = "示例·何老师"
STEPS = st.one_of(
    st.tuples(st.just("pass"), st.integers(0, 9), st.integers(1, 3)),
    st.tuples(st.just("extend"), st.integers(0, 5), st.integers(-3, 20)),
    st.tuples(st.just("stop"), st.integers(0, 5), st.integers(1, 6)),
    st.tuples(st.just("resume"), st.integers(0, 5), st.just(0)),
    st.tuples(st.just("acknowledge"), st.integers(0, 5), st.integers(1, 2)),
)
Step = tuple[str, int, int]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger of the sample programme in January, awarded; six matters are open."""
    office = Settings(data_dir=tmp_path_factory.mktemp("prepared"))
    road = Road(Drive.begin(office, "S01"), sample("S01"))
    play(road.drive, road.doings(), date(2026, 1, 20))
    move_clock(office, at(date(2026, 2, 27)), frozen=True)
    engine_for(office.ledger_url).dispose()
    return office.root


@pytest.fixture
def drives(prepared: Path) -> Iterator[Any]:
    """Copies of the ledger, one for each that is asked for; thrown away afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="songjiao-ladders-"))
    made: list[Drive] = []

    def copy() -> Drive:
        root = folder / str(len(made))
        shutil.copytree(prepared, root)
        made.append(Drive.again(Settings(data_dir=root), "S01"))
        return made[-1]

    yield copy
    for one in made:
        engine_for(one.office.ledger_url).dispose()
    shutil.rmtree(folder)


def _open_ones(drive: Drive) -> list[Any]:
    query = select(Obligation.id).where(Obligation.state == "open").order_by(Obligation.kind, col(Obligation.id))
    return rows_of(drive, query)


def _days(drive: Drive) -> dict[Any, tuple[date, int, int]]:
    rows = rows_of(drive, select(Obligation.id, Obligation.due_on, Obligation.moves, Obligation.rung))
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def _take(drive: Drive, step: Step) -> None:
    act, which, how = step
    if act == "pass":
        day = business_now(drive.office).astimezone(ZONE).date() + timedelta(days=which)
        move_clock(drive.office, at(day, 10 if which else 12), frozen=True)
        while drive.do(None, sweep, how).more:
            pass
        return
    matter = _open_ones(drive)[which]
    [due_on] = rows_of(drive, select(Obligation.due_on).where(Obligation.id == matter))
    try:
        if act == "extend":
            drive.do(OFFICE_PERSON, extend, matter, due_on + timedelta(days=how), "示例")
        elif act == "stop":
            drive.do(OFFICE_PERSON, stop, matter, "示例", how)
        elif act == "resume":
            drive.do(OFFICE_PERSON, resume, matter, "示例")
        else:
            drive.do(CONTACT, acknowledge, matter, how)
    except (BadInput, Refused):
        return


def _never_down_never_skipped(drive: Drive) -> None:
    query = select(RungFired.obligation_id, RungFired.move, RungFired.number, RungFired.fired_at)
    climbed: dict[tuple[Any, int], list[int]] = {}
    for matter, move, number, _ in rows_of(drive, query.order_by(col(RungFired.id))):
        climbed.setdefault((matter, move), []).append(number)
    for numbers in climbed.values():
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=4, max_size=14))
def test_whatever_is_done_no_ladder_goes_down_or_skips_and_no_day_gets_earlier(drives: Any, steps: list[Step]) -> None:
    drive = drives()
    before = _days(drive)
    for step in steps:
        _take(drive, step)
        after = _days(drive)
        for matter, (due_on, moves, rung) in before.items():
            assert after[matter][0] >= due_on
            assert after[matter][1] >= moves
            assert after[matter][1] > moves or after[matter][2] >= rung
        before = after
    _never_down_never_skipped(drive)
    for _ in range(3):  # what stands still runs again by itself, and every ladder comes to its top
        _take(drive, ("pass", 90, 200))
    _never_down_never_skipped(drive)
    resting = rows_of(drive, select(Obligation.next_at, Obligation.rests).where(Obligation.state == "open"))
    assert {tuple(one) for one in resting} == {(None, "top-of-ladder")}
    told = rows_of(drive, select(Message.obligation_id, Message.key).where(col(Message.obligation_id).is_not(None)))
    assert len({key for _, key in told}) == len(told)
    assert drive.do(None, verify).ok
