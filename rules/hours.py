"""Credit hours: several minima over one ledger of hours.

Decides in which period a day lies and how many of a teacher's hours count towards each minimum. One hour is held once
and may serve several minima (a calendar year's, a school year's, a five-year cycle's); no minimum takes it from
another. Never grants hours. Serves CQ2021-1.3, 8.3, SL2017-1.7, 3.2, LZ2024-4.2.3, 5.3.2.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from models.values import Verdict
from policies.lookup import find
from policies.schema import HoursDuty, Pack
from rules.checks import shown
from rules.duties import Period, add_months


@dataclass(frozen=True)
class Hours:
    """Hours of one teacher on one day: for which activity, at which level, in which accounts. `source` holds them once."""

    source: str
    on: date
    hours: Decimal
    activity: str = ""
    level: str = ""
    accounts: tuple[str, ...] = ()


def hours_period(pack: Pack, duty: HoursDuty, on: date) -> Period:
    """The period of a minimum in which a day lies."""
    months = int(str(find(pack, duty.years, on).value)) * 12
    text = str(find(pack, duty.begins, on).value) if duty.begins else "01-01"
    begins = date(on.year - 1, int(text[:2]), int(text[3:])) if len(text) == 5 else date.fromisoformat(text)
    if len(text) == 5 and months > 12:
        begins = date(2000, begins.month, begins.day)
    number = ((on.year - begins.year) * 12 + on.month - begins.month) // months
    while add_months(begins, number * months) > on:
        number -= 1
    starts = add_months(begins, number * months)
    return Period(starts, add_months(begins, (number + 1) * months) - timedelta(days=1))


def counting(duty: HoursDuty, entries: Iterable[Hours], period: Period) -> Decimal:
    """The hours that count towards a minimum in a period, each source once."""
    held: dict[str, Decimal] = {}
    for entry in entries:
        if not period.starts_on <= entry.on <= period.ends_on:
            continue
        if duty.activities and entry.activity not in duty.activities:
            continue
        if duty.levels and entry.level not in duty.levels:
            continue
        if duty.account is not None and duty.account not in entry.accounts:
            continue
        held[entry.source] = entry.hours
    return sum(held.values(), Decimal(0))


def hours_since(pack: Pack, duty: HoursDuty, since: date, on: date) -> Period:
    """The period of a minimum that an entry of a day opened: up to the corresponding day of its last year, or today."""
    months = int(str(find(pack, duty.years, since).value)) * 12
    return Period(since, max(on, add_months(since, months)))


def hours_met(pack: Pack, duty: HoursDuty, entries: Iterable[Hours], on: date, since: date | None = None) -> Verdict:
    """Whether a teacher has collected the minimum of the period in which the day lies, with the balance.

    `since` is the day of the entry that opened it, where one did: then hours from that day on count, late ones too.
    """
    period = hours_period(pack, duty, on) if since is None else hours_since(pack, duty, since, on)
    found = find(pack, duty.minimum, on)
    minimum = Decimal(str(found.value or 0))
    collected = counting(duty, entries, period)
    lacking = max(Decimal(0), minimum - collected)
    met = lacking == 0
    span = f"{period.starts_on}—{period.ends_on}"
    return Verdict(
        key=duty.key,
        allowed=met,
        zh=f"{duty.name.zh}({span}):已有 {shown(collected)} 学时,应有 {shown(minimum)}"
        + ("。" if met else f",尚缺 {shown(lacking)}。"),
        en=f"{duty.name.en} ({span}): {shown(collected)} of {shown(minimum)} credit hours"
        + ("." if met else f", {shown(lacking)} lacking."),
        basis=tuple(dict.fromkeys((duty.basis, found.basis))),
        facts={
            "collected": shown(collected),
            "minimum": shown(minimum),
            "lacking": shown(lacking),
            "period_from": period.starts_on.isoformat(),
            "period_to": period.ends_on.isoformat(),
            "collected_by": duty.collected_by,
        },
    )
