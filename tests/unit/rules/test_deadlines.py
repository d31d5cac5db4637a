"""Due days, last moments, rungs and the weekly report."""

from datetime import UTC, date, datetime

import pytest

from models.states import Rung
from models.values import Basis
from policies.lookup import NoValue
from rules.deadlines import Due, NoDueDay, due_at, due_on, late_days, next_rung, recurring, rungs
from tests.support.packs import FROM, LADDERS, OBLIGATIONS, rule, small_pack, with_rule, with_setting

ZONE = "Asia/Shanghai"


def test_plan_target_is_a_week_before_the_start_even_on_a_holiday() -> None:
    due = due_on(small_pack(), "plan.target", {"programme.starts_on": date(2026, 4, 13)})
    assert due == Due(on=date(2026, 4, 6), basis=Basis(clause="CQ2021-6.10"), rule_id="plan.target")


def test_archive_is_due_on_the_seventh_day_after_the_end() -> None:
    due = due_on(small_pack(), "archive.due", {"programme.ended_on": date(2026, 11, 10)})
    assert due == Due(on=date(2026, 11, 17), basis=Basis(clause="CQ2021-6.11"), rule_id="archive.due")


def test_last_day_on_a_holiday_moves_to_the_next_workday() -> None:
    anchors = {"programme.ended_on": date(2026, 9, 25)}  # day 7 is 2 October, the National Day holiday
    assert due_on(small_pack(), "archive.due", anchors).on == date(2026, 10, 8)


def test_last_day_on_a_make_up_saturday_stays() -> None:
    anchors = {"programme.ended_on": date(2026, 2, 21)}
    assert due_on(small_pack(), "archive.due", anchors).on == date(2026, 2, 28)


def test_working_days_leave_spring_festival_out() -> None:
    due = due_on(small_pack(), "decision.time", {"step.opened_on": date(2026, 2, 11)})
    assert due == Due(on=date(2026, 2, 25), basis=Basis(setting="decision.time"), rule_id="decision.time")


@pytest.mark.parametrize(
    ("unit", "count", "direction", "first_day", "expected"),
    [
        ("calendar_day", 7, "after", "next_day", date(2026, 3, 11)),
        ("calendar_day", 7, "after", "same_day", date(2026, 3, 10)),
        ("calendar_day", 0, "after", "same_day", date(2026, 3, 4)),
        ("calendar_day", 7, "before", "next_day", date(2026, 2, 25)),
        ("calendar_day", 7, "before", "same_day", date(2026, 2, 26)),
        ("working_day", 5, "after", "next_day", date(2026, 3, 11)),
        ("working_day", 5, "after", "same_day", date(2026, 3, 10)),
        ("working_day", 0, "after", "same_day", date(2026, 3, 4)),
        ("working_day", 5, "before", "next_day", date(2026, 2, 26)),
        ("working_day", 5, "before", "same_day", date(2026, 2, 27)),
    ],
)
def test_every_way_of_counting_from_4_march_2026(
    unit: str, count: int, direction: str, first_day: str, expected: date
) -> None:
    counted = rule(count, unit, "CQ2021-6.11", counted_from="x", direction=direction, first_day=first_day)
    assert due_on(with_rule("counted", counted), "counted", {"x": date(2026, 3, 4)}).on == expected


def test_counting_back_never_leads_past_the_anchor() -> None:
    counted = rule(
        1, "calendar_day", "CQ2021-6.10", counted_from="x", direction="before", ends_on_closed_day="next_working_day"
    )
    pack = with_rule("counted", counted)
    assert due_on(pack, "counted", {"x": date(2026, 2, 20)}).on == date(2026, 2, 20)


