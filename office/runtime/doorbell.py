"""The bell at the dispatcher's door: whoever commits messages or wakes rings it, so that the dispatcher looks at once.

A ring says nothing but "look": a lost one costs the dispatcher its next look by itself, a needless one two small queries.
On the embedded ledger it is an empty datagram to a Unix socket in the data folder; on PostgreSQL the transaction itself
notifies, so that it reaches a dispatcher on another machine and never comes before the commit. Serves no clause.
"""

import contextlib
import socket
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlmodel import Session

from models.office import Lease, Message, Wake
from models.states import MessageState
from office.runtime.settings import Settings
from office.runtime.sockets import socket_in

CHANNEL = "songjiao_outbox"


def bell_path(office: Settings) -> Path:
    """The dispatcher's bell."""
    return socket_in(office, "dispatcher.bell")


class LedgerSession(Session):
    """A session that notes whether it has written something for the dispatcher to carry."""

    rings: bool = False

    def __init__(self, *given: Any, **more: Any) -> None:
        """As any session, but that it keeps what it has read: a row that an act looks at again is not read again."""
        super().__init__(*given, **more)
        self.kept: list[object] = []

    def ring_before_commit(self) -> None:
        """On PostgreSQL: have the commit itself notify the dispatcher."""
        if self.rings and self.get_bind().dialect.name == "postgresql":
            self.execute(text(f"NOTIFY {CHANNEL}"))

    def ring_after_commit(self, office: Settings) -> None:
        """Elsewhere: ring, once the commit has made it true."""
        if self.rings and self.get_bind().dialect.name != "postgresql":
            ring(office)


@event.listens_for(LedgerSession, "loaded_as_persistent")
@event.listens_for(LedgerSession, "pending_to_persistent")
def _keep(session: LedgerSession, row: object) -> None:
    session.kept.append(row)


@event.listens_for(LedgerSession, "after_flush")
def _note(session: LedgerSession, _context: object) -> None:
    if not session.rings:
        session.rings = any(_is_news(row) for row in (*session.new, *session.dirty)) or any(
            isinstance(row, Lease)
            for row in session.deleted  # a run that ends its execution may be woken again
        )


def _is_news(row: Any) -> bool:
    if isinstance(row, Message):
        return row.state == MessageState.QUEUED
    return isinstance(row, Wake) and row.done_at is None


def ring(office: Settings) -> None:
    """Ring; nothing happens where no dispatcher listens, or where it has been rung for often enough already."""
    if not hasattr(socket, "AF_UNIX"):
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        bell.setblocking(False)
        bell.sendto(b"", str(bell_path(office)))
