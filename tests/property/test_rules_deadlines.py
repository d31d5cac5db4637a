"""Days and rungs: later never becomes earlier, no rung is skipped, a report is never owed twice a week."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.deadlines import due_at, due_on, late_days, next_rung, recurring, rungs
from rules.workdays import add_workdays, count_workdays, is_workday, next_workday
from tests.support.packs import rule, small_pack, with_rule

pytestmark = pytest.mark.property

DAYS = st.dates(date(2021, 1, 1), date(2029, 12, 31))
ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York"])
COUNTINGS = st.fixed_dictionaries(
    {
        "unit": st.sampled_from(["calendar_day", "working_day"]),
        "direction": st.sampled_from(["after", "before"]),
        "first_day": st.sampled_from(["next_day", "same_day"]),
        "ends_on_closed_day": st.sampled_from(["keep", "next_working_day"]),
    }
)


@given(COUNTINGS, st.integers(0, 40), DAYS, st.integers(0, 30))
def test_a_later_anchor_never_makes_the_due_day_earlier(
    counting: dict[str, Any], count: int, anchor: date, later: int
) -> None:
    pack = with_rule("counted", rule(count, cites="CQ2021-6.11", counted_from="x", **counting))
    first = due_on(pack, "counted", {"x": anchor}).on
    second = due_on(pack, "counted", {"x": anchor + timedelta(days=later)}).on
    assert first <= second


@given(COUNTINGS, st.integers(0, 40), DAYS)
def test_the_due_day_lies_on_its_side_of_the_anchor(counting: dict[str, Any], count: int, anchor: date) -> None:
    pack = with_rule("counted", rule(count, cites="CQ2021-6.11", counted_from="x", **counting))
    due = due_on(pack, "counted", {"x": anchor}).on
    assert due <= anchor if counting["direction"] == "before" else due >= anchor


@given(DAYS, DAYS, ZONES)
def test_on_time_is_up_to_and_including_the_due_day(on: date, day: date, zone: str) -> None:
    assert (late_days(on, day) == 0) is (day <= on)
    assert (due_at(day, zone) <= due_at(on, zone)) is (day <= on)


@given(DAYS, st.integers(1, 40))
def test_workdays_forth_and_back_agree_with_the_count(day: date, n: int) -> None:
    reached = add_workdays(day, n)
    assert is_workday(reached)
    assert count_workdays(day + timedelta(days=1), reached) == n
    start = next_workday(day)
    assert add_workdays(add_workdays(start, n), -n) == start


RUNGS = st.lists(
    st.fixed_dictionaries(
        {
            "days": st.integers(-30, 60),
            "rung": st.sampled_from(["remind", "chase", "escalate"]),
            "to": st.just(["owner"]),
        }
    ),
    max_size=6,
)


@given(RUNGS, DAYS, ZONES)
def test_rungs_ascend_and_climbing_reaches_each_one_in_turn(ladder: list[Any], on: date, zone: str) -> None:
    pack = small_pack(ladders=[{"key": "drawn", "why": "drawn", "rungs": ladder}])
    all_rungs = rungs(pack, "drawn", on, zone)
    moments = [one.at for one in all_rungs]
    assert moments == sorted(moments)
    climbed = []
    last = 0
    while (one := next_rung(pack, "drawn", on, zone, last)) is not None:
        assert one.number == last + 1
        climbed.append(one)
        last = one.number
    assert climbed == list(all_rungs)
    assert len(climbed) == len(ladder)


@given(RUNGS, DAYS, st.integers(0, 30))
def test_a_postponed_due_day_never_brings_a_rung_forward(ladder: list[Any], on: date, later: int) -> None:
    pack = small_pack(ladders=[{"key": "drawn", "why": "drawn", "rungs": ladder}])
    before = rungs(pack, "drawn", on, "Asia/Shanghai")
    after = rungs(pack, "drawn", on + timedelta(days=later), "Asia/Shanghai")
    assert all(one.at <= other.at for one, other in zip(before, after, strict=True))


SPANS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 30)), min_size=1, max_size=5)


@given(DAYS, SPANS)
def test_a_report_is_owed_once_for_each_week_with_a_session_day_and_for_no_other(
    first: date, drawn: list[tuple[int, int]]
) -> None:
    spans = [(first + timedelta(days=begin), first + timedelta(days=begin + length)) for begin, length in drawn]
    pack = small_pack()
    kept_days = pack.obligations[0].model_copy(update={"due": "archive.due"})  # counts from elsewhere: the period's end
    found = recurring(pack, kept_days, spans)
    begin, end = min(one for one, _ in spans), max(one for _, one in spans)
    session_days = {one + timedelta(days=n) for one, last in spans for n in range((last - one).days + 1)}
    weeks = {(day - begin).days // 7 for day in session_days}
    assert [(day - begin).days // 7 for day in found] == sorted(weeks)
    assert all(begin <= day <= end for day in found)
