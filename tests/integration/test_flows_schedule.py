"""The office's own watches: what is started in time without anybody asking, and what comes back without a wake."""

import pytest

from tests.integration.conftest import RunningOffice
from tests.integration.prefect_door import wait_until

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("deployment", ["deadline-watch", "reconcile"])
def test_the_watch_is_started_by_itself_and_runs_through(in_office: RunningOffice, deployment: str) -> None:
    body = {"deployments": {"name": {"any_": [deployment]}}, "limit": 200}

    def finished() -> list[str]:
        found = in_office.prefect.http.post("/flow_runs/filter", json=body).raise_for_status().json()
        keys = [str(run["idempotency_key"]) for run in found if run["state"]["name"] == "Completed"]
        return [key for key in keys if key.startswith(f"watch:{deployment}:")]  # other tests start some by hand

    keys = wait_until(lambda: finished() or None, f"a run of {deployment} that nobody asked for", seconds=90)
    assert len(set(keys)) == len(keys)


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
