"""How often the dispatcher asks Prefect for a run that is on its way."""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from prefect.client.schemas.objects import StateType
from sqlmodel import col, select

from ledger import runs
from ledger.queries.carriers import count_unsettled, unsettled_carriers
from models.act import SYSTEM
from models.office import Wake
from models.programme import Phase
from office import waker
from office.runtime.settings import Settings
from office.runtime.transactions import reading, transaction
from tasks.repair import EVERY, portion
from tasks.runs import RunState
from tests.integration.sample_world import World

NOBODY: Any = None
"""The client: nothing in these tests gets as far as Prefect."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[set[uuid.UUID]]:
    """The runs whose states were asked for, look by look; all are scheduled."""
    looks: list[set[uuid.UUID]] = []

    def states_of(_client: Any, run_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, RunState]:
        looks.append(set(run_ids))
        return {run_id: RunState(StateType.SCHEDULED, datetime.now(UTC)) for run_id in looks[-1]}

    monkeypatch.setattr(waker, "states_of", states_of)
    monkeypatch.setattr(waker, "unusual", lambda *_: set())
    return looks


def _woken(office: Settings, short: str = "示例一") -> uuid.UUID:
    """A phase whose run is there, and that an act has just concerned."""
    programme_id, _ = World(office, short).build().apply(short)
    run_id = uuid.uuid4()
    with transaction(SYSTEM, office=office) as act:
        runs.attach_run(act, programme_id, None, uuid.uuid4(), 1)
    with transaction(SYSTEM, office=office) as act:
        phase = act.session.exec(select(Phase).where(Phase.programme_id == programme_id, Phase.state == "open")).one()
        runs.attach_run(act, programme_id, phase.id, run_id, 1)
    _act_concerns(office, run_id)
    return run_id


def _act_concerns(office: Settings, run_id: uuid.UUID) -> None:
    with transaction(SYSTEM, office=office) as act:
        phase = act.session.exec(select(Phase).where(Phase.run_id == run_id)).one()
        wakes = act.session.exec(select(Wake).where(Wake.programme_id == phase.programme_id)).all()
        newest = max(wake.event_number for wake in wakes)
        act.session.add(
            Wake(programme_id=phase.programme_id, phase_id=phase.id, event_number=newest + 1, created_at=act.now)
        )


def _close_wakes(office: Settings) -> None:
    with transaction(SYSTEM, office=office) as act:
        for row in act.session.exec(select(Wake)).all():
            row.done_at = act.now
            act.session.add(row)


def test_a_run_that_waits_for_its_process_is_asked_for_once_in_a_while(
    sqlite_office: Settings, asked: list[set[uuid.UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = _woken(sqlite_office)
    looking = waker.Waker(sqlite_office)
    looking.round.due_at = float("inf")
    for _ in range(3):
        assert looking.tend_all(NOBODY), "its wake is still open"
    assert [run_id in look for look in asked].count(True) == 1
    monkeypatch.setattr(waker, "_STARTING_SECONDS", 0.0)
    looking.tend_all(NOBODY)
    assert run_id in asked[-1]


def test_a_new_act_has_a_run_on_its_way_looked_at_again(sqlite_office: Settings, asked: list[set[uuid.UUID]]) -> None:
    run_id = _woken(sqlite_office)
    looking = waker.Waker(sqlite_office)
    looking.round.due_at = float("inf")
    looking.tend_all(NOBODY)
    _act_concerns(sqlite_office, run_id)
    looking.tend_all(NOBODY)
    assert [run_id in look for look in asked] == [True, True]
    with reading(sqlite_office) as act:
        assert act.session.exec(select(Wake.id).where(col(Wake.done_at).is_(None))).first() is not None


def test_a_round_comes_by_every_run_portion_by_portion(
    sqlite_office: Settings, asked: list[set[uuid.UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_ids = {_woken(sqlite_office, f"示例{number}") for number in range(3)}
    _close_wakes(sqlite_office)
    with reading(sqlite_office) as act:
        everybody = [one.run_id for one in unsettled_carriers(act)]
        in_portions = [unsettled_carriers(act, first, 2) for first in range(0, len(everybody), 2)]
        assert count_unsettled(act) == len(everybody) > 6
    assert [one.run_id for portion in in_portions for one in portion] == everybody
    assert run_ids <= set(everybody)
    half = len(everybody) // 2 + 1  # what follows is less than a portion, so that the round is over
    monkeypatch.setattr(waker, "_PORTION", half)
    monkeypatch.setattr(waker, "_SHARE", 0)
    looking = waker.Waker(sqlite_office)
    looking.tend_all(NOBODY)
    assert (asked[-1], looking.round.due()) == (set(everybody[:half]) - {None}, True)
    looking.tend_all(NOBODY)
    assert (asked[-1], looking.round.due()) == (set(everybody[half:]) - {None}, False), (
        "the round is over; the next is a minute away"
    )
    looking.round.due_at = 0.0
    looking.tend_all(NOBODY)
    assert asked[-1] == set(everybody[:half]) - {None}


def test_a_run_that_ended_is_seen_with_the_next_portion_wherever_the_round_stands(
    sqlite_office: Settings, asked: list[set[uuid.UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = _woken(sqlite_office)
    _close_wakes(sqlite_office)
    monkeypatch.setattr(waker, "unsettled_carriers", lambda *_: [])
    monkeypatch.setattr(waker, "unusual", lambda *_: {run_id, uuid.uuid4()})
    waker.Waker(sqlite_office).tend_all(NOBODY)
    assert asked == [{run_id}]


def test_reconciliations_come_by_every_portion_in_turn() -> None:
    began = datetime(2026, 3, 1, tzinfo=UTC)
    turns = [portion(1200, began + number * EVERY) for number in range(3)]
    assert sorted(turns) == [0, 500, 1000]
    assert {portion(500, began + number * EVERY) for number in range(3)} == {0}
    assert portion(0, began) == 0
