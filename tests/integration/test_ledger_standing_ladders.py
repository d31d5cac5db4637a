"""Ladders of standing duties keep the same manners as those of programmes: office hours, workdays, one message a matter.

What is due stands in the calendars of whom it concerns, and the hourly audit finds what has no next moment.
"""

import shutil
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from ledger.absences import set_absence
from ledger.feeds import calendar_for
from ledger.people import add_person, person
from ledger.queries.artifacts import tables
from ledger.reach import change_person
from ledger.registers import record_entry
from ledger.standing import open_duties
from ledger.standing_sweeping import sweep_standing
from ledger.watching import look_over
from models.office import AuditEvent, Message
from models.people import Person
from models.register import StandingDuty, StandingRung
from office.calendar_feed import as_icalendar
from office.runtime.database import engine_for
from office.runtime.settings import Settings
from office.runtime.transactions import reading
from policies.schema import Pack
from tests.integration.test_ledger_registers import Bureau
from tests.integration.test_ledger_registers import pack as pack  # the fixture

ZONE = ZoneInfo("Asia/Shanghai")
MEETING = "review-meeting"  # owed by the county, due on 30 June: reminded on Friday the 26th and on the day


@pytest.fixture
def bureau(sqlite_office: Settings, pack: Pack) -> Bureau:
    """An office on 2 March 2026 whose recurring duties are open."""
    bureau = Bureau(sqlite_office)
    bureau.do("office", open_duties, pack)
    return bureau


def _be(bureau: Bureau, year: int, month: int, day: int, hour: int = 10) -> None:
    bureau.at(datetime(year, month, day, hour, tzinfo=ZONE).astimezone(UTC))


def _sweep(bureau: Bureau) -> None:
    while bureau.do(None, sweep_standing).more:
        pass


def _fired(bureau: Bureau, kind: str = MEETING) -> list[tuple[int, date]]:
    query = (
        select(StandingRung.number, StandingRung.fired_at)
        .join(StandingDuty, col(StandingDuty.id) == col(StandingRung.duty_id))
        .where(StandingDuty.kind == kind)
        .order_by(col(StandingRung.id))
    )
    return [(number, when.astimezone(ZONE).date()) for number, when in bureau.look(query)]


def _told(bureau: Bureau, kind: str = MEETING) -> list[tuple[date, str, str]]:
    """Who was told what of a duty on which day; what was superseded before it went out is left out."""
    with reading(bureau.office) as act:
        ids = act.session.exec(select(StandingDuty.id).where(StandingDuty.kind == kind)).all()
        rows = act.session.exec(
            select(Message.created_at, Person.name, Message.kind, Message.key)
            .join(Person, col(Person.id) == col(Message.person_id))
            .where(Message.state != "cancelled", Message.kind != "watch-found")
            .order_by(col(Message.created_at), Person.ref)
        ).all()
    return [
        (when.astimezone(ZONE).date(), name, what)
        for when, name, what, key in rows
        if any(f"duty-{one}:" in key for one in ids)
    ]


def _send(bureau: Bureau) -> None:
    def sent(act: Any) -> None:
        for row in act.session.exec(select(Message).where(Message.state == "queued")).all():
            row.state, row.tries = "sent", 1
            act.session.add(row)

    bureau.do(None, sent)


def test_at_night_and_on_a_holiday_nobody_is_reminded(bureau: Bureau) -> None:
    for year, month, day, hour in ((2026, 6, 26, 8), (2026, 6, 26, 18), (2026, 6, 27, 11)):
        _be(bureau, year, month, day, hour)
        _sweep(bureau)
        assert _fired(bureau) == []
    _be(bureau, 2026, 6, 29)
    _sweep(bureau)
    assert _fired(bureau) == [(1, date(2026, 6, 29))]
    assert _told(bureau) == [(date(2026, 6, 29), "示例·county", "obligation-remind")]


def test_a_year_tells_each_person_once_a_rung_and_nobody_else(bureau: Bureau) -> None:
    """The clock goes over the rest of the year, several looks a day, the post going out each evening."""
    day = date(2026, 3, 2)
    while day <= date(2026, 12, 30):
        for hour in (3, 9, 12, 19):
            _be(bureau, day.year, day.month, day.day, hour)
            _sweep(bureau)
        _send(bureau)
        day = date.fromordinal(day.toordinal() + 1)
    half = [when for number, when in _fired(bureau) if when < date(2026, 9, 1)]
    assert half == sorted(set(half))
    told = [row for row in _told(bureau) if row[0] < date(2026, 9, 1)]
    assert told == sorted(set(told))
    assert {name for _, name, kind in told if kind == "obligation-remind"} == {"示例·county"}
    assert all(when in half for when, _, _ in told)
    assert {kind for _, _, kind in told} == {"obligation-remind", "obligation-chase", "obligation-escalate"}


