"""What is left after processes die, runs are cancelled or deleted, or Prefect is down: nothing lost, nothing done
twice.

Real processes of a real office are killed with SIGKILL at named points, or from outside.
"""

import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from ledger.review import decide_step
from models.office import AuditEvent, FormAsk, Lease, Message
from models.programme import Phase, Programme
from models.review import ApprovalStep, Decision
from models.states import DecisionOutcome, StepState
from office.runtime.transactions import reading, transaction
from tests.integration.conftest import RunningOffice
from tests.integration.prefect_door import wait_until
from tests.integration.sample_world import COMMISSION, COUNTY, World

pytestmark = [pytest.mark.engine, pytest.mark.crash]

REVIEW = "phase:application-review"
UNDISTURBED = Counter(
    application_submitted=1, phase_opened=3, phase_closed=2, step_opened=2, decided=1, obligation_met=1
)
"""What is recorded from the application to the award's question when nothing dies."""


def waiting_review(office: RunningOffice, world: World, short: str) -> tuple[uuid.UUID, str, dict[str, Any]]:
    """A programme whose application waits for the county: its id, its tag, the run of the review."""
    programme_id, ref = world.apply(short)
    tag = f"programme:{ref}"
    return programme_id, tag, office.prefect.wait_for_run("Suspended", tag, REVIEW, name_has="第1级")


def events(office: RunningOffice, tag: str) -> Counter[str]:
    """How often each kind of event was recorded on a programme."""
    with reading(office.settings) as act:
        rows = act.session.exec(
            select(AuditEvent.kind)
            .join(Programme, col(Programme.id) == AuditEvent.programme_id)
            .where(Programme.ref == tag.partition(":")[2])
        ).all()
        return Counter(rows)


def questions(office: RunningOffice, tag: str) -> Counter[str]:
    """How many questions each programme's people were mailed, by recipient."""
    ref = tag.partition(":")[2]
    return Counter(mail.recipient for mail in office.mailbox.mails if ref in mail.text and "验证码" in mail.text)


def approve(office: RunningOffice, world: World, run: dict[str, Any], kind: str, short: str, word: str) -> None:
    """Decide by the form."""
    office.prefect.form(run["id"])
    code = world.code_for(office.mailbox, kind, short)
    assert office.prefect.resume(run["id"], approver=world.refs[kind], code=code, decision=word) == "ACCEPT"


def leases_given_back(office: RunningOffice, run_id: str) -> bool:
    """Whether nobody holds the run."""
    with reading(office.settings) as act:
        return act.session.exec(select(Lease.id).where(Lease.name == run_id)).first() is None


@pytest.mark.parametrize("point", ["flow.decision.committed", "flow.before.suspension"])
def test_flow_killed_after_a_commit_goes_on_with_the_same_run(
    in_office: RunningOffice, stop_at: Callable[[str], Path], point: str
) -> None:
    world, short = in_office.world(), f"示例{point}"
    _, tag, run = waiting_review(in_office, world, short)
    before = in_office.prefect.form(run["id"])[0]
    stopped = stop_at(point)
    answer = {"approver": world.refs[COUNTY], "code": "00000000", "decision": "审核同意"}
    assert in_office.prefect.resume(run["id"], **answer) == "ACCEPT"
    wait_until(stopped.exists, "the kill")
    wait_until(lambda: in_office.prefect.form(run["id"])[0] != before, "the next form")
    assert in_office.prefect.crashes(run["id"]) != []
    assert events(in_office, tag)["decision_refused"] == 1
    approve(in_office, world, run, COUNTY, short, "审核同意")
    award = in_office.prefect.wait_for_run("Suspended", tag, "phase:award", name_has="第1级")
    assert in_office.prefect.run(run["id"])["state"]["name"] == "Completed"
    assert [one["id"] for one in in_office.prefect.runs(tag, REVIEW)] == [run["id"]]
    assert award["name"] == f"{short} · 遴选立项 · 第1级"
    assert events(in_office, tag) == UNDISTURBED + Counter(decision_refused=1)
    world.code_for(in_office.mailbox, COMMISSION, short)
    assert questions(in_office, tag) == Counter({world.mails[COUNTY]: 1, world.mails[COMMISSION]: 1})


