"""Decisions at the ledger: codes, wrong actors, second decisions, returns, rejections, and two people at once."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from ledger.audit import verify
from ledger.core import Done, fingerprint
from ledger.errors import KeyReused, NotFound, Refused
from ledger.people import add_person
from ledger.programmes import apply, confirm_budget
from ledger.review import correct_application, decide_step, send_code_again, submit_plan
from ledger.sweeping import Swept, sweep
from models.act import SYSTEM
from models.documents import Obligation, RungFired
from models.office import ActKey, AuditEvent, Message
from models.programme import Phase, Programme
from models.review import ApprovalStep, Decision, OneTimeCode, Submission
from models.states import DecisionOutcome
from office.demo.samples import plan_of
from office.runtime.clock import move_clock
from office.runtime.settings import Settings
from office.runtime.transactions import reading, transaction
from tests.support.road import COMMISSION_PERSON, OFFICE_PERSON, Road
from tests.support.scenario import Drive, a_file, at, play, sample

COUNTY, INSTITUTE = "示例云溪区·人事科", "示例云溪区·培训部"
APPROVE, RETURN, REJECT, FILE = (
    DecisionOutcome.APPROVE,
    DecisionOutcome.RETURN,
    DecisionOutcome.REJECT,
    DecisionOutcome.FILE,
)


@pytest.fixture
def applied(each_office: Settings) -> Road:
    """A county school has applied; its county has to decide."""
    return _on_the_road(each_office, date(2025, 12, 8))


@pytest.fixture
def planned(sqlite_office: Settings) -> Road:
    """The plan of an awarded programme lies with the county's institute."""
    return _on_the_road(sqlite_office, date(2026, 3, 5))


def _on_the_road(office: Settings, until: date) -> Road:
    road = Road(Drive.begin(office, "S01"), sample("S01"))
    play(road.drive, road.doings(), until)
    return road


def _rows(road: Road, table: Any) -> list[dict[str, Any]]:
    with reading(road.drive.office) as act:
        return [
            row.model_dump() for row in act.session.exec(select(table).order_by(*table.__table__.primary_key)).all()
        ]


def _kinds(road: Road) -> list[str]:
    with reading(road.drive.office) as act:
        return list(act.session.exec(select(AuditEvent.kind).order_by(col(AuditEvent.number))).all())


def _states(road: Road, subject: str) -> list[tuple[int, int, str]]:
    with reading(road.drive.office) as act:
        rows = act.session.exec(
            select(Submission.version, ApprovalStep.number, ApprovalStep.state)
            .join(Submission, col(Submission.id) == ApprovalStep.submission_id)
            .where(ApprovalStep.subject == subject)
            .order_by(col(Submission.version), col(ApprovalStep.number))
        ).all()
        return [(version, number, state) for version, number, state in rows]


def test_who_gets_the_role_after_the_step_opened_is_sent_a_code_of_their_own(applied: Road) -> None:
    drive = applied.drive
    step = drive.open_step(applied.ref, "application")
    new = drive.do(
        OFFICE_PERSON,
        add_person,
        "示例·新来的科长",
        "示例云溪区教委",
        ["county-education-authority"],
        "new@example.test",
    )
    drive.do(OFFICE_PERSON, send_code_again, step, new.ref)
    asked = [row for row in _rows(applied, Message) if row["person_id"] == new.id]
    assert [(row["kind"], row["step_id"], row["state"]) for row in asked] == [("decision-asked", step, "queued")]


def test_a_wrong_code_changes_nothing_and_the_fifth_locks(applied: Road) -> None:
    drive = applied.drive
    step = drive.open_step(applied.ref, "application")
    steps, right = _rows(applied, ApprovalStep), drive.code(step, COUNTY)
    wrong = f"{(int(right) + 1) % 100_000_000:08d}"
    said = [drive.do(None, decide_step, step, drive.refs[COUNTY], wrong, APPROVE).en for _ in range(5)]
    assert said == [f"the code is wrong ({left} {'try' if left == 1 else 'tries'} left)" for left in (4, 3, 2, 1, 0)]
    locked = drive.do(None, decide_step, step, drive.refs[COUNTY], right, APPROVE)
    assert (locked.accepted, locked.zh) == (False, "验证码因多次输错已锁定,请联系项目办重发")
    assert _rows(applied, ApprovalStep) == steps
    assert _rows(applied, Decision) == []
    assert _kinds(applied).count("decision_refused") == 6
    told = [row["kind"] for row in _rows(applied, Message) if row["kind"] == "code-locked"]
    assert len(told) == 2  # both people of the programme office
    with pytest.raises(Refused):  # an unlocking is the office's
        drive.do(COUNTY, send_code_again, step, drive.refs[COUNTY])
    drive.do(OFFICE_PERSON, send_code_again, step, drive.refs[COUNTY])
    assert drive.do(None, decide_step, step, drive.refs[COUNTY], right, APPROVE).accepted is False
    assert drive.decide(applied.ref, "application", COUNTY, APPROVE).accepted


