"""Workdays in China: Spring Festival 2026, its make-up days, and years that nobody has published."""

from datetime import date

import pytest

from rules.workdays import add_workdays, count_workdays, is_workday, next_workday, official


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 2, 14), True),  # Saturday, made up for Spring Festival
        (date(2026, 2, 15), False),
        (date(2026, 2, 23), False),
        (date(2026, 2, 24), True),
        (date(2026, 2, 28), True),  # Saturday, made up
        (date(2026, 4, 6), False),  # Qingming, a Monday
        (date(2026, 5, 9), True),  # Saturday, made up
        (date(2026, 3, 7), False),  # a plain Saturday
        (date(2026, 10, 7), False),
        (date(2026, 10, 10), True),  # Saturday, made up
    ],
)
def test_official_calendar_decides(day: date, works: bool) -> None:
    assert is_workday(day) is works


def test_unpublished_year_counts_weekdays_and_says_so() -> None:
    assert (official(2026), official(2099)) == (True, False)
    assert is_workday(date(2099, 10, 1)) is True  # a Thursday: no holiday is guessed
    assert is_workday(date(2099, 10, 3)) is False


def test_next_workday_leaps_over_spring_festival() -> None:
    assert next_workday(date(2026, 2, 14)) == date(2026, 2, 14)
    assert next_workday(date(2026, 2, 15)) == date(2026, 2, 24)


def test_add_workdays_does_not_count_the_first_day() -> None:
    assert add_workdays(date(2026, 2, 13), 0) == date(2026, 2, 13)
    assert add_workdays(date(2026, 2, 13), 1) == date(2026, 2, 14)
    assert add_workdays(date(2026, 2, 13), 2) == date(2026, 2, 24)
    assert add_workdays(date(2026, 2, 24), -2) == date(2026, 2, 13)
    assert add_workdays(date(2026, 2, 16), 1) == date(2026, 2, 24)  # from within the holiday


def test_count_workdays_takes_both_ends() -> None:
    assert count_workdays(date(2026, 3, 4), date(2026, 3, 10)) == 5
    assert count_workdays(date(2026, 2, 14), date(2026, 2, 24)) == 2
    assert count_workdays(date(2026, 3, 10), date(2026, 3, 4)) == 0
