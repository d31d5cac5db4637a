"""What people do to a deadline, on the ledger: extended, stopped, seen, waived; and what each person then got.

The clock moves over the sample's spring: every message that came is asserted, and that nothing else came.
"""

import os
import shutil
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlmodel import col, select

from ledger.absences import set_absence
from ledger.deadlines import acknowledge, changes, extend, resume, stop, waive
from ledger.delivery import submit_document
from ledger.errors import BadInput, Refused
from ledger.sweeping import sweep
from models.documents import Obligation, RungFired
from models.office import AuditEvent, Message
from models.people import Person
from models.programme import Programme
from office.runtime.clock import move_clock
from office.runtime.database import engine_for
from office.runtime.settings import Settings
from tests.support.road import OFFICE_PERSON, Road
from tests.support.scenario import ZONE, Drive, a_file, at, play, rows_of, sample

SURVEY = "needs-survey"  # due on Sunday, 22 March 2026
CONTACT = "示例·何老师"


@pytest.fixture
def road(sqlite_office: Settings) -> Road:
    """The sample programme in January, awarded; its needs survey is owed by 22 March."""
    road = Road(Drive.begin(sqlite_office, "S01"), sample("S01"))
    play(road.drive, road.doings(), date(2026, 1, 20))
    for row in rows_of(road.drive, select(Obligation.id).where(Obligation.state == "open", Obligation.kind != SURVEY)):
        road.drive.do(OFFICE_PERSON, waive, row, "示例:只看一项")
    return road


def _survey(road: Road) -> Any:
    return rows_of(road.drive, select(Obligation.id).where(Obligation.kind == SURVEY))[0]


def _got(road: Road) -> list[tuple[date, str, str]]:
    """What each person got on the survey: day, name, kind; what was cancelled before it went out is left out."""
    query = (
        select(Message.created_at, Person.name, Message.kind)
        .join(Person, col(Person.id) == col(Message.person_id))
        .join(Obligation, col(Obligation.id) == col(Message.obligation_id))
        .where(Obligation.kind == SURVEY, Message.state != "cancelled")
        .order_by(col(Message.created_at), Person.ref)
    )
    return [(when.astimezone(ZONE).date(), name, kind) for when, name, kind in rows_of(road.drive, query)]


def _send(road: Road) -> None:
    """The post goes out: nothing that was told can be superseded any more."""

    def sent(act: Any) -> None:
        for row in act.session.exec(select(Message).where(Message.state == "queued")).all():
            row.state, row.sent_at, row.tries = "sent", act.now, 1
            act.session.add(row)

    road.drive.do(None, sent)


def _pass(road: Road, *days: date) -> None:
    """Let days pass, the post going out each evening."""
    for day in days:
        road.drive.pass_to(at(day, 17))
        _send(road)


def _until(road: Road, last: date) -> None:
    day = date(2026, 3, 15)
    while day <= last:
        _pass(road, day)
        day += timedelta(days=1)


def test_a_ladder_tells_each_person_once_a_rung_and_nobody_else(road: Road) -> None:
    _until(road, date(2026, 4, 10))
    above = [name for day, name, kind in _got(road) if kind == "obligation-escalate"]
    assert [row for row in _got(road) if row[2] != "obligation-escalate"] == [
        (date(2026, 3, 19), CONTACT, "obligation-remind"),
        (date(2026, 3, 20), CONTACT, "obligation-remind"),  # due on a Sunday: the Friday before
        (date(2026, 3, 23), CONTACT, "obligation-chase"),
        *((date(2026, 3, 23), name, "obligation-chase") for name in _heads(road)),
    ]
    assert len(above) == len(set(above)) == 3
    assert {day for day, _, kind in _got(road) if kind == "obligation-escalate"} == {date(2026, 3, 25)}
    [left] = rows_of(road.drive, select(Obligation.next_at, Obligation.rests).where(Obligation.kind == SURVEY))
    assert tuple(left) == (None, "top-of-ladder")


def _heads(road: Road) -> list[str]:
    from models.people import RoleAssignment

    host = select(Programme.host_id).where(Programme.ref == road.ref)
    query = (
        select(Person.name)
        .join(RoleAssignment, col(RoleAssignment.person_id) == col(Person.id))
        .where(RoleAssignment.role == "head", RoleAssignment.organisation_id == rows_of(road.drive, host)[0])
        .order_by(Person.ref)
    )
    return [name for name in rows_of(road.drive, query) if name != CONTACT]