def test_who_renews_their_own_code_keeps_their_wrong_tries(applied: Road) -> None:
    drive = applied.drive
    step = drive.open_step(applied.ref, "application")

    def guess() -> str:
        wrong = f"{(int(drive.code(step, COUNTY)) + 1) % 100_000_000:08d}"
        return str(drive.do(None, decide_step, step, drive.refs[COUNTY], wrong, APPROVE).en)

    said = []
    for _ in range(3):
        said += [guess(), guess()]
        if len(said) < 5:
            drive.do(COUNTY, send_code_again, step, drive.refs[COUNTY])
    assert said[:5] == [
        f"the code is wrong ({left} {'try' if left == 1 else 'tries'} left)" for left in (4, 3, 2, 1, 0)
    ]
    assert said[5] == "the code is locked after wrong tries; ask the programme office for a new one"
    drive.do(OFFICE_PERSON, send_code_again, step, drive.refs[COUNTY])
    assert guess() == "the code is wrong (4 tries left)"


@pytest.mark.parametrize(
    ("who", "code_of", "outcome", "comment", "why"),
    [
        ("P-9999", COUNTY, APPROVE, "", "unknown-person"),
        (INSTITUTE, COUNTY, APPROVE, "", "not-asked"),
        ("示例·周校长", COUNTY, APPROVE, "", "not-asked"),
        (COUNTY, COUNTY, FILE, "", "outcome-not-allowed"),
        (COUNTY, COUNTY, RETURN, " ", "comment-missing"),
        (COUNTY, COUNTY, REJECT, "", "comment-missing"),
    ],
)
def test_who_may_not_or_not_so_is_refused_and_recorded(
    applied: Road, who: str, code_of: str, outcome: DecisionOutcome, comment: str, why: str
) -> None:
    drive = applied.drive
    step = drive.open_step(applied.ref, "application")
    before = _rows(applied, ApprovalStep), _rows(applied, Submission), _rows(applied, Message)
    said = drive.do(None, decide_step, step, drive.refs.get(who, who), drive.code(step, code_of), outcome, comment)
    assert said.accepted is False
    assert (_rows(applied, ApprovalStep), _rows(applied, Submission), _rows(applied, Message)) == before
    with reading(drive.office) as act:
        last = act.session.exec(select(AuditEvent).order_by(col(AuditEvent.number).desc())).first()
        assert last is not None
        assert (last.kind, last.facts["why"]) == ("decision_refused", why)


def test_a_stale_code_and_a_second_decision_change_nothing(applied: Road) -> None:
    drive = applied.drive
    step = drive.open_step(applied.ref, "application")
    code = drive.code(step, COUNTY)
    drive.pass_to(at(date(2026, 2, 20)))  # the code was good for sixty days
    assert (
        drive.do(None, decide_step, step, drive.refs[COUNTY], code, APPROVE).en
        == "the code has expired; ask for a new one"
    )
    drive.do(COUNTY, send_code_again, step, drive.refs[COUNTY])
    assert drive.decide(applied.ref, "application", COUNTY, APPROVE).accepted
    decisions = _rows(applied, Decision)
    again = drive.do(None, decide_step, step, drive.refs[COUNTY], drive.code(step, COUNTY), REJECT, "不同意")
    assert (again.accepted, again.en) == (False, "this step is decided already")
    assert _rows(applied, Decision) == decisions


def test_a_head_who_never_logs_in_is_recorded_by_the_clerk_with_the_scan(sqlite_office: Settings) -> None:
    road = Road(Drive.begin(sqlite_office, "U01"), sample("U01"))
    play(road.drive, road.doings(), date(2025, 12, 1))
    drive, clerk, head = road.drive, "示例·校办邓老师", "示例·郑校长"
    assert drive.decide(road.ref, "application", clerk, APPROVE).accepted is False
    assert drive.decide(road.ref, "application", clerk, APPROVE, on_behalf_of=head).accepted is False
    assert drive.decide(road.ref, "application", clerk, APPROVE, on_behalf_of=head, scan=a_file("签批页")).accepted
    decision = _rows(road, Decision)[0]
    assert (decision["on_behalf_of"], decision["door"], decision["person_id"]) == (head, "on-behalf", drive.ids[clerk])
    assert decision["document_id"] is not None


