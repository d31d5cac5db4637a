"""When something is due, which rung of the ladder comes when, and how late an act was.

Decides days and moments from the pack's rules and settings: calendar days where the clause counts them, working days
where it says so. Never reads a clock; "late" is always a comparison with `<=`, so that a sweep that slept misses
nothing. Serves CQ2021-6.10 (the plan's dates), 6.11 (the archive) and every office setting that counts days.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from models.values import Basis
from policies.lookup import Found, find, ladder_of
from policies.schema import LadderRung, ObligationKind, Pack
from policies.valuing import FIXED_DAY
from rules.bans import corresponding_day
from rules.workdays import add_workdays, last_workday, next_workday

NO_FACTS: Mapping[str, Any] = {}
MESSAGE_HOUR = "message.hour"
PERIOD_END = "period.ends_on"
STARTS = "programme.starts_on"


class NoDueDay(ValueError):
    """The pack gives no due day for these anchors; the sentence says what is missing."""


@dataclass(frozen=True)
class Due:
    """The last day on which something is on time, and the clause or setting that gives it."""

    on: date
    basis: Basis
    rule_id: str


@dataclass(frozen=True)
class RungDue:
    """A rung of a ladder with its place (from 1) and the moment (aware UTC) from which it is due."""

    number: int
    rung: LadderRung
    at: datetime


def due_on(pack: Pack, rule_id: str, anchors: Mapping[str, date], facts: Mapping[str, Any] = NO_FACTS) -> Due:
    """The due day of a rule, counted from the anchor that the rule names; the anchor's day picks the value.

    A rule in fixed days names the day itself and counts from nothing.

    Raises NoDueDay where the anchor is not known yet, the rule counts from nothing, was repealed, or has no day unit.
    """
    rule = pack.rules.get(rule_id) or pack.settings.get(rule_id)
    if rule is not None and rule.unit == FIXED_DAY:
        return _fixed(pack, rule_id, anchors, facts)
    if rule is None or rule.counted_from is None:
        raise NoDueDay(f"pack {pack.pack}, {rule_id}: no such rule, or it does not say from which day it counts")
    anchor = anchors.get(rule.counted_from)
    if anchor is None:
        raise NoDueDay(f"pack {pack.pack}, {rule_id}: counts from {rule.counted_from}, and that day is not known yet")
    found = find(pack, rule_id, anchor, facts)
    return Due(on=_counted(found, anchor), basis=found.basis, rule_id=rule_id)


def _fixed(pack: Pack, rule_id: str, anchors: Mapping[str, date], facts: Mapping[str, Any]) -> Due:
    """A day of the calendar that the text names itself; of several the one in force when the matter begins."""
    begins = anchors.get(STARTS) or min(anchors.values(), default=pack.holds_from)
    found = find(pack, rule_id, max(begins, pack.holds_from), facts)
    if found.value is None:
        raise NoDueDay(f"{rule_id}: repealed by {found.basis.label}; nothing is due")
    return Due(on=date.fromisoformat(str(found.value)), basis=found.basis, rule_id=rule_id)


def _counted(found: Found, anchor: date) -> date:
    """The day that lies the found number of days after (or before) the anchor.

    With `first_day: same_day` the anchor's own day is day 1. Counting back never leads past the anchor itself.
    """
    rule = found.rule
    if found.value is None:
        raise NoDueDay(f"{found.rule_id}: repealed by {found.basis.label}; nothing is due")
    count = int(str(found.value))
    if count < 0:
        raise NoDueDay(f"{found.rule_id}: {count} days; a count of days is never negative, use `direction: before`")
    sign = 1 if rule.direction == "after" else -1
    if found.unit == "calendar_day":
        shorter = 1 if rule.first_day == "same_day" and count else 0
        day = anchor + timedelta(days=sign * (count - shorter))
    elif found.unit == "working_day":
        start = anchor - timedelta(days=sign) if rule.first_day == "same_day" and count else anchor
        day = add_workdays(start, sign * count)
    elif found.unit == "year":
        day = corresponding_day(anchor, sign * count)
    else:
        raise NoDueDay(f"{found.rule_id}: the unit {found.unit!r} counts no days; use calendar_day or working_day")
    if rule.ends_on_closed_day == "next_working_day":
        day = next_workday(day)
    return min(day, anchor) if rule.direction == "before" else day


def due_at(on: date, zone: str | tzinfo) -> datetime:
    """The last moment of the day in the zone, as aware UTC: an act at or before it is on time.

    >>> due_at(date(2026, 11, 17), "Asia/Shanghai").isoformat()
    '2026-11-17T15:59:59.999999+00:00'
    """
    return datetime.combine(on, time.max, tzinfo=_zone(zone)).astimezone(UTC)


def late_days(on: date, day: date) -> int:
    """How many calendar days after the due day the act came; 0 when it was on time.

    >>> late_days(date(2026, 12, 11), date(2026, 12, 14)), late_days(date(2026, 12, 11), date(2026, 12, 11))
    (3, 0)
    """
    return max(0, (day - on).days)


def rungs(pack: Pack, ladder_key: str, on: date, zone: str | tzinfo) -> tuple[RungDue, ...]:
    """The rungs of a ladder for a due day, ascending, each on a workday at the office's message hour (`message.hour`).

    A rung up to the due day that would fall on a closed day comes on the last workday before it, so that it still
    helps; one after the due day on the next workday, and never on the same day as the one before it: whoever is chased
    has a workday to act before the matter goes up.
    """
    hour = int(str(find(pack, MESSAGE_HOUR, on).value))
    found: list[RungDue] = []
    after = on
    for number, rung in enumerate(sorted(ladder_of(pack, ladder_key).rungs, key=lambda one: one.days), start=1):
        day = on + timedelta(days=rung.days)
        if rung.days <= 0:
            day = last_workday(day)
        else:
            day = after = next_workday(max(day, after + timedelta(days=1)))
        moment = datetime.combine(day, time(hour), tzinfo=_zone(zone)).astimezone(UTC)
        found.append(RungDue(number=number, rung=rung, at=moment))
    return tuple(found)


def next_rung(pack: Pack, ladder_key: str, on: date, zone: str | tzinfo, last: int) -> RungDue | None:
    """The rung after the last one climbed (0 for none yet), or None at the top; no rung is ever skipped."""
    for rung in rungs(pack, ladder_key, on, zone):
        if rung.number == last + 1:
            return rung
    return None


def recurring(pack: Pack, obligation: ObligationKind, days: Sequence[tuple[date, date]]) -> tuple[date, ...]:
    """The due days of a recurring obligation while sessions take place; `days` are the spans of session days.

    Periods of the length that `every` gives run from the first session day. A period without a session day owes
    nothing (CQ2021-10.1 forbids needless reports), any other owes once: at its end, or on the last session day of all
    where that comes first. Where the rule under `due` counts from `period.ends_on`, it moves that day.
    """
    if obligation.every is None:
        raise NoDueDay(f"pack {pack.pack}, obligation {obligation.key}: it does not recur (no `every`)")
    if not days:
        return ()
    first, last = min(begin for begin, _ in days), max(end for _, end in days)
    found = find(pack, obligation.every, first)
    length = int(str(found.value))
    if length < 1:
        raise NoDueDay(f"pack {pack.pack}, {obligation.every}: a period of {length} days; it must be at least 1")
    due_days: list[date] = []
    begin = first
    while begin <= last:
        end = begin + timedelta(days=length - 1)
        if any(span_begin <= end and begin <= span_end for span_begin, span_end in days):
            due_days.append(_period_due(pack, obligation, min(end, last)))
        begin += timedelta(days=length)
    return tuple(due_days)


def _period_due(pack: Pack, obligation: ObligationKind, ends_on: date) -> date:
    rule = pack.rules.get(obligation.due) or pack.settings.get(obligation.due)
    if rule is None or rule.counted_from != PERIOD_END:
        return ends_on
    return due_on(pack, obligation.due, {PERIOD_END: ends_on}).on


def _zone(zone: str | tzinfo) -> tzinfo:
    return ZoneInfo(zone) if isinstance(zone, str) else zone