def test_an_extension_is_an_event_with_its_reason_and_starts_the_ladder_anew(road: Road) -> None:
    _until(road, date(2026, 3, 20))
    which = _survey(road)
    drive = road.drive
    with pytest.raises(BadInput, match="an extension needs its reason"):
        drive.do(OFFICE_PERSON, extend, which, date(2026, 4, 3), " ")
    with pytest.raises(BadInput, match="is not after the present due day 2026-03-22"):
        drive.do(OFFICE_PERSON, extend, which, date(2026, 3, 22), "示例")
    with pytest.raises(Refused, match="只有项目办可以延期"):
        drive.do(CONTACT, extend, which, date(2026, 4, 3), "示例")
    done = drive.do(OFFICE_PERSON, extend, which, date(2026, 4, 3), "示例:问卷系统停机")
    assert done.due_on == date(2026, 4, 3)
    again = drive.do(OFFICE_PERSON, extend, which, date(2026, 4, 10), "示例:再延")
    assert again.due_on == date(2026, 4, 10)
    before = len(_got(road))
    road.drive.do(road.contact, submit_document, road.ref, SURVEY, a_file("需求调研"))
    _pass(road, date(2026, 4, 20))
    rows = rows_of(
        drive, select(Obligation.state, Obligation.derived_on, Obligation.due_on).where(Obligation.kind == SURVEY)
    )
    assert [tuple(row) for row in rows] == [("met", date(2026, 3, 22), date(2026, 4, 10))]
    assert [kind for _, _, kind in _got(road)[:before]][-1] != "obligation-chase"
    assert not [row for row in _got(road) if row[0] > date(2026, 3, 20) and row[2].startswith("obligation")]
    told = drive.do(None, changes, which)
    assert [(one.change, one.until_on, one.why) for one in told] == [
        ("extended", date(2026, 4, 3), "示例:问卷系统停机"),
        ("extended", date(2026, 4, 10), "示例:再延"),
    ]
    moved = rows_of(drive, select(AuditEvent.facts).where(AuditEvent.kind == "obligation_extended"))
    assert [(one["old"], one["new"], one["reason"]) for one in moved] == [
        ("2026-03-22", "2026-04-03", "示例:问卷系统停机"),
        ("2026-04-03", "2026-04-10", "示例:再延"),
    ]


def test_a_stopped_clock_stands_until_it_runs_again_or_its_budget_is_used_up(road: Road) -> None:
    _until(road, date(2026, 3, 16))
    which, drive = _survey(road), road.drive
    with pytest.raises(BadInput, match="say for how many days at most"):
        drive.do(OFFICE_PERSON, stop, which, "示例:等待上级名单")
    drive.do(OFFICE_PERSON, stop, which, "示例:等待上级名单", 10)
    with pytest.raises(Refused, match="计时已经中止"):
        drive.do(OFFICE_PERSON, stop, which, "示例", 10)
    move_clock(drive.office, at(date(2026, 3, 20)), frozen=True)
    done = drive.do(OFFICE_PERSON, resume, which, "示例:名单已到")
    assert (done.due_on, done.stopped_days, done.stopped_since) == (date(2026, 3, 26), 4, None)
    _send(road)
    drive.do(OFFICE_PERSON, stop, which, "示例:再等")
    _pass(road, date(2026, 3, 25))
    assert _got(road) == [(date(2026, 3, 20), CONTACT, "clock-resumed")]  # while it stands nobody is reminded
    _pass(road, date(2026, 3, 31))  # six days are left: used up on the 26th
    [row] = rows_of(
        drive,
        select(Obligation.due_on, Obligation.stopped_days, Obligation.stopped_at).where(Obligation.kind == SURVEY),
    )
    assert tuple(row) == (date(2026, 4, 1), 10, None)
    _pass(road, date(2026, 4, 1))
    assert [(day, kind) for day, _, kind in _got(road)[1:]] == [
        (date(2026, 3, 27), "clock-resumed"),  # three days before the new day is a Sunday: that Friday has begun
        (date(2026, 4, 1), "obligation-remind"),
    ]
    with pytest.raises(Refused, match="可中止的10天已用完"):
        drive.do(OFFICE_PERSON, stop, which, "示例:又等")


def test_seen_is_not_done(road: Road) -> None:
    _until(road, date(2026, 3, 19))
    which, drive = _survey(road), road.drive
    with pytest.raises(BadInput, match="silences for 1 to 2 working days, not 5"):
        drive.do(CONTACT, acknowledge, which, 5)
    with pytest.raises(Refused, match="只有其责任人可以标记知悉"):
        drive.do("示例云溪区·人事科", acknowledge, which)
    move_clock(drive.office, at(date(2026, 3, 20), 8), frozen=True)
    drive.do(CONTACT, acknowledge, which, 2)
    _pass(road, date(2026, 3, 23))
    assert [row[:1] + row[2:] for row in _got(road)] == [(date(2026, 3, 19), "obligation-remind")]
    _pass(road, date(2026, 3, 24))  # what was put off comes, once, as what it is by now
    assert [(day, kind) for day, name, kind in _got(road)[1:] if name == CONTACT] == [
        (date(2026, 3, 24), "obligation-chase")
    ]
    _pass(road, date(2026, 3, 25))
    assert {day for day, _, kind in _got(road) if kind == "obligation-escalate"} == {date(2026, 3, 25)}


