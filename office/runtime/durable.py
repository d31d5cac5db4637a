"""Files that are there after a power cut, whole, in their old content or in their new one.

A replaced file lasts only when its content and the folder that names it were both brought to the disk. Decides nothing
about what is kept. Serves no clause.
"""

import os
import secrets
from pathlib import Path


def keep_text(path: Path, text: str) -> None:
    """Replace a file by one with this text, in one step, readable by its owner alone. Its folder must be there."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring to the disk which names a folder holds: a new or replaced file is else lost with the power."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
