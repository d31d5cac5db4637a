"""Open lines to mail servers, kept for some seconds so that a burst of mail does not dial, secure and log in for each.

A line that was used before is tried with a word first, and dialled anew when the server has hung up; after any trouble
with a mail it is not used again. Whether a mail is tried again is the outbox's matter. Serves no clause.
"""

import contextlib
import smtplib
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from notifications import plugins

if TYPE_CHECKING:
    from notifications.mail import MailServer

KEPT_SECONDS = 4.0
_MAILS_A_LINE = 100
"""Some servers hang up on a sender after a number of mails; we are the first to leave."""


@dataclass
class _Line:
    smtp: smtplib.SMTP
    used_at: float
    mails: int = 0


class Lines:
    """The lines of one sender; safe to use from several threads, each of which has a line to itself while it speaks."""

    def __init__(self, kept_seconds: float = KEPT_SECONDS) -> None:
        self._kept_seconds = kept_seconds
        self._guard = threading.Lock()
        self._free: dict[MailServer, list[_Line]] = {}

    @contextmanager
    def line(self, server: "MailServer") -> Iterator[smtplib.SMTP]:
        """A line to the server, ready for a mail. Raises what `smtplib` does when there is none to be had."""
        line = self._take(server) or _Line(_dial(server), time.monotonic())
        try:
            yield line.smtp
        except BaseException:
            _hang_up(line)
            raise
        line.mails, line.used_at = line.mails + 1, time.monotonic()
        if self._kept_seconds <= 0 or line.mails >= _MAILS_A_LINE:
            _hang_up(line)
            return
        with self._guard:
            self._free.setdefault(server, []).append(line)

    def _take(self, server: "MailServer") -> _Line | None:
        while True:
            with self._guard:
                free = self._free.get(server)
                if not free:
                    return None
                line = free.pop()
            if time.monotonic() - line.used_at < self._kept_seconds and _answers(line):
                return line
            _hang_up(line)

    def leave_idle(self) -> None:
        """Hang up where nothing was said for a while."""
        self._leave(time.monotonic() - self._kept_seconds)

    def close(self) -> None:
        """Hang up everywhere."""
        self._leave(float("inf"))

    def _leave(self, used_before: float) -> None:
        with self._guard:
            old = [line for lines in self._free.values() for line in lines if line.used_at <= used_before]
            self._free = {
                server: [line for line in lines if line.used_at > used_before] for server, lines in self._free.items()
            }
        for line in old:
            _hang_up(line)


def _dial(server: "MailServer") -> smtplib.SMTP:
    connect = plugins.CONNECT_SECONDS
    if server.mode == "ssl":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=connect, context=_trust())
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=connect)
    try:
        if server.mode == "starttls":
            smtp.starttls(context=_trust())
        if server.user and server.password:
            smtp.login(server.user, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """Certificates as the machine trusts them, read once: that takes longer than the mail itself."""
    return ssl.create_default_context()


def _answers(line: _Line) -> bool:
    try:
        return line.smtp.rset()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _hang_up(line: _Line) -> None:
    with contextlib.suppress(OSError, smtplib.SMTPException):
        line.smtp.quit()
    line.smtp.close()
