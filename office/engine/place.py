"""Where the warm engine is found, and whether this machine can have one.

Decides between the warm and the stock start of flow runs: forking a process that has imported everything is sound on
Linux only (on macOS the system's own libraries may not be used after a fork). It serves no clause of a regulation.
"""

import sys
from pathlib import Path
from typing import Literal

from office.runtime.settings import Settings
from office.runtime.sockets import socket_in

CLIENT = Path(__file__).resolve().with_name("client.py")


def engine_in_use(settings: Settings) -> Literal["warm", "stock"]:
    """The engine that flow runs really start with on this machine."""
    return "warm" if settings.engine == "warm" and sys.platform == "linux" else "stock"


def socket_path(settings: Settings) -> Path:
    """The engine's Unix socket: in the data folder, or, where that path is too long for a socket, in a private folder
    of /tmp."""
    return socket_in(settings, "engine.sock")


def engine_command(settings: Settings, prefect_file: Path) -> list[str]:
    """How the supervisor starts the warm engine: somewhat more children than the worker's limit, for those that are
    leaving."""
    return [
        *(sys.executable, "-m", "office.engine.warden", "--socket", str(socket_path(settings))),
        *("--limit", str(settings.worker_limit + 2), "--memory-mb", str(settings.engine_memory_mb)),
        *("--seconds", str(settings.engine_seconds)),
        *("--prefect-file", str(prefect_file.resolve())),
    ]