def test_a_return_sends_the_corrected_version_through_all_tiers_again(planned: Road) -> None:
    drive, plan = planned.drive, "implementation-plan"
    assert drive.decide(planned.ref, plan, INSTITUTE, RETURN, "课时表不一致").accepted
    assert _states(planned, plan) == [(1, 1, "decided"), (1, 2, "cancelled"), (1, 3, "cancelled")]
    drive.do(planned.contact, submit_plan, planned.ref, plan_of(planned.sample))
    assert drive.decide(planned.ref, plan, INSTITUTE, RETURN, "仍不一致").accepted
    drive.do(planned.contact, submit_plan, planned.ref, plan_of(planned.sample))
    assert _states(planned, plan)[6:] == [(3, 1, "open"), (3, 2, "pending"), (3, 3, "pending")]
    corrections = [
        (row["number"], row["state"]) for row in _rows(planned, Obligation) if row["kind"] == "plan-correction"
    ]
    assert corrections == [(1, "met"), (2, "met")]  # each return brings a time of its own
    with pytest.raises(Refused):
        drive.do(planned.contact, submit_plan, planned.ref, plan_of(planned.sample))


def test_a_rejected_plan_ends_the_programme_and_leaves_nothing_owed(planned: Road) -> None:
    drive = planned.drive
    assert drive.decide(planned.ref, "implementation-plan", INSTITUTE, REJECT, "方案与需求不符").accepted
    assert [row["state"] for row in _rows(planned, Programme)] == ["rejected"]
    assert [row["kind"] for row in _rows(planned, Obligation) if row["state"] == "open"] == []
    with reading(drive.office) as act:
        waiting = act.session.exec(
            select(Message.kind).where(Message.state == "queued", col(Message.kind).like("obligation%"))
        ).all()
    assert list(waiting) == []


def test_the_award_may_return_the_application_which_then_passes_its_own_tiers_again(applied: Road) -> None:
    drive = applied.drive
    assert drive.decide(applied.ref, "application", COUNTY, APPROVE).accepted
    assert drive.decide(applied.ref, "award", COMMISSION_PERSON, RETURN, "请补充预算说明").accepted
    review = [(row["key"], row["state"], row["generation"]) for row in _rows(applied, Phase)]
    assert review == [("application", "closed", 1), ("application-review", "open", 2), ("award", "open", 1)]
    drive.do(applied.contact, correct_application, applied.ref, applied.application)
    assert drive.decide(applied.ref, "application", COUNTY, APPROVE).accepted
    assert _states(applied, "award") == [(1, 1, "decided"), (2, 1, "open")]
    assert drive.decide(applied.ref, "award", COMMISSION_PERSON, APPROVE).accepted
    assert [row["state"] for row in _rows(applied, Programme)] == ["awarded"]
    assert verify_ok(applied)


def verify_ok(road: Road) -> bool:
    """Whether the chain of events holds."""
    with reading(road.drive.office) as act:
        return verify(act).ok


# --- keys -----------------------------------------------------------------------------------------------------------


def test_the_same_key_gives_the_same_answer_and_acts_once(applied: Road) -> None:
    drive = applied.drive
    first = drive.do(applied.contact, confirm_budget, applied.ref, key="budget-1")
    events = _kinds(applied)
    assert drive.do(applied.contact, confirm_budget, programme_ref=applied.ref, key="budget-1") == first
    assert _kinds(applied) == events


def test_a_key_is_not_taken_for_another_act_other_arguments_or_another_person(applied: Road) -> None:
    drive = applied.drive
    drive.do(applied.contact, confirm_budget, applied.ref, key="budget-1")
    before = _kinds(applied)
    again: list[Callable[[], Any]] = [
        lambda: drive.do(applied.contact, submit_plan, applied.ref, plan_of(applied.sample), key="budget-1"),
        lambda: drive.do(applied.contact, confirm_budget, "CQ-2026-0002", key="budget-1"),
        lambda: drive.do(OFFICE_PERSON, confirm_budget, applied.ref, key="budget-1"),
    ]
    for act in again:
        with pytest.raises(KeyReused):
            act()
    assert _kinds(applied) == before


def test_a_refused_act_leaves_its_key_free_for_the_corrected_one(applied: Road) -> None:
    drive = applied.drive
    step, who = drive.open_step(applied.ref, "application"), drive.refs[COUNTY]
    right = drive.code(step, COUNTY)
    wrong = f"{(int(right) + 1) % 100_000_000:08d}"

    def decide(code: str, outcome: DecisionOutcome, comment: str = "") -> Any:
        return drive.do(None, decide_step, step, who, code, outcome, comment, key="decide-1")

    assert [decide(wrong, APPROVE).accepted, decide(right, RETURN).accepted] == [False, False]
    assert [row for row in _rows(applied, ActKey) if row["key"] == "decide-1"] == []
    done = decide(right, RETURN, "请补充预算说明")
    assert done.accepted
    events = _kinds(applied)
    assert decide(right, RETURN, "请补充预算说明") == done
    with pytest.raises(KeyReused):
        decide(right, APPROVE)
    assert _kinds(applied) == events
    assert len(_rows(applied, Decision)) == 1


