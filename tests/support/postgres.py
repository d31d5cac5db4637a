"""Debian's PostgreSQL, started for the length of a test run on a free port and thrown away afterwards.

PostgreSQL refuses to run as root, so under root the server runs as `nobody` (no `su` is needed). A migrated database
is kept as a template: each test gets its own copy in some 40 ms instead of migrating anew. Absent PostgreSQL skips the
tests that ask for it, and fails them under `CI=true`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.support.presence import absent

ADMINISTRATOR = "postgres"
PROGRAMS = ("initdb", "postgres")
# Nothing here outlives the run, so nothing needs to reach the disk.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "shared_buffers=64MB")


class PostgresUnavailable(Exception):
    """No PostgreSQL server programs were found on this machine."""


def server_programs() -> dict[str, Path]:
    """The paths of `initdb` and `postgres`, newest version first; `PostgresUnavailable` names what was looked for."""
    folders = [Path(folder) for folder in os.get_exec_path()]
    versions = Path("/usr/lib/postgresql")
    if versions.is_dir():
        folders += sorted(versions.glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True)
    folders += [Path("/opt/homebrew/opt/postgresql/bin"), Path("/usr/local/opt/postgresql/bin")]
    for folder in folders:
        # A bare `postgres` on the path may be a wrapper without its neighbours: take a folder that has them all.
        if all(os.access((folder / name).resolve(), os.X_OK) for name in PROGRAMS):
            return {name: (folder / name).resolve() for name in PROGRAMS}
    raise PostgresUnavailable(
        "No PostgreSQL server (initdb, postgres) on PATH or under /usr/lib/postgresql. Debian: apt install postgresql"
    )


def free_port() -> int:
    """A TCP port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class PostgresServer:
    """A running server on 127.0.0.1 that hands out databases. Safe to use from several threads."""

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self.folder, self.port, self.process = folder, port, process
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._templates: dict[str, str] = {}

    def url(self, database: str, driver: str = "psycopg") -> str:
        """The SQLAlchemy URL of `database`."""
        return f"postgresql+{driver}://{ADMINISTRATOR}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """A plain connection in autocommit mode."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=ADMINISTRATOR, dbname=database, autocommit=True, connect_timeout=10
        )

    def template(self, name: str, prepare: Callable[[str], None]) -> str:
        """The name of a database that `prepare(url)` filled; it runs once per server and `name`.

        `prepare` must close its connections: PostgreSQL copies only a database that nobody is connected to.
        """
        with self._lock:
            if name not in self._templates:
                database = f"template_{name}"
                self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
                prepare(self.url(database))
                self._templates[name] = database
            return self._templates[name]

    def new_database(self, template: str = "template1") -> str:
        """Create a database as a copy of `template` and answer its name."""
        database = f"test_{os.getpid()}_{next(self._numbers)}"
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(database), sql.Identifier(template))
        )
        return database

    def drop_database(self, database: str) -> None:
        """Remove `database`, ending connections that a test left open."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The URL of a database of one's own, gone afterwards."""
        name = self.new_database(template)
        try:
            yield self.url(name)
        finally:
            self.drop_database(name)

    def _execute(self, statement: sql.Composed) -> None:
        with self.connect() as connection:
            connection.execute(statement)


def _unprivileged() -> dict[str, Any]:
    """Keyword arguments for subprocess that step down from root; empty where we are nobody special already."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Fast shutdown (open connections are ended), then the hard way."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(timeout=15)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a fresh server and stop it at the end; raises `PostgresUnavailable` where none is installed."""
    programs = server_programs()
    lower = _unprivileged()
    # Directly under the system's temporary folder: the path of a Unix socket may have some 100 characters only.
    folder = Path(tempfile.mkdtemp(prefix="songjiao-pg-"))
    process: subprocess.Popen[bytes] | None = None
    try:
        if lower:
            os.chown(folder, lower["user"], lower["group"])
        data, log = folder / "data", folder / "server.log"
        kind = ["-U", ADMINISTRATOR, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        made = subprocess.run(
            [programs["initdb"], "-D", data, *kind], cwd=folder, capture_output=True, text=True, **lower
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed with status {made.returncode}:\n{made.stdout}{made.stderr}")
        for attempt in range(3):  # another process may take the free port before the server does
            port = free_port()
            options = [part for setting in FAST for part in ("-c", setting)]
            with log.open("ab") as output:
                process = subprocess.Popen(
                    [programs["postgres"], "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder, *options],
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    **lower,
                )
            server = PostgresServer(folder, port, process)
            if _answers(server):
                break
            _stop(process)
            if attempt == 2:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')[-2000:]}")
        yield server
    finally:
        if process is not None:
            _stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(server: PostgresServer, within_seconds: float = 30) -> bool:
    """Whether the server accepts connections before it dies or the time is up."""
    tick = threading.Event()
    for _ in range(int(within_seconds / 0.05)):
        if server.process.poll() is not None:
            return False
        try:
            server.connect().close()
        except psycopg.OperationalError:
            tick.wait(0.05)
        else:
            return True
    return False


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The run's one server; tests without it are skipped, or fail under CI=true."""
    try:
        server_programs()
    except PostgresUnavailable as reason:
        absent(str(reason))
    with postgres_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database for this test alone."""
    with postgres.database() as url:
        yield url
