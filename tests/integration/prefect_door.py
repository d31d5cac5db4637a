"""What a person with the password does at Prefect's REST API: look at runs, resume one with a filled-in form, cancel,
delete.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from office.supervisor import Office

T = TypeVar("T")


def wait_until(ask: Callable[[], T | None], what: str, seconds: float = 90.0) -> T:
    """Ask until there is an answer that is neither None nor False."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if (answer := ask()) is not None and answer is not False:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds:.0f} s in vain: {what}")


class PrefectDoor:
    """Prefect's API from outside, as the UI uses it."""

    def __init__(self, office: Office) -> None:
        user, _, password = office.auth.partition(":")
        self.http = httpx.Client(base_url=office.api_url, auth=(user, password), timeout=30)

    def runs(self, *tags: str) -> list[dict[str, Any]]:
        """The runs that bear all these tags, oldest first."""
        body = {"flow_runs": {"tags": {"all_": list(tags)}}, "limit": 200}
        found = self.http.post("/flow_runs/filter", json=body).raise_for_status().json()
        return sorted(found, key=lambda run: str(run["created"]))

    def moving(self) -> list[str]:
        """The names of the runs that are about to be executed or are being executed."""
        body = {"flow_runs": {"state": {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING"]}}}, "limit": 200}
        found = self.http.post("/flow_runs/filter", json=body).raise_for_status().json()
        return [run["name"] for run in found]

    def run(self, run_id: str) -> dict[str, Any]:
        """A run."""
        return dict(self.http.get(f"/flow_runs/{run_id}").raise_for_status().json())

    def state(self, run_id: str) -> str:
        """The name of a run's state."""
        return str(self.run(run_id)["state"]["name"])

    def wait_for_run(self, state: str, *tags: str, name_has: str = "", seconds: float = 90.0) -> dict[str, Any]:
        """The newest run with these tags once it is in this state and its name has these words."""

        def there() -> dict[str, Any] | None:
            found = [run for run in self.runs(*tags) if run["state"]["name"] == state and name_has in run["name"]]
            return found[-1] if found else None

        return wait_until(there, f"{state} of {tags} {name_has}", seconds)

    def form(self, run_id: str) -> tuple[str, dict[str, Any], str]:
        """The response key, the schema and the words of a suspended run's form. Waits until they are saved."""

        def there() -> tuple[str, dict[str, Any], str] | None:
            keys = (self.run(run_id)["state"].get("state_details") or {}).get("run_input_keyset")
            if not keys:
                return None
            schema = self.http.get(f"/flow_runs/{run_id}/input/{keys['schema']}")
            words = self.http.get(f"/flow_runs/{run_id}/input/{keys['description']}")
            if schema.status_code != 200 or words.status_code != 200:
                return None
            return keys["response"], dict(schema.json()), str(words.json())

        return wait_until(there, f"the form of {run_id}")

    def resume(self, run_id: str, **values: str) -> str:
        """Fill in the form and press Resume; gives the server's verdict."""
        answer = self.http.post(f"/flow_runs/{run_id}/resume", json={"run_input": values})
        return str(answer.raise_for_status().json()["status"])

    def set_state(self, run_id: str, kind: str, name: str | None = None) -> str:
        """Propose a state as a person at the UI does; gives the server's verdict."""
        state = {"type": kind, **({"name": name} if name else {})}
        answer = self.http.post(f"/flow_runs/{run_id}/set_state", json={"state": state, "force": False})
        return str(answer.raise_for_status().json()["status"])

    def start(self, deployment: str) -> dict[str, Any]:
        """Start a run of a scheduled deployment by hand and wait until it is complete."""
        body = {"deployments": {"name": {"any_": [deployment]}}}
        (known,) = self.http.post("/deployments/filter", json=body).raise_for_status().json()
        answer = self.http.post(f"/deployments/{known['id']}/create_flow_run", json={"state": {"type": "SCHEDULED"}})
        run_id = answer.raise_for_status().json()["id"]
        wait_until(lambda: self.state(run_id) == "Completed", deployment)
        return self.run(run_id)

    def history(self, run_id: str) -> list[str]:
        """The names of all states of a run, in order, each with its message where it has one."""
        states = self.http.get("/flow_run_states/", params={"flow_run_id": run_id}).raise_for_status().json()
        ordered = sorted(states, key=lambda state: str(state["timestamp"]))
        return [f"{state['name']}: {state['message']}" if state["message"] else state["name"] for state in ordered]

    def crashes(self, run_id: str) -> list[str]:
        """The states of a run in which its execution failed, with their messages."""
        return [state for state in self.history(run_id) if state.startswith(("Crashed", "Failed"))]

    def logs(self, run_id: str) -> list[str]:
        """The lines of a run's log."""
        body = {"logs": {"flow_run_id": {"any_": [run_id]}}, "limit": 200, "sort": "TIMESTAMP_ASC"}
        return [line["message"] for line in self.http.post("/logs/filter", json=body).raise_for_status().json()]

    def task_runs(self, run_id: str) -> list[str]:
        """The names of a run's task runs."""
        body = {"flow_runs": {"id": {"any_": [run_id]}}, "limit": 200}
        return [run["name"] for run in self.http.post("/task_runs/filter", json=body).raise_for_status().json()]
