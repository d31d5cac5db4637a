"""The stock engine (`SONGJIAO_ENGINE=stock`, `songjiao up --engine stock`): every run starts as Prefect starts it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from office.runtime.settings import REPOSITORY, Settings
from office.state_file import OfficeState, running_office
from office.supervisor import Office
from tests.engine.api import Prefect, place_migrated_database, wait_until
from tests.engine.conftest import HERE, processes_of

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office of its own on the stock engine."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("stock") / "data", prefect_port=0, engine="stock", _env_file=None
    )  # type: ignore[call-arg]
    place_migrated_database(settings)
    with Office(settings, dispatcher=False, prefect_file=HERE / "prefect.yaml") as running:
        running.wait_healthy()
        yield running
    assert processes_of(settings) == []


def test_a_run_waits_and_goes_on_in_interpreters_of_its_own(stock: Office, tmp_path: Path) -> None:
    state = running_office(stock.settings)
    assert state is not None
    assert (state.engine, list(state.children)) == ("stock", ["server", "worker"])
    prefect = Prefect(stock, tmp_path)
    run_id = prefect.start("waiting")
    prefect.wait(run_id, "Suspended", seconds=120)
    assert prefect.wake(run_id) == "ACCEPT"
    prefect.wait(run_id, "Completed", seconds=120)
    first, second = prefect.executions(run_id)
    assert first != second
    assert [name for name in prefect.history(run_id) if name in ("Suspended", "Crashed")] == ["Suspended"]
    prefect.http.close()


def test_a_run_is_executed_by_prefects_own_command_below_the_worker(stock: Office, tmp_path: Path) -> None:
    prefect = Prefect(stock, tmp_path)
    run_id = prefect.start("long-running")
    try:
        [pid] = wait_until(lambda: prefect.executions(run_id) or None, "the execution", seconds=120)
        process = psutil.Process(pid)
        assert process.cmdline() == [sys.executable, "-m", "prefect.engine"]
        assert stock.pid("worker") in [above.pid for above in process.parents()]
    finally:
        (tmp_path / "go-on").touch()
    prefect.wait(run_id, "Completed", seconds=120)
    prefect.http.close()


def test_up_takes_the_stock_engine_from_its_option(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", prefect_port=0, _env_file=None)  # type: ignore[call-arg]
    place_migrated_database(settings)
    environment = os.environ | {"SONGJIAO_DATA_DIR": str(settings.root), "SONGJIAO_PREFECT_PORT": "0"}
    songjiao = [sys.executable, "-c", "from cli.main import main; main()"]
    with subprocess.Popen(
        [*songjiao, "up", "--engine", "stock"], env=environment, cwd=REPOSITORY, stdout=subprocess.DEVNULL
    ) as up:
        try:
            state = wait_until(lambda: _ready(settings), "a ready office", seconds=150)
            assert (state.engine, list(state.children)) == ("stock", ["server", "worker", "dispatcher"])
            status = [*songjiao, "status", "--lang", "en"]
            told = subprocess.run(status, env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=False)
            assert "flow runs start Prefect's own way (stock)" in told.stdout
        finally:
            up.send_signal(signal.SIGINT)
    assert processes_of(settings) == []


def _ready(settings: Settings) -> OfficeState | None:
    state = running_office(settings)
    return state if state is not None and state.ready else None
