"""Rings the worker's bell when a run has become ready, or when one has left its place free for the next.

An ASGI layer before Prefect's application: the one place through which every Resume, every wake and every start of a run
passes, whoever makes it. It looks at a request's address and, where the state decides, at its words; it changes nothing.
A ring that is missed costs the worker its next look by itself. Serves no clause of a regulation.
"""

import asyncio
import re
from typing import Any

from office.runtime.doorbell import ring
from office.runtime.settings import Settings

_READY = re.compile(r"/api/(flow_runs/[^/]+/resume|deployments/[^/]+/create_flow_run)/?")
_STATE = re.compile(r"/api/flow_runs/[^/]+/set_state/?")
_SCHEDULED = re.compile(rb'"type"\s*:\s*"SCHEDULED"')
_LEAVES = re.compile(rb'"type"\s*:\s*"(PAUSED|COMPLETED|FAILED|CRASHED|CANCELLED)"')

_LEAVING_SECONDS = 0.1
"""After which a run that said it is done has left: its form is saved by then, and no question comes between."""


class Bellringer:
    """Hands every request on, and rings after those that make work for the worker."""

    def __init__(self, app: Any, office: Settings) -> None:
        self._app = app
        self._office = office

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
        elif _READY.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            ring(self._office, "worker")
        elif _STATE.fullmatch(scope["path"]):
            said = bytearray()

            async def overheard() -> Any:
                message = await receive()
                said.extend(message.get("body", b""))
                return message

            await self._app(scope, overheard, send)
            if _SCHEDULED.search(said):
                ring(self._office, "worker")
            elif _LEAVES.search(said):
                asyncio.get_running_loop().call_later(_LEAVING_SECONDS, ring, self._office, "worker")
        else:
            await self._app(scope, receive, send)
