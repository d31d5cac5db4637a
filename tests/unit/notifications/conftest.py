"""The web server that stands in for chat services, for the tests of this room."""

from tests.support.http_stub import web_stub

__all__ = ["web_stub"]
