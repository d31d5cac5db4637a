"""How often the dispatcher asks Prefect for a run that is on its way."""

import time
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from prefect.client.schemas.objects import StateType
from sqlmodel import col, select

from ledger import runs
from models.act import SYSTEM
from models.office import Wake
from models.programme import Phase
from office import waker
from office.runtime.settings import Settings
from office.runtime.transactions import reading, transaction
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
    return looks


def _woken(office: Settings) -> uuid.UUID:
    """A phase whose run is there, and that an act has just concerned."""
    programme_id, _ = World(office, "1").build().apply("示例一")
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


def test_a_run_that_waits_for_its_process_is_asked_for_once_in_a_while(
    sqlite_office: Settings, asked: list[set[uuid.UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = _woken(sqlite_office)
    looking = waker.Waker(sqlite_office)
    looking._everything_at = time.monotonic() + 3600
    for _ in range(3):
        assert looking.tend_all(NOBODY), "its wake is still open"
    assert [run_id in look for look in asked].count(True) == 1
    monkeypatch.setattr(waker, "_STARTING_SECONDS", 0.0)
    looking.tend_all(NOBODY)
    assert run_id in asked[-1]


def test_a_new_act_has_a_run_on_its_way_looked_at_again(sqlite_office: Settings, asked: list[set[uuid.UUID]]) -> None:
    run_id = _woken(sqlite_office)
    looking = waker.Waker(sqlite_office)
    looking._everything_at = time.monotonic() + 3600
    looking.tend_all(NOBODY)
    _act_concerns(sqlite_office, run_id)
    looking.tend_all(NOBODY)
    assert [run_id in look for look in asked] == [True, True]
    with reading(sqlite_office) as act:
        assert act.session.exec(select(Wake.id).where(col(Wake.done_at).is_(None))).first() is not None
