"""Keeps channel addresses unreadable where they are stored: they carry the keys of robots and mailboxes.

A sealed text begins with `sealed:`; only the server key opens it again. Decides nothing about who may read one.
"""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_MARK = "sealed:"
_PURPOSE = b"songjiao channel address 1"


class SealBroken(ValueError):
    """A sealed text cannot be opened: it was changed, or it was sealed under another server key."""


def seal(text: str, key: bytes) -> str:
    """The text encrypted under the server key; each call gives another sealed text."""
    return _MARK + _box(key).encrypt(text.encode()).decode()


def unseal(text: str, key: bytes) -> str:
    """The text that was sealed under this server key. Raises `SealBroken`, also for a text that was never sealed."""
    if not text.startswith(_MARK):
        raise SealBroken("this channel address was never sealed; enter it again (songjiao organisation or person)")
    try:
        return _box(key).decrypt(text.removeprefix(_MARK).encode()).decode()
    except (InvalidToken, ValueError):
        raise SealBroken(
            "a channel address cannot be read with this office's server.key; restore the key or enter it again"
        ) from None


@lru_cache(maxsize=8)
def _box(key: bytes) -> Fernet:
    # The server key also makes one-time codes; a derived key of its own keeps the two uses apart.
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(key)
    return Fernet(urlsafe_b64encode(derived))
