"""Mail by SMTP: made by Apprise, handed in over a line that is kept open for the next (`notifications.lines`).

Knows the form of the office's SMTP address; keeps no password in any text it gives back.

`smtp://host[:port]` plain (25); `smtp+starttls://user:password@host[:port]` (587);
`smtps://user:password@host[:port]` (465). User and password are percent-encoded (`@` is `%40`). A password is never
sent over a plain connection to another machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.utils import parseaddr
from pathlib import Path
from smtplib import SMTPException, SMTPServerDisconnected
from typing import Any
from urllib.parse import unquote, urlsplit

from apprise import AppriseAttachment, NotifyFormat
from apprise.attachment.file import AttachFile
from apprise.exception import AppriseException

from notifications.lines import Lines
from notifications.outcome import SENT, Delivery, after_smtp, later, never, without
from notifications.plugins import plugin

_MODES = {"smtp": ("insecure", 25), "smtp+starttls": ("starttls", 587), "smtps": ("ssl", 465)}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Enclosure:
    """A file of this office that goes with a mail, under the name that its reader sees."""

    name: str
    path: Path


class SmtpUrlRefused(ValueError):
    """The office's SMTP address cannot be used; the text says why and what to write."""


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in, and how."""

    host: str
    port: int
    mode: str
    user: str | None = None
    password: str | None = None

    @property
    def name(self) -> str:
        """The server as shown to people."""
        return f"mail server {self.host}:{self.port}"

    @classmethod
    def from_url(cls, url: str) -> "MailServer":
        """Read an address such as `smtps://user:password@mail.example:465`. Raises `SmtpUrlRefused`."""
        parts = urlsplit(url.strip())
        if parts.scheme not in _MODES:
            raise SmtpUrlRefused("SONGJIAO_SMTP_URL must begin with smtp://, smtp+starttls:// or smtps://")
        mode, port = _MODES[parts.scheme]
        try:
            host, port = parts.hostname or "", parts.port or port
        except ValueError:
            raise SmtpUrlRefused("SONGJIAO_SMTP_URL has a port that is no number between 1 and 65535") from None
        if not host:
            raise SmtpUrlRefused("SONGJIAO_SMTP_URL names no host, as in smtps://user:password@mail.example")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise SmtpUrlRefused("SONGJIAO_SMTP_URL ends after the port; encode / ? # in a password as %2F %3F %23")
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        if password and not user:
            raise SmtpUrlRefused("SONGJIAO_SMTP_URL has a password and no user")
        if password and mode == "insecure" and host not in _LOOPBACK:
            raise SmtpUrlRefused(
                "SONGJIAO_SMTP_URL would send the password unencrypted; use smtp+starttls:// or smtps://"
            )
        return cls(host, port, mode, user, password)


def send_mail(
    server: MailServer,
    sender: str,
    recipient: str,
    subject: str,
    text: str,
    headers: dict[str, str],
    lines: Lines | None = None,
    enclosures: Sequence[Enclosure] = (),
) -> Delivery:
    """Hand one mail to the server, for one recipient, with extra headers and files, over one of the open lines."""
    address: dict[str, Any] = {
        "schema": "mailto" if server.mode == "insecure" else "mailtos",
        "host": parseaddr(sender)[1].rpartition("@")[2] or server.host,
        "smtp_host": server.host,  # named, so that Apprise does not choose a provider's server by the sender's domain
        "port": server.port,
        "secure_mode": server.mode,
        "from_addr": sender,
        "targets": [recipient],
        "headers": headers,
        "format": "text",
    }
    made, why = plugin(address)
    if made is None:
        return later(f"the sender address {sender!r} cannot be used ({why}); correct SONGJIAO_SMTP_FROM")
    if len(made.targets) != 1 or made.targets[0][1].casefold() != recipient.casefold():
        return never(f"{recipient!r} is not a mail address; correct it")
    handed_in = False
    try:
        [letter] = made.prepare_emails(
            subject=subject,
            body=text,
            notify_format=NotifyFormat.TEXT,
            from_addr=made.from_addr,
            to=made.targets,
            smtp_host=server.host,
            headers={"X-Application": made.app_id} | headers,
            names=made.names,
            attach=_attached(enclosures),
            tzinfo=made.tzinfo,
        )
        with (lines or Lines(kept_seconds=0)).line(server) as smtp:
            handed_in = True
            smtp.sendmail(made.from_addr[1], letter.to_addrs, letter.body)
    except (OSError, SMTPException, RuntimeError, ValueError, AppriseException) as error:
        ended = after_smtp(server.name, without(str(error), [server.password or ""]))
        # A line that broke without an answer leaves it open whether the server kept the mail.
        return replace(ended, doubtful=handed_in and isinstance(error, SMTPServerDisconnected | TimeoutError))
    return SENT


def _attached(enclosures: Sequence[Enclosure]) -> AppriseAttachment | None:
    if not enclosures:
        return None
    together = AppriseAttachment()
    for each in enclosures:
        together.add(AttachFile(str(each.path), name=each.name))  # type: ignore[no-untyped-call]
    return together
