"""The edge of the ledger: opens a session, reads the clock once, commits once.

Every door (command, task, request) makes its act here; nobody below commits, and nobody sends inside one.
"""

import hashlib
import hmac
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from models.act import SYSTEM, Act, Actor
from models.office import BusinessClock
from office.runtime.database import AHEAD, WRITE, engine_for, one_at_a_time
from office.runtime.doorbell import LedgerSession
from office.runtime.settings import Settings, server_key, settings
from office.runtime.stop_points import stop_point


class CodeBook:
    """Makes one-time codes: eight digits of an HMAC under the server's key. Nothing of a code is ever stored."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __call__(self, step_id: uuid.UUID, person_id: uuid.UUID, nonce: str) -> str:
        digest = hmac.new(self._key, f"{step_id}:{person_id}:{nonce}".encode(), hashlib.sha256).digest()
        return f"{int.from_bytes(digest[:8], 'big') % 100_000_000:08d}"


def moment(session: Session) -> datetime:
    """The business moment (UTC): real time, moved or frozen only in a ledger made with `--demo`."""
    clock = session.get(BusinessClock, 1)
    if clock is None or not clock.demo:
        return datetime.now(UTC)
    return clock.frozen_at or datetime.now(UTC) + timedelta(seconds=clock.offset_seconds)


@contextmanager
def transaction(
    actor: Actor, key: str | None = None, office: Settings | None = None, *, ahead: bool = False
) -> Iterator[Act]:
    """One writing transaction: commits when the block ends, rolls back whole when it raises.

    `key` is the client's idempotency key; without one the act is made under a fresh key and cannot be repeated. `ahead`: for
    one process alone, before those who wait as well.
    """
    office = office or settings()
    engine = engine_for(office.ledger_url).execution_options(**{WRITE: True, AHEAD: ahead})
    with one_at_a_time(office.ledger_url), LedgerSession(engine, expire_on_commit=False) as session:
        with session.begin():
            yield _act(session, actor, key, office)
            session.flush()
            session.ring_before_commit()
            stop_point("transaction.flushed")
        stop_point("transaction.committed")
        session.ring_after_commit(office)


@contextmanager
def reading(office: Settings | None = None) -> Iterator[Act]:
    """A reading act: sees one moment, writes nothing (whatever it changed is rolled back)."""
    office = office or settings()
    with LedgerSession(engine_for(office.ledger_url), expire_on_commit=False) as session:
        yield _act(session, SYSTEM, None, office)
        session.rollback()


def _act(session: Session, actor: Actor, key: str | None, office: Settings) -> Act:
    return Act(
        session=session,
        actor=actor,
        key=key or f"once:{uuid.uuid4()}",
        now=moment(session),
        zone=ZoneInfo(office.time_zone),
        code_of=CodeBook(server_key(office)),
    )
