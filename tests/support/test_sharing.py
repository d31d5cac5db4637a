"""The sharing out keeps together what shares a server, and knows its files by their real names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import sharing
from tests.support.measuring import UNMEASURED


@pytest.mark.parametrize(
    ("node_id", "group"),
    [
        ("tests/integration/test_flows_events.py::test_a", sharing.OFFICE),
        ("tests/integration/test_browser.py::test_a[tests/engine/::b]", sharing.OFFICE),
        ("tests/engine/test_client.py::test_a", sharing.ENGINE),
        ("tests/unit/rules/test_bans.py::test_a[tests/engine/::b]", "tests/unit/rules/test_bans.py"),
    ],
)
def test_a_test_goes_with_its_server_or_else_with_its_file(node_id: str, group: str) -> None:
    assert sharing.group_of(node_id) == group


def test_every_file_that_is_named_is_there(repository: Path) -> None:
    named = [name for name in (*sharing.OFFICE_FILES, *sharing.FRONT, *sharing.BACK) if name.startswith("tests/")]
    assert [name for name in named if not (repository / name).is_file()] == []


def test_every_mark_that_rests_the_measuring_is_known(pytestconfig: pytest.Config) -> None:
    known = {line.partition(":")[0] for line in pytestconfig.getini("markers")}
    assert sorted(set(UNMEASURED) - known) == []
