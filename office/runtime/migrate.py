"""Brings the ledger's tables to the present revision and makes the row of its clock.

Runs in one transaction under the writers' lock, so two processes that start at once follow one another, and a failed revision
leaves the ledger as it was. Never removes what was recorded. Serves no clause.
"""

import time
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool
from sqlmodel import Session, select

from models.office import AuditEvent, BusinessClock
from office.runtime.database import WRITE, engine_for
from office.runtime.settings import Settings

MIGRATIONS = Path(__file__).resolve().parents[2] / "models" / "migrations"
_TRIES = 60
_PAUSE = 0.5  # seconds


class LedgerUnfit(Exception):
    """The ledger cannot be opened so: the sentence says why and what to do."""


def configuration(connection: Connection) -> Config:
    """Alembic's settings for one open connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(url: str) -> None:
    """Bring the ledger at a SQLAlchemy URL to the present revision, keeping its data. Nothing happens when it is there.

    Raises `LedgerUnfit` when a revision would leave a row that points nowhere, or the file stays locked by another process.
    """
    engine = _engine(url)
    try:
        for left in reversed(range(_TRIES)):
            try:
                with engine.begin() as connection:
                    command.upgrade(configuration(connection), "head")
                    _must_be_whole(connection)
                return
            except OperationalError as error:
                if "locked" not in str(error):
                    raise
                if not left:
                    raise LedgerUnfit(f"{url}: another process holds the ledger; stop it and start again") from error
                time.sleep(_PAUSE)
    finally:
        engine.dispose()


def _engine(url: str) -> Engine:
    """An engine for revisions alone: on SQLite without foreign keys, since a changed table is copied, dropped and renamed."""
    if make_url(url).get_backend_name() != "sqlite":
        return engine_for(url).execution_options(**{WRITE: True})
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("busy_timeout=30000", "journal_mode=WAL", "foreign_keys=OFF"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _must_be_whole(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.execute(text("PRAGMA foreign_key_check")).first()
    if broken is not None:
        raise LedgerUnfit(f"row {broken[1]} of table {broken[0]} points to nothing in {broken[2]}; nothing was changed")


def open_ledger(office: Settings, demo: bool = False) -> None:
    """Migrate the ledger and make its clock. Every program that uses a ledger calls this first; it may be called again.

    With `demo` the clock can be moved: only a ledger that has recorded nothing becomes one of a demo. Raises `LedgerUnfit`.
    """
    migrate(office.ledger_url)
    engine = engine_for(office.ledger_url).execution_options(**{WRITE: True})
    with Session(engine) as session, session.begin():
        clock = session.get(BusinessClock, 1)
        fresh = session.exec(select(AuditEvent.number).limit(1)).first() is None
        if clock is None:
            clock = BusinessClock(id=1)
        if demo and not clock.demo:
            if not fresh:
                raise LedgerUnfit(
                    "this ledger holds real records, its clock cannot be moved; give the demo a data folder of its own "
                    "(SONGJIAO_DATA_DIR)"
                )
            clock.demo = True
        session.add(clock)
