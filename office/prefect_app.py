"""Prefect's server application, made patient with its own database.

Prefect begins SQLite transactions so that two requests that read and then write can get in each other's way; the
later one is refused at once ("database is locked"), answered with 503, and Prefect's clients come back after two,
four, eight seconds: the longest wait of a whole wake. This puts a small ASGI layer around Prefect's public
application. Requests that write follow one another, since SQLite takes one writer at a time anyway: in a burst half of
the server's work was repeating what had been refused. What Prefect's own services get in the way of is asked again here,
some milliseconds later, and only the last answer is handed on. A refused transaction has changed nothing, and every
Prefect client would ask again too. It patches nothing and serves no clause of a regulation.
"""

import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import nullcontext
from typing import Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PATIENCE_SECONDS = 10.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.25
_LARGEST_BODY = 4_000_000
_QUESTIONS = ("/filter", "/count", "/history", "/paginate", "/get_scheduled_flow_runs", "/lateness")
"""How the addresses end of what is posted and only reads (or writes by the way, after its answer)."""


class Patient:
    """Lets requests that write follow one another, and repeats one that was answered with 503 until it is answered
    otherwise or patience ends.
    """

    def __init__(self, app: App, say: Callable[[str], None] = lambda text: print(text, file=sys.stderr)) -> None:
        self._app = app
        self._say = say
        self._one_writer = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body, whole = await _whole_body(receive)
        until = time.monotonic() + PATIENCE_SECONDS
        pause = _FIRST_PAUSE
        while True:
            last = not whole or time.monotonic() + pause > until
            async with self._one_writer if writes(scope) and whole else nullcontext():
                if await self._try(scope, _replay(body, receive, whole=whole), send, last=last):
                    return
            await asyncio.sleep(pause * (0.5 + random.random()))
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _try(self, scope: Scope, receive: Receive, send: Send, *, last: bool) -> bool:
        """One try; False when its answer was 503 and has been swallowed."""
        refused = False

        async def watch(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] == 503:
                if not last:
                    refused = True
                else:
                    self._say(
                        f"songjiao: {scope.get('method')} {scope.get('path')} refused for {PATIENCE_SECONDS:.0f} s"
                    )
                    message["headers"] = [*message.get("headers", []), (b"retry-after", b"1")]
            if not refused:
                await send(message)

        try:
            # The application changes the scope (path, state) while it routes: each try gets its own.
            await self._app(dict(scope), receive, watch)
        except Exception:
            if not refused:
                raise
        return not refused


def writes(scope: Scope) -> bool:
    """Whether a request changes something."""
    return scope["method"] not in ("GET", "HEAD", "OPTIONS") and not scope["path"].rstrip("/").endswith(_QUESTIONS)


async def _whole_body(receive: Receive) -> tuple[list[Message], bool]:
    """The request's messages so far, and whether they are all: a very large body is not kept, and so not repeated."""
    messages: list[Message] = []
    size = 0
    while True:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return messages, True
        if size > _LARGEST_BODY:
            return messages, False


def _replay(messages: list[Message], receive: Receive, *, whole: bool) -> Receive:
    """The request's messages once more. That the client has left is not handed on: Prefect would break off in the middle
    of a transaction, and the broken-off one would keep SQLite's only write lock, a minute or for good.
    """
    rest = iter(messages)

    async def replay() -> Message:
        for message in rest:
            return dict(message)
        if not whole:
            return await receive()
        await asyncio.Event().wait()
        raise AssertionError("nothing sets that event")

    return replay


def create() -> App:
    """The application that uvicorn serves: Prefect's, and beside it this office's own few addresses."""
    from prefect.server.api.server import create_app

    from office.bellringer import Bellringer
    from office.remembered import Remembered
    from office.routes import Routes
    from office.runtime.quiet_memory import settle_memory
    from office.runtime.settings import settings

    office = settings()
    application = Routes(Bellringer(Remembered(Patient(create_app())), office), office)
    settle_memory()
    return application
