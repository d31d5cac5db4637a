"""Mail by SMTP, through Apprise. Knows the form of the office's SMTP address; keeps no password in any text it gives
back.

`smtp://host[:port]` plain (25); `smtp+starttls://user:password@host[:port]` (587);
`smtps://user:password@host[:port]` (465). User and password are percent-encoded (`@` is `%40`). A password is never
sent over a plain connection to another machine.
"""

from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from notifications.outcome import SENT, Delivery, after_smtp, later, never, without
from notifications.plugins import notify, plugin

_MODES = {"smtp": ("insecure", 25), "smtp+starttls": ("starttls", 587), "smtps": ("ssl", 465)}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


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
    server: MailServer, sender: str, recipient: str, subject: str, text: str, headers: dict[str, str]
) -> Delivery:
    """Hand one mail to the server, for one recipient, with the given extra headers."""
    address: dict[str, Any] = {
        "schema": "mailto" if server.mode == "insecure" else "mailtos",
        "host": parseaddr(sender)[1].rpartition("@")[2] or server.host,
        "smtp_host": server.host,  # named, so that Apprise does not choose a provider's server by the sender's domain
        "port": server.port,
        "secure_mode": server.mode,
        # Apprise decodes user and password once more, so a % in them would be lost
        "user": quote(server.user, safe="") if server.user else None,
        "password": quote(server.password, safe="") if server.password else None,
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
    went, ear = notify(made, subject, text)
    if went:
        return SENT
    said = without(ear.last("Socket Exception:"), [server.password or ""])
    return after_smtp(server.name, said)
