"""The supervisor: one office per data folder, a guarded API, children that end with it."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import yaml

from office import deploy, supervisor, until_told
from office.children import Child, ChildPlan, OfficeError
from office.runtime.settings import REPOSITORY, Settings, prefect_auth
from office.state_file import running_office
from office.supervisor import Office
from office.until_told import Supervisor
from tests.engine.api import wait_until

pytestmark = pytest.mark.engine


def test_api_answers_401_without_the_password(office: Office) -> None:
    assert httpx.post(f"{office.api_url}/flow_runs/filter", json={}).status_code == 401
    wrong = httpx.post(f"{office.api_url}/flow_runs/filter", json={}, auth=("songjiao", "guess"))
    assert wrong.status_code == 401


def test_password_stands_in_no_job_variable_and_no_state_file(office: Office, prefect: Any) -> None:
    secret = prefect_auth(office.settings).partition(":")[2]
    pool = prefect.http.get("/work_pools/songjiao").text
    deployments = prefect.http.post("/deployments/filter", json={}).text
    state = (office.settings.run_dir / "office.json").read_text()
    assert [secret in text for text in (pool, deployments, state)] == [False, False, False]


def test_command_line_of_no_child_holds_the_password(office: Office) -> None:
    secret = prefect_auth(office.settings).partition(":")[2]
    lines = [" ".join(psutil.Process(child.pid).cmdline()) for child in office.children.values()]
    assert [line for line in lines if secret in line] == []


def test_server_listens_on_this_machine_only(office: Office) -> None:
    listening = {
        connection.laddr.ip
        for connection in psutil.Process(office.pid("server")).net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_second_office_in_the_same_folder_is_refused_with_the_first_ones_process_id(office: Office) -> None:
    with pytest.raises(OfficeError) as refusal, Office(office.settings, dispatcher=False):
        pass
    assert f"running already (process {os.getpid()})" in str(refusal.value)


def test_taken_port_is_named(office: Office, tmp_path: Path) -> None:
    settings = office.settings.model_copy(update={"data_dir": tmp_path / "other", "prefect_port": office.port})
    with pytest.raises(OfficeError) as refusal, Office(settings, dispatcher=False):
        pass
    assert str(refusal.value).startswith(f"Port {office.port} is in use")


def test_state_file_names_address_and_children_and_is_readable_by_its_owner_alone(office: Office) -> None:
    office.wait_healthy()
    state = running_office(office.settings)
    assert state is not None
    assert (state.api_url, state.port, state.ready) == (office.api_url, office.port, True)
    assert state.children == {name: child.pid for name, child in office.children.items()}
    assert list(state.children) == ["server", "engine", "worker"]
    mode = stat.S_IMODE((office.settings.run_dir / "office.json").stat().st_mode)
    assert mode == 0o600


def test_state_file_of_a_killed_office_counts_as_none(office: Office, tmp_path: Path) -> None:
    settings = office.settings.model_copy(update={"data_dir": tmp_path})
    settings.run_dir.mkdir()
    (settings.run_dir / "office.lock").touch()
    (settings.run_dir / "office.json").write_text((office.settings.run_dir / "office.json").read_text())
    assert running_office(settings) is None


def test_registered_deployments_are_not_registered_again(office: Office) -> None:
    assert deploy.is_current(office.settings, office.port, office.prefect_file) is True


def test_changed_settings_are_registered_again(office: Office) -> None:
    changed = office.settings.model_copy(update={"worker_limit": office.settings.worker_limit + 1})
    assert deploy.is_current(changed, office.port, office.prefect_file) is False


def test_runs_are_bounded_by_the_queue_and_what_is_scheduled_is_not(office: Office, prefect: Any) -> None:
    queues = prefect.http.post("/work_pools/songjiao/queues/filter", json={}).json()
    limits = {queue["name"]: queue["concurrency_limit"] for queue in queues}
    assert limits == {"default": office.settings.worker_limit, "upkeep": None}
    held = prefect.http.post("/deployments/filter", json={}).json()
    file = yaml.safe_load(Path(__file__).with_name("prefect.yaml").read_text(encoding="utf-8"))
    named = [entry["name"] for entry in file["deployments"]]
    assert {entry["name"]: entry["work_queue_name"] for entry in held} == {
        **dict.fromkeys(named, "default"),
        "scheduled": "upkeep",
    }


SUPERVISED = """
import sys, threading
from pathlib import Path
from office.children import Child, ChildPlan
import os
folder = Path(sys.argv[1])
child = Child(ChildPlan("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"], dict(os.environ), folder),
              folder / "sleeper.log")
