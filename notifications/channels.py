"""Which channels an organisation or a person may have, and how a text goes out over one.

A channel is an Apprise address. Only the services listed here are used: nothing that writes files, runs programs or
speaks to this machine's own desktop, and no parameter that reads a local file. Decides nothing about who is told
what.
"""

import re
from urllib.parse import parse_qsl, unquote, urlsplit

from notifications.outcome import SENT, Delivery, after_http, after_smtp, later, never, without
from notifications.plugins import notify, plugin
from notifications.robots import ENDPOINTS, GROUP_ROBOTS, Robot, send_robot

ALLOWED = frozenset(
    {
        *ENDPOINTS,
        "wechat", "pushplus", "wxpusher", "bark", "barks", "pushdeer", "pushdeers", "pushme", "spugpush", "chanify",
        "kook", "qq", "synology", "synologys", "ntfy", "ntfys", "gotify", "gotifys", "mailto", "mailtos", "json",
        "jsons", "form", "forms", "workflows", "slack", "discord", "tgram", "matrix", "matrixs", "mmost", "mmosts",
        "rocket", "rockets", "gchat", "nctalk", "nctalks", "wxteams", "zulip",
    }
)  # fmt: skip
"""The address schemas that may be used as channels."""
UNREADABLE = "unreadable://"
"""Stands for an address that cannot be opened any more."""
_HINTS = {
    "unreadable": "the address cannot be read with this office's server.key; restore the key or enter it again",
    "wecom": "wecom:// is PushPlus in Apprise and not WeCom; use wecombot:// (group robot) or wechat:// (application)",
}
_LOCAL = frozenset(
    {
        "attach",
        "attach-as",
        "cert",
        "config",
        "key-file",
        "keyfile",
        "pgp",
        "pgpkey",
        "pgpprv",
        "pgppub",
        "template",
        "wkd",
    }
)
_STATUS = re.compile(r"(?:error=|status[= ])(\d{3})\b")


def schema_of(address: str) -> str:
    """The schema of a channel's address, in lower case."""
    return address.partition("://")[0].strip().lower()


def is_group(address: str) -> bool:
    """Whether what is sent here is read by a whole group, by the nature of the service."""
    return schema_of(address) in GROUP_ROBOTS


def channel_fault(address: str) -> str | None:
    """What is wrong with a channel's address, in words that show no key; None when it can be used. Contacts nobody."""
    schema = schema_of(address)
    if "://" not in address or schema not in ALLOWED:
        kind = schema[:20] if "://" in address else ""  # else it may be the key itself
        return _HINTS.get(schema, f"channels of the kind {kind or '(none)'}:// are not used; see docs/messages.md")
    if schema in ENDPOINTS:
        return (
            None if Robot.from_address(address) else "the channel's key is missing or misspelt; copy the address anew"
        )
    try:
        asked = {key.lower() for key, _ in parse_qsl(urlsplit(address).query, keep_blank_values=True)}
    except ValueError:
        return f"the {schema}:// address cannot be read; write it again"
    if asked & _LOCAL:
        return f"the parameter {min(asked & _LOCAL)} would read files of this machine and is not used; leave it out"
    made, why = plugin(address)
    return (
        None
        if made is not None
        else f"the {schema}:// address cannot be used ({why}); compare it with docs/messages.md"
    )


def send_channel(address: str, subject: str, text: str) -> Delivery:
    """Send a text over a channel. A fault of the address is for good; what the network does is for now."""
    fault = channel_fault(address)
    if fault is not None:
        return never(fault)
    schema = schema_of(address)
    if schema in ENDPOINTS:
        return send_robot(address, subject, text)
    made, why = plugin(address)
    if made is None:
        return never(f"the {schema}:// address cannot be used ({why})")
    went, ear = notify(made, subject, text)
    if went:
        return SENT
    name = f"channel {schema}://"
    if schema in ("mailto", "mailtos"):
        return after_smtp(name, without(ear.last("Socket Exception:"), _secrets(address)))
    statuses = [int(found[1]) for said in ear.said if (found := _STATUS.search(said))]
    if statuses:
        return after_http(name, statuses[-1])
    return later(f"{name} did not take the message")


def _secrets(address: str) -> list[str]:
    parts = urlsplit(address)
    return [unquote(part) for part in (parts.password, parts.username, parts.query) if part]