def test_after_a_standstill_each_rung_is_climbed_and_the_last_is_told(bureau: Bureau) -> None:
    _be(bureau, 2026, 7, 1)
    _sweep(bureau)
    assert [number for number, _ in _fired(bureau)] == [1, 2, 3]
    assert [row for row in _told(bureau) if row[1] == "示例·county"] == [
        (date(2026, 7, 1), "示例·county", "obligation-chase")
    ]


def test_a_newer_rung_takes_the_place_of_one_that_has_not_gone_out(bureau: Bureau) -> None:
    for day in (26, 30):
        _be(bureau, 2026, 6, day)
        _sweep(bureau)
    assert [row for row in _told(bureau) if row[1] == "示例·county"] == [
        (date(2026, 6, 30), "示例·county", "obligation-remind")
    ]


def test_meeting_a_duty_cancels_what_waits_for_a_digest(bureau: Bureau, pack: Pack) -> None:
    bureau.do(None, change_person, bureau.refs["county"], digest_at="16:00")
    _be(bureau, 2026, 6, 26)
    _sweep(bureau)
    mine = select(Message.state).where(col(Message.key).contains(":duty-"), Message.kind == "obligation-remind")
    assert bureau.look(mine) == ["bundled"]
    bureau.do("county", record_entry, pack, MEETING, {"topics": "示例议题", "minutes": "示例纪要"})
    assert bureau.look(mine) == ["cancelled"]


def test_two_sweeps_at_once_climb_each_rung_once(each_office: Settings, pack: Pack) -> None:
    bureau, faults = Bureau(each_office), []
    bureau.do("office", open_duties, pack)
    _be(bureau, 2026, 7, 3)

    def sweep_too() -> None:
        try:
            bureau.do(None, sweep_standing)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=sweep_too) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _sweep(bureau)
    assert faults == []
    assert [number for number, _ in _fired(bureau)] == [1, 2, 3, 4]
    told = _told(bureau)
    assert len(told) == len(set(told))
    assert {kind for _, name, kind in told if name == "示例·county"} == {"obligation-chase"}


def test_the_order_and_size_of_sweeps_do_not_matter(sqlite_office: Settings, pack: Pack, tmp_path: Path) -> None:
    bureau = Bureau(sqlite_office)
    bureau.do("office", open_duties, pack)
    engine_for(sqlite_office.ledger_url).dispose()
    random, found = Random(7), []
    for number in range(4):
        shutil.copytree(sqlite_office.root, tmp_path / str(number))
        copy = object.__new__(Bureau)
        copy.office, copy.refs = Settings(data_dir=tmp_path / str(number)), bureau.refs
        for days in [*sorted(random.sample(range(110, 130), random.randrange(0, 6))), 140]:
            copy.at(datetime(2026, 3, 2, 2, tzinfo=UTC) + timedelta(days=days))
            while copy.do(None, sweep_standing, random.choice((1, 2, 200))).more:
                pass
        query = select(StandingDuty.kind, StandingRung.number).join(
            StandingDuty, col(StandingDuty.id) == col(StandingRung.duty_id)
        )
        found.append([tuple(one) for one in copy.look(query.order_by(StandingDuty.kind, col(StandingRung.id)))])
        engine_for(copy.office.ledger_url).dispose()
    assert found[0] == found[1] == found[2] == found[3]
    assert [number for kind, number in found[0] if kind == MEETING] == [1, 2, 3, 4]


def test_a_rung_that_reaches_nobody_moves_on_at_once_and_tells_the_office_once(bureau: Bureau) -> None:
    bureau.do(None, change_person, bureau.refs["county"], email="")
    for month, day in ((6, 26), (6, 30), (7, 1), (7, 3), (7, 20)):
        _be(bureau, 2026, month, day)
        _sweep(bureau)
    mine = [one for one in _fired(bureau) if one[1] < date(2026, 7, 20)]
    first = date(2026, 6, 26)
    assert mine == [(1, first), (2, first), (3, first), (4, first)]  # the next level hears four days before
    assert "nobody_reached" in bureau.look(select(AuditEvent.kind))
    assert sorted((name, kind) for when, name, kind in _told(bureau) if when == first) == [
        ("示例·commission", "obligation-escalate"),
        ("示例·office", "nobody-reached"),
        ("示例·office", "obligation-escalate"),
    ]


def test_who_stands_in_is_told_too(bureau: Bureau) -> None:
    other = bureau.do(None, add_person, "示例·替补", "示例区教委", (), "other@example.com").ref
    _be(bureau, 2026, 6, 25)
    bureau.do("office", set_absence, bureau.refs["county"], str(other), date(2026, 6, 26), date(2026, 6, 26), "示例")
    _be(bureau, 2026, 6, 26)
    _sweep(bureau)
    assert {name for _, name, _ in _told(bureau)} == {"示例·county", "示例·替补"}


