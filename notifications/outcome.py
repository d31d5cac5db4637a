"""How one delivery ended, and what an error text may say: never a key, a password or a code."""

import re
from dataclasses import dataclass

from models.states import WayState


@dataclass(frozen=True)
class Delivery:
    """One recipient at one place. `final` means that another try of the same thing cannot help.

    `delivered`: the service itself says that it stands before its readers; otherwise it was only taken. `doubtful`: the
    line broke before the answer, so that the other side may have it all the same.
    """

    ok: bool
    final: bool = False
    error: str | None = None
    delivered: bool = False
    doubtful: bool = False

    @property
    def state(self) -> WayState:
        """What the outbox keeps of it."""
        if self.ok:
            return WayState.DELIVERED if self.delivered else WayState.SENT
        return WayState.FAILED_FOR_GOOD if self.final else WayState.FAILED_FOR_NOW


SENT = Delivery(ok=True)
DELIVERED = Delivery(ok=True, delivered=True)
_ADDRESS_GONE = frozenset({501, 510, 511, 512, 513, 515, 523, 550, 551, 553, 556})
_HTTP_FOR_NOW = frozenset({408, 409, 421, 423, 425, 429})
_SMTP_CODE = re.compile(r"\((\d{3}), b['\"](.*?)['\"]\s*[,)]")


def later(error: str, *, doubtful: bool = False) -> Delivery:
    """Failed for now."""
    return Delivery(ok=False, error=error, doubtful=doubtful)


def never(error: str) -> Delivery:
    """Failed for good."""
    return Delivery(ok=False, final=True, error=error)


def after_http(where: str, status: int) -> Delivery:
    """The meaning of an HTTP status: 4xx is for good except where patience is asked for; all else is for now."""
    if 200 <= status < 300:
        return SENT
    if 400 <= status < 500 and status not in _HTTP_FOR_NOW:
        return never(f"{where} answered HTTP {status}: the address or its key is not accepted; correct the channel")
    if 300 <= status < 400:
        return never(f"{where} answered HTTP {status}, a redirection, which is not followed; give the final address")
    return later(f"{where} answered HTTP {status}")


def after_smtp(where: str, said: str) -> Delivery:
    """The meaning of what a mail server said: an address it does not know is for good, everything else for now.

    A refused login is the office's setting and not the recipient's fault, so the message is kept and tried again.
    """
    found = _SMTP_CODE.search(said)
    if found is None:
        return later(f"{where} could not be reached: {said[:160]}" if said else f"{where} did not take the mail")
    code, text = int(found[1]), found[2][:160]
    if code in _ADDRESS_GONE and " relay" not in text.lower():
        return never(f"{where} refused the recipient ({code} {text}); correct the mail address")
    return later(f"{where} did not take the mail ({code} {text})")


def without(text: str, secrets: list[str]) -> str:
    """The text with every secret blotted out."""
    for secret in sorted({each for each in secrets if len(each) > 3}, key=len, reverse=True):
        text = text.replace(secret, "****")
    return text