child.start()
print(child.pid, flush=True)
threading.Event().wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SUPERVISED, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as supervisor:
        assert supervisor.stdout is not None
        child = psutil.Process(int(supervisor.stdout.readline()))
        # The child is tied once it has become its own program.
        wait_until(lambda: "time.sleep" in " ".join(child.cmdline()) or None, "the child's program")
        supervisor.kill()
    assert child.wait(10) is None or not child.is_running()


def test_stop_insists_and_ends_what_the_child_left_in_its_group(tmp_path: Path) -> None:
    program = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "left = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(left.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    plan = ChildPlan("stubborn", [sys.executable, "-c", program], dict(os.environ), tmp_path, grace_seconds=0.3)
    child = Child(plan, tmp_path / "stubborn.log")
    child.start()
    left = int(wait_until(lambda: child.log.read_text().strip() or None, "the grandchild"))
    began = time.monotonic()
    child.stop()
    assert time.monotonic() - began < 5
    wait_until(lambda: not psutil.pid_exists(left) or psutil.Process(left).status() == "zombie" or None, "its end")
    assert child.process is not None
    assert child.process.returncode == -signal.SIGKILL


def test_office_whose_state_file_cannot_be_written_goes_on(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(supervisor, "write_state", full)
    former = office.kill("worker")
    wait_until(lambda: (office.children["worker"].pid not in (None, former)) or None, "another worker")
    office.wait_healthy()
    assert office.trouble is None


def test_child_that_cannot_be_started_is_tried_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_TROUBLE_SECONDS", 0.2)
    start, tries = Child.start, []

    def fail_once(child: Child) -> None:
        tries.append(child.plan.name)
        if len(tries) == 1:
            raise OSError(28, "No space left on device")
        start(child)

    monkeypatch.setattr(Child, "start", fail_once)
    former = office.kill("worker")
    wait_until(lambda: (office.children["worker"].pid not in (None, former)) or None, "another worker")
    office.wait_healthy()
    assert tries == ["worker", "worker"]


def test_office_that_ends_by_itself_ends_up_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Faulty(Office):
        def _start_all(self) -> None:
            return None

        def _take_order(self) -> None:
            raise RuntimeError("a fault of ours")

    monkeypatch.setattr(until_told, "Office", Faulty)
    given = Settings(data_dir=tmp_path / "data", prefect_port=0, _env_file=None)  # type: ignore[call-arg]
    with pytest.raises(OfficeError, match="ended by itself: a fault of ours"):
        Supervisor(given).run()
    assert running_office(given) is None


def test_repeated_quick_ends_are_answered_more_slowly(tmp_path: Path) -> None:
    plan = ChildPlan("brief", [sys.executable, "-I", "-S", "-c", ""], dict(os.environ), tmp_path)
    child = Child(plan, tmp_path / "brief.log")
    pauses = []
    for _ in range(4):
        child.start()
        assert child.process is not None
        child.process.wait()
        pauses.append(child.note_end())
    assert pauses == [0.1, 0.5, 1.0, 2.0]


def test_foreign_prefect_settings_of_a_shell_do_not_reach_the_office(tmp_path: Path) -> None:
    from office.prefect_env import client_environment

    outer = {"PREFECT_API_URL": "https://elsewhere.example/api", "PREFECT_PROFILE": "cloud", "PATH": "/bin"}
    environment = client_environment(Settings(data_dir=tmp_path), 4999, outer)
    assert environment["PREFECT_API_URL"] == "http://127.0.0.1:4999/api"
    assert "PREFECT_PROFILE" not in environment
    assert environment["PATH"] == "/bin"


def test_deployment_file_with_unknown_key_is_refused_naming_it(tmp_path: Path) -> None:
    file = tmp_path / "prefect.yaml"
    file.write_text(json.dumps({"deployments": [{"name": "x", "entrypoint": "flows.x.x", "scedules": []}]}))
    with pytest.raises(deploy.DeployError) as refusal:
        deploy.read_deployments(file)
    assert "unknown key scedules" in str(refusal.value)


def test_deployment_file_with_file_entrypoint_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "prefect.yaml"
    file.write_text(json.dumps({"deployments": [{"name": "x", "entrypoint": "flows/x.py:x"}]}))
    with pytest.raises(deploy.DeployError) as refusal:
        deploy.read_deployments(file)
    assert "module path" in str(refusal.value)


def test_what_the_office_writes_is_readable_by_its_owner_alone(office: Office) -> None:
    logs = (office.settings.root / "log").glob("*.log")
    assert {file.name: stat.S_IMODE(file.stat().st_mode) & 0o077 for file in logs if file.name != "deploy.log"} == {
        "server.log": 0,
        "engine.log": 0,
        "worker.log": 0,
    }
