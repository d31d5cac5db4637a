"""Answers again what every flow run asks anew: what its deployment and its flow are, and where results are kept.

An ASGI layer before Prefect's application. Four such questions stand in the way of each wake, and their answer changes
only when somebody registers or alters a deployment. It is given again for some seconds to whoever asks with the same
password, and forgotten at any request that may change it; a deployment's "ready" mark, which Prefect's own services set,
is as old as that. Serves no clause of a regulation.
"""

import re
import time
from collections.abc import Callable
from typing import Any

from office.prefect_app import writes

KEEP_SECONDS = 10.0
_ASKED = re.compile(r"/api/((deployments|flows)/[0-9a-f-]{36}|admin/storage)")
_BESIDE_IT = re.compile(r"/api/(flow_runs|task_runs|logs|events)(/.*)?|/api/work_pools/[^/]+/workers/heartbeat")
"""Where requests change nothing of what is asked there."""

_TELLING = frozenset({b"authorization", b"accept", b"accept-encoding", b"cookie", b"origin", b"x-prefect-api-version"})
_MOST = 500

Answer = tuple[float, list[dict[str, Any]]]


class Remembered:
    """Hands every request on, but for the few whose answer it has from a moment ago."""

    def __init__(self, app: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock
        self._answers: dict[object, Answer] = {}
        self._changes = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["method"] == "GET" and _ASKED.fullmatch(scope["path"]):
            await self._answer(scope, receive, send)
        elif not writes(scope) or _BESIDE_IT.fullmatch(scope["path"].rstrip("/")):
            await self._app(scope, receive, send)
        else:
            self._forget()
            try:
                await self._app(scope, receive, send)
            finally:
                self._forget()  # also what was read while it was being changed

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        asker = tuple((name, value) for name, value in scope["headers"] if name in _TELLING)
        key = scope["path"], scope["query_string"], asker
        at, messages = self._answers.get(key, (0.0, []))
        if messages and self._clock() - at < KEEP_SECONDS:
            for message in messages:
                await send(dict(message))
            return
        heard: list[dict[str, Any]] = []

        async def overhear(message: dict[str, Any]) -> None:
            heard.append(dict(message))
            await send(message)

        asked, changes = self._clock(), self._changes
        await self._app(scope, receive, overhear)
        if changes == self._changes and heard and heard[0].get("status") == 200 and not heard[-1].get("more_body"):
            if len(self._answers) >= _MOST:
                self._answers.clear()
            self._answers[key] = asked, heard

    def _forget(self) -> None:
        self._changes += 1
        self._answers.clear()
