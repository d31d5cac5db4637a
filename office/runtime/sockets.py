"""Where the Unix sockets of an office stand. Decides a path that every system allows; opens nothing. Serves no clause."""

import hashlib
import os
import tempfile
from pathlib import Path

from office.runtime.settings import Settings

_LONGEST = 100
"""Bytes of a Unix socket's path that every system allows."""


def socket_in(office: Settings, name: str) -> Path:
    """Where a socket of this office stands: in the data folder, or, where that path is too long, in a private folder of
    the system's temporary one.
    """
    path = office.run_dir / name
    if len(os.fsencode(path)) <= _LONGEST:
        return path
    # One folder for all sockets of an office, named after the path of the first there was.
    key = hashlib.sha256(os.fsencode(office.run_dir / "engine.sock")).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"songjiao-{os.getuid()}-{key}" / name
