"""A loopback web server that answers as told and keeps what it was sent: `web_stub` stands in for a chat service."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: bytes

    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)


@dataclass
class WebStub:
    """What the server answers, and what it was asked."""

    url: str
    status: int = 200
    answer: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    hangs: threading.Event | None = None
    """Set while it should take a request and not answer before the event."""

    def says(self, answer: Any, status: int = 200) -> None:
        """Answer with this JSON from now on."""
        self.answer, self.status = json.dumps(answer).encode(), status


@pytest.fixture
def web_stub() -> Iterator[WebStub]:
    """A running stub on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            stub.asked.append(Asked(self.command, parts.path, parse_qs(parts.query), body))
            if stub.hangs is not None:
                stub.hangs.wait(5)
            self.send_response(stub.status)
            for name, value in stub.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(stub.answer)))
            self.end_headers()
            self.wfile.write(stub.answer)

        do_GET = do_POST = do_PUT = _take

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub = WebStub(url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield stub
    server.shutdown()
    server.server_close()
    thread.join()
