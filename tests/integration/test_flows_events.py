"""In Prefect's own terms, on a real server: what the ledger records arrives as Prefect events, and what Prefect notices
(a crash, a late run, a silent worker) arrives as messages to the programme office.
"""

from typing import Any

import pytest
from sqlmodel import col, select

from ledger.core import record
from ledger.people import add_organisation, add_person
from ledger.queries.news import place
from models.office import AuditEvent, Message
from models.programme import Programme
from office.announcer import READER
from office.runtime.transactions import SYSTEM, reading, transaction
from tests.integration.conftest import RunningOffice
from tests.integration.prefect_door import wait_until
from tests.integration.sample_world import World

pytestmark = pytest.mark.engine

OURS = ("songjiao-run-crashed", "songjiao-run-late", "songjiao-worker-silent")


def events(office: RunningOffice, *names: str, about: str | None = None) -> list[dict[str, Any]]:
    """The events of these names that Prefect has stored, newest first."""
    wanted: dict[str, Any] = {"event": {"name": list(names)}}
    if about is not None:
        wanted["related"] = {"id": [about]}
    answer = office.prefect.http.post("/events/filter", json={"filter": wanted, "limit": 50})
    return list(answer.raise_for_status().json()["events"])


def told(office: RunningOffice, kind: str, run: str | None = None) -> list[Message]:
    """The messages of a kind, of a run where one is named."""
    with reading(office.settings) as act:
        rows = act.session.exec(select(Message).where(Message.kind == kind).order_by(col(Message.id))).all()
        act.session.expunge_all()
        return [row for row in rows if run is None or row.facts.get("run") == run]


@pytest.fixture
def world(in_office: RunningOffice) -> World:
    """Bodies and people, a programme office among them."""
    world = in_office.world()
    with transaction(SYSTEM, office=in_office.settings) as act:
        add_organisation(act, f"示例项目办{world.mark}", "programme-office", sample=True)
    with transaction(SYSTEM, office=in_office.settings) as act:
        mail = f"office-{world.mark}@example.org"
        add_person(act, f"示例项目办人员{world.mark}", f"示例项目办{world.mark}", ("programme-office",), email=mail)
    return world


def test_a_decision_asked_for_is_an_event_with_its_programme(in_office: RunningOffice, world: World) -> None:
    _, ref = world.apply("小学数学送教")
    programme = f"songjiao.programme.{ref}"
    [asked] = wait_until(lambda: events(in_office, "songjiao.decision.asked", about=programme) or None, "the event")
    assert {one["prefect.resource.role"] for one in asked["related"]} == {"programme", "organisation"}
    with reading(in_office.settings) as act:
        number = act.session.exec(
            select(AuditEvent.number)
            .join(Programme, col(Programme.id) == col(AuditEvent.programme_id))
            .where(Programme.ref == ref, AuditEvent.kind == "step_opened")
        ).one()
    assert asked["payload"]["number"] == number
    assert asked["resource"]["prefect.resource.id"] == f"songjiao.decision.{ref}.application"


def test_what_happens_while_prefect_is_down_is_told_once_it_is_back(in_office: RunningOffice, world: World) -> None:
    _, ref = world.apply("小学数学送教")
    in_office.rest()
    in_office.office.hold("server")
    try:
        with transaction(SYSTEM, office=in_office.settings) as act:
            programme = act.session.exec(select(Programme).where(Programme.ref == ref)).one()
            number = record(
                act, "obligation_escalated", programme, obligation="archive", owed_by="示例小学", rung=4
            ).number
    finally:
        in_office.office.restart("server")
    about = f"songjiao.programme.{ref}"
    # Where Prefect loses what it took in, it passes over the same event for five minutes, and stores it then.
    told = wait_until(lambda: events(in_office, "songjiao.obligation.escalated", about=about) or None, "the event", 330)
    [event] = told
    assert (event["payload"]["number"], event["payload"]["rung"]) == (number, 4)

    def moved() -> bool:
        with reading(in_office.settings) as act:
            return place(act, READER) >= number

    assert wait_until(moved, "the bookmark behind what Prefect has stored")


def test_the_automations_are_made_once_and_one_switched_off_stays_off(in_office: RunningOffice) -> None:
    http = in_office.prefect.http

    def held() -> dict[str, dict[str, Any]]:
        found = http.post("/automations/filter", json={}).raise_for_status().json()
        return {one["name"]: one for one in found}

    assert tuple(sorted(held())) == OURS
    late = held()["songjiao-run-late"]["id"]
    http.patch(f"/automations/{late}", json={"enabled": False}).raise_for_status()
    try:
        in_office.office._deploy()
        assert {name: one["enabled"] for name, one in held().items()} == dict.fromkeys(OURS, True) | {
            "songjiao-run-late": False
        }
        assert held()["songjiao-run-late"]["id"] == late
    finally:
        http.patch(f"/automations/{late}", json={"enabled": True}).raise_for_status()


def test_a_crashed_run_is_told_to_the_office_once(in_office: RunningOffice, world: World) -> None:
    http = in_office.prefect.http
    (known,) = http.post("/deployments/filter", json={"deployments": {"name": {"any_": ["selection"]}}}).json()
    far = {"type": "SCHEDULED", "state_details": {"scheduled_time": "2099-01-01T00:00:00Z"}}
    name = '示例 · "学员遴选"'
    asked = {"name": name, "state": far, "tags": ["programme:none"], "parameters": {}}
    run = http.post(f"/deployments/{known['id']}/create_flow_run", json=asked | {"enforce_parameter_schema": False})
    run_id = run.raise_for_status().json()["id"]
    for _ in range(2):
        crashed = {"type": "CRASHED", "name": "Crashed", "message": "Flow run process exited with status code -9."}
        http.post(f"/flow_runs/{run_id}/set_state", json={"state": crashed, "force": True}).raise_for_status()
        http.post(f"/flow_runs/{run_id}/set_state", json={"state": far, "force": True}).raise_for_status()

    def notices() -> bool:
        with reading(in_office.settings) as act:
            facts = act.session.exec(select(AuditEvent.facts).where(AuditEvent.kind == "engine_notice")).all()
        return [one["matter"] for one in facts].count(f"prefect.flow-run.{run_id}") == 2

    wait_until(notices, "two calls of the automation")
    rows = told(in_office, "run-crashed", name)
    assert len(rows) == len({row.person_id for row in rows}) >= 1
    assert rows[0].facts["why"] == "Flow run process exited with status code -9."
    wait_until(lambda: {row.state for row in told(in_office, "run-crashed", name)} == {"sent"} or None, "the mail")
    http.delete(f"/flow_runs/{run_id}")


def test_a_silent_worker_is_told_without_a_worker(in_office: RunningOffice, world: World) -> None:
    in_office.rest()
    in_office.office.hold("worker")
    try:
        rows = wait_until(lambda: told(in_office, "worker-silent") or None, "the message", seconds=300)
    finally:
        in_office.office.restart("worker")
    assert rows[0].facts["pool"] == "songjiao"
