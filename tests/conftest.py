"""What every test of Songjiao stands on: a world of its own, and the real neighbours it may ask for.

No test reads or writes this machine's office, Prefect profile or settings: both are pointed at a folder that goes away
before anything is imported that reads them.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

REPOSITORY = Path(__file__).resolve().parents[1]
WORLD = Path(tempfile.mkdtemp(prefix="songjiao-test-"))
atexit.register(shutil.rmtree, WORLD, ignore_errors=True)

FAILED_CHECKS = os.environ.get("SONGJIAO_FAILED_CHECKS", "").split()
for name in [name for name in os.environ if name.startswith(("SONGJIAO_", "PREFECT_"))]:
    del os.environ[name]
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each process that a test starts compiles the rooms anew
os.environ.update(
    {
        "SONGJIAO_DATA_DIR": str(WORLD / "data"),
        "PREFECT_HOME": str(WORLD / "prefect"),
        "PREFECT_PROFILES_PATH": str(WORLD / "prefect" / "profiles.toml"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",  # a forgotten API address must fail, not start a server
        "DO_NOT_TRACK": "1",
        "NO_COLOR": "1",
        "TZ": "Asia/Shanghai",
    }
)

hypothesis_settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile("ci", parent=hypothesis_settings.get_profile("house"), derandomize=True)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "house")

pytest_plugins = [
    f"tests.support.{name}" for name in ("postgres", "smtp_sink", "browser", "ledger", "sharing", "measuring")
]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds the rooms."""
    return REPOSITORY


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An office's data folder for this test alone, also for the processes that it starts."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("SONGJIAO_DATA_DIR", str(folder))
    from office.runtime.settings import settings

    settings.cache_clear()
    yield folder
    settings.cache_clear()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the static checks that failed before the tests began, so that nobody overlooks them above the tests."""
    if FAILED_CHECKS:
        terminalreporter.section("static checks that failed", red=True, bold=True)
        for check in FAILED_CHECKS:
            terminalreporter.write_line(f"make {check}")