def test_who_left_is_not_told(bureau: Bureau) -> None:
    def leaves(act: Any) -> None:
        who = person(act, bureau.refs["teacher"])
        who.active = False
        act.session.add(who)

    bureau.do(None, leaves)
    [due] = bureau.look(select(StandingDuty.next_at).where(StandingDuty.kind == "hours-of-cycle"))
    bureau.at(due)
    _sweep(bureau)
    assert "示例·teacher" not in {name for _, name, _ in _told(bureau, "hours-of-cycle")}


# --- where it is shown, and who watches -----------------------------------------------------------------------------


def test_a_duty_stands_in_the_calendars_of_whom_it_concerns(bureau: Bureau) -> None:
    def shown(**whose: str | None) -> list[str]:
        with reading(bureau.office) as act:
            return [row.kind for row in calendar_for(act, whose.get("ref"), whose.get("body")).due]

    assert shown(body="示例区教委") == [MEETING]
    assert shown(ref=bureau.refs["county"]) == [MEETING]
    assert shown(ref=bureau.refs["teacher"]) == ["hours-of-cycle"]
    assert "hours-of-cycle" not in shown(ref=bureau.refs["office"])
    assert MEETING in shown(ref=bureau.refs["office"])
    assert MEETING not in shown(body="示例学校")
    with reading(bureau.office) as act:
        text = as_icalendar(calendar_for(act, None, "示例区教委"), "http://127.0.0.1").decode().replace("\r\n ", "")
    assert "DTSTART;VALUE=DATE:20260630" in text
    assert "常设事项（不属于某个项目）" in text
    assert "CATEGORIES:常设事项" in text


def test_a_duty_stands_in_the_tables_of_the_office(bureau: Bureau) -> None:
    _be(bureau, 2026, 6, 25)
    with reading(bureau.office) as act:
        before = tables(act)
    assert ["常设事项", "2026-06-30"] in [[row["项目"], row["应于"]] for row in before["due-this-week"]]
    _be(bureau, 2026, 7, 3)
    with reading(bureau.office) as act:
        late = tables(act)["overdue-by-organisation"]
    assert ("示例区教委", 3) in [(row["单位"], row["最长逾期天数"]) for row in late]


def test_the_audit_finds_a_duty_without_a_next_moment_and_one_that_nobody_climbs(bureau: Bureau) -> None:
    now = datetime(2026, 6, 26, 4, tzinfo=UTC)

    def found() -> dict[str, int]:
        return {one.kind: one.count for one in bureau.do(None, look_over, now) if one.kind.startswith("duty")}

    assert found() == {}  # the school's plans were overdue when they were opened, this very moment
    _sweep(bureau)
    bureau.at(now)
    assert found() == {"duty-rung-late": 1}
    _sweep(bureau)
    assert found() == {}

    def change(act: Any) -> None:
        row = act.session.exec(select(StandingDuty).where(StandingDuty.kind == MEETING)).first()
        row.next_at = None
        act.session.add(row)

    bureau.do(None, change)
    assert found() == {"duty-no-next-moment": 1}
    assert "watch-found" in bureau.look(select(Message.kind))


def test_at_the_top_of_its_ladder_is_no_finding(bureau: Bureau) -> None:
    _be(bureau, 2026, 7, 20)
    _sweep(bureau)
    [first] = bureau.look(
        select(StandingDuty.next_at).where(StandingDuty.kind == MEETING, StandingDuty.due_on == date(2026, 6, 30))
    )
    assert first is None
    found = bureau.do(None, look_over, datetime(2026, 7, 20, 4, tzinfo=UTC))
    assert [one for one in found if one.kind == "duty-no-next-moment"] == []


def test_a_duty_that_cannot_be_worked_out_stops_nobody_and_is_found(bureau: Bureau) -> None:
    def unheard_of(act: Any) -> None:
        row = act.session.exec(select(StandingDuty).where(StandingDuty.kind == MEETING)).first()
        row.kind = "unheard-of"
        act.session.add(row)

    bureau.do(None, unheard_of)
    _be(bureau, 2026, 7, 1)
    _sweep(bureau)
    assert "duty_stuck" in bureau.look(select(AuditEvent.kind))
    found = bureau.do(None, look_over, datetime(2026, 7, 1, 4, tzinfo=UTC))
    assert [(one.kind, one.count) for one in found if one.kind == "duty-no-next-moment"] == [("duty-no-next-moment", 1)]


def test_a_duty_that_its_text_no_longer_knows_is_counted_where_it_cannot_be_shown(bureau: Bureau) -> None:
    _be(bureau, 2026, 7, 20)
    with reading(bureau.office) as act:
        before = tables(act)["awaited"]
    with engine_for(bureau.office.ledger_url).begin() as connection:
        done = connection.exec_driver_sql(f"UPDATE standing_duty SET kind = 'unheard-of' WHERE kind = '{MEETING}'")
    with reading(bureau.office) as act:
        *shown, rest = tables(act)["awaited"]
    assert len(shown) == len(before) - done.rowcount
    assert rest["事项"] == f"另有{done.rowcount}项未列出;用命令 deadline list 查看"
