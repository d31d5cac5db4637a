"""How the tests are shared out among pytest-xdist's workers: each file goes to one worker whole, and the files that need the
one running office go to the same worker, so that no second Prefect server starts for them.

The slow files come first, so that no worker is left alone with one at the end. Without `-n` nothing here has a say.
"""

from __future__ import annotations

from fnmatch import fnmatch

import pytest
from xdist.scheduler import LoadScopeScheduling

OFFICE_FILES = ("tests/integration/test_flows_*.py", "tests/integration/test_browser.py")
GROUPS = {"the running office": OFFICE_FILES, "the engine's office": ("tests/engine/test_*.py",)}
FIRST = ()
"""The groups and files that take longest, in the order in which they are begun."""


def group_of(node_id: str) -> str:
    """What goes to one worker together with this test: its group, else its file.

    >>> group_of("tests/integration/test_flows_events.py::test_a"), group_of("tests/unit/test_b.py::test_b[tests/engine]")
    ('the running office', 'tests/unit/test_b.py')
    """
    file = node_id.partition("::")[0]
    found = (name for name, patterns in GROUPS.items() if any(fnmatch(file, pattern) for pattern in patterns))
    return next(found, file)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out the tests by group, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> GroupScheduling:
    """Share out by group, whatever `--dist` says."""
    config.option.loadscopereorder = False
    return GroupScheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a test that would start a second running office; in a worker, put the slow groups first."""
    for item in items:
        wanted, group = getattr(item, "fixturenames", ()), group_of(item.nodeid)
        if "running_office" in wanted and group != "the running office":
            raise pytest.UsageError(f"{item.nodeid} asks for the running office: name its file test_flows_*.py")
        if "office" in wanted and "office_settings" in wanted and group != "the engine's office":
            raise pytest.UsageError(f"{item.nodeid} asks for the engine's office, so it belongs into tests/engine")
    if hasattr(config, "workerinput"):
        ranks = {name: rank for rank, name in enumerate(FIRST)}
        items.sort(key=lambda item: ranks.get(group_of(item.nodeid), len(ranks)))
