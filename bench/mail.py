"""A mailbox that notes when it accepted which message. Decides nothing; serves no clause of a regulation."""

import threading
import time
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from office.smtp_sink import SmtpSink

_MESSAGE_HEADER = "X-Songjiao-Message"


@dataclass(frozen=True)
class Arrival:
    """A message that was accepted: for whom, its number in the outbox, and when (seconds of the monotonic clock)."""

    recipient: str
    message: str
    at: float


class StampedSink(SmtpSink):
    """The office's own test mailbox, with a stamp on each message the moment its acceptance goes back."""

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(folder)
        self._arrivals: list[Arrival] = []
        self._came = threading.Condition()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take the message in as the mailbox does, then stamp it."""
        answer = await super().handle_DATA(server, session, envelope)
        at = time.monotonic()
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        number = str(message_from_bytes(content).get(_MESSAGE_HEADER, ""))
        with self._came:
            self._arrivals += [Arrival(recipient, number, at) for recipient in envelope.rcpt_tos]
            self._came.notify_all()
        return answer

    def arrived(self, recipient: str) -> list[Arrival]:
        """What was accepted for a recipient so far, each message once, in order."""
        with self._came:
            found: dict[str, Arrival] = {}
            for one in self._arrivals:
                if one.recipient == recipient:
                    found.setdefault(one.message or str(one.at), one)
            return list(found.values())

    def await_more(self, recipient: str, count: int, timeout_seconds: float) -> list[Arrival]:
        """Wait until `count` messages were accepted for a recipient in all; gives them. Raises `TimeoutError`."""
        with self._came:
            if not self._came.wait_for(lambda: self._count(recipient) >= count, timeout_seconds):
                raise TimeoutError(
                    f"{self._count(recipient)} of {count} messages for {recipient} came within {timeout_seconds:.0f} s"
                )
        return self.arrived(recipient)

    def forget(self) -> None:
        """Forget all arrivals."""
        with self._came:
            self._arrivals.clear()
        self.clear()

    def _count(self, recipient: str) -> int:
        return len({one.message or str(one.at) for one in self._arrivals if one.recipient == recipient})
