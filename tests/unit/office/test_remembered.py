"""What every flow run asks anew is answered from memory: to the same asker, for some seconds, until something changes it."""

import asyncio
from typing import Any

import pytest

from office.remembered import KEEP_SECONDS, Remembered

ONE = "/api/deployments/0642ed7e-7575-4008-8e97-85cd2fe54c8c"


class Server:
    """An application that counts what it is asked, and answers with the number."""

    def __init__(self, status: int = 200) -> None:
        self.asked: list[str] = []
        self.status = status

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(f"{scope['method']} {scope['path']}")
        number = str(len(self.asked))
        await asyncio.sleep(0)
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": number.encode()[:1], "more_body": True})
        await send({"type": "http.response.body", "body": number.encode()[1:]})


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def ask(app: Any, path: str = ONE, method: str = "GET", password: bytes = b"right") -> str:
    """The body of an answer."""
    said = b""

    async def send(message: Any) -> None:
        nonlocal said
        said += message.get("body", b"")

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    headers = [(b"authorization", password), (b"traceparent", str(id(said)).encode())]
    await app({"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers}, receive, send)
    return said.decode()


async def test_the_same_question_is_answered_again_for_some_seconds() -> None:
    server, clock = Server(), Clock()
    app = Remembered(server, clock)
    assert [await ask(app), await ask(app)] == ["1", "1"]
    clock.now = KEEP_SECONDS
    assert await ask(app) == "2"


async def test_another_password_is_never_answered_from_memory() -> None:
    server = Server()
    app = Remembered(server)
    assert await ask(app) == "1"
    assert await ask(app, password=b"wrong") == "2"


async def test_what_was_not_found_or_refused_is_asked_again() -> None:
    server = Server(401)
    app = Remembered(server)
    assert [await ask(app), await ask(app)] == ["1", "2"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", ONE),
        ("DELETE", ONE),
        ("POST", "/api/deployments/"),
        ("PUT", "/api/admin/storage"),
        ("POST", f"{ONE}/pause_deployment"),
        ("PATCH", "/api/work_pools/songjiao"),
    ],
)
async def test_whatever_may_change_an_answer_makes_it_forgotten(method: str, path: str) -> None:
    app = Remembered(Server())
    assert await ask(app) == "1"
    await ask(app, path, method)
    assert await ask(app) == "3"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/flow_runs/filter"),
        ("POST", "/api/flow_runs/0642ed7e-7575-4008-8e97-85cd2fe54c8c/set_state"),
        ("POST", "/api/work_pools/songjiao/get_scheduled_flow_runs"),
        ("POST", "/api/work_pools/songjiao/workers/heartbeat"),
        ("POST", "/api/deployments/filter"),
        ("POST", "/api/logs/"),
        ("GET", "/api/flow_runs/0642ed7e-7575-4008-8e97-85cd2fe54c8c"),
    ],
)
async def test_what_runs_do_all_the_time_leaves_it(method: str, path: str) -> None:
    server = Server()
    app = Remembered(server)
    assert await ask(app) == "1"
    await ask(app, path, method)
    assert await ask(app) == "1"
    assert server.asked[-1] == f"{method} {path}"


async def test_an_answer_that_was_read_while_it_was_being_changed_is_not_kept() -> None:
    app = Remembered(Server())
    reading = asyncio.create_task(ask(app))
    await asyncio.sleep(0)
    await ask(app, ONE, "PATCH")
    assert await reading == "1"
    assert await ask(app) == "3"