def test_run_killed_before_its_form_was_saved_asks_again(
    in_office: RunningOffice, stop_at: Callable[[str], Path]
) -> None:
    world, short = in_office.world(), "示例表单"
    stopped = stop_at("flow.suspended.form-unsaved")
    programme_id, ref = world.apply(short)
    wait_until(stopped.exists, "the kill between suspension and form")
    run = in_office.prefect.wait_for_run("Suspended", f"programme:{ref}", REVIEW)
    approve(in_office, world, run, COUNTY, short, "审核同意")
    in_office.prefect.wait_for_run("Completed", f"programme:{ref}", REVIEW)
    with reading(in_office.settings) as act:
        asks = act.session.exec(
            select(FormAsk.key).where(FormAsk.run_id == uuid.UUID(run["id"])).order_by(col(FormAsk.number))
        ).all()
        made = act.session.exec(select(Decision.id).where(Decision.programme_id == programme_id)).all()
        assert (list(asks), len(made)) == (["ask-1", "ask-2"], 1)


def test_phase_run_started_but_not_noted_is_found_again(
    in_office: RunningOffice, stop_at: Callable[[str], Path]
) -> None:
    world = in_office.world()
    stopped = stop_at("run.created")
    _, ref = world.apply("示例启动")
    wait_until(stopped.exists, "the kill between starting a run and noting it")
    in_office.prefect.wait_for_run("Suspended", f"programme:{ref}", REVIEW, name_has="第1级")
    in_office.prefect.wait_for_run("Completed", f"programme:{ref}", "phase:application")
    names = Counter(run["name"].split(" · ")[1] for run in in_office.prefect.runs(f"programme:{ref}"))
    assert names == Counter({"项目全流程": 1, "项目申报": 1, "项目申报审核": 1})


def test_two_wakes_at_once_leave_one_waiting_run(in_office: RunningOffice) -> None:
    world = in_office.world()
    _, tag, run = waiting_review(in_office, world, "示例双醒")
    for _ in range(3):
        assert in_office.prefect.set_state(run["id"], "SCHEDULED") == "ACCEPT"
    wait_until(
        lambda: in_office.prefect.state(run["id"]) == "Suspended" and leases_given_back(in_office, run["id"]), "rest"
    )
    approve(in_office, world, run, COUNTY, "示例双醒", "审核同意")
    in_office.prefect.wait_for_run("Suspended", tag, "phase:award", name_has="第1级")
    assert in_office.prefect.crashes(run["id"]) == []
    assert events(in_office, tag) == UNDISTURBED


@pytest.mark.parametrize("how", ["cancelled", "deleted"])
def test_run_taken_away_by_a_person_is_carried_on_by_the_next_generation(in_office: RunningOffice, how: str) -> None:
    world, short = in_office.world(), f"示例{how}"
    programme_id, tag, run = waiting_review(in_office, world, short)
    if how == "cancelled":
        assert in_office.prefect.set_state(run["id"], "CANCELLING", "Cancelling") in ("ACCEPT", "REJECT")
        wait_until(lambda: in_office.prefect.state(run["id"]) == "Cancelled", "the cancellation")
    else:
        in_office.prefect.http.delete(f"/flow_runs/{run['id']}").raise_for_status()
    in_office.prefect.start("reconcile")
    new = wait_until(
        lambda: next((r for r in in_office.prefect.runs(tag, REVIEW) if r["id"] != run["id"]), None),
        "the next generation",
    )
    in_office.prefect.form(new["id"])
    if how == "cancelled":  # a person who revives the old run finds it given up, and the new one is left alone
        assert in_office.prefect.set_state(run["id"], "SCHEDULED") == "ACCEPT"
        given_up = "Cancelled: 本环节由另一个运行承办"
        wait_until(lambda: in_office.prefect.history(run["id"])[-1].startswith(given_up), "the old run given up")
        assert in_office.prefect.state(new["id"]) == "Suspended"
    approve(in_office, world, new, COUNTY, short, "审核同意")
    in_office.prefect.wait_for_run("Suspended", tag, "phase:award", name_has="第1级")
    with reading(in_office.settings) as act:
        phase = act.session.exec(
            select(Phase).where(Phase.programme_id == programme_id, Phase.key == "application-review")
        ).one()
        assert (phase.generation, str(phase.run_id)) == (2, new["id"])
    assert (events(in_office, tag)["run_lost"], events(in_office, tag)["decided"]) == (1, 1)


@pytest.mark.parametrize("point", ["run.before-wake", "run.woken"])
def test_dispatcher_killed_around_a_wake_loses_no_wake(
    in_office: RunningOffice, stop_at: Callable[[str], Path], point: str
) -> None:
    world, short = in_office.world(), f"示例{point}"
    programme_id, tag, run = waiting_review(in_office, world, short)
    stopped = stop_at(point)
    decide_at_the_command_line(in_office, world, programme_id, short)
    wait_until(stopped.exists, "the kill")
    in_office.prefect.wait_for_run("Suspended", tag, "phase:award", name_has="第1级")
    assert in_office.prefect.run(run["id"])["state"]["message"] == "审核通过"
    assert events(in_office, tag) == UNDISTURBED


