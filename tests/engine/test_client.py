"""The engine's client at the door: it starts a run once, warm or the stock way, and never both."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from office.engine.place import CLIENT, socket_path
from office.engine.wire import HEAD, Incoming, Request
from office.runtime.settings import Settings

pytestmark = pytest.mark.engine


class Door:
    """An engine that answers as the test wants."""

    def __init__(self, path: Path, answer: Callable[[socket.socket, Incoming], None]) -> None:
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen()
        self._answer = answer
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._listening.accept()
        with connection:
            self._answer(connection, Incoming(connection))

    def close(self) -> None:
        self._thread.join(10)
        self._listening.close()


def _take(incoming: Incoming) -> Request:
    while (request := incoming.request()) is None:
        incoming.read()
    return request


def _run_client(path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", str(CLIENT), str(path)],
        env={"PATH": os.environ["PATH"], **environment},
        cwd=path.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def door_path(tmp_path: Path) -> Path:
    return tmp_path / "e.sock"


def test_client_hands_over_environment_folder_and_streams_and_leaves_with_the_childs_status(door_path: Path) -> None:
    taken: list[Request] = []

    def answer(connection: socket.socket, incoming: Incoming) -> None:
        request = _take(incoming)
        taken.append(request)
        connection.sendall(b"A")
        assert connection.recv(1) == b"G"
        os.write(request.streams[1], b"from the child")
        connection.sendall(b"X" + (7 << 8).to_bytes(4, "big", signed=True))
        incoming.close()

    door = Door(door_path, answer)
    done = _run_client(door_path, NAME="值=x")
    door.close()
    assert (done.returncode, done.stdout) == (7, "from the child")
    assert taken[0].working_dir == os.fsencode(door_path.parent)
    assert taken[0].environment[b"NAME"] == "值=x".encode()


def test_client_ends_by_the_childs_signal(door_path: Path) -> None:
    def answer(connection: socket.socket, incoming: Incoming) -> None:
        _take(incoming)
        connection.sendall(b"A")
        connection.recv(1)
        connection.sendall(b"X" + (9).to_bytes(4, "big", signed=True))
        incoming.close()

    door = Door(door_path, answer)
    done = _run_client(door_path)
    door.close()
    assert done.returncode == -9


def test_client_whose_engine_dies_after_go_does_not_start_the_run_again(door_path: Path) -> None:
    def answer(connection: socket.socket, incoming: Incoming) -> None:
        _take(incoming)
        connection.sendall(b"A")
        connection.recv(1)
        incoming.close()

    door = Door(door_path, answer)
    done = _run_client(door_path)
    door.close()
    assert done.returncode == 70
    assert "it died while this run was running" in done.stderr
    assert "stock" not in done.stderr


def test_client_whose_engine_closes_before_go_starts_the_stock_way(door_path: Path) -> None:
    door = Door(door_path, lambda _, incoming: incoming.close())
    done = _run_client(door_path, PREFECT__FLOW_RUN_ID="no-id", PREFECT_HOME=str(door_path.parent))
    door.close()
    assert done.returncode == 1
    assert "starting the stock way" in done.stderr
    assert "Invalid flow run id" in done.stdout + done.stderr


def test_client_without_engine_starts_the_stock_way(door_path: Path) -> None:
    done = _run_client(door_path, PREFECT__FLOW_RUN_ID="no-id", PREFECT_HOME=str(door_path.parent))
    assert done.returncode == 1
    assert "starting the stock way" in done.stderr


def test_request_larger_than_allowed_is_no_request() -> None:
    near, far = socket.socketpair()
    with near, far:
        far.sendall(b"R" + HEAD.pack(9_000_000))
        incoming = Incoming(near)
        incoming.read()
        with pytest.raises(ValueError, match="too large"):
            incoming.request()


def test_socket_of_a_deep_data_folder_lies_in_a_private_short_one(tmp_path: Path) -> None:
    deep = Settings(data_dir=tmp_path / ("x" * 120))
    path = socket_path(deep)
    assert len(os.fsencode(path)) < 100
    assert path != socket_path(Settings(data_dir=tmp_path / ("y" * 120)))
