"""What the engine's tests do from outside: ask Prefect's REST API as a person with the password, and wait."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import httpx

from office.prefect_env import server_environment
from office.runtime.settings import Settings
from office.supervisor import Office

T = TypeVar("T")


def wait_until(ask: Callable[[], T | None], what: str, seconds: float = 30.0) -> T:
    """Ask until there is an answer."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if (answer := ask()) is not None and answer is not False:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds:.0f} s in vain: {what}")


def place_migrated_database(settings: Settings) -> None:
    """Give a new office a Prefect database with all its tables: Prefect's own migrations take ten seconds, so they run
    once per version of Prefect and machine."""
    kept = Path(tempfile.gettempdir()) / f"songjiao-prefect-{version('prefect')}-{os.getuid()}.db"
    if not kept.exists():
        fresh = kept.with_suffix(f".{os.getpid()}")
        environment = server_environment(settings, 1)
        environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = f"sqlite+aiosqlite:///{fresh}"
        command = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "-y"]
        subprocess.run(command, env=environment, check=True, capture_output=True)
        with sqlite3.connect(fresh) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        fresh.replace(kept)
    settings.root.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(kept, settings.root / "prefect.db")


class Prefect:
    """What a person with the password can do at Prefect's REST API."""

    def __init__(self, office: Office, folder: Path) -> None:
        user, _, password = office.auth.partition(":")
        self.http = httpx.Client(base_url=office.api_url, auth=(user, password), timeout=30)
        self.folder = folder

    def start(self, flow: str, **parameters: Any) -> str:
        """A new run of a trial flow; returns its id."""
        deployment = self.http.get(f"/deployments/name/{flow}/{flow}").raise_for_status().json()
        body = {"parameters": {"folder": str(self.folder), **parameters}, "state": {"type": "SCHEDULED"}}
        answer = self.http.post(f"/deployments/{deployment['id']}/create_flow_run", json=body)
        return str(answer.raise_for_status().json()["id"])

    def run(self, run_id: str) -> dict[str, Any]:
        return dict(self.http.get(f"/flow_runs/{run_id}").raise_for_status().json())

    def state(self, run_id: str) -> str:
        return str(self.run(run_id)["state"]["name"])

    def set_state(self, run_id: str, kind: str, name: str | None = None) -> str:
        """Propose a state as a person or the dispatcher does; returns the server's verdict."""
        state = {"type": kind, **({"name": name} if name else {})}
        answer = self.http.post(f"/flow_runs/{run_id}/set_state", json={"state": state, "force": False})
        return str(answer.raise_for_status().json()["status"])

    def wake(self, run_id: str) -> str:
        return self.set_state(run_id, "SCHEDULED")

    def wait(self, run_id: str, *names: str, seconds: float = 40.0) -> dict[str, Any]:
        """The run once its state has one of the names."""

        def reached() -> dict[str, Any] | None:
            run = self.run(run_id)
            return run if run["state"]["name"] in names else None

        return wait_until(reached, f"{names} of {run_id}", seconds)

    def history(self, run_id: str) -> list[str]:
        """Names of all states of a run, in order."""
        states = self.http.get("/flow_run_states/", params={"flow_run_id": run_id}).raise_for_status().json()
        return [state["name"] for state in sorted(states, key=lambda state: state["timestamp"])]

    def lines(self, run_id: str) -> list[str]:
        """What the run's executions noted."""
        file = self.folder / f"{run_id}.txt"
        return file.read_text().splitlines() if file.exists() else []

    def executions(self, run_id: str) -> list[int]:
        """Process ids of the run's executions, in order."""
        return [int(line.split()[1]) for line in self.lines(run_id) if line.startswith("execution ")]
