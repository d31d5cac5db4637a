"""What recurs outside a programme: which period a day lies in, and when what is owed in it falls due.

Decides periods of so many months from the day that the pack says, and due days by the same reckoning as every other
deadline. Never opens or meets a duty. Serves the standing and annual duties: meetings, plans, reports, credit hours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from models.values import Basis
from policies.lookup import find
from policies.mechanisms import Duty
from policies.schema import Pack
from rules.deadlines import Due, NoDueDay, due_on

ENTRY, ENDED = "entry.recorded_on", "programme.ended_on"
PERIOD_STARTS, PERIOD_ENDS = "period.starts_on", "period.ends_on"


@dataclass(frozen=True)
class Period:
    """A period, both days included; its label is its first day."""

    starts_on: date
    ends_on: date

    @property
    def label(self) -> str:
        """What the period is called in the ledger."""
        return self.starts_on.isoformat()


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the month's last day where there is none.

    >>> add_months(date(2026, 8, 31), 6), add_months(date(2024, 2, 29), 12)
    (datetime.date(2027, 2, 28), datetime.date(2025, 2, 28))
    """
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")  # pragma: no cover


def period_of(pack: Pack, duty: Duty, on: date) -> Period:
    """The period of a recurring duty in which a day lies. Raises NoDueDay where the duty does not recur."""
    months = _months(pack, duty, on)
    begins = _begins(pack, duty, on)
    apart = (on.year - begins.year) * 12 + on.month - begins.month
    number = apart // months
    while add_months(begins, number * months) > on:
        number -= 1
    while add_months(begins, (number + 1) * months) <= on:
        number += 1
    starts = add_months(begins, number * months)
    return Period(starts, add_months(begins, (number + 1) * months) - timedelta(days=1))


def _months(pack: Pack, duty: Duty, on: date) -> int:
    if duty.every is None:
        raise NoDueDay(f"pack {pack.pack}, duty {duty.key}: it does not recur (no `every`)")
    found = find(pack, duty.every, on)
    if found.value is None:
        raise NoDueDay(f"{duty.every}: repealed by {found.basis.label}; nothing is due")
    return int(str(found.value)) * (12 if found.unit == "year" else 1)


def _begins(pack: Pack, duty: Duty, on: date) -> date:
    """The day from which periods run: a whole day, or a month and day of some year before."""
    text = str(find(pack, duty.begins, on).value) if duty.begins else "01-01"
    if len(text) == 5:
        return date(1970, int(text[:2]), int(text[3:]))
    return date.fromisoformat(text)


def due_in(pack: Pack, duty: Duty, period: Period) -> Due:
    """The due day of a recurring duty in a period."""
    return due_on(pack, duty.due, {PERIOD_STARTS: period.starts_on, PERIOD_ENDS: period.ends_on})


def due_after(pack: Pack, duty: Duty, recorded_on: date) -> Due:
    """The due day of a duty that an entry of this day, or the end of a programme on it, opened."""
    return due_on(pack, duty.due, {ENTRY: recorded_on, ENDED: recorded_on})


def periods_between(pack: Pack, duty: Duty, first: date, last: date) -> Iterator[Period]:
    """The periods of a recurring duty that touch the days from the first to the last, in order."""
    on = first
    while on <= last:
        period = period_of(pack, duty, on)
        yield period
        on = period.ends_on + timedelta(days=1)


def times_asked(pack: Pack, duty: Duty, on: date) -> tuple[int, tuple[Basis, ...]]:
    """How many entries meet the duty in one period: one, or what its rule says (on the first day that the pack holds)."""
    found = find(pack, duty.times, max(on, pack.holds_from)) if duty.times else None
    if found is None or found.value is None:
        return 1, ()
    return int(str(found.value)), (found.basis,)
