"""Apprise's plugins, handled with care: one fresh object for each sending, told to be quick, quiet and to follow
nobody.

Apprise waits 5.5 s between two sendings of one object, follows redirections, retries by itself and logs keys and
message texts; none of that is wanted in an outbox that has its own patience. It only ever answers yes or no, so what
a plugin said on its way is listened to here.
"""

import logging
from typing import Any

import apprise

CONNECT_SECONDS = 8.0
READ_SECONDS = 10.0

# Apprise writes channel keys and the text of messages, codes included, into its log. `Ear` hears it instead.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)


class Ear(logging.Logger):
    """Takes the place of a plugin's logger and keeps what it says, so that nothing of it reaches a log."""

    def __init__(self) -> None:
        super().__init__("songjiao.apprise", logging.DEBUG)
        self.propagate = False
        self.said: list[str] = []

    def handle(self, record: logging.LogRecord) -> None:
        """Keep the text; a record that cannot be formatted is kept as it stands."""
        try:
            self.said.append(record.getMessage())
        except (TypeError, ValueError):
            self.said.append(str(record.msg))

    def last(self, beginning: str) -> str:
        """The last thing said that begins so, without that beginning."""
        return next(
            (text.removeprefix(beginning).strip() for text in reversed(self.said) if text.startswith(beginning)), ""
        )


def plugin(address: str | dict[str, Any]) -> tuple[Any, str]:
    """The Apprise plugin for an address, or None and the reason. Nothing is contacted."""
    asset = apprise.AppriseAsset(app_id="Songjiao", app_desc="Songjiao", secure_logging=True)
    try:
        made = apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=False)
    except Exception as error:  # plugins raise whatever they like; it may quote a key, so only its kind is told
        return None, type(error).__name__
    if made is None:
        return None, "not an address that Apprise understands"
    made.redirects = False
    made.socket_connect_timeout = CONNECT_SECONDS
    made.socket_read_timeout = READ_SECONDS
    for patience in ("retry", "wait"):
        if hasattr(made, patience):
            setattr(made, patience, 0)
    return made, ""


def notify(made: Any, title: str, text: str) -> tuple[bool, Ear]:
    """Send through a fresh Apprise object. Answers whether Apprise believes it went out, and what was said."""
    ear = Ear()
    made.logger = ear
    sender = apprise.Apprise()
    sender.add(made)
    try:
        return bool(sender.notify(title=title, body=text, body_format=apprise.NotifyFormat.TEXT)), ear
    except Exception as error:  # some plugins raise on odd input; a message must not stop the dispatcher
        ear.said.append(f"Socket Exception: {type(error).__name__}: {error}")
        return False, ear