def test_nothing_that_is_kept_of_a_key_tells_the_code(applied: Road) -> None:
    drive = applied.drive
    step, who = drive.open_step(applied.ref, "application"), drive.refs[COUNTY]
    right = drive.code(step, COUNTY)
    said = drive.do(None, decide_step, step, who, right, APPROVE, key="decide-1")
    (kept,) = [row for row in _rows(applied, ActKey) if row["key"] == "decide-1"]
    known = {
        "step_id": step, "person_ref": who, "outcome": APPROVE, "comment": "", "on_behalf_of": None, "scan": None,
    }  # fmt: skip
    tried = [fingerprint([None, known | {"code": code}]) for code in (right, f"{int(right) + 1:08d}")]
    assert kept["fingerprint"] not in tried
    assert kept["fingerprint"] == fingerprint([None, known])
    assert drive.do(None, decide_step, step, who, "00000000", APPROVE, key="decide-1") == said


# --- two at once ----------------------------------------------------------------------------------------------------


def _both(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
    """Two acts that begin at the same moment, each in a thread; what each answered or raised."""
    ready, answers = threading.Barrier(2), [None, None]

    def run(place: int, act: Callable[[], Any]) -> None:
        ready.wait(10)
        try:
            answers[place] = act()
        except Exception as error:
            answers[place] = error  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate((first, second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def test_two_approvers_of_one_step_at_once_make_one_decision(applied: Road) -> None:
    drive = applied.drive
    done = drive.do(
        None,
        add_person,
        "示例·人事科二",
        "示例云溪区教委",
        ["county-education-authority"],
        email="second@songjiao.test",
    )
    drive.refs["second"], drive.ids["second"] = done.ref, done.id
    step = drive.open_step(applied.ref, "application")
    drive.do(OFFICE_PERSON, send_code_again, step, drive.refs[COUNTY])
    with transaction_for(drive) as act:
        act.session.add(
            OneTimeCode(
                step_id=step, person_id=done.id, nonce="n", expires_at=act.now + timedelta(1), created_at=act.now
            )
        )
    codes = {name: drive.code(step, name) for name in (COUNTY, "second")}
    answers = _both(
        lambda: drive.do(None, decide_step, step, drive.refs[COUNTY], codes[COUNTY], APPROVE),
        lambda: drive.do(None, decide_step, step, drive.refs["second"], codes["second"], REJECT, "不同意"),
    )
    assert sorted(answer.accepted for answer in answers) == [False, True]
    assert len(_rows(applied, Decision)) == 1
    assert verify_ok(applied)


def transaction_for(drive: Drive) -> Any:
    """A writing transaction of the system."""
    return transaction(SYSTEM, office=drive.office)


def test_the_same_key_twice_at_once_acts_once(applied: Road) -> None:
    drive, other = applied.drive, applied.application.model_copy(update={"title": "示例第二项培训"})
    answers = _both(
        lambda: drive.do(applied.contact, apply, other, applied.pack, key="apply-again"),
        lambda: drive.do(applied.contact, apply, other, applied.pack, key="apply-again"),
    )
    assert isinstance(answers[0], Done)
    assert answers[0] == answers[1]
    assert [row["ref"] for row in _rows(applied, Programme)] == ["CQ-2026-0001", "CQ-2026-0002"]
    assert len([row for row in _rows(applied, ActKey) if row["key"] == "apply-again"]) == 1


def test_two_sweeps_at_once_climb_each_rung_once(applied: Road) -> None:
    drive = applied.drive
    move_clock(drive.office, at(date(2025, 12, 19)), frozen=True)  # the county has been silent for days
    answers = _both(lambda: drive.do(None, sweep), lambda: drive.do(None, sweep))
    while drive.do(None, sweep).fired:
        pass
    assert all(isinstance(answer, Swept) for answer in answers)
    fired = [(row["number"], row["rung"]) for row in _rows(applied, RungFired)]
    assert fired == [(1, "remind"), (2, "chase"), (3, "escalate")]
    kinds = [row["kind"] for row in _rows(applied, Message) if row["kind"].startswith("obligation")]
    assert sorted(kinds) == ["obligation-chase"] + ["obligation-escalate"] * 3  # of what came at once, the last
    assert verify_ok(applied)


def test_an_unknown_programme_is_named(sqlite_office: Settings) -> None:
    drive = Drive.begin(sqlite_office, "S01")
    with pytest.raises(NotFound, match="there is no programme CQ-2026-0099"):
        drive.do(OFFICE_PERSON, confirm_budget, "CQ-2026-0099")
