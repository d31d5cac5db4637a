"""A mailbox in a process of its own that notes when it accepted which message, as a mail server beside the office does.

In the callers' process it would take the processor from the very acts that are timed. Run as `python -m bench.mail` it is
that process: it prints its port and a line for each recipient of a message. Decides nothing; serves no clause of a
regulation.
"""

import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import IO, Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from office.runtime.settings import REPOSITORY
from office.smtp_sink import SmtpSink

_NUMBER = re.compile(rb"^X-Songjiao-Message: *(\S+)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Arrival:
    """A message that was accepted: for whom, its number in the outbox, how many bytes, and when (seconds of the monotonic
    clock, which all processes of a machine share).
    """

    recipient: str
    message: str
    size: int
    at: float


class StampedSink:
    """The mailbox, inside `with`."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.port = 0
        self._arrivals: list[Arrival] = []
        self._came = threading.Condition()

    @property
    def url(self) -> str:
        """The address as Songjiao's settings take it."""
        return f"smtp://{self.host}:{self.port}"

    @property
    def last_size(self) -> int | None:
        """How many bytes the last message had."""
        with self._came:
            return self._arrivals[-1].size if self._arrivals else None

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "bench.mail"]
        self._process = subprocess.Popen(
            command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), name="arrivals", daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *exception: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()  # at which it leaves, as it does when this process dies
        self._process.wait(30)
        self._reader.join(30)
        self._process.stdout.close()

    def arrived(self, recipient: str) -> list[Arrival]:
        """What was accepted for a recipient so far, each message once, in order."""
        with self._came:
            found: dict[str, Arrival] = {}
            for one in self._arrivals:
                if one.recipient == recipient:
                    found.setdefault(one.message, one)
            return list(found.values())

    def await_more(self, recipient: str, count: int, timeout_seconds: float) -> list[Arrival]:
        """Wait until `count` messages were accepted for a recipient in all; gives them. Raises `TimeoutError`."""
        with self._came:
            if not self._came.wait_for(lambda: self._count(recipient) >= count, timeout_seconds):
                raise TimeoutError(
                    f"{self._count(recipient)} of {count} messages for {recipient} came within {timeout_seconds:.0f} s"
                )
        return self.arrived(recipient)

    def _count(self, recipient: str) -> int:
        return len({one.message for one in self._arrivals if one.recipient == recipient})

    def _read(self, lines: IO[str]) -> None:
        for line in lines:
            recipient, message, size, at = line.split()
            with self._came:
                self._arrivals.append(Arrival(recipient, message, int(size), float(at)))
                self._came.notify_all()


class _Stamping(SmtpSink):
    """The office's own test mailbox, but that it reads no mail: it says when it came."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Accept the message and stamp it."""
        at = time.monotonic()
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        found = _NUMBER.search(content)
        for recipient in envelope.rcpt_tos:
            print(recipient, found[1].decode() if found else f"at-{at}", len(content), at, flush=True)
        return "250 kept"


if __name__ == "__main__":
    with _Stamping() as mailbox:
        print(mailbox.port, flush=True)
        sys.stdin.read()
