"""Approvals carried by real flow runs: decided in the Resume form by real codes from real mail, tier after tier."""

from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import col, select

from ledger.review import decide_step
from models.office import AuditEvent
from models.programme import Programme
from models.review import ApprovalStep, Decision
from models.states import DecisionOutcome, StepState
from office.runtime.transactions import reading, transaction
from tests.integration.conftest import RunningOffice
from tests.integration.prefect_door import wait_until
from tests.integration.sample_world import CENTRE, COMMISSION, COUNTY, INSTITUTE, World

pytestmark = pytest.mark.engine


def decisions(office: RunningOffice, ref: str) -> list[tuple[str, int, str, str]]:
    """What was decided on a programme, in order: subject, tier, outcome, door."""
    with reading(office.settings) as act:
        rows = act.session.exec(
            select(ApprovalStep.subject, ApprovalStep.number, Decision.outcome, Decision.door)
            .join(Decision, col(Decision.step_id) == ApprovalStep.id)
            .join(Programme, col(Programme.id) == ApprovalStep.programme_id)
            .where(Programme.ref == ref)
            .order_by(col(Decision.id))
        ).all()
        return [tuple(row) for row in rows]  # type: ignore[misc]


def attempts(office: RunningOffice, ref: str) -> list[str]:
    """Why answers were not accepted, in order."""
    with reading(office.settings) as act:
        rows = act.session.exec(
            select(AuditEvent)
            .join(Programme, col(Programme.id) == AuditEvent.programme_id)
            .where(Programme.ref == ref, AuditEvent.kind == "decision_refused")
            .order_by(col(AuditEvent.number))
        ).all()
        return [row.facts["why"] for row in rows]


def decide(
    office: RunningOffice, world: World, run: dict[str, Any], kind: str, short: str, word: str, **more: str
) -> str:
    """Fill in the form of a run as a body's person, with the code from their mail; gives the form's key."""
    key, _, _ = office.prefect.form(run["id"])
    code = world.code_for(office.mailbox, kind, short)
    answer = {"approver": world.refs[kind], "code": code, "decision": word, "comment": "", **more}
    assert office.prefect.resume(run["id"], **answer) == "ACCEPT"
    return key


def wait_form(office: RunningOffice, run_id: str, former: str) -> tuple[str, dict[str, Any], str]:
    """The run's next form, after the one under `former`."""
    return wait_until(lambda: (form := office.prefect.form(run_id))[0] != former and form, "the next form")  # type: ignore[return-value]


def words_of(schema: dict[str, Any]) -> list[str]:
    """The decisions that a form offers."""
    return list(schema["definitions"]["ReviewDecision"]["enum"])


def test_plan_goes_through_its_tiers_by_the_resume_form(in_office: RunningOffice) -> None:
    world, door = in_office.world(), in_office.prefect
    _, ref = world.apply("示例数学甲")
    tag = f"programme:{ref}"

    # a wrong code changes nothing, is recorded, and the next form says so
    run = door.wait_for_run("Suspended", tag, "phase:application-review", name_has="第1级")
    assert run["name"] == "示例数学甲 · 项目申报审核 · 第1级"
    key = decide(in_office, world, run, COUNTY, "示例数学甲", "审核同意", code="00000000")
    key, schema, words = wait_form(in_office, run["id"], key)
    assert words_of(schema) == ["审核同意", "退回修改", "不予通过"]
    assert "上次填写未被采纳:验证码不正确" in words
    assert "CQ2021-2.2" in words
    assert (attempts(in_office, ref), decisions(in_office, ref)) == (["wrong-code"], [])

    # another body's person, with the right code of this step's person: the code is not theirs
    stolen = world.code_for(in_office.mailbox, COUNTY, "示例数学甲")
    assert door.resume(run["id"], approver=world.refs[CENTRE], code=stolen, decision="审核同意") == "ACCEPT"
    wait_form(in_office, run["id"], key)
    assert attempts(in_office, ref) == ["wrong-code", "not-asked"]

    decide(in_office, world, run, COUNTY, "示例数学甲", "审核同意", comment="同意申报")
    done = door.wait_for_run("Completed", tag, "phase:application-review")
    assert (done["name"], done["state"]["message"]) == ("示例数学甲 · 项目申报审核 · 已通过", "审核通过")

    award = door.wait_for_run("Suspended", tag, "phase:award", name_has="第1级")
    decide(in_office, world, award, COMMISSION, "示例数学甲", "同意立项")
    review = door.wait_for_run("Suspended", tag, "phase:plan-review")
    opened = {run["name"] for run in door.runs(tag)}
    assert {"示例数学甲 · 学员遴选 · 第一期", "示例数学甲 · 开班准备与报到 · 第一期"} <= opened

    world.submit_plan(ref)
    review = door.wait_for_run("Suspended", tag, "phase:plan-review", name_has="第1级")
    decide(in_office, world, review, INSTITUTE, "示例数学甲", "审核通过")
    review = door.wait_for_run("Suspended", tag, "phase:plan-review", name_has="第2级")
    decide(in_office, world, review, CENTRE, "示例数学甲", "审核通过")
    review = door.wait_for_run("Suspended", tag, "phase:plan-review", name_has="第3级")
    _, schema, _ = door.form(review["id"])
    assert words_of(schema) == ["予以备案"]
    decide(in_office, world, review, COMMISSION, "示例数学甲", "予以备案")
    filed = door.wait_for_run("Completed", tag, "phase:plan-review")
    assert filed["state"]["message"] == "予以备案"
    assert [name for name in door.task_runs(filed["id"]) if name.startswith("第1版")] == [
        f"第1版 第3级 示例市教委{world.mark}:予以备案",
        f"第1版 第2级 示例市教师发展中心{world.mark}:审核通过",
        f"第1版 第1级 示例区教师进修学院{world.mark}:审核通过",
    ]
    form = "resume-form"
    assert decisions(in_office, ref) == [
        ("application", 1, "approve", form),
        ("award", 1, "approve", form),
        ("implementation-plan", 1, "approve", form),
        ("implementation-plan", 2, "approve", form),
        ("implementation-plan", 3, "file", form),
    ]
    door.wait_for_run("Suspended", tag, "phase:lifecycle")


