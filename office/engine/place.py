"""Where the warm engine is found, and whether this machine can have one.

Decides between the warm and the stock start of flow runs: forking a process that has imported everything is sound on
Linux only (on macOS the system's own libraries may not be used after a fork). It serves no clause of a regulation.
"""

import hashlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Literal

from office.runtime.settings import Settings

CLIENT = Path(__file__).resolve().with_name("client.py")

_LONGEST = 100
"""Bytes of a Unix socket's path that every system allows."""


def engine_in_use(settings: Settings) -> Literal["warm", "stock"]:
    """The engine that flow runs really start with on this machine."""
    return "warm" if settings.engine == "warm" and sys.platform == "linux" else "stock"


def socket_path(settings: Settings) -> Path:
    """The engine's Unix socket: in the data folder, or, where that path is too long for a socket, in a private folder
    of /tmp."""
    path = settings.run_dir / "engine.sock"
    if len(os.fsencode(path)) <= _LONGEST:
        return path
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"songjiao-{os.getuid()}-{name}" / "engine.sock"


def engine_command(settings: Settings, prefect_file: Path) -> list[str]:
    """How the supervisor starts the warm engine: somewhat more children than the worker's limit, for those that are
    leaving."""
    return [
        *(sys.executable, "-m", "office.engine.warden", "--socket", str(socket_path(settings))),
        *("--limit", str(settings.worker_limit + 2), "--memory-mb", str(settings.engine_memory_mb)),
        *("--prefect-file", str(prefect_file.resolve())),
    ]
