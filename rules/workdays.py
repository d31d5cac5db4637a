"""Which days China works: the official calendar with its holidays and make-up workdays.

Decides whether a day is a workday and counts workdays. Never guesses holidays: a year whose calendar the State Council
has not published yet counts plain Monday to Friday, and `official` says so. Serves every deadline in working days.
"""

from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar
from chinese_calendar.constants import holidays

ONE_DAY = timedelta(days=1)
SATURDAY = 5


def official(year: int) -> bool:
    """Whether the official calendar of this year is known: its first day and its National Day are published holidays.

    >>> official(2026), official(2090)
    (True, False)
    """
    return date(year, 1, 1) in holidays and date(year, 10, 1) in holidays


@lru_cache(maxsize=8192)
def is_workday(day: date) -> bool:
    """Whether people work on this day: by the official calendar, else Monday to Friday.

    >>> is_workday(date(2026, 2, 14)), is_workday(date(2026, 2, 16))  # a make-up Saturday; Spring Festival
    (True, False)
    """
    if official(day.year):
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < SATURDAY


def next_workday(day: date) -> date:
    """The day itself if it is a workday, else the first one after it."""
    while not is_workday(day):
        day += ONE_DAY
    return day


def last_workday(day: date) -> date:
    """The day itself if it is a workday, else the last one before it.

    >>> last_workday(date(2026, 2, 18))  # Spring Festival: the make-up Saturday before it
    datetime.date(2026, 2, 14)
    """
    while not is_workday(day):
        day -= ONE_DAY
    return day


def add_workdays(day: date, n: int) -> date:
    """The n-th workday after the day, the day itself not counted; before it where n is negative; the day itself for 0.

    >>> add_workdays(date(2026, 2, 13), 2)  # the make-up Saturday counts, then nine days of Spring Festival do not
    datetime.date(2026, 2, 24)
    """
    step = ONE_DAY if n > 0 else -ONE_DAY
    for _ in range(abs(n)):
        day += step
        while not is_workday(day):
            day += step
    return day


def count_workdays(first: date, last: date) -> int:
    """How many workdays lie from the first day to the last one, both counted; 0 where the last is before the first."""
    days = (last - first).days + 1
    return sum(is_workday(first + timedelta(days=offset)) for offset in range(max(0, days)))
