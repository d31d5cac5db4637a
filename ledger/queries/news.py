"""What happened, for readers outside the ledger: the audit chain from a number on, in the words of Prefect's events.

The chain itself is the outbox: it is gapless, written with the act, and a bookmark says how far a reader has come. Only
roles, organisations and dates are told; no person, no comment, no address.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlmodel import col, select

from models.act import Act
from models.office import AuditEvent, Bookmark
from models.programme import Programme

EVENTS: Mapping[str, str] = {
    "obligation_reminded": "songjiao.obligation.reminded",
    "obligation_chased": "songjiao.obligation.chased",
    "obligation_escalated": "songjiao.obligation.escalated",
    "obligation_met": "songjiao.obligation.met",
    "obligation_moved": "songjiao.obligation.moved",
    "obligation_waived": "songjiao.obligation.waived",
    "obligation_extended": "songjiao.obligation.extended",
    "obligation_acknowledged": "songjiao.obligation.acknowledged",
    "obligation_cancelled": "songjiao.obligation.cancelled",
    "clock_stopped": "songjiao.obligation.clock-stopped",
    "clock_resumed": "songjiao.obligation.clock-resumed",
    "duty_reminded": "songjiao.duty.reminded",
    "duty_chased": "songjiao.duty.chased",
    "duty_escalated": "songjiao.duty.escalated",
    "duty_met": "songjiao.duty.met",
    "duty_waived": "songjiao.duty.waived",
    "duty_extended": "songjiao.duty.extended",
    "duty_acknowledged": "songjiao.duty.acknowledged",
    "duty_clock_stopped": "songjiao.duty.clock-stopped",
    "duty_clock_resumed": "songjiao.duty.clock-resumed",
    "step_opened": "songjiao.decision.asked",
    "decided": "songjiao.decision.made",
    "application_submitted": "songjiao.submission.received",
    "submitted": "songjiao.submission.received",
    "phase_opened": "songjiao.phase.opened",
    "phase_closed": "songjiao.phase.closed",
    "stage_opened": "songjiao.stage.opened",
    "stage_closed": "songjiao.stage.closed",
    "programme_ended": "songjiao.programme.ended",
    "evaluation_closed": "songjiao.evaluation.closed",
    "nobody_reached": "songjiao.message.nobody-reached",
    "message_given_up": "songjiao.message.given-up",
    "run_lost": "songjiao.run.lost",
}
"""What of the audit chain is news for Prefect, under which name."""

_TOLD = (
    *("obligation", "duty", "kind", "pack", "owed_by", "due_on", "late_days", "rung", "old", "new", "until_on", "days"),
    *("subject", "tier", "version", "outcome", "organisation", "phase", "stage", "session", "school", "document"),
    *("message", "grade", "total"),
)
_OURS = uuid.UUID("6f0a7c1e-5d0b-5b86-9d53-0c6a5f6d2a11")


class News(BaseModel):
    """One thing that happened: `id` is the same however often it is told."""

    id: uuid.UUID
    number: int
    name: str
    at: datetime
    subject: str
    programme: str | None
    title: str | None
    facts: dict[str, Any]


class Batch(BaseModel):
    """The news of a stretch of the chain; `upto` is the number of its last event, news or not."""

    upto: int
    news: list[News]


def place(act: Act, reader: str) -> int:
    """The number of the last event that a reader has carried on."""
    row = act.session.get(Bookmark, reader)
    return row.number if row else 0


def move_place(act: Act, reader: str, number: int) -> None:
    """Note that a reader has carried on everything up to a number; it never goes back."""
    row = act.session.get(Bookmark, reader) or Bookmark(name=reader, number=0, moved_at=act.now)
    if number > row.number:
        row.number, row.moved_at = number, act.now
        act.session.add(row)


def news_after(act: Act, number: int, limit: int = 500) -> Batch:
    """The news among the next `limit` events after a number."""
    rows = act.session.exec(
        select(AuditEvent, Programme.ref, Programme.title)
        .join(Programme, col(Programme.id) == col(AuditEvent.programme_id), isouter=True)
        .where(AuditEvent.number > number)
        .order_by(col(AuditEvent.number))
        .limit(limit)
    ).all()
    found = [_news(event, ref, title) for event, ref, title in rows if event.kind in EVENTS]
    return Batch(upto=rows[-1][0].number if rows else number, news=found)


def _news(event: AuditEvent, ref: str | None, title: str | None) -> News:
    facts = {key: event.facts[key] for key in _TOLD if isinstance(event.facts.get(key), str | int | float)}
    name = EVENTS[event.kind]
    named = ("obligation", "duty", "subject", "phase", "stage", "kind")
    what = next((facts[key] for key in named if facts.get(key)), None)
    subject = ".".join(str(part) for part in (name.rsplit(".", 1)[0], ref or facts.get("pack"), what) if part)
    return News(
        id=uuid.uuid5(_OURS, event.hash),  # the hash names one event of one ledger
        number=event.number,
        name=name,
        at=event.at,
        subject=subject,
        programme=ref,
        title=title,
        facts=facts,
    )
