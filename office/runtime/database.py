"""The ledger's database: one engine per process, made on first use.

SQLite runs in WAL mode with foreign keys on and takes the write lock at the start of a writing transaction; PostgreSQL takes
one advisory lock there. So writers follow one another on both, and whatever an operation reads stays true until it commits.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url

WRITE = "songjiao_write"
AHEAD = "songjiao_ahead"
_BUSY_MS = 30_000
_AHEAD_SECONDS, _AGAIN_SECONDS = 5.0, 0.001
_PG_LOCK = 0x534F4E474A  # one number for all writers of this ledger
_engines: dict[str, Engine] = {}
_stand_ins: set[Engine] = set()
"""Engines that work on an empty database in memory for now."""
_turns: dict[str, threading.Lock] = {}
_guard = threading.Lock()


def engine_for(url: str) -> Engine:
    """The engine of this process for a SQLAlchemy URL; made once, never shared with a forked child."""
    with _guard:
        if url not in _engines:
            _engines[url] = _make(url)
        return _engines[url]


@contextmanager
def one_at_a_time(url: str) -> Iterator[None]:
    """Have the threads of this process that write follow one another: only one of them waits for other processes. After SQLite's
    own patience it goes on and is told there what is wrong.
    """
    with _guard:
        turn = _turns.setdefault(url, threading.Lock())
    mine = turn.acquire(timeout=_BUSY_MS / 1000)
    try:
        yield
    finally:
        if mine:
            turn.release()


def forget_engines() -> None:
    """Drop this process's engines without closing their connections: for a child that was forked from a parent with some."""
    with _guard:
        for engine in _engines.values():
            engine.dispose(close=False)
        _engines.clear()
        _turns.clear()


@contextmanager
def on_an_empty_database(engine: Engine) -> Iterator[None]:
    """Have an embedded engine work on an empty database in memory until the block ends: its file is not touched, and
    what it has learnt of statements stays. Afterwards it holds no connection. Not for several threads.
    """
    _stand_ins.add(engine)
    try:
        engine.dispose()
        yield
    finally:
        engine.dispose()
        _stand_ins.discard(engine)


def _make(url: str) -> Engine:
    if make_url(url).get_backend_name() == "sqlite":
        return _make_sqlite(url)
    engine = create_engine(_with_driver(url), pool_pre_ping=True)

    @event.listens_for(engine, "begin")
    def _one_writer(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITE):
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _PG_LOCK})

    return engine


def _with_driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _make_sqlite(url: str) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 30})

    @event.listens_for(engine, "do_connect")
    def _stand_in(*_: Any) -> Any:
        if engine in _stand_ins:
            name = f"file:songjiao-{os.getpid()}-{id(engine)}?mode=memory&cache=shared"
            return sqlite3.connect(name, uri=True, check_same_thread=False)
        return None  # the file, as ever

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", f"busy_timeout={_BUSY_MS}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get(AHEAD) and _begun_ahead(connection.connection.dbapi_connection):
            return
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(WRITE) else "BEGIN")

    return engine


def _begun_ahead(connection: Any) -> bool:
    """Take the write lock as soon as it is free: asked for each millisecond, where SQLite would sleep ever longer while
    others take it in turns. False when that takes too long; then it is waited for as usual, and the trouble told.
    """
    connection.execute("PRAGMA busy_timeout=0")
    try:
        until = time.monotonic() + _AHEAD_SECONDS
        while time.monotonic() < until:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return True
            except sqlite3.OperationalError:
                time.sleep(_AGAIN_SECONDS)
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
