"""How often the dispatcher asks Prefect for a run that is on its way."""

import time
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from prefect.client.schemas.objects import StateType
from sqlmodel import col, select

from ledger import runs
from ledger.queries.carriers import unsettled_carriers
from models.act import SYSTEM
from models.office import Wake
from models.programme import Phase
from office import waker
from office.runtime.settings import Settings
from office.runtime.transactions import reading, transaction
from tasks.runs import RunState, unusual
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
    assert run_ids <= set(everybody)
    half = len(everybody) // 2 + 1  # what follows is less than a portion, so that the round is over
    monkeypatch.setattr(waker, "_PORTION", half)
    monkeypatch.setattr(waker, "_SHARE", 0)
    looking = waker.Waker(sqlite_office)
    looking.tend_all(NOBODY)
    assert (asked[-1], looking.round.due()) == (set(everybody[:half]) - {None}, True)
    looking.tend_all(NOBODY)
    assert asked[-1] == set(everybody[half:]) - {None}
    assert not looking.round.due(), "the round is over; the next is a minute away"
    looking.round.due_at = 0.0
    looking.tend_all(NOBODY)
    assert asked[-1] == set(everybody[:half]) - {None}


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_no_run_is_passed_over_while_others_are_settled(sqlite_office: Settings, size: int) -> None:
    for number in range(3):
        _woken(sqlite_office, f"示例{number}")
    with reading(sqlite_office) as act:
        everybody = [(one.programme_id, one.phase_id) for one in unsettled_carriers(act)]
    seen: list[tuple[uuid.UUID, uuid.UUID | None]] = []
    last = None
    while True:
        with reading(sqlite_office) as act:
            portion = unsettled_carriers(act, last, size)
        seen += [(one.programme_id, one.phase_id) for one in portion]
        if len(portion) < size:
            break
        last = portion[-1]
        for one in portion:
            if one.run_id is not None:
                with transaction(SYSTEM, office=sqlite_office) as act:
                    runs.settle_run(act, one.programme_id, one.phase_id, one.run_id)
    assert seen == everybody


def _ended(office: Settings, monkeypatch: pytest.MonkeyPatch) -> list[uuid.UUID]:
    """Three runs that were just cancelled, no wake, and a round that finds nobody by itself."""
    run_ids = [_woken(office, f"示例{number}") for number in range(3)]
    _close_wakes(office)
    monkeypatch.setattr(waker, "unsettled_carriers", lambda *_: [])
    looks = iter([{*run_ids, uuid.uuid4()}])
    monkeypatch.setattr(waker, "unusual", lambda *_: next(looks, set()))
    return run_ids


def test_a_run_that_ended_is_seen_with_the_next_portion_wherever_the_round_stands(
    sqlite_office: Settings, asked: list[set[uuid.UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_ids = _ended(sqlite_office, monkeypatch)
    waker.Waker(sqlite_office).tend_all(NOBODY)
    assert asked == [set(run_ids)]


def test_where_more_ended_than_a_portion_holds_the_rest_is_seen_soon(
    sqlite_office: Settings, asked: list[set[uuid.UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_ids = _ended(sqlite_office, monkeypatch)
    monkeypatch.setattr(waker, "_PORTION", 2)
    looking = waker.Waker(sqlite_office)
    looking.tend_all(NOBODY)
    assert looking.round.due_at - time.monotonic() < 5, "not a minute away"
    looking.round.due_at = 0.0
    looking.tend_all(NOBODY)
    assert [len(look) for look in asked] == [2, 1]
    assert asked[0] | asked[1] == set(run_ids)


def test_a_run_whose_pause_is_not_over_is_looked_at_again_however_long_ago_it_ended(
    sqlite_office: Settings, asked: list[set[uuid.UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_ids = _ended(sqlite_office, monkeypatch)
    monkeypatch.setattr(waker, "states_of", lambda _, ids: asked.append(set(ids)) or _cancelled(ids))
    lost: list[object] = []
    monkeypatch.setattr(waker, "tend", lambda _client, what, *_, **__: lost.append(what.run_id) or "lost (cancelled)")
    monkeypatch.setattr(waker.Patience, "allows", lambda _: False)
    looking = waker.Waker(sqlite_office)
    looking.tend_all(NOBODY)
    assert lost == []
    monkeypatch.undo()
    monkeypatch.setattr(waker, "states_of", lambda _, ids: _cancelled(ids))
    monkeypatch.setattr(waker, "unusual", lambda *_: set())
    monkeypatch.setattr(waker, "unsettled_carriers", lambda *_: [])
    monkeypatch.setattr(waker, "tend", lambda _client, what, *_, **__: lost.append(what.run_id) or "lost (cancelled)")
    looking.round.due_at = 0.0
    looking.tend_all(NOBODY)
    assert sorted(lost, key=str) == sorted(run_ids, key=str)


def test_a_run_in_need_is_not_forgotten_where_prefect_went_away_amid_a_portion(
    sqlite_office: Settings, asked: list[set[uuid.UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_ids = _ended(sqlite_office, monkeypatch)
    looking = waker.Waker(sqlite_office)
    states_of = waker.states_of
    monkeypatch.setattr(waker, "states_of", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        looking.tend_all(NOBODY)
    monkeypatch.setattr(waker, "states_of", states_of)
    looking.tend_all(NOBODY)  # nobody among the unusual any more
    assert asked == [set(run_ids)]
    looking.round.due_at = 0.0
    looking.tend_all(NOBODY)
    assert asked == [set(run_ids)], "once they are tended they are nobody's suspects"


def _cancelled(run_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, RunState]:
    return {run_id: RunState(StateType.CANCELLED, datetime.now(UTC)) for run_id in run_ids}


def test_the_unusual_are_asked_for_to_the_last_page_and_the_completed_of_the_last_minute_only() -> None:
    """Among thousands of programmes thousands of runs complete in an hour: to read them all took the server a minute."""
    cancelled = [SimpleNamespace(id=uuid.uuid4()) for _ in range(250)]
    looked_back: dict[StateType, datetime] = {}

    class Client:
        def read_flow_runs(self, *, flow_run_filter: Any, limit: int, offset: int, sort: Any) -> list[Any]:
            kinds = flow_run_filter.state.type.any_
            if flow_run_filter.end_time is not None:
                looked_back.update(dict.fromkeys(kinds, flow_run_filter.end_time.after_))
            return cancelled[offset : offset + limit] if StateType.CANCELLED in kinds else []

    client: Any = Client()
    now = datetime.now(UTC)
    assert unusual(client, now - timedelta(hours=1)) == {run.id for run in cancelled}
    assert looked_back[StateType.CANCELLED] == looked_back[StateType.CRASHED] == now - timedelta(hours=1)
    assert looked_back[StateType.COMPLETED] > now - timedelta(minutes=2)
    unusual(client, now - timedelta(seconds=5))
    assert looked_back[StateType.COMPLETED] == now - timedelta(seconds=5)
