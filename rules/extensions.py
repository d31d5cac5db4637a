"""The day something is due once people have moved it: extensions and stopped clocks, in the order in which they came.

Decides the day from the one that the rule derives and from what was recorded since; never edits a date. A longer
extension, or a longer standstill, never makes a deadline earlier. Serves every obligation of a pack.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from rules.workdays import add_workdays, count_workdays


@dataclass(frozen=True)
class Extended:
    """The matter may wait until this day (included)."""

    until_on: date


@dataclass(frozen=True)
class Stood:
    """The clock stood for so many days, counted as the rule counts: calendar days or working days."""

    days: int


def due_after(derived_on: date, changes: Iterable[Extended | Stood], *, working: bool = False) -> date:
    """The due day after these changes: an extension only ever moves it back, a standstill adds its days.

    >>> due_after(date(2026, 3, 20), [Extended(date(2026, 3, 27)), Stood(3), Extended(date(2026, 3, 1))])
    datetime.date(2026, 3, 30)
    """
    due = derived_on
    for change in changes:
        due = max(due, change.until_on) if isinstance(change, Extended) else _later(due, change.days, working)
    return due


def stood(first: date, last: date, *, working: bool = False) -> int:
    """How many days a clock stood that was stopped on one day and ran again on another; 0 within a day."""
    if working:
        return count_workdays(first, last - timedelta(days=1))
    return max(0, (last - first).days)


def runs_again_on(stopped_on: date, days_left: int, *, working: bool = False) -> date:
    """The day on which a stopped clock runs again by itself: when as many days as are left of its budget are used."""
    return _later(stopped_on, days_left, working)


def _later(day: date, days: int, working: bool) -> date:
    return add_workdays(day, days) if working else day + timedelta(days=days)
