"""One real office (Prefect server, worker, dispatcher, mailbox) for all tests of this folder that ask for
`running_office`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlmodel import col, select

from models.office import Lease, Wake
from office.runtime.database import forget_engines
from office.runtime.settings import Settings, settings
from office.runtime.transactions import reading
from office.smtp_sink import SmtpSink
from office.supervisor import Office
from tests.engine.api import place_migrated_database
from tests.integration.prefect_door import PrefectDoor, wait_until
from tests.integration.sample_world import World
from tests.support.ledger import make_tables

_MARKS = iter(range(1, 10_000))


class StopAt:
    """Sets the stop point of a running office's flow runs and dispatcher; the first process that comes there ends."""

    def __init__(self, folder: Path) -> None:
        self._point, self._done = folder / "stop-at", folder / "stopped"

    def __call__(self, point: str) -> Path:
        """Set the point; gives the file that shows that a process came there."""
        self.clear()
        fresh = self._point.with_suffix(".new")
        fresh.write_text(point, encoding="utf-8")
        fresh.replace(self._point)
        return self._done

    def clear(self) -> None:
        """Take the point out again."""
        self._point.unlink(missing_ok=True)
        self._done.unlink(missing_ok=True)

    def environment(self) -> dict[str, str]:
        """What the office's processes are started with, so that they look for a point."""
        return {"SONGJIAO_STOP_AT": f"@{self._point}", "SONGJIAO_STOP_ONCE": str(self._done)}


@dataclass(frozen=True)
class RunningOffice:
    """What a test needs of the office: its processes, its settings, its mailbox, and Prefect seen from outside."""

    office: Office
    settings: Settings
    mailbox: SmtpSink
    prefect: PrefectDoor
    stop_at: StopAt

    def world(self) -> World:
        """Fresh bodies and people, so that tests do not meet each other's."""
        return World(self.settings, f"{next(_MARKS)}").build()

    def rest(self) -> None:
        """Wait until no wake is open and nothing is being executed, so that a stop point meets whom it is meant for."""
        wait_until(self._at_rest, "an office at rest")

    def _at_rest(self) -> bool:
        with reading(self.settings) as act:
            open_wake = act.session.exec(select(Wake.id).where(col(Wake.done_at).is_(None)).limit(1)).first()
            lease = act.session.exec(select(Lease.id).where(col(Lease.run_id).is_not(None)).limit(1)).first()
        return open_wake is None and lease is None and not self.prefect.moving()


@pytest.fixture(scope="session")
def running_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningOffice]:
    """Server, engine, worker and dispatcher as `songjiao up` runs them, on an empty ledger."""
    folder: Path = tmp_path_factory.mktemp("running-office")
    with SmtpSink() as sink:
        given = Settings(
            data_dir=folder / "data", prefect_port=0, worker_limit=6, smtp_url=sink.url, _env_file=None,  # type: ignore[call-arg]
        )  # fmt: skip
        place_migrated_database(given)
        make_tables(given.ledger_url)
        stop_at = StopAt(folder)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in stop_at.environment().items():
                patch.setenv(name, value)
            office = Office(given)
            office.__enter__()
        try:
            door = PrefectDoor(office)
            yield RunningOffice(office, given, sink, door, stop_at)
            door.http.close()
        finally:
            office.__exit__(None, None, None)
    forget_engines()


@pytest.fixture
def in_office(running_office: RunningOffice, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningOffice]:
    """The running office, with this process's own settings and Prefect client pointed at it."""
    for name, value in running_office.office.environment().items():
        if name.startswith(("SONGJIAO_", "PREFECT_")) and not name.startswith("SONGJIAO_STOP_"):
            monkeypatch.setenv(name, value)
    settings.cache_clear()
    assert settings().root == running_office.settings.root
    running_office.office.wait_healthy()
    yield running_office
    settings.cache_clear()


@pytest.fixture
def stop_at(in_office: RunningOffice) -> Iterator[Callable[[str], Path]]:
    """Have the next process that comes to a named point end there, as by a power cut; once only."""

    def at(point: str) -> Path:
        in_office.rest()
        return in_office.stop_at(point)

    yield at
    in_office.stop_at.clear()
