"""One real office (Prefect server, worker, dispatcher, mailbox) for all tests of this folder that ask for
`running_office`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from office.runtime.database import forget_engines
from office.runtime.settings import Settings, settings
from office.smtp_sink import SmtpSink
from office.supervisor import Office
from tests.integration.prefect_door import PrefectDoor
from tests.integration.sample_world import World
from tests.support.ledger import make_tables

_MARKS = iter(range(1, 10_000))


@dataclass(frozen=True)
class RunningOffice:
    """What a test needs of the office: its processes, its settings, its mailbox, and Prefect seen from outside."""

    office: Office
    settings: Settings
    mailbox: SmtpSink
    prefect: PrefectDoor

    def world(self) -> World:
        """Fresh bodies and people, so that tests do not meet each other's."""
        return World(self.settings, f"{next(_MARKS)}").build()


@pytest.fixture(scope="session")
def running_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningOffice]:
    """Server, engine, worker and dispatcher as `songjiao up` runs them, on an empty ledger."""
    folder: Path = tmp_path_factory.mktemp("running-office")
    with SmtpSink() as sink:
        given = Settings(
            data_dir=folder / "data", prefect_port=0, worker_poll_seconds=0.3, smtp_url=sink.url, _env_file=None,  # type: ignore[call-arg]
        )  # fmt: skip
        given.root.mkdir()
        make_tables(given.ledger_url)
        with Office(given) as office:
            door = PrefectDoor(office)
            yield RunningOffice(office, given, sink, door)
            door.http.close()
    forget_engines()


@pytest.fixture
def in_office(running_office: RunningOffice, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningOffice]:
    """The running office, with this process's own settings and Prefect client pointed at it."""
    for name, value in running_office.office.environment().items():
        if name.startswith(("SONGJIAO_", "PREFECT_")):
            monkeypatch.setenv(name, value)
    settings.cache_clear()
    assert settings().root == running_office.settings.root
    running_office.office.wait_healthy()
    yield running_office
    settings.cache_clear()


class StopAt:
    """Puts a stop point into the environment of the worker's runs or of the dispatcher."""

    def __init__(self, office: Office, folder: Path) -> None:
        self._office = office
        self._folder = folder
        self._set: set[str] = set()

    def __call__(self, child: str, point: str) -> Path:
        """Restart `child` with the point set; gives the file that shows that a process came there."""
        done = self._folder / f"{point}.stopped"
        environment = self._environment(child)
        environment["SONGJIAO_STOP_AT"], environment["SONGJIAO_STOP_ONCE"] = point, str(done)
        self._set.add(child)
        self._office.restart(child)
        return done

    def clear(self) -> None:
        """Take every point out again."""
        for child in self._set:
            environment = self._environment(child)
            del environment["SONGJIAO_STOP_AT"], environment["SONGJIAO_STOP_ONCE"]
            self._office.restart(child)
        self._set.clear()

    def _environment(self, child: str) -> dict[str, str]:
        environment = self._office.children[child].plan.environment
        assert isinstance(environment, dict)
        return environment


@pytest.fixture
def stop_at(in_office: RunningOffice, tmp_path: Path) -> Iterator[StopAt]:
    """Have the next process that comes to a named point end there, as by a power cut; once only."""
    stopper = StopAt(in_office.office, tmp_path)
    yield stopper
    stopper.clear()
