"""The hourly audit finds what stands where it should not, tells the office once, and its silence is an alarm."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from ledger.sweeping import sweep
from ledger.watching import AUDIT, SWEEP, look_over, looked, silent_untold, tell_of_silence, watches
from models.documents import Obligation
from models.office import AuditEvent, Message, Wake
from models.programme import Phase, Programme
from models.review import ApprovalStep
from office.runtime.clock import business_now, move_clock
from office.runtime.settings import Settings
from tests.support.road import Road
from tests.support.scenario import Drive, at, play, rows_of, sample


@pytest.fixture
def road(sqlite_office: Settings) -> Road:
    """The sample's application lies with the county; everything else is in order."""
    road = Road(Drive.begin(sqlite_office, "S01"), sample("S01"))
    play(road.drive, road.doings(), date(2025, 12, 8))
    road.drive.do(None, _in_order)
    return road


def _in_order(act: Any) -> None:
    for message in act.session.exec(select(Message)).all():
        message.state = "sent"
        act.session.add(message)
    for wake in act.session.exec(select(Wake)).all():
        wake.done_at = act.now
        act.session.add(wake)
    for phase in act.session.exec(select(Phase)).all():
        phase.run_id = phase.id
        act.session.add(phase)


def _found(road: Road) -> dict[str, int]:
    now = business_now(road.drive.office)
    return {one.kind: one.count for one in road.drive.do(None, look_over, now)}


def _told(road: Road, kind: str) -> int:
    return len(rows_of(road.drive, select(Message.id).where(Message.kind == kind)))


def _set(road: Road, table: Any, **values: Any) -> None:
    def change(act: Any) -> None:
        for row in act.session.exec(select(table)).all():
            for name, value in values.items():
                setattr(row, name, value)
            act.session.add(row)

    road.drive.do(None, change)


def test_an_office_in_order_has_nothing_to_find(road: Road) -> None:
    assert _found(road) == {}
    assert _told(road, "watch-found") == 0
    [view] = [one for one in road.drive.do(None, watches, business_now(road.drive.office)) if one.name == AUDIT]
    assert (view.silent, view.found) == (False, [])


def test_what_has_no_next_moment_is_found_and_told_once_a_day(road: Road) -> None:
    _set(road, Obligation, next_at=None)
    assert _found(road) == {"no-next-moment": 1}
    told = _told(road, "watch-found")
    assert told > 0
    assert _found(road) == {"no-next-moment": 1}
    assert _told(road, "watch-found") == told
    road.drive.do(None, _in_order)
    move_clock(road.drive.office, at(date(2025, 12, 9)), frozen=True)
    assert _found(road) == {"no-next-moment": 1}
    assert _told(road, "watch-found") == 2 * told


def test_a_matter_at_the_top_of_its_ladder_is_no_finding(road: Road) -> None:
    road.drive.pass_to(at(date(2026, 1, 5)))
    road.drive.do(None, _in_order)
    assert rows_of(road.drive, select(Obligation.rests).where(Obligation.state == "open")) == ["top-of-ladder"]
    assert _found(road) == {}


def test_a_rung_that_nobody_climbs_is_found(road: Road) -> None:
    move_clock(road.drive.office, at(date(2025, 12, 16)), frozen=True)
    assert _found(road) == {"rung-late": 1}
    while road.drive.do(None, sweep).more:
        pass
    road.drive.do(None, _in_order)
    assert _found(road) == {}


def test_stuck_messages_and_wakes_and_reviews_that_wait_for_nobody_are_found(road: Road) -> None:
    now = business_now(road.drive.office)
    _set(road, Message, state="queued", next_try_at=now - timedelta(hours=2))
    _set(road, Wake, done_at=None, created_at=now - timedelta(hours=2))
    _set(road, ApprovalStep, state="cancelled")
    _set(road, Phase, run_id=None, opened_at=now - timedelta(hours=2), state="open")
    found = _found(road)
    assert set(found) == {"message-stuck", "wake-stuck", "review-stalled", "phase-without-run"}


def test_a_run_that_nothing_is_left_to_wait_for_is_found(road: Road) -> None:
    """Its programme is over, but the phase stayed open; and a stage of which all is done, but nobody closed its phase."""
    move_clock(road.drive.office, at(date(2025, 12, 8), 14), frozen=True)
    assert "run-waits-for-nothing" not in _found(road)
    _set(road, Programme, state="rejected")
    assert _found(road)["run-waits-for-nothing"] == 1
    _set(road, Programme, state="running")
    assert "run-waits-for-nothing" not in _found(road)
    _set(road, Phase, flow="training-stage")
    assert _found(road)["run-waits-for-nothing"] == 1


def test_a_stage_under_way_is_no_finding(sqlite_office: Settings) -> None:
    road = Road(Drive.begin(sqlite_office, "S01"), sample("S01"))
    play(road.drive, road.doings(), date(2026, 4, 20))
    road.drive.do(None, _in_order)
    move_clock(road.drive.office, at(date(2026, 4, 20), 17), frozen=True)
    assert rows_of(road.drive, select(Phase.key).where(Phase.state == "open", Phase.flow == "training-stage")) != []
    assert "run-waits-for-nothing" not in _found(road)


def test_what_cannot_be_worked_out_stops_nobody_and_is_found(road: Road) -> None:
    _set(road, Obligation, kind="unheard-of")
    move_clock(road.drive.office, at(date(2025, 12, 16)), frozen=True)
    assert road.drive.do(None, sweep).more is False
    assert rows_of(road.drive, select(AuditEvent.kind).where(AuditEvent.kind == "obligation_stuck")) == [
        "obligation_stuck"
    ]
    assert _found(road) == {"no-next-moment": 1}


def test_a_watch_that_falls_silent_is_told_of_once_and_again_after_its_next_silence(road: Road) -> None:
    drive, now = road.drive, datetime.now(UTC)
    assert drive.do(None, tell_of_silence, now) == []  # a fresh office is given its time
    later = now + timedelta(minutes=45)
    assert drive.do(None, silent_untold, later) == [SWEEP]
    assert drive.do(None, tell_of_silence, later) == [SWEEP]
    told = _told(road, "watch-silent")
    assert told > 0
    assert drive.do(None, tell_of_silence, later + timedelta(minutes=1)) == []
    assert drive.do(None, tell_of_silence, now + timedelta(hours=3)) == [AUDIT]
    drive.do(None, looked, SWEEP, now + timedelta(hours=4))
    assert [one.silent for one in drive.do(None, watches, now + timedelta(hours=4))] == [False, True]
    assert drive.do(None, tell_of_silence, now + timedelta(hours=5)) == [SWEEP]
    kinds = select(AuditEvent.facts).where(AuditEvent.kind == "watch_silent").order_by(col(AuditEvent.number))
    assert [one["watch"] for one in rows_of(drive, kinds)] == [SWEEP, AUDIT, SWEEP]
