"""A mailbox of one's own: an SMTP server on this machine that keeps what it is given and sends nothing on.

The demo and the tests let Songjiao send real mail to it and then read what each person received. It can also misbehave
on request, so that retries and giving up are tried against a server and not against an imitation. It is never part of
an office in real use, listens on the loopback address only and knows no passwords.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from aiosmtpd.smtp import SMTP, Envelope, Session

RECIPIENT_HEADER = "X-Songjiao-Recipient"
"""Stands first in each kept file: whom the envelope named, which the message's own headers need not tell."""


class Behaviour(StrEnum):
    """How the mailbox answers a message."""

    ACCEPT = "accept"
    REFUSE = "refuse"  # 550: never try again
    TRY_LATER = "try-later"  # 451: a temporary failure
    DROP_BEFORE_KEEPING = "drop-before-keeping"  # the connection breaks, nothing was received
    DROP_AFTER_KEEPING = "drop-after-keeping"  # received, but the sender is never told: the doubtful case


@dataclass(frozen=True)
class Mail:
    """One message as one recipient received it."""

    recipient: str
    sender: str
    subject: str
    text: str
    headers: tuple[tuple[str, str], ...]
    raw: bytes

    def header(self, name: str) -> str | None:
        """The first header called `name` (upper or lower case), or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def parsed(self) -> EmailMessage:
        """The whole message with its parts and attachments."""
        return message_from_bytes(self.raw, policy=policy.default)

    @classmethod
    def from_bytes(cls, raw: bytes, recipient: str, sender: str) -> Self:
        """Read a message; a text that cannot be decoded is kept with replacement characters."""
        message = message_from_bytes(raw, policy=policy.default)
        body = message.get_body(preferencelist=("plain", "html"))
        text = ""
        if body is not None:
            charset = body.get_content_charset() or "utf-8"
            payload = body.get_payload(decode=True)
            try:
                text = payload.decode(charset, "replace") if isinstance(payload, bytes) else str(payload)
            except LookupError:
                text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else str(payload)
        return cls(
            recipient=recipient,
            sender=sender,
            subject=str(message.get("Subject", "")),
            text=text.replace("\r\n", "\n"),
            headers=tuple((name, str(value)) for name, value in message.items()),
            raw=raw,
        )


def read_mail(folder: Path) -> list[Mail]:
    """The mails that a mailbox kept in `folder`, in the order of their arrival; works from any process."""
    kept = []
    for path in sorted(folder.glob("*.eml")):
        first, _, raw = path.read_bytes().partition(b"\r\n")
        _, _, envelope = first.decode().partition(": ")
        recipient, _, sender = envelope.partition(" from ")
        kept.append(Mail.from_bytes(raw, recipient, sender))
    return kept


class SmtpSink:
    """A mailbox on a port of its own, running in a thread from `start()` to `stop()` or inside `with`.

    `folder`: also keep each mail as a file there, complete before it appears, so that other processes read it.
    `behaviour` and `delay_seconds` may be changed at any time; `behave` sets one for a recipient or for the next few.
    """

    def __init__(self, folder: Path | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        self.folder, self.host, self.port = folder, host, port
        self.behaviour = Behaviour.ACCEPT
        self.delay_seconds = 0.0
        self._special: list[_Special] = []
        self._mails: list[Mail] = []
        self._attempts = self._kept_files = 0
        self._changed = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address as Songjiao's settings take it."""
        return f"smtp://{self.host}:{self.port}"

    @property
    def mails(self) -> list[Mail]:
        """Everything received so far, in order; a copy."""
        with self._changed:
            return list(self._mails)

    @property
    def attempts(self) -> int:
        """How many recipients were tried, whatever the answer was."""
        with self._changed:
            return self._attempts

    def to(self, recipient: str) -> list[Mail]:
        """What `recipient` received, in order."""
        return [mail for mail in self.mails if mail.recipient == recipient]

    def clear(self) -> None:
        """Forget what was received (kept files stay) and behave normally again."""
        with self._changed:
            self._mails.clear()
            self._special.clear()
            self._attempts = 0
            self.behaviour, self.delay_seconds = Behaviour.ACCEPT, 0.0

    def behave(self, behaviour: Behaviour, recipient: str | None = None, times: int | None = None) -> None:
        """Answer `recipient` (anyone when None) with `behaviour` for the next `times` attempts (for good when None)."""
        with self._changed:
            self._special.append(_Special(behaviour, recipient, times))

    def wait_for(self, condition: Callable[[list[Mail]], bool], timeout_seconds: float = 10) -> list[Mail]:
        """Wait until `condition` holds for the mails received; TimeoutError tells what had come instead."""
        with self._changed:
            if not self._changed.wait_for(lambda: condition(self._mails), timeout_seconds):
                came = "; ".join(f"{mail.recipient}: {mail.subject}" for mail in self._mails) or "nothing"
                raise TimeoutError(f"The mail waited for did not come within {timeout_seconds} s. Received: {came}")
            return list(self._mails)

    def start(self) -> Self:
        """Listen; `port` 0 becomes the port found. OSError when the port is taken."""
        if self._thread is not None:
            raise RuntimeError("This mailbox is running already.")
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            # Numbered on from what lies there: a mailbox started again goes on where it was.
            self._kept_files = max((int(path.stem) for path in self.folder.glob("[0-9]*.eml")), default=0)
        listener = socket.create_server((self.host, self.port), backlog=256)
        self.port = listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, args=(self._loop, listener), name="smtp-sink", daemon=True)
        self._thread.start()  # connections queue at the listener until the loop runs: no need to wait for it
        return self

    def stop(self) -> None:
        """End open connections and give the port back. Harmless when not running."""
        if self._thread is None or self._loop is None:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._thread = self._loop = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()

    # What aiosmtpd calls, on the loop's thread.

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take in a whole message for all its recipients, or none when one of them is to be failed."""
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        behaviours = [self._behaviour_for(recipient) for recipient in envelope.rcpt_tos]
        worst = next((each for each in behaviours if each is not Behaviour.ACCEPT), Behaviour.ACCEPT)
        if worst in (Behaviour.ACCEPT, Behaviour.DROP_AFTER_KEEPING):
            content = envelope.content or b""
            raw = content if isinstance(content, bytes) else content.encode()
            for recipient in envelope.rcpt_tos:
                self._keep(Mail.from_bytes(raw, recipient, envelope.mail_from or ""))
        if worst in (Behaviour.DROP_BEFORE_KEEPING, Behaviour.DROP_AFTER_KEEPING):
            transport: Any = server.transport
            transport.abort()
            return "421 gone"
        return {
            Behaviour.ACCEPT: "250 kept",
            Behaviour.REFUSE: "550 5.1.1 no such person here",
            Behaviour.TRY_LATER: "451 4.3.0 try again later",
        }[worst]

    def _behaviour_for(self, recipient: str) -> Behaviour:
        with self._changed:
            self._attempts += 1
            for special in self._special:
                if special.recipient in (None, recipient):
                    if special.times is not None:
                        special.times -= 1
                        if special.times == 0:
                            self._special.remove(special)
                    return special.behaviour
            return self.behaviour

    def _keep(self, mail: Mail) -> None:
        with self._changed:
            if self.folder is not None:
                self._kept_files += 1
                unfinished = self.folder / f".{self._kept_files:06d}.part"
                envelope = f"{RECIPIENT_HEADER}: {mail.recipient} from {mail.sender}\r\n"
                unfinished.write_bytes(envelope.encode() + mail.raw)
                os.replace(unfinished, self.folder / f"{self._kept_files:06d}.eml")
            self._mails.append(mail)
            self._changed.notify_all()

    def _serve(self, loop: asyncio.AbstractEventLoop, listener: socket.socket) -> None:
        asyncio.set_event_loop(loop)

        def connection() -> SMTP:
            return SMTP(self, hostname="songjiao.localhost", enable_SMTPUTF8=True, data_size_limit=None, loop=loop)

        server = loop.run_until_complete(loop.create_server(connection, sock=listener))
        try:
            loop.run_forever()
        finally:
            server.close()
            remaining = asyncio.all_tasks(loop)
            for task in remaining:
                task.cancel()
            with suppress(asyncio.CancelledError):
                loop.run_until_complete(asyncio.gather(*remaining, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()


@dataclass
class _Special:
    """A behaviour for one recipient or for a number of attempts."""

    behaviour: Behaviour
    recipient: str | None
    times: int | None
