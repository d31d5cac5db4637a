"""How long a returned trainee may not take part, and at which levels.

Decides the term of a ban and whether it bars a programme by that programme's first day (not by the day of enrolment).
Never ends a ban early: of several bans the one that lasts longest speaks. Serves CQ2021-5.9.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from models.states import ProgrammeLevel
from models.values import Basis
from policies.lookup import find
from policies.schema import Pack


class BanUnit(ValueError):
    """The pack counts a ban in something else than years."""


@dataclass(frozen=True)
class BanTerm:
    """A ban as it follows from an act: from the day of the act up to and including its last day, at these levels."""

    starts_on: date
    ends_on: date
    levels: tuple[ProgrammeLevel, ...]
    basis: Basis
    key: str


@dataclass(frozen=True)
class BanFact:
    """A ban as recorded: levels, the last day (included) and the first day."""

    levels: tuple[ProgrammeLevel, ...]
    ends_on: date
    starts_on: date


def ban_for(pack: Pack, trigger: str, on: date) -> BanTerm | None:
    """The ban that an act of this day brings about, or None where the pack knows none for it.

    It holds at once and ends with the corresponding day of the last year, that day included: a return on 2021-05-10
    bars up to and including 2024-05-10. Where that year has no such day it ends with the month's last one (29 February
    becomes the 28th).
    """
    for ban in pack.bans:
        if ban.trigger == trigger:
            found = find(pack, ban.years, on)
            if found.value is None:
                continue  # repealed: from that day on an act of this kind brings no ban
            if found.unit != "year":
                raise BanUnit(f"pack {pack.pack}, {ban.years}: a ban is counted in years, not in {found.unit!r}")
            ends_on = corresponding_day(on, int(str(found.value)))
            return BanTerm(starts_on=on, ends_on=ends_on, levels=ban.levels, basis=ban.basis, key=ban.key)
    return None


def corresponding_day(on: date, years: int) -> date:
    """The same day so many years later, or the month's last day where there is none.

    >>> corresponding_day(date(2024, 2, 29), 3), corresponding_day(date(2026, 3, 25), 3)
    (datetime.date(2027, 2, 28), datetime.date(2029, 3, 25))
    """
    try:
        return on.replace(year=on.year + years)
    except ValueError:  # 29 February in a year without one
        return date(on.year + years, 3, 1) - timedelta(days=1)


def banned(bans: Iterable[BanFact], level: ProgrammeLevel, starts_on: date) -> BanFact | None:
    """The ban that bars a programme of this level that starts on this day, the longest one; None where none does."""
    barring = [ban for ban in bans if level in ban.levels and ban.starts_on <= starts_on <= ban.ends_on]
    return max(barring, key=lambda ban: ban.ends_on) if barring else None
