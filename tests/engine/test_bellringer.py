"""The worker is rung for when a run is ready or a place is free, and for nothing else."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from office import bellringer, worker
from office.bellringer import Bellringer
from office.runtime.doorbell import bell_path, hang_up, hangs, ring
from office.runtime.settings import Settings

pytestmark = pytest.mark.engine

RUN = "/api/flow_runs/01a227a6-3cce-70be-a554-eba7044f5f53"


@pytest.fixture
def office(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", _env_file=None)  # type: ignore[call-arg]


@pytest.fixture
def bell(office: Settings) -> Iterator[socket.socket]:
    bell = hang_up(office, "worker")
    assert bell is not None
    bell.setblocking(False)
    yield bell
    bell.close()


def rings(bell: socket.socket) -> int:
    count = 0
    try:
        while True:
            bell.recv(1)
            count += 1
    except BlockingIOError:
        return count


def ask(office: Settings, method: str, path: str, body: bytes = b"", wait_seconds: float = 0.0) -> bytes:
    """Send a request through; gives what the application read of it."""
    read = bytearray()

    async def application(_scope: Any, receive: Any, send: Any) -> None:
        more = True
        while more:
            message = await receive()
            read.extend(message["body"])
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    half = len(body) // 2
    coming = [{"type": "http.request", "body": body[:half], "more_body": True}]
    coming += [{"type": "http.request", "body": body[half:], "more_body": False}]

    async def receive() -> Any:
        return coming.pop(0)

    async def send(_: Any) -> None:
        return None

    async def through() -> None:
        await Bellringer(application, office)({"type": "http", "method": method, "path": path}, receive, send)
        await asyncio.sleep(wait_seconds)

    asyncio.run(through())
    return bytes(read)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{RUN}/resume", b"{}"),
        ("/api/deployments/01a227a6-3cce-70be-a554-eba7044f5f53/create_flow_run", b"{}"),
        (f"{RUN}/set_state", b'{"state": {"type": "SCHEDULED", "name": "Scheduled"}}'),
    ],
)
def test_a_run_that_is_ready_rings_at_once(office: Settings, bell: socket.socket, path: str, body: bytes) -> None:
    assert ask(office, "POST", path, body) == body
    assert rings(bell) == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", RUN, b""),
        ("POST", f"{RUN}/set_state", b'{"state": {"type": "RUNNING"}}'),
        ("POST", "/api/flow_runs/filter", b'{"state": {"type": "SCHEDULED"}}'),
    ],
)
def test_nothing_else_rings(
    office: Settings, bell: socket.socket, monkeypatch: pytest.MonkeyPatch, method: str, path: str, body: bytes
) -> None:
    monkeypatch.setattr(bellringer, "_LEAVING_SECONDS", 0.0)
    assert ask(office, method, path, body, wait_seconds=0.05) == body
    assert rings(bell) == 0


def test_a_run_that_leaves_rings_a_moment_later(
    office: Settings, bell: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = b'{"state": {"type": "PAUSED", "name": "Suspended"}}'
    ask(office, "POST", f"{RUN}/set_state", body)
    assert rings(bell) == 0
    monkeypatch.setattr(bellringer, "_LEAVING_SECONDS", 0.01)
    ask(office, "POST", f"{RUN}/set_state", body, wait_seconds=0.1)
    assert rings(bell) == 1


def test_nobody_needs_to_listen_and_a_bell_left_behind_is_taken_down(office: Settings) -> None:
    ring(office, "worker")
    path = bell_path(office, "worker")
    path.parent.mkdir(parents=True)
    path.touch()
    bell = hang_up(office, "worker")
    assert bell is not None
    ring(office, "worker")
    assert rings_after_blocking(bell) == 1


def test_a_bell_that_cannot_stand_is_gone_without(office: Settings, caplog: pytest.LogCaptureFixture) -> None:
    bell_path(office, "worker").mkdir(parents=True)
    assert hang_up(office, "worker") is None
    assert not hangs(office, "worker")
    assert "looks by itself" in caplog.text


def rings_after_blocking(bell: socket.socket) -> int:
    bell.setblocking(False)
    count = rings(bell)
    bell.close()
    return count


async def test_many_rings_make_the_worker_look_once(
    office: Settings, bell: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        ring(office, "worker")
    assert await worker._rung(bell)
    monkeypatch.setattr(worker, "_SEE_SECONDS", 0.1)
    assert not await worker._rung(bell)
    asyncio.get_running_loop().call_later(0.02, ring, office, "worker")
    assert await worker._rung(bell)


@pytest.mark.parametrize(
    ("taken", "pause"), [(0, worker._BREATH_SECONDS), (1, worker._BREATH_SECONDS), (2, worker._BUSY_SECONDS)]
)
async def test_where_several_runs_wait_the_worker_leaves_the_server_time(
    monkeypatch: pytest.MonkeyPatch, taken: int, pause: float
) -> None:
    pauses: list[float] = []

    class Taking:
        async def get_and_submit_flow_runs(self) -> list[Any]:
            return [object()] * taken

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(worker.anyio, "sleep", sleep)
    taking: Any = Taking()
    await worker._look(taking)
    assert pauses == [pause]
