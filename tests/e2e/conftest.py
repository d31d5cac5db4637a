"""A demo that was acted out once for all tests of this folder: its report, and its office, which is kept up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from office.runtime.settings import REPOSITORY, Settings

KEPT = "The office stays up"
_LIMIT_SECONDS = 1200.0


@dataclass(frozen=True)
class PlayedDemo:
    """What a demo left: its report, what it printed, the settings of its office, and how it ends when told to."""

    report: dict[str, Any]
    printed: str
    settings: Settings
    process: subprocess.Popen[str]


@pytest.fixture(scope="session")
def played_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedDemo]:
    """`songjiao demo --keep` with one sample programme, as a person starts it."""
    folder: Path = tmp_path_factory.mktemp("demo")
    file = folder / "report.json"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SONGJIAO_", "PREFECT_"))}
    environment |= {"SONGJIAO_DATA_DIR": str(folder / "data"), "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "cli.main", "demo", "--programmes", "S01"),
            *("--report", str(file), "--keep", "--lang", "en"),
        ],
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    watchdog = threading.Timer(_LIMIT_SECONDS, process.kill)
    watchdog.start()
    lines = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if KEPT in line:
            break
    watchdog.cancel()
    printed = "".join(lines)
    try:
        assert file.is_file(), printed[-4000:]
        office = Settings(data_dir=folder / "data" / "demo", _env_file=None)
        yield PlayedDemo(json.loads(file.read_text(encoding="utf-8")), printed, office, process)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        process.stdout.close()
