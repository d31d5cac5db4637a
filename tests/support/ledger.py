"""An office with an empty ledger for each test: `sqlite_office`, `postgres_office`, or `each_office` for both in turn.

The tables are made once per run and database kind, then copied. The environment names the same office, so that
processes which a test starts open the same ledger.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from office.runtime.database import engine_for, forget_engines
from office.runtime.migrate import migrate
from office.runtime.settings import Settings, settings
from tests.support.postgres import PostgresServer


def make_tables(url: str) -> None:
    """Every table of the ledger in the empty database at `url`; leaves no connection open."""
    migrate(url)
    engine_for(url).dispose()


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One SQLite file with all tables, complete in itself (no WAL beside it)."""
    path = tmp_path_factory.mktemp("template") / "songjiao.db"
    make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_office(data_dir: Path, _sqlite_template: Path) -> Iterator[Settings]:
    """The settings of an office on the embedded default, its ledger empty."""
    office = settings()
    shutil.copyfile(_sqlite_template, office.root / "songjiao.db")
    yield office
    _close(office)


@pytest.fixture
def postgres_office(data_dir: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """The settings of an office on PostgreSQL, its ledger empty."""
    with postgres.database(postgres.template("ledger", make_tables)) as url:
        monkeypatch.setenv("SONGJIAO_DATABASE_URL", url)
        settings.cache_clear()
        office = settings()
        yield office
        _close(office)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def each_office(request: pytest.FixtureRequest) -> Settings:
    """The test runs twice: on the embedded default and on PostgreSQL."""
    office: Settings = request.getfixturevalue(f"{request.param}_office")
    return office


def _close(office: Settings) -> None:
    """Close this process's connections: a forgotten one would hold the database, or warn in somebody else's test."""
    engine_for(office.ledger_url).dispose()
    forget_engines()
