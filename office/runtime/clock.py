"""The one clock of an office: real time, moved forward only in a ledger that was made for a demo.

Deadlines count by it; the post and Prefect's schedules stay on real time. Serves no clause.
"""

from datetime import UTC, datetime

from sqlmodel import Session

from models.office import BusinessClock
from office.runtime.database import WRITE, engine_for
from office.runtime.settings import Settings
from office.runtime.transactions import moment


class ClockFixed(Exception):
    """The clock of this ledger cannot be moved so."""


def move_clock(office: Settings, to: datetime, *, frozen: bool = False) -> datetime:
    """Move the business clock forward to an aware moment; from there it runs on, or stands with `frozen`. Answers the moment.

    Raises `ClockFixed` in a real ledger, for a moment without a time zone and for one that has passed.
    """
    if to.tzinfo is None:
        raise ClockFixed(f"{to} has no time zone; say which moment is meant")
    engine = engine_for(office.ledger_url).execution_options(**{WRITE: True})
    with Session(engine) as session, session.begin():
        clock = session.get(BusinessClock, 1)
        if clock is None or not clock.demo:
            raise ClockFixed("only the clock of a demo's ledger can be moved (songjiao demo)")
        before = moment(session)
        moved = clock.frozen_at is not None or clock.offset_seconds != 0
        if moved and to < before:
            raise ClockFixed(f"it is {before.isoformat()} already; time moves forward only")
        clock.frozen_at = to.astimezone(UTC) if frozen else None
        clock.offset_seconds = (to - datetime.now(UTC)).total_seconds()
        session.add(clock)
        return to.astimezone(UTC)


def business_now(office: Settings) -> datetime:
    """The business moment (UTC) of this ledger."""
    with Session(engine_for(office.ledger_url)) as session:
        return moment(session)
