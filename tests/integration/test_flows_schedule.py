"""The office's own watch: what Prefect schedules by itself, and what comes back without anybody waking it."""

import pytest

from tests.integration.conftest import RunningOffice
from tests.integration.prefect_door import wait_until

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("deployment", ["deadline-watch", "reconcile"])
def test_prefect_schedules_the_watch_by_itself(in_office: RunningOffice, deployment: str) -> None:
    body = {"deployments": {"name": {"any_": [deployment]}}, "limit": 20}

    def scheduled() -> list[dict[str, object]]:
        found = in_office.prefect.http.post("/flow_runs/filter", json=body).raise_for_status().json()
        return [run for run in found if run["auto_scheduled"]]

    assert wait_until(lambda: scheduled() or None, f"a run of {deployment} that nobody asked for", seconds=90)


def test_a_run_deleted_by_hand_comes_back_without_a_wake(in_office: RunningOffice) -> None:
    world, door = in_office.world(), in_office.prefect
    _, ref = world.apply("示例删除甲")
    run = door.wait_for_run("Suspended", f"programme:{ref}", "phase:application-review", name_has="第1级", seconds=60)
    door.form(run["id"])
    door.http.delete(f"/flow_runs/{run['id']}").raise_for_status()
    again = door.wait_for_run(
        "Suspended", f"programme:{ref}", "phase:application-review", name_has="第1级", seconds=120
    )
    assert again["id"] != run["id"]
