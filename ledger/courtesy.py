"""When a message may go out: urgent or not, quiet hours, the hour of the daily digest.

Decides by the kind of a message and by what its recipient asked for. What is at stake for somebody who acts themselves
at that moment (a code they asked for, a lock) is never held back. It drops nothing: what is held comes later. The hours
are settings of the office and its people, not of a regulation.
"""

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from ledger.errors import BadInput
from rules.workdays import next_workday

AT_ONCE = frozenset({"code-locked", "run-lost", "run-crashed", "run-late", "worker-silent", "watch-silent"})
"""Goes out in quiet hours too: somebody must act before the morning, or stands at the door with a locked code."""

NOT_URGENT = frozenset(
    {
        *("tier-passed", "submission-passed", "list-confirmed", "stage-closed", "started", "programme-ended"),
        *("evaluation-result", "message-way-failed"),
    }
)
"""News that asks nobody to do anything today: it may wait for the digest."""

_HOUR = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


def waits_for_digest(kind: str, facts: Mapping[str, Any], days_on: int) -> bool:
    """Whether a message may wait for a digest that comes so many days on: news, and reminders of what is not due before."""
    if kind == "obligation-remind":
        days = facts.get("days")
        return isinstance(days, int) and days < 0 and days_on <= -days
    return kind in NOT_URGENT


def on_a_workday(moment: datetime, zone: tzinfo) -> datetime:
    """The same hour of the first workday from then on: what nags comes on no holiday, and on make-up workdays it does.

    >>> from datetime import UTC
    >>> on_a_workday(datetime(2026, 2, 15, 7, 30, tzinfo=UTC), UTC).isoformat()  # the first day of Spring Festival
    '2026-02-24T07:30:00+00:00'
    """
    here = moment.astimezone(zone)
    return datetime.combine(next_workday(here.date()), here.time(), tzinfo=zone)


def quiet_until(quiet_hours: str | None, now: datetime, zone: tzinfo) -> datetime:
    """The moment from which something may be sent: now, or the end of the quiet hours that `now` lies in.

    >>> from datetime import UTC
    >>> quiet_until("21:00-07:30", datetime(2026, 3, 2, 23, 10, tzinfo=UTC), UTC).isoformat()
    '2026-03-03T07:30:00+00:00'
    """
    if not quiet_hours:
        return now
    begins, ends = (time.fromisoformat(part) for part in quiet_hours.split("-"))
    here = now.astimezone(zone)
    inside = begins <= here.time() < ends if begins < ends else here.time() >= begins or here.time() < ends
    if not inside:
        return now
    return _next(ends, here)


def digest_moment(digest_at: str, now: datetime, zone: tzinfo, days_on: int = 0) -> datetime:
    """The next moment of a daily digest after `now`, or the one so many days after that; on workdays only.

    >>> from datetime import UTC
    >>> digest_moment("08:00", datetime(2026, 3, 2, 8, 0, tzinfo=UTC), UTC).isoformat()
    '2026-03-03T08:00:00+00:00'
    >>> digest_moment("08:00", datetime(2026, 3, 6, 9, 0, tzinfo=UTC), UTC).isoformat()  # a Friday
    '2026-03-09T08:00:00+00:00'
    """
    coming = _next(time.fromisoformat(digest_at), now.astimezone(zone))
    return on_a_workday(coming + timedelta(days=days_on), zone)


def _next(at: time, here: datetime) -> datetime:
    today = here.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return today if today > here else today + timedelta(days=1)


def quiet_hours_read(text: str) -> str | None:
    """Quiet hours as people write them (`21:00-07:30`), None for none. Raises `BadInput`."""
    if not text.strip():
        return None
    parts = [part.strip() for part in text.split("-")]
    if len(parts) != 2 or not all(_HOUR.fullmatch(part) for part in parts) or parts[0] == parts[1]:
        raise BadInput([("quiet_hours", f"{text!r} are no quiet hours; write them as 21:00-07:30")])
    return "-".join(parts)


def digest_hour_read(text: str) -> str | None:
    """The hour of a digest as people write it (`08:00`), None for none. Raises `BadInput`."""
    if not text.strip():
        return None
    if not _HOUR.fullmatch(text.strip()):
        raise BadInput([("digest", f"{text!r} is no time of day; write it as 08:00")])
    return text.strip()