def test_a_day_that_the_text_names_counts_from_nothing_and_the_programmes_first_day_picks_the_value() -> None:
    named = rule("2023-11-20", "fixed_day", "HN2023-2.2.5")
    named["values"].append({"from": "2024-10-01", "value": "2024-11-20", "cites": "HN2023-2.2.6"})
    pack = with_rule("named", named)
    assert due_on(pack, "named", {}) == Due(on=date(2023, 11, 20), basis=Basis(clause="HN2023-2.2.5"), rule_id="named")
    for starts_on, expected in ((date(2024, 9, 30), date(2023, 11, 20)), (date(2024, 10, 1), date(2024, 11, 20))):
        anchors = {"programme.starts_on": starts_on, "programme.ends_on": date(2025, 1, 1)}
        assert due_on(pack, "named", anchors).on == expected


def test_a_named_day_that_was_repealed_is_due_no_more() -> None:
    named = rule("2023-11-20", "fixed_day", "HN2023-2.2.5")
    named["values"].append({"from": "2024-10-01", "value": None, "cites": "HN2023-2.2.6"})
    with pytest.raises(NoDueDay, match=r"repealed by HN2023-2\.2\.6"):
        due_on(with_rule("named", named), "named", {"programme.starts_on": date(2024, 10, 1)})


def test_the_anchors_day_picks_the_value_and_the_clause() -> None:
    dated = rule(7, "calendar_day", "CQ2021-6.11", counted_from="x")
    dated["values"].append({"from": "2026-01-01", "value": 10, "cites": "CQ2021-6.10"})
    pack = with_rule("dated", dated)
    assert due_on(pack, "dated", {"x": date(2025, 12, 31)}).on == date(2026, 1, 7)
    assert due_on(pack, "dated", {"x": date(2026, 1, 1)}) == Due(
        on=date(2026, 1, 11), basis=Basis(clause="CQ2021-6.10"), rule_id="dated"
    )


def test_a_fact_picks_its_exception() -> None:
    excepted = rule(7, "calendar_day", "CQ2021-6.11", counted_from="x")
    excepted["exceptions"] = [
        {
            "name": "remote",
            "when": {"fact": "remote", "equals": True},
            "values": [{"from": FROM, "value": 14, "cites": "CQ2021-6.11"}],
        }
    ]
    pack = with_rule("excepted", excepted)
    assert due_on(pack, "excepted", {"x": date(2026, 3, 1)}, {"remote": True}).on == date(2026, 3, 15)
    assert due_on(pack, "excepted", {"x": date(2026, 3, 1)}, {"remote": False}).on == date(2026, 3, 8)


@pytest.mark.parametrize(
    ("rule_id", "changed", "says"),
    [
        ("absent", rule(1, "calendar_day", "CQ2021-6.11", counted_from="x"), "no such rule"),
        ("counted", rule(1, "calendar_day", "CQ2021-6.11"), "does not say from which day"),
        ("counted", rule(1, "calendar_day", "CQ2021-6.11", counted_from="y"), "counts from y, and that day is not"),
        ("counted", rule(None, "calendar_day", "CQ2021-6.11", counted_from="x"), "repealed by CQ2021-6.11"),
        ("counted", rule(1, "month", "CQ2021-6.11", counted_from="x"), "'month' counts no days"),
        ("counted", rule(-1, "calendar_day", "CQ2021-6.11", counted_from="x"), "never negative"),
    ],
)
def test_no_due_day_says_what_is_missing(rule_id: str, changed: dict[str, object], says: str) -> None:
    with pytest.raises(NoDueDay, match=says):
        due_on(with_rule("counted", changed), rule_id, {"x": date(2026, 3, 4)})


