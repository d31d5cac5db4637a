"""A mailbox for each test: `mailbox` is a running `office.smtp_sink.SmtpSink` on a free port, empty at the start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from office.smtp_sink import SmtpSink


@pytest.fixture(scope="session")
def _mailbox_server() -> Iterator[SmtpSink]:
    """One server for the whole run; `mailbox` empties it."""
    with SmtpSink() as sink:
        yield sink


@pytest.fixture
def mailbox(_mailbox_server: SmtpSink) -> SmtpSink:
    """An empty mailbox that accepts everything."""
    _mailbox_server.clear()
    return _mailbox_server