def test_returned_version_comes_back_to_the_first_tier_of_the_same_run(in_office: RunningOffice) -> None:
    world, door = in_office.world(), in_office.prefect
    _, ref = world.apply("示例语文乙")
    tag = f"programme:{ref}"
    run = door.wait_for_run("Suspended", tag, "phase:application-review", name_has="第1级")
    key = decide(in_office, world, run, COUNTY, "示例语文乙", "退回修改", comment="")
    key, _, words = wait_form(in_office, run["id"], key)
    assert "上次填写未被采纳" in words  # a return needs its comment
    decide(in_office, world, run, COUNTY, "示例语文乙", "退回修改", comment="课时表与需求调研不一致")
    waiting = wait_until(
        lambda: (
            (now := door.run(run["id"]))["state"]["name"] == "Suspended"
            and now["state"]["state_details"].get("run_input_keyset") is None
            and now
        ),
        "waiting without a form for the correction",
    )
    assert set(waiting["tags"]) == {tag, "region:CQ", "phase:application-review", "waiting-for:host-institution"}
    assert decisions(in_office, ref) == [("application", 1, "return", "resume-form")]


def test_decision_at_the_command_line_shows_in_the_run_and_the_form_is_renewed(in_office: RunningOffice) -> None:
    world, door = in_office.world(), in_office.prefect
    programme_id, ref = world.apply("示例英语丙")
    tag = f"programme:{ref}"
    run = door.wait_for_run("Suspended", tag, "phase:application-review", name_has="第1级")
    code = world.code_for(in_office.mailbox, COUNTY, "示例英语丙")
    with reading(in_office.settings) as act:
        step_id = act.session.exec(
            select(ApprovalStep.id).where(
                ApprovalStep.programme_id == programme_id, ApprovalStep.state == StepState.OPEN
            )
        ).one()
    with transaction(world.as_(COUNTY), office=in_office.settings) as act:
        said = decide_step(act, step_id, world.refs[COUNTY], code, DecisionOutcome.REJECT, "与年度规划不符")
    assert said.accepted
    done = door.wait_for_run("Completed", tag, "phase:application-review")
    assert (done["id"], done["state"]["message"]) == (run["id"], "不予通过")
    whole = door.wait_for_run("Completed", tag, "phase:lifecycle")
    assert whole["state"]["message"] == "项目不予通过"
    assert decisions(in_office, ref) == [("application", 1, "reject", "cli")]


def test_artifacts_show_the_programme(in_office: RunningOffice) -> None:
    world, door = in_office.world(), in_office.prefect
    _, ref = world.apply("示例科学丁")
    door.wait_for_run("Suspended", f"programme:{ref}", "phase:application-review", name_has="第1级")

    def latest(key: str) -> dict[str, Any] | None:
        answer = door.http.get(f"/artifacts/{key}/latest")
        return dict(answer.json()) if answer.status_code == 200 else None

    timeline = wait_until(lambda: latest(f"programme-{ref.lower()}"), "the timeline")
    assert timeline["type"] == "markdown"
    assert timeline["data"].startswith(f"# {ref} 示例示例科学丁培训")
    bar = wait_until(lambda: latest(f"programme-{ref.lower()}-progress"), "the progress")
    assert bar["type"] == "progress"
    assert Decimal(str(bar["data"])) < 50
    swept = door.start("deadline-watch")
    assert swept["state"]["message"].startswith("发出 ")
    table = wait_until(lambda: latest("awaited"), "the table of the awaited")
    assert table["type"] == "table"
    assert ref in table["data"]
