"""What still waits to leave the office: messages that are due and unsent, wakes that no run has observed yet.

Only looks. Serves no clause of a regulation.
"""

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import func
from sqlmodel import col, select

from ledger.outbox import due
from ledger.watching import STUCK
from models.act import Act
from models.office import Message, Wake


class Backlog(BaseModel):
    """How many wait, since when the oldest does, for how many seconds by now, and whether that is too long."""

    count: int
    oldest_since: datetime | None = None
    oldest_seconds: int | None = None
    stuck: bool = False


def unsent(act: Act, real_now: datetime) -> Backlog:
    """Messages whose moment has come and that were not sent, also those that are being sent."""
    since = func.min(col(Message.next_try_at))
    count, oldest = act.session.exec(select(func.count(), since).where(due(act, real_now, timedelta(0)))).one()
    return _backlog(act, real_now, count, oldest)


def open_wakes(act: Act, real_now: datetime) -> Backlog:
    """Wakes whose run has not looked at the ledger since."""
    since = func.min(col(Wake.created_at))
    count, oldest = act.session.exec(select(func.count(), since).where(col(Wake.done_at).is_(None))).one()
    return _backlog(act, real_now, count, oldest)


def _backlog(act: Act, real_now: datetime, count: int, oldest: datetime | None) -> Backlog:
    """A moved clock makes nothing older than it is on either of the two clocks."""
    if oldest is None:
        return Backlog(count=count)
    age = max(timedelta(0), min(real_now, act.now) - oldest)
    return Backlog(count=count, oldest_since=oldest, oldest_seconds=int(age.total_seconds()), stuck=age > STUCK)