def test_dispatcher_killed_while_wakes_wait_for_a_rush_to_end_loses_none(in_office: RunningOffice) -> None:
    world = in_office.world()
    shorts = [f"示例齐报{number}" for number in range(4)]
    waiting = {short: waiting_review(in_office, world, short) for short in shorts}
    for short in shorts:
        world.code_for(in_office.mailbox, COUNTY, short)
    in_office.rest()
    for short, (programme_id, _, _) in waiting.items():
        decide_at_the_command_line(in_office, world, programme_id, short)
    in_office.office.kill("dispatcher")
    for short, (_, tag, run) in waiting.items():
        award = in_office.prefect.wait_for_run("Suspended", tag, "phase:award", name_has="第1级")
        assert award["name"] == f"{short} · 遴选立项 · 第1级"
        assert in_office.prefect.run(run["id"])["state"]["message"] == "审核通过"
        assert len(in_office.prefect.runs(tag, "phase:award")) == 1
        assert events(in_office, tag) == UNDISTURBED
        assert len(world.code_for(in_office.mailbox, COMMISSION, short)) == 8


@pytest.mark.parametrize("child", ["server", "worker"])
def test_server_or_worker_killed_while_a_run_is_executed_loses_nothing(in_office: RunningOffice, child: str) -> None:
    world, short = in_office.world(), f"示例{child}"
    _, tag, run = waiting_review(in_office, world, short)
    in_office.rest()
    approve(in_office, world, run, COUNTY, short, "审核同意")
    wait_until(lambda: not leases_given_back(in_office, run["id"]), "the execution")
    in_office.office.kill(child)
    in_office.office.wait_healthy()
    award = in_office.prefect.wait_for_run("Suspended", tag, "phase:award", name_has="第1级")
    assert len(in_office.prefect.runs(tag, "phase:award")) == 1
    assert award["name"] == f"{short} · 遴选立项 · 第1级"
    assert events(in_office, tag) == UNDISTURBED


def decide_at_the_command_line(office: RunningOffice, world: World, programme_id: uuid.UUID, short: str) -> None:
    """The county approves through the ledger, with no help of Prefect."""
    code = world.code_for(office.mailbox, COUNTY, short)
    with reading(office.settings) as act:
        step_id = act.session.exec(
            select(ApprovalStep.id).where(
                ApprovalStep.programme_id == programme_id, ApprovalStep.state == StepState.OPEN
            )
        ).one()
    with transaction(world.as_(COUNTY), office=office.settings) as act:
        assert decide_step(act, step_id, world.refs[COUNTY], code, DecisionOutcome.APPROVE).accepted


def test_decision_without_prefect_reaches_the_next_person_and_shows_when_it_is_back(in_office: RunningOffice) -> None:
    world, short = in_office.world(), "示例停机"
    programme_id, tag, run = waiting_review(in_office, world, short)
    world.code_for(in_office.mailbox, COUNTY, short)
    in_office.office.hold("server")
    try:
        decide_at_the_command_line(in_office, world, programme_id, short)
        assert len(world.code_for(in_office.mailbox, COMMISSION, short)) == 8
    finally:
        in_office.office.restart("server")
    done = in_office.prefect.wait_for_run("Completed", tag, REVIEW, seconds=60)
    assert done["id"] == run["id"]
    in_office.prefect.wait_for_run("Suspended", tag, "phase:award", name_has="第1级")


@pytest.mark.parametrize(
    ("point", "copies"),
    [("dispatcher.message.claimed", 1), ("dispatcher.message.sent", 2), ("dispatcher.message.settled", 1)],
)
def test_dispatcher_killed_around_a_sending_loses_no_message(
    in_office: RunningOffice, stop_at: Callable[[str], Path], point: str, copies: int
) -> None:
    world, short = in_office.world(), f"示例{point}"
    stopped = stop_at(point)
    programme_id, ref = world.apply(short)
    wait_until(stopped.exists, "the kill")
    world.code_for(in_office.mailbox, COUNTY, short)

    def settled() -> list[tuple[str, bool]] | None:
        with reading(in_office.settings) as act:
            rows = act.session.exec(
                select(Message.state, Message.repeated).where(Message.programme_id == programme_id)
            ).all()
            found = [tuple(row) for row in rows]
        return found if {state for state, _ in found} == {"sent"} else None  # type: ignore[return-value]

    rows = wait_until(settled, "all messages settled")
    assert len(rows) == 1
    received = [mail for mail in in_office.mailbox.to(world.mails[COUNTY]) if ref in mail.text]
    assert len(received) == copies
    assert [mail.header("X-Songjiao-Repeat") for mail in received] == [None, "yes"][:copies] if copies == 2 else True
