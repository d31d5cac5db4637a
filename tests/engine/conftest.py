"""One real office (server, warm engine, worker; no dispatcher) for all tests of this folder, and Prefect's API seen
from outside."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from office.engine.place import socket_path
from office.engine.wire import ping
from office.runtime.settings import Settings
from office.supervisor import Office
from tests.engine.api import Prefect, place_migrated_database, wait_until

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def office_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        data_dir=tmp_path_factory.mktemp("office") / "data",
        prefect_port=0,
        engine="warm",
        engine_memory_mb=512,
        worker_limit=6,  # some of these tests hold several runs at once
        worker_poll_seconds=5.0,  # so that what these tests wait for comes by the bell
        _env_file=None,  # type: ignore[call-arg]
    )


@pytest.fixture(scope="session")
def office(office_settings: Settings) -> Iterator[Office]:
    place_migrated_database(office_settings)
    with Office(office_settings, dispatcher=False, prefect_file=HERE / "prefect.yaml") as running:
        yield running
    assert processes_of(office_settings) == [], "a clean stop leaves no process"
    assert not socket_path(office_settings).exists()
    assert not (office_settings.run_dir / "office.json").exists()


def processes_of(settings: Settings) -> list[str]:
    """The command lines of all processes that work for this office."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("SONGJIAO_DATA_DIR") == str(settings.root):
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue  # gone by now, or not ours to look at
    return found


@pytest.fixture
def prefect(office: Office, tmp_path: Path) -> Iterator[Prefect]:
    office.wait_healthy()
    api = Prefect(office, tmp_path)
    yield api
    (tmp_path / "go-on").touch()
    api.http.close()


@pytest.fixture
def engine_state(office: Office) -> Callable[[], dict[str, Any]]:
    """Asks the warm parent how it is; waits while there is none."""

    def ask() -> dict[str, Any]:
        return wait_until(lambda: ping(socket_path(office.settings)), "an answer of the engine")

    return ask
