"""Calendar feeds as files and as addresses: iCalendar (RFC 5545) made from what the ledger says is due.

A feed's secret is made from the server's key and the feed's id, so that its address can be shown again and stands nowhere.
One all-day entry a matter, without an alarm of its own: reminding is the ladder's work. Decides nothing about who sees
what (`ledger.feeds`). Serves no clause of a regulation.
"""

import base64
import hashlib
import hmac
import uuid
from datetime import timedelta

import icalendar

from ledger.feeds import Calendar
from ledger.queries.standing import Awaited
from office.runtime.settings import Settings, server_key
from office.state_file import running_office

PATH = "/songjiao/calendar/"
_PURPOSE = b"songjiao calendar feed 1:"


def token_of(office: Settings, feed_id: uuid.UUID) -> str:
    """The secret in a feed's address; 160 bits."""
    digest = hmac.new(server_key(office), _PURPOSE + feed_id.bytes, hashlib.sha256).digest()
    return base64.b32encode(digest[:20]).decode().lower()


def address(office: Settings, feed_id: uuid.UUID) -> str:
    """The address of a feed, as people type it into their calendar."""
    return f"{base_of(office)}{PATH}{token_of(office, feed_id)}.ics"


def base_of(office: Settings) -> str:
    """Where this office is reached: as its settings say, or on this machine."""
    if office.public_url:
        return office.public_url.rstrip("/")
    running = running_office(office)
    return running.ui_url if running else f"http://127.0.0.1:{office.prefect_port}"


def as_icalendar(calendar: Calendar, base: str) -> bytes:
    """The calendar as a file that any calendar program reads; the same matters give the same bytes."""
    english = calendar.locale == "en"
    made = icalendar.Calendar()
    name = f"Songjiao: due by {calendar.name}" if english else f"送教到期事项：{calendar.name}"
    made.add("prodid", "-//Songjiao//deadlines//ZH")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", name)
    made.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for row in calendar.due:
        if row.until is not None:
            made.add_component(_entry(row, base, english=english))
    return bytes(made.to_ical())


def _entry(row: Awaited, base: str, *, english: bool) -> icalendar.Event:
    assert row.until is not None
    entry = icalendar.Event()
    what = row.what_en if english else row.what
    late = ""
    if row.overdue_days:
        late = f"[{row.overdue_days} days late] " if english else f"【逾期{row.overdue_days}天】"
    entry.add("uid", f"{row.id}@songjiao")
    entry.add("dtstamp", row.since)
    entry.add("dtstart", row.until)
    entry.add("dtend", row.until + timedelta(days=1))
    of = f"{row.title} · " if row.title else ""
    entry.add("summary", f"{late}{of}{what}" + (f" ({row.organisation})" if english else f"（{row.organisation}）"))
    entry.add("description", _description(row, english=english))
    page = f"programme-{row.programme.lower()}" if row.programme else "awaited"
    entry.add("url", f"{base}/v2/artifacts/key/{page}")
    entry.add("categories", [row.programme or _standing(english=english)])
    entry.add("transp", "TRANSPARENT")
    return entry


def _standing(*, english: bool) -> str:
    return "standing duty" if english else "常设事项"


def _description(row: Awaited, *, english: bool) -> str:
    if english:
        by = row.clause or f"a setting of this office{': ' + row.setting_says_en if row.setting_says_en else ''}"
        lines = [
            f"Programme: {row.programme} {row.title}" if row.programme else "Standing duty, outside programmes",
            f"Owed by: {row.organisation} ({row.role_en})",
            f"Basis: {by}",
        ]
        clock = [f"Clock: {row.clock_en}"] if row.clock_en else []
        return "\n".join([*lines, *clock, f"If not: {row.if_not_en}"])
    by = row.clause or f"本办公室设置{'：' + row.setting_says if row.setting_says else ''}"
    of = f"项目：{row.programme} {row.title}" if row.programme else "常设事项（不属于某个项目）"
    lines = [of, f"责任单位：{row.organisation}（{row.role}）", f"依据：{by}"]
    clock = [f"计时：{row.clock}"] if row.clock else []
    return "\n".join([*lines, *clock, f"逾期：{row.if_not}"])
