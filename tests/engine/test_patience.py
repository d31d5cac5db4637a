"""The layer around Prefect's server: a request refused because the database is busy is asked again, whole."""

import asyncio
from typing import Any

import pytest

from office.prefect_app import Message, Patient, Receive, Scope, Send

pytestmark = pytest.mark.engine


class Busy:
    """An application that is busy for the first requests, and keeps what it was asked."""

    def __init__(self, refusals: int, *, raises: bool = False) -> None:
        self.refusals = refusals
        self.raises = raises
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        self.bodies.append(body)
        refused = len(self.bodies) <= self.refusals
        await send({"type": "http.response.start", "status": 503 if refused else 200, "headers": []})
        await send({"type": "http.response.body", "body": b"no" if refused else b"yes"})
        if refused and self.raises:
            raise RuntimeError("as Starlette does after answering")


def _ask(app: Patient, *parts: bytes) -> list[Message]:
    coming: list[dict[str, Any]] = [
        {"type": "http.request", "body": part, "more_body": number < len(parts) - 1}
        for number, part in enumerate(parts)
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app({"type": "http", "method": "POST", "path": "/x"}, receive, send))
    return sent


@pytest.mark.parametrize("raises", [False, True])
def test_refused_request_is_asked_again_with_its_whole_body(raises: bool) -> None:
    busy = Busy(2, raises=raises)
    sent = _ask(Patient(busy), b"one ", b"two")
    assert busy.bodies == [b"one two"] * 3
    assert [message.get("status") or message["body"] for message in sent] == [200, b"yes"]


def test_answered_request_is_asked_once() -> None:
    busy = Busy(0)
    _ask(Patient(busy), b"x")
    assert busy.bodies == [b"x"]


def test_request_refused_for_too_long_is_refused_with_a_time_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("office.prefect_app.PATIENCE_SECONDS", 0.0)
    said: list[str] = []
    sent = _ask(Patient(Busy(99), said.append), b"x")
    assert (sent[0]["status"], sent[0]["headers"]) == (503, [(b"retry-after", b"1")])
    assert len(said) == 1


def test_failure_that_is_no_refusal_is_not_hidden() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyError("a fault")

    with pytest.raises(KeyError):
        _ask(Patient(broken), b"x")


def test_requests_that_write_follow_one_another_and_questions_do_not_wait() -> None:
    under_way: list[str] = []
    most = {"/write": 0, "/x/filter": 0}

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        under_way.append(scope["path"])
        most[scope["path"]] = max(most[scope["path"]], under_way.count(scope["path"]))
        await asyncio.sleep(0.01)
        under_way.remove(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_: Message) -> None:
        return None

    async def all_at_once() -> None:
        app = Patient(slow)
        scopes = [{"type": "http", "method": "POST", "path": path} for path in most for _ in range(3)]
        await asyncio.gather(*(app(scope, receive, send) for scope in scopes))

    asyncio.run(all_at_once())
    assert most == {"/write": 1, "/x/filter": 3}
