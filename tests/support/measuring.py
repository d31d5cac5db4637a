"""Which tests coverage is measured in: those that run the rooms in pytest's own process, once.

Measuring doubles a test's processor time. Left out are the tests whose work is done by other processes (`engine`, `crash`,
`e2e`), and those that take the same lines again: on PostgreSQL after SQLite (`postgres`), or for hundreds of clauses in turn
(`repeats`). They prove what they prove all the same; the floor in pyproject.toml is held without them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

UNMEASURED = ("engine", "crash", "e2e", "postgres", "repeats")


def is_measured(item: pytest.Item) -> bool:
    """Whether coverage is measured in a test."""
    return not any(item.get_closest_marker(name) for name in UNMEASURED)


def _controller(config: pytest.Config) -> Any:
    """What pytest-cov steers coverage with; None without `--cov`."""
    return getattr(config.pluginmanager.getplugin("_cov"), "cov_controller", None)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Rest the measuring for a test that is not measured, its fixtures included."""
    controller = None if is_measured(item) else _controller(item.config)
    if controller is None or not controller.started:
        return (yield)  # type: ignore[return-value]
    controller.pause()
    try:
        return (yield)  # type: ignore[return-value]
    finally:
        controller.resume()
