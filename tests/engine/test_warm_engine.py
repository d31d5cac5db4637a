"""Flow runs in forked children behave as under Prefect's own start: waking, crashing, cancelling, logs, settings of
their own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from office.engine.parent import Parent, Run
from office.engine.place import socket_path
from office.engine.wire import Incoming
from office.runtime.doorbell import bell_path
from office.supervisor import Office
from tests.engine.api import wait_until

pytestmark = pytest.mark.engine

EngineState = Callable[[], dict[str, Any]]


def _gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_suspended_run_woken_by_scheduled_state_goes_on_in_a_new_child_and_completes(
    prefect: Any, office: Office, engine_state: EngineState
) -> None:
    served = engine_state()["served"]
    run_id = prefect.start("waiting")
    prefect.wait(run_id, "Suspended")
    assert prefect.wake(run_id) == "ACCEPT"
    prefect.wait(run_id, "Completed")
    first, second = prefect.executions(run_id)
    assert first != second
    done = prefect.lines(run_id)[-1]
    assert done.endswith(f"engine={run_id}")
    assert engine_state()["served"] == served + 2
    assert "printed by the flow" in (office.settings.root / "log" / "worker.log").read_text()


def test_run_waits_without_any_process(prefect: Any, engine_state: EngineState) -> None:
    run_id = prefect.start("waiting")
    prefect.wait(run_id, "Suspended")
    wait_until(lambda: engine_state()["children"] == [] or None, "the child's leave")
    (pid,) = prefect.executions(run_id)
    assert _gone(pid)


def test_children_do_not_share_random_numbers(prefect: Any) -> None:
    runs = [prefect.start("waiting", wakes=0) for _ in range(3)]
    for run_id in runs:
        prefect.wait(run_id, "Completed")
    seeds = {prefect.lines(run_id)[-1].split()[1] for run_id in runs}
    ids = {prefect.lines(run_id)[-1].split()[2] for run_id in runs}
    assert (len(seeds), len(ids)) == (3, 3)


def test_a_run_knows_its_deployment_and_no_thread_listens_for_its_suspension(prefect: Any) -> None:
    run_id = prefect.start("listed")
    prefect.wait(run_id, "Completed")
    _, threads, deployment = prefect.lines(run_id)
    assert deployment == "deployment listed"
    assert not [name for name in threads.split()[1:] if name.startswith("Thread-")]


def test_a_flow_that_is_no_plain_function_is_executed_by_prefects_own_module(
    prefect: Any, engine_state: EngineState
) -> None:
    served = engine_state()["served"]
    run_id = prefect.start("elsewhere")
    prefect.wait(run_id, "Completed")
    assert prefect.lines(run_id)[-1] == "done elsewhere"
    assert engine_state()["served"] == served + 1


def test_a_child_does_what_libraries_left_for_its_end(prefect: Any, office: Office) -> None:
    run_id = prefect.start("tidy")
    prefect.wait(run_id, "Completed")
    (pid,) = prefect.executions(run_id)
    wait_until(lambda: _gone(pid) or None, "the child's end")
    assert sorted(prefect.lines(run_id)[1:]) == ["callback called", "finalizer called", "thread joined"]
    log = office.settings.root / "log" / "worker.log"
    wait_until(lambda: "words not flushed by the flow" in log.read_text() or None, "the flow's words")


def test_flow_log_reaches_prefect(prefect: Any) -> None:
    run_id = prefect.start("waiting", wakes=0)
    prefect.wait(run_id, "Completed")

    def logged() -> bool | None:
        query = {"logs": {"flow_run_id": {"any_": [run_id]}}}
        messages = [log["message"] for log in prefect.http.post("/logs/filter", json=query).json()]
        return True if "done waiting" in messages else None

    wait_until(logged, "the flow's log line in Prefect")


def test_killed_child_is_seen_as_crashed_and_the_same_run_can_go_on(prefect: Any) -> None:
    run_id = prefect.start("crashing")
    run = prefect.wait(run_id, "Crashed")
    assert "-9" in run["state"]["message"]

    def completed() -> bool | None:
        # Prefect reports a crash twice, some 0.3 s apart; the second report undoes a wake that came in between.
        if prefect.state(run_id) == "Crashed":
            prefect.wake(run_id)
        return True if prefect.state(run_id) == "Completed" else None

    wait_until(completed, "the run's end")
    assert prefect.lines(run_id)[-1] == "done"


def test_cancelling_reaches_the_child_and_its_hook_runs(prefect: Any) -> None:
    run_id = prefect.start("long-running")
    wait_until(lambda: prefect.executions(run_id) or None, "the start")
    prefect.set_state(run_id, "CANCELLING", "Cancelling")
    prefect.wait(run_id, "Cancelled")
    (pid,) = prefect.executions(run_id)
    wait_until(lambda: _gone(pid) or None, "the child's end")
    assert prefect.lines(run_id) == [f"execution {pid}", "cancellation seen"]


def test_killed_client_takes_its_child_with_it(prefect: Any) -> None:
    run_id = prefect.start("long-running")
    (pid,) = wait_until(lambda: prefect.executions(run_id) or None, "the start")
    client = int(wait_until(lambda: prefect.run(run_id)["infrastructure_pid"], "the client's process id"))
    assert client != pid
    os.kill(client, signal.SIGKILL)
    prefect.wait(run_id, "Crashed")
    assert _gone(pid)


def test_second_execution_leaves_without_changing_the_state_of_the_first(prefect: Any) -> None:
    run_id = prefect.start("second-leaves")
    wait_until(lambda: prefect.executions(run_id) or None, "the start")
    assert prefect.wake(run_id) == "ACCEPT"
    wait_until(lambda: len(prefect.executions(run_id)) == 2 or None, "the second execution")
    first, second = prefect.executions(run_id)
    wait_until(lambda: _gone(second) or None, "the second's leave")
    assert not _gone(first)
    assert prefect.state(run_id) == "Running"
    (prefect.folder / "go-on").touch()
    prefect.wait(run_id, "Completed")
    assert "Crashed" not in prefect.history(run_id)
    assert prefect.lines(run_id)[-1] == "first done"


def test_killed_parent_is_replaced_and_the_next_run_is_warm(prefect: Any, engine_state: EngineState) -> None:
    former = engine_state()["pid"]
    os.kill(former, signal.SIGKILL)
    run_id = prefect.start("waiting", wakes=0)
    prefect.wait(run_id, "Completed")
    after = engine_state()
    assert after["pid"] != former
    assert after["served"] == 1


def test_run_whose_parent_dies_ends_with_it_and_is_seen_as_crashed(prefect: Any, engine_state: EngineState) -> None:
    run_id = prefect.start("long-running")
    (pid,) = wait_until(lambda: prefect.executions(run_id) or None, "the start")
    os.kill(engine_state()["pid"], signal.SIGKILL)
    run = prefect.wait(run_id, "Crashed")
    assert "70" in run["state"]["message"]
    assert _gone(pid)


def test_changed_code_renews_the_parent_and_lets_the_old_one_finish(prefect: Any, engine_state: EngineState) -> None:
    old = engine_state()["pid"]
    running = prefect.start("long-running")
    wait_until(lambda: prefect.executions(running) or None, "the start")
    os.utime(Path(__file__).with_name("trial_flows.py"))
    run_id = prefect.start("waiting", wakes=0)
    prefect.wait(run_id, "Completed")
    assert engine_state()["pid"] != old
    (prefect.folder / "go-on").touch()
    prefect.wait(running, "Completed")
    wait_until(lambda: _gone(old) or None, "the old parent's leave")


def test_without_engine_runs_start_the_stock_way_and_say_so(prefect: Any, office: Office) -> None:
    log = office.settings.root / "log" / "worker.log"
    before = log.stat().st_size
    office.hold("engine")
    try:
        run_id = prefect.start("waiting", wakes=0)
        prefect.wait(run_id, "Completed")
    finally:
        office.restart("engine")
    assert "starting the stock way" in log.read_bytes()[before:].decode()


def test_socket_left_over_by_a_killed_engine_is_replaced(
    prefect: Any, office: Office, engine_state: EngineState
) -> None:
    former = office.kill("engine")
    wait_until(lambda: office.children["engine"].pid not in (None, former) or None, "a new engine")
    assert engine_state()["served"] == 0
    run_id = prefect.start("waiting", wakes=0)
    prefect.wait(run_id, "Completed")
    assert engine_state()["served"] == 1


@pytest.mark.parametrize("name", ["server", "worker"])
def test_killed_child_of_the_office_comes_back_and_waiting_runs_go_on(prefect: Any, office: Office, name: str) -> None:
    run_id = prefect.start("waiting")
    prefect.wait(run_id, "Suspended")
    office.kill(name)
    office.wait_healthy()
    assert prefect.wake(run_id) == "ACCEPT"
    prefect.wait(run_id, "Completed")


def test_sockets_that_were_taken_away_are_put_back(prefect: Any, office: Office, engine_state: EngineState) -> None:
    engine, bell = socket_path(office.settings), bell_path(office.settings, "worker")
    engine.unlink()
    bell.unlink()
    bell.mkdir()
    run_id = prefect.start("waiting", wakes=0)
    prefect.wait(run_id, "Completed")  # the stock way, at the worker's own look
    bell.rmdir()
    office.restart("worker")  # a bell that could not be hung up is tried again by the next worker
    wait_until(lambda: (engine.is_socket() and bell.is_socket()) or None, "both sockets")
    bell.unlink()
    wait_until(lambda: bell.is_socket() or None, "another bell")
    served = engine_state()["served"]
    prefect.wait(prefect.start("waiting", wakes=0), "Completed")
    assert engine_state()["served"] == served + 1


def test_flow_that_leaks_memory_fails_alone_and_the_engine_goes_on(prefect: Any, engine_state: EngineState) -> None:
    before = engine_state()["pid"]
    beside = prefect.start("waiting")
    run_id = prefect.start("leaking", megabytes=2_000)
    run = prefect.wait(run_id, "Failed", "Crashed")
    assert "MemoryError" in run["state"]["message"] or run["state"]["name"] == "Crashed"
    assert len(prefect.lines(run_id)) == 1
    prefect.wait(beside, "Suspended")
    small = prefect.start("leaking", megabytes=5)
    prefect.wait(small, "Completed")
    assert engine_state()["pid"] == before


def test_child_that_works_for_too_long_is_ended_and_its_client_told() -> None:
    client, connection = socket.socketpair()
    with socket.socket() as door, client:
        parent = Parent(door, {}, limit=2, seconds=5.0)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
        run = Run(Incoming(connection), pid=child.pid, ends_at=time.monotonic() + 60)
        parent._runs[connection.fileno()] = run
        parent._end_overdue()
        assert (child.poll(), 59 < (parent._until_next_end() or 0) <= 60) == (None, True)
        run.ends_at = time.monotonic()
        assert parent._until_next_end() == 0.0
        parent._end_overdue()
        wait_until(lambda: _ended(child.pid) or None, "the child's end")
        parent._reap()
        child.wait()
        assert client.recv(5) == b"X" + int(signal.SIGKILL).to_bytes(4, "big", signed=True)
        assert parent._until_next_end() is None
        parent._selector.close()


def _ended(pid: int) -> bool:
    """Whether a child of ours has ended and waits to be reaped."""
    return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
