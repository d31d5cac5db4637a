"""Extensions and stopped clocks: later is never earlier, whatever came in which order; and the hours of messages."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from rules.deadlines import rungs
from rules.extensions import Extended, Stood, due_after, runs_again_on, stood
from rules.workdays import count_workdays, is_workday
from rules.working_hours import is_open, next_open
from tests.support.packs import rule, small_pack, with_setting

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = st.dates(date(2025, 1, 1), date(2026, 12, 31))
CHANGES = st.lists(st.one_of(DAYS.map(Extended), st.integers(0, 20).map(Stood)), max_size=5)


@given(DAYS, CHANGES, DAYS, st.integers(0, 60), st.booleans())
def test_a_longer_extension_never_makes_a_deadline_earlier(
    derived: date, changes: list[Extended | Stood], until: date, more: int, working: bool
) -> None:
    for place in range(len(changes) + 1):
        shorter = [*changes[:place], Extended(until), *changes[place:]]
        longer = [*changes[:place], Extended(until + timedelta(days=more)), *changes[place:]]
        assert due_after(derived, shorter, working=working) <= due_after(derived, longer, working=working)
        assert due_after(derived, changes, working=working) <= due_after(derived, shorter, working=working)


@given(DAYS, CHANGES, st.integers(0, 20), st.integers(0, 20), st.booleans())
def test_a_longer_standstill_never_makes_a_deadline_earlier(
    derived: date, changes: list[Extended | Stood], days: int, more: int, working: bool
) -> None:
    shorter, longer = (due_after(derived, [*changes, Stood(n)], working=working) for n in (days, days + more))
    assert due_after(derived, changes, working=working) <= shorter <= longer


@given(DAYS, st.integers(0, 30), st.booleans())
def test_a_budget_is_used_up_on_the_day_that_is_said(stopped: date, days: int, working: bool) -> None:
    last = runs_again_on(stopped, days, working=working)
    assert last >= stopped
    if not working:
        assert stood(stopped, last) == days


def test_a_clock_that_stood_within_a_day_lost_nothing() -> None:
    assert stood(date(2026, 3, 10), date(2026, 3, 10)) == 0
    assert stood(date(2026, 3, 10), date(2026, 3, 10), working=True) == 0
    assert stood(date(2026, 3, 13), date(2026, 3, 16), working=True) == 1  # the Friday; the weekend does not count


@given(DAYS, st.integers(0, 23), st.integers(0, 59))
def test_messages_go_out_in_the_offices_hours_on_workdays(day: date, hour: int, minute: int) -> None:
    pack = with_setting("message.until_hour", rule(17, "hour_of_day"))
    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)
    coming = next_open(pack, moment, ZONE)
    there = coming.astimezone(ZONE)
    assert coming >= moment
    assert is_open(pack, coming, ZONE)
    assert is_workday(there.date()) and 9 <= there.hour < 17
    assert count_workdays(day, there.date()) <= 2  # no later than the next workday's morning
    assert (coming == moment) is is_open(pack, moment, ZONE)


def test_spring_festival_and_its_make_up_days() -> None:
    pack = small_pack()
    night = datetime(2026, 2, 14, 22, tzinfo=ZONE)  # a make-up Saturday, after hours
    assert is_open(pack, datetime(2026, 2, 14, 10, tzinfo=ZONE), ZONE)
    assert next_open(pack, night, ZONE) == datetime(2026, 2, 24, 1, tzinfo=UTC)  # nine days of festival later
    found = [(one.number, one.at.astimezone(ZONE).date()) for one in rungs(pack, "standard", date(2026, 2, 18), ZONE)]
    assert found == [
        (1, date(2026, 2, 14)),
        (2, date(2026, 2, 14)),  # due in the festival: the last workday before it still helps
        (3, date(2026, 2, 24)),
        (4, date(2026, 2, 25)),  # never on the day of the chase itself
    ]


@given(DAYS)
def test_rungs_fall_on_workdays_and_each_after_the_due_day_on_one_of_its_own(on: date) -> None:
    days = [(one.rung.days, one.at.astimezone(ZONE).date()) for one in rungs(small_pack(), "standard", on, ZONE)]
    assert all(is_workday(day) for _, day in days)
    assert all(day <= on for offset, day in days if offset <= 0)
    after = [day for offset, day in days if offset > 0]
    assert after == sorted(set(after)) and all(day > on for day in after)