@pytest.mark.parametrize(
    ("from_", "years", "expected"),
    [
        (date(2025, 9, 1), 1, date(2026, 9, 1)),
        (date(2024, 2, 29), 3, date(2027, 2, 28)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
    ],
)
def test_years_end_on_the_corresponding_day_of_the_last_year(from_: date, years: int, expected: date) -> None:
    pack = with_rule("counted", rule(years, "year", "CQ2021-6.11", counted_from="x"))
    assert due_on(pack, "counted", {"x": from_}).on == expected


def test_a_day_before_the_first_value_is_an_error() -> None:
    with pytest.raises(NoValue):
        due_on(small_pack(), "archive.due", {"programme.ended_on": date(2019, 12, 31)})


def test_an_act_in_the_last_moment_of_the_day_is_on_time() -> None:
    last = due_at(date(2026, 11, 17), ZONE)
    assert last == datetime(2026, 11, 17, 15, 59, 59, 999999, tzinfo=UTC)
    assert datetime(2026, 11, 17, 16, 0, tzinfo=UTC) > last


def test_late_days_count_from_the_day_after() -> None:
    assert late_days(date(2026, 12, 11), date(2026, 12, 14)) == 3
    assert late_days(date(2026, 12, 11), date(2026, 12, 11)) == 0
    assert late_days(date(2026, 12, 11), date(2026, 12, 1)) == 0


def test_rungs_come_in_order_at_the_message_hour() -> None:
    climbed = [(one.number, one.rung.rung, one.at) for one in rungs(small_pack(), "standard", date(2026, 11, 17), ZONE)]
    assert climbed == [
        (1, Rung.REMIND, datetime(2026, 11, 13, 1, tzinfo=UTC)),  # the 14th is a Saturday
        (2, Rung.REMIND, datetime(2026, 11, 17, 1, tzinfo=UTC)),
        (3, Rung.CHASE, datetime(2026, 11, 18, 1, tzinfo=UTC)),
        (4, Rung.ESCALATE, datetime(2026, 11, 20, 1, tzinfo=UTC)),
    ]


def test_a_ladder_that_is_written_down_in_disorder_is_climbed_in_order() -> None:
    pack = small_pack(ladders=[LADDERS[0] | {"rungs": LADDERS[0]["rungs"][::-1]}])
    found = [(one.number, one.rung.days) for one in rungs(pack, "standard", date(2026, 11, 17), ZONE)]
    assert found == [(1, -3), (2, 0), (3, 1), (4, 3)]


def test_next_rung_is_the_one_after_the_last_and_none_at_the_top() -> None:
    pack, on = small_pack(), date(2026, 11, 17)
    numbers = [one.number if (one := next_rung(pack, "standard", on, ZONE, last)) else None for last in range(5)]
    assert numbers == [1, 2, 3, 4, None]


def test_weekly_report_is_owed_only_for_weeks_with_a_session_day() -> None:
    pack = small_pack()
    spans = [(date(2026, 3, 23), date(2026, 3, 25)), (date(2026, 4, 13), date(2026, 4, 23))]
    assert recurring(pack, pack.obligations[0], spans) == (
        date(2026, 3, 30),  # the Monday after the first week
        date(2026, 4, 20),
        date(2026, 4, 24),  # the last period ends with the last session day
    )


def test_report_of_one_session_day_is_owed_once() -> None:
    pack = small_pack()
    assert recurring(pack, pack.obligations[0], [(date(2026, 11, 10), date(2026, 11, 10))]) == (date(2026, 11, 11),)
    assert recurring(pack, pack.obligations[0], []) == ()


def test_a_due_rule_that_counts_from_elsewhere_leaves_the_periods_end() -> None:
    pack = small_pack(obligations=[OBLIGATIONS[0] | {"due": "archive.due"}])
    spans = [(date(2026, 11, 9), date(2026, 11, 10))]
    assert recurring(pack, pack.obligations[0], spans) == (date(2026, 11, 10),)


def test_recurring_refuses_an_obligation_without_a_period() -> None:
    once = small_pack(obligations=[OBLIGATIONS[0] | {"every": None}])
    with pytest.raises(NoDueDay, match="does not recur"):
        recurring(once, once.obligations[0], [(date(2026, 3, 23), date(2026, 3, 25))])
    never = with_setting("report.every", rule(0, "calendar_day"))
    with pytest.raises(NoDueDay, match="period of 0 days"):
        recurring(never, never.obligations[0], [(date(2026, 3, 23), date(2026, 3, 25))])
