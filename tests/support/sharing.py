"""How the tests are shared out among pytest-xdist's workers: each file goes to one worker whole, and the files that need the
one running office go to the same worker, so that no second Prefect server starts for them.

The first worker begins with the tests of real servers, which mostly wait; the others begin with those that work in their own
process. They meet in the middle, so that both cores are busy to the end. Without `-n` nothing here has a say.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

OFFICE, ENGINE = "the running office", "the engine's office"
OFFICE_FILES = (
    *("tests/integration/test_browser.py", "tests/integration/test_flows_approval.py"),
    *("tests/integration/test_flows_crashes.py", "tests/integration/test_flows_events.py"),
    *("tests/integration/test_flows_schedule.py", "tests/integration/test_flows_wake_cost.py"),
)
FRONT = (OFFICE, ENGINE, "tests/e2e/test_demo.py", "tests/e2e/test_demo_regions.py", "tests/bench/test_smoke.py")
"""What needs real servers, in the order in which the first worker takes it."""
BACK = (
    "tests/integration/test_demo_regions.py",
    "tests/integration/test_bulk_decisions.py",
    "tests/policies/test_coverage.py",
)
"""What takes longest in one process; the other workers take the last of these first."""


def group_of(node_id: str) -> str:
    """What goes to one worker together with this test: its group, else its file.

    >>> group_of("tests/engine/test_client.py::test_a"), group_of("tests/unit/test_b.py::test_b[tests/engine/::]")
    ("the engine's office", 'tests/unit/test_b.py')
    """
    file = node_id.partition("::")[0]
    if file in OFFICE_FILES:
        return OFFICE
    return ENGINE if file.startswith("tests/engine/") else file


class FromBothEnds(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out the groups: to the first worker from the front of the queue, to the others from its end."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        if node.gateway.id != "gw0":
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FromBothEnds:
    """Share out by group, whatever `--dist` says."""
    config.option.loadscopereorder = False
    return FromBothEnds(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a test that would start a second running office; in a worker, put the groups into the queue's order."""
    for item in items:
        if "running_office" in getattr(item, "fixturenames", ()) and group_of(item.nodeid) != OFFICE:
            raise pytest.UsageError(f"{item.nodeid} asks for the running office: name its file in OFFICE_FILES")
    if hasattr(config, "workerinput"):
        ranks = {name: rank for rank, name in enumerate((*FRONT, "", *BACK))}
        items.sort(key=lambda item: ranks.get(group_of(item.nodeid), ranks[""]))