def test_two_days_of_standstill_over_a_weekend_are_caught_up_on_monday_morning(road: Road) -> None:
    _until(road, date(2026, 3, 18))
    move_clock(road.drive.office, at(date(2026, 3, 21), 11), frozen=True)  # a Saturday
    while road.drive.do(None, sweep, 1).more:
        pass
    assert _got(road) == []
    _pass(road, date(2026, 3, 23))
    assert [row for row in _got(road) if row[1] == CONTACT] == [(date(2026, 3, 23), CONTACT, "obligation-chase")]
    fired = select(RungFired.number, RungFired.rung).join(Obligation, col(Obligation.id) == RungFired.obligation_id)
    rungs = rows_of(road.drive, fired.where(Obligation.kind == SURVEY).order_by(col(RungFired.id)))
    assert [tuple(one) for one in rungs] == [(1, "remind"), (2, "remind"), (3, "chase")]


@pytest.fixture
def elsewhere() -> Iterator[None]:
    """The machine's own time zone is New York's."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "America/New_York"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def test_the_machines_time_zone_changes_nothing(road: Road, elsewhere: None) -> None:
    _until(road, date(2026, 3, 26))
    assert [(day, kind) for day, name, kind in _got(road) if name == CONTACT] == [
        (date(2026, 3, 19), "obligation-remind"),
        (date(2026, 3, 20), "obligation-remind"),
        (date(2026, 3, 23), "obligation-chase"),
    ]


def test_who_stands_in_is_reminded_too(road: Road) -> None:
    other = "示例·罗教研员" if "示例·罗教研员" in road.drive.refs else OFFICE_PERSON
    refs = road.drive.refs
    _until(road, date(2026, 3, 18))
    road.drive.do(CONTACT, set_absence, refs[CONTACT], refs[other], date(2026, 3, 19), date(2026, 3, 19))
    _pass(road, date(2026, 3, 19), date(2026, 3, 20))
    assert sorted((day, name) for day, name, _ in _got(road)) == sorted(
        [(date(2026, 3, 19), CONTACT), (date(2026, 3, 19), other), (date(2026, 3, 20), CONTACT)]
    )


def _swept(office: Settings, folder: Path, moments: list[tuple[int, int]]) -> list[tuple[Any, ...]]:
    """The rungs of a copy of the ledger that was swept at these moments (days on, rows a batch), then to the end."""
    shutil.copytree(office.root, folder)
    drive = Drive.again(Settings(data_dir=folder), "S01")
    for days, limit in [*moments, (60, 200)]:
        move_clock(drive.office, at(date(2026, 2, 20) + timedelta(days=days)), frozen=True)
        while drive.do(None, sweep, limit).more:
            pass
    query = (
        select(Obligation.kind, RungFired.number, RungFired.rung, RungFired.due_at)
        .join(Obligation, col(Obligation.id) == RungFired.obligation_id)
        .order_by(Obligation.kind, col(RungFired.number))
    )
    order = rows_of(drive, select(RungFired.obligation_id, RungFired.number).order_by(col(RungFired.id)))
    for which in {row[0] for row in order}:
        assert [number for one, number in order if one == which] == sorted({n for one, n in order if one == which})
    engine_for(drive.office.ledger_url).dispose()
    return [tuple(row) for row in rows_of(drive, query)]


def test_the_order_and_size_of_sweeps_do_not_matter(sqlite_office: Settings, tmp_path: Path) -> None:
    road = Road(Drive.begin(sqlite_office, "S01"), sample("S01"))
    play(road.drive, road.doings(), date(2026, 1, 20))
    engine_for(sqlite_office.ledger_url).dispose()
    plain = _swept(sqlite_office, tmp_path / "plain", [])
    assert {rung for _, _, rung, _ in plain} == {"remind", "chase", "escalate"}
    random = Random(5)
    for number in range(4):
        moments = [
            (days, random.choice((1, 2, 7))) for days in sorted(random.sample(range(60), random.randrange(1, 9)))
        ]
        assert _swept(sqlite_office, tmp_path / str(number), moments) == plain
