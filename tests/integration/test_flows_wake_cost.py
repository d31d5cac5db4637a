"""What a wake costs, counted: API calls and statements from a decision to the run waiting for the next tier."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from ledger.review import decide_step
from models.programme import Programme
from models.review import ApprovalStep, OneTimeCode
from models.states import DecisionOutcome
from office.runtime.settings import REPOSITORY
from office.runtime.transactions import reading, transaction
from tests.integration.conftest import RunningOffice
from tests.integration.sample_world import CENTRE, COMMISSION, COUNTY, INSTITUTE, World

pytestmark = pytest.mark.engine


DISPATCHER = [
    "POST /api/flow_runs/filter",  # in what state the runs are, all in one
    "PATCH /api/flow_runs/ID",  # name and tags
    "POST /api/flow_runs/ID/set_state",  # Scheduled
]
EXECUTION = [
    *("GET /api/flow_runs/ID", "GET /api/deployments/ID"),  # Prefect's engine, down to Running …
    *("PATCH /api/flow_runs/ID", "GET /api/flow_runs/ID", "POST /api/flow_runs/ID/set_state"),
    *("GET /api/flow_runs/ID", "GET /api/admin/storage"),
    "GET /api/flow_runs/ID/input/suspended-ask-1-response",  # was there an answer in the form?
    "GET /api/flow_runs/ID/input/suspended-ask-2-response",
    *("POST /api/task_runs/filter", "POST /api/task_runs/"),  # what happened, as a task run
    *("POST /api/flow_runs/ID/set_state", "GET /api/flow_runs/ID"),  # Suspended
    *("POST /api/flow_runs/ID/input", "POST /api/flow_runs/ID/input"),  # the form: schema and words
]
"""The log goes to Prefect from a thread of its own, and is left out."""


@dataclass
class Cost:
    """What one part of a wake asked of Prefect, and how often of the ledger; the order of the calls may vary."""

    calls: list[str]
    statements: int

    def __post_init__(self) -> None:
        self.calls = sorted(self.calls)


def plain(call: str) -> str:
    """A call without the ids in it."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", call)


def decide(office: RunningOffice, world: World, ref: str, subject: str, kind: str) -> None:
    """A body's person approves the step that waits, as at the command line."""
    with reading(office.settings) as act:
        step, code = act.session.exec(
            select(ApprovalStep, OneTimeCode)
            .join(OneTimeCode, col(OneTimeCode.step_id) == col(ApprovalStep.id))
            .join(Programme, col(Programme.id) == col(ApprovalStep.programme_id))
            .where(Programme.ref == ref, ApprovalStep.subject == subject, ApprovalStep.state == "open")
            .where(OneTimeCode.person_id == world.ids[kind])
        ).one()
        step_id, said = step.id, act.code_of(step.id, world.ids[kind], code.nonce)
    with transaction(world.as_(kind), office=office.settings) as act:
        assert decide_step(act, step_id, world.refs[kind], said, DecisionOutcome.APPROVE).accepted


@pytest.fixture
def review(in_office: RunningOffice) -> Iterator[tuple[RunningOffice, World, str, dict[str, Any]]]:
    """A plan that waits for its first tier; worker and dispatcher stand still."""
    world, door = in_office.world(), in_office.prefect
    _, ref = world.apply("示例数学甲")
    decide(in_office, world, ref, "application", COUNTY)
    decide(in_office, world, ref, "award", COMMISSION)
    world.submit_plan(ref)
    run = door.wait_for_run("Suspended", f"programme:{ref}", "phase:plan-review", name_has="第1级")
    door.form(run["id"])
    in_office.rest()
    in_office.office.hold("worker")
    in_office.office.hold("dispatcher")
    yield in_office, world, ref, run
    in_office.office.restart("dispatcher")
    in_office.office.restart("worker")


def counted(office: RunningOffice, part: str, file: Path, **more: str) -> Cost:
    """Do one part of a wake in a process of its own, and count."""
    environment = os.environ | office.office.environment() | more
    command = [sys.executable, "-m", "tests.support.counted_run", str(file), part]
    done = subprocess.run(command, env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(file.read_text())
    calls = [plain(call) for call, _ in found["calls"]]
    return Cost([call for call in calls if call != "POST /api/logs/"], len(found["statements"]))


def test_a_wake_from_one_tier_to_the_next_costs_so_much_and_no_more(
    review: tuple[RunningOffice, World, str, dict[str, Any]], tmp_path: Path
) -> None:
    office, world, ref, run = review
    costs = []
    for number, kind in ((2, INSTITUTE), (3, CENTRE)):
        decide(office, world, ref, "implementation-plan", kind)
        told = counted(office, "wake", tmp_path / f"wake-{number}.json")
        carried = counted(office, "run", tmp_path / f"run-{number}.json", PREFECT__FLOW_RUN_ID=run["id"])
        now = office.prefect.run(run["id"])
        assert (now["state"]["name"], f"tier:{number}" in now["tags"]) == ("Suspended", True)
        office.prefect.form(run["id"])
        costs.append((told, carried))
    (told, carried), (again, further) = costs
    # Each of these processes reads the pack, in two statements; the office's know it, and need one.
    assert told == again == Cost(DISPATCHER, 25)
    # One look back at the question before: there is none at first, and never more than one.
    assert carried == Cost([call for call in EXECUTION if not call.endswith("ask-2-response")], 42)
    assert further == Cost(EXECUTION, 42)
