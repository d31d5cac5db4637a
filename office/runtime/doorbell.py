"""The bells at the doors of dispatcher and worker: whoever has something for them rings, so that they look at once.

A ring says nothing but "look", and whether an act told people something (`POST`): a lost one costs the next look by oneself,
a needless one a small query. It is a datagram to a Unix socket in the data folder. The dispatcher is rung for by who commits
messages or wakes; on PostgreSQL the transaction itself notifies, so that it reaches a dispatcher on another machine and never
comes before the commit. The worker is rung for by Prefect's server (`office.bellringer`). Serves no clause.
"""

import contextlib
import logging
import os
import socket
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import event, text
from sqlmodel import Session

from models.act import NEWS
from models.office import Lease, Message, Wake
from models.states import MessageState
from office.runtime.settings import Settings
from office.runtime.sockets import socket_in

log = logging.getLogger("songjiao.bell")

CHANNEL = "songjiao_outbox"
POST = "post"
"""What a ring says when an act has told people something; nothing otherwise."""

Door = Literal["dispatcher", "worker"]


def bell_path(office: Settings, door: Door = "dispatcher") -> Path:
    """Where the bell of a door stands."""
    return socket_in(office, f"{door}.bell")


def hang_up(office: Settings, door: Door) -> socket.socket | None:
    """A door's bell, to be listened to; None where this system has none. One that a killed process left is taken away:
    only one dispatcher, and one worker, are at work in a data folder.
    """
    if not hasattr(socket, "AF_UNIX"):
        return None
    path = bell_path(office, door)
    bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.parent.stat().st_uid != os.getuid():
            raise PermissionError(f"{path.parent} belongs to another user")
        path.unlink(missing_ok=True)
        bell.bind(str(path))
        path.chmod(0o600)
    except OSError as error:
        bell.close()
        log.warning("the bell of the %s cannot stand at %s (%s); it looks by itself", door, path, error)
        return None
    return bell


class LedgerSession(Session):
    """A session that notes whether it has written something for the dispatcher to carry."""

    rings: bool = False
    tells: bool = False

    def __init__(self, *given: Any, **more: Any) -> None:
        """As any session, but that it keeps what it has read: a row that an act looks at again is not read again."""
        super().__init__(*given, **more)
        self.kept: list[object] = []

    def ring_before_commit(self) -> None:
        """On PostgreSQL: have the commit itself notify the dispatcher."""
        self.rings = self.rings or NEWS in self.info
        if self.rings and self.get_bind().dialect.name == "postgresql":
            self.execute(text("SELECT pg_notify(:channel, :said)"), {"channel": CHANNEL, "said": self._said})

    def ring_after_commit(self, office: Settings) -> None:
        """Elsewhere: ring, once the commit has made it true."""
        if self.rings and self.get_bind().dialect.name != "postgresql":
            ring(office, said=self._said)

    @property
    def _said(self) -> str:
        return POST if self.tells else ""


@event.listens_for(LedgerSession, "loaded_as_persistent")
@event.listens_for(LedgerSession, "pending_to_persistent")
def _keep(session: LedgerSession, row: object) -> None:
    session.kept.append(row)


@event.listens_for(LedgerSession, "after_flush")
def _note(session: LedgerSession, _context: object) -> None:
    written = [*session.new, *session.dirty]
    session.tells = session.tells or any(
        isinstance(row, Message) and row.state == MessageState.QUEUED for row in written
    )
    session.rings = (
        session.rings
        or session.tells
        or any(isinstance(row, Wake) and row.done_at is None for row in written)
        or any(isinstance(row, Lease) for row in session.deleted)  # a run that ends its execution may be woken again
    )


def hangs(office: Settings, door: Door) -> bool:
    """Whether a bell stands at the door: somebody may have cleared the folder."""
    return bell_path(office, door).is_socket()


def take_down(office: Settings, door: Door, bell: socket.socket) -> None:
    """Listen no more."""
    bell.close()
    with contextlib.suppress(OSError):
        bell_path(office, door).unlink()


def ring(office: Settings, door: Door = "dispatcher", said: str = "") -> None:
    """Ring; nothing happens where nobody listens, or where they have been rung for often enough already."""
    if not hasattr(socket, "AF_UNIX"):
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        bell.setblocking(False)
        bell.sendto(said.encode(), str(bell_path(office, door)))
