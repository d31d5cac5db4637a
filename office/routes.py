"""Songjiao's own few addresses beside Prefect's: calendars for people, and what Prefect's automations call.

Answers under `/songjiao/` and hands everything else on to Prefect. Served on this machine's loopback address by the server's
process, which is the one that must live for an automation to fire; so a silent worker is told of without any worker. Each
address has a secret of its own. Decides nothing. Serves no clause of a regulation.
"""

import asyncio
import hashlib
import hmac
import json
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from office.runtime.settings import Settings, secret_file

App = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]
ROOT = "/songjiao/"
NOTICE_PATH = "/songjiao/notice"
KEY_HEADER = "X-Songjiao-Key"
_LARGEST_NOTICE = 20_000
_PATIENCE_SECONDS = 3.0


def notice_key(office: Settings) -> str:
    """The secret with which Prefect's automations call this office."""
    return secret_file(office.root / "notice.key")


class Routes:
    """Answers what is Songjiao's, and hands on the rest."""

    def __init__(self, app: App, office: Settings) -> None:
        self._app = app
        self._office = office
        self._taking: set[asyncio.Future[int]] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(ROOT):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
        except Exception as trouble:  # said in the server's log; the caller learns no more than that it failed
            print(f"songjiao: {request.method} {ROOT}…: {type(trouble).__name__}: {trouble}", file=sys.stderr)
            answer = PlainTextResponse("trouble in this office; try again later\n", 500)
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        from office.calendar_feed import PATH

        path = request.url.path
        if path.startswith(PATH) and path.endswith(".ics"):
            if request.method not in ("GET", "HEAD"):
                return PlainTextResponse("a calendar can only be read\n", 405, {"Allow": "GET, HEAD"})
            return await asyncio.to_thread(self._calendar, path[len(PATH) : -len(".ics")], request)
        if path == NOTICE_PATH and request.method == "POST":
            return await self._notice(request)
        return _nothing()

    def _calendar(self, token: str, request: Request) -> Response:
        from ledger.feeds import calendar_of
        from office.calendar_feed import as_icalendar, base_of
        from office.runtime.transactions import reading

        with reading(self._office) as act:
            found = calendar_of(act, token)
        if found is None:
            return _nothing()
        body = as_icalendar(found, base_of(self._office))
        headers = {
            "Cache-Control": "private, no-cache",
            "Content-Disposition": 'inline; filename="songjiao.ics"',
            "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
            "Referrer-Policy": "no-referrer",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="text/calendar; charset=utf-8")

    async def _notice(self, request: Request) -> Response:
        given = request.headers.get(KEY_HEADER, "")
        if not hmac.compare_digest(given.encode(), notice_key(self._office).encode()):
            return PlainTextResponse("the key is wrong\n", 403)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LARGEST_NOTICE:
                return PlainTextResponse("too long\n", 413)
        try:
            taking = asyncio.ensure_future(asyncio.to_thread(self._take, json.loads(body)))
            told = await asyncio.wait_for(asyncio.shield(taking), _PATIENCE_SECONDS)
        except TimeoutError:
            self._taking.add(taking)  # written all the same; Prefect hangs up after five seconds and calls it a failure
            taking.add_done_callback(self._taking.discard)
            return PlainTextResponse("being written\n", 202)
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            return PlainTextResponse(f"not a notice: {fault}\n", 400)
        return PlainTextResponse(f"told {told}\n")

    def _take(self, said: dict[str, Any]) -> int:
        from ledger.notices import take_notice
        from models.act import SYSTEM
        from office.runtime.transactions import transaction

        with transaction(SYSTEM, office=self._office) as act:
            return take_notice(
                act,
                str(said["kind"]),
                str(said["matter"]),
                run=_text(said.get("run")),
                why=_text(said.get("why")),
                tags=tuple(str(tag) for tag in said.get("tags") or ()),
                pool=_text(said.get("pool")),
            )


def _text(value: object) -> str | None:
    return str(value) if value else None


def _nothing() -> Response:
    """The same answer for a wrong and for a revoked secret."""
    return PlainTextResponse("there is nothing here\n", 404)
