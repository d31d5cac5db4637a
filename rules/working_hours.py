"""When messages on deadlines go out: in the office's hours, on workdays of China's calendar with its make-up workdays.

Decides whether a moment lies in those hours and when they next begin. A sweep that wakes up at night or on a holiday
climbs nothing then; what is due waits for the morning of the next workday. Serves no clause: the hours are settings.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from policies.lookup import find_or_none
from policies.schema import Pack
from rules.workdays import is_workday, next_workday

FROM_HOUR, UNTIL_HOUR = "message.hour", "message.until_hour"
_FROM, _UNTIL = 9, 18
"""Where a pack (or the pinned copy of an older one) does not say: an office day."""


def hours(pack: Pack, on: date) -> tuple[int, int]:
    """From which hour up to and excluding which one messages go out, by the pack's settings on a day."""
    first, last = (find_or_none(pack, name, on) for name in (FROM_HOUR, UNTIL_HOUR))
    begins = int(str(first.value)) if first else _FROM
    return begins, max(int(str(last.value)) if last else _UNTIL, begins + 1)


def is_open(pack: Pack, moment: datetime, zone: tzinfo) -> bool:
    """Whether messages on deadlines may go out at an aware moment."""
    there = moment.astimezone(zone)
    begins, ends = hours(pack, there.date())
    return is_workday(there.date()) and begins <= there.hour < ends


def next_open(pack: Pack, moment: datetime, zone: tzinfo) -> datetime:
    """The moment itself (aware UTC) where messages may go out, else the beginning of the next such hours."""
    if is_open(pack, moment, zone):
        return moment.astimezone(UTC)
    there = moment.astimezone(zone)
    begins, _ = hours(pack, there.date())
    day = there.date() if there.hour < begins else there.date() + timedelta(days=1)
    day = next_workday(day)
    return datetime.combine(day, time(hours(pack, day)[0]), tzinfo=zone).astimezone(UTC)
