"""Counts what one part of a wake asks: writes every API call and every statement to the ledger into FILE, in order.

`python -m tests.support.counted_run FILE run` executes the run of `PREFECT__FLOW_RUN_ID` as a child of the warm engine
does; with `wake` it brings the open wakes to their runs once, as the dispatcher does at a ring.
"""

import atexit
import json
import os
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, event

from office.engine.warmth import take_settings

HERE = Path(__file__).resolve().parents[2]


def _from_where() -> str:
    """The innermost lines of ours that led here."""
    frames = [
        frame for frame in traceback.extract_stack() if str(HERE) in frame.filename and ".venv" not in frame.filename
    ]
    return " > ".join(
        f"{Path(frame.filename).stem}:{frame.name}" for frame in frames[-4:] if "counted" not in frame.filename
    )


def main(file: Path, part: str) -> None:
    """Count, and be the engine or the dispatcher."""
    calls: list[tuple[str, str]] = []
    statements: list[tuple[str, str]] = []
    send, send_async = httpx.Client.send, httpx.AsyncClient.send

    def note(request: httpx.Request, answer: httpx.Response) -> None:
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:  # a busy server is asked again; that is not our cost
            calls.append((f"{request.method} {request.url.path}", _from_where()))

    def noted(self: httpx.Client, request: httpx.Request, **more: Any) -> httpx.Response:
        answer = send(self, request, **more)
        note(request, answer)
        return answer

    async def noted_async(self: httpx.AsyncClient, request: httpx.Request, **more: Any) -> httpx.Response:
        answer = await send_async(self, request, **more)
        note(request, answer)
        return answer

    httpx.Client.send, httpx.AsyncClient.send = noted, noted_async  # type: ignore[method-assign]
    event.listen(
        Engine,
        "before_cursor_execute",
        lambda connection, cursor, statement, *_: statements.append((statement, _from_where())),
    )
    atexit.register(lambda: file.write_text(json.dumps({"calls": calls, "statements": statements})))
    if part == "wake":
        _bring_wakes()
        return
    take_settings(dict(os.environb))  # what the warm parent has ready for each of its children
    sys.argv = ["prefect.engine"]
    runpy.run_module("prefect.engine", run_name="__main__", alter_sys=True)


def _bring_wakes() -> None:
    from prefect import get_client

    from office.runtime.settings import settings
    from office.waker import Waker

    waker = Waker(settings())
    waker.round.due_at = float("inf")  # the look at everything, once a minute, is no part of a wake
    assert waker.anything_to_do()
    with get_client(sync_client=True) as client:
        waker.tend_all(client)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
