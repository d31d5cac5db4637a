"""Approvals by several, in somebody's place, handed on and taken back: on the ledger, with a trace of each.

The sample's county has three people; the pack in hand says how many of them must agree to the application.
"""

from datetime import date
from typing import Any

import pytest
from sqlmodel import col, select

from ledger.absences import absences, end_absence, hand_over_due, set_absence
from ledger.errors import BadInput, NotFound, Refused
from ledger.handing import decided_by, reassign_step, take_back
from ledger.people import add_person
from ledger.programmes import apply
from ledger.review import Decided, submit_plan
from ledger.sweeping import sweep
from models.act import SYSTEM
from models.office import AuditEvent, Message
from models.people import Person
from models.review import ApprovalStep, Decision, OneTimeCode, Submission, Vote
from models.states import DecisionOutcome
from office.demo.samples import plan_of
from office.runtime.clock import move_clock
from office.runtime.settings import Settings
from office.runtime.transactions import transaction
from policies.schema import Pack, Quorum, Silence
from tests.support.road import OFFICE_PERSON, Road
from tests.support.scenario import Drive, at, play, rows_of, sample

APPROVE, RETURN, REJECT = DecisionOutcome.APPROVE, DecisionOutcome.RETURN, DecisionOutcome.REJECT
COUNTY, FIRST, SECOND, THIRD = "示例云溪区教委", "示例云溪区·人事科", "示例·区教委乙", "示例·区教委丙"
INSTITUTE = "示例云溪区·培训部"
APPLICATION, PLAN = "application", "implementation-plan"


def _with(pack: Pack, **changes: Any) -> Pack:
    """The pack, the first tier of every application changed."""
    chains = tuple(
        chain.model_copy(update={"tiers": (chain.tiers[0].model_copy(update=changes), *chain.tiers[1:])})
        if chain.subject == APPLICATION
        else chain
        for chain in pack.approval
    )
    return pack.model_copy(update={"approval": chains})


def _applied(office: Settings, **changes: Any) -> Road:
    """The sample's application lies with the county, which has three people."""
    drive = Drive.begin(office, "S01")
    road = Road(drive, sample("S01"))
    for name in (SECOND, THIRD):
        done = drive.do(None, add_person, name, COUNTY, ("county-education-authority",), f"{name[-1]}@songjiao.test")
        drive.refs[name], drive.ids[name] = done.ref, done.id
    drive.pass_to(at(date(2025, 12, 8)))
    road.ref = drive.do(road.contact, apply, road.application, _with(road.pack, **changes)).ref
    return road


def _say(road: Road, name: str, outcome: DecisionOutcome = APPROVE, comment: str = "", **kwargs: Any) -> Decided:
    return road.drive.decide(road.ref, APPLICATION, name, outcome, comment, **kwargs)


def _standing(road: Road) -> str:
    query = select(Submission.state).where(Submission.subject == APPLICATION).order_by(col(Submission.version).desc())
    return str(rows_of(road.drive, query)[0])


def _asked(road: Road, kind: str = "decision-asked") -> list[str]:
    query = select(Person.name).join(Message, col(Message.person_id) == col(Person.id)).where(Message.kind == kind)
    return sorted(rows_of(road.drive, query.where(Message.state != "cancelled")))


def test_all_must_agree_and_one_who_returns_settles_it(sqlite_office: Settings) -> None:
    road = _applied(sqlite_office, quorum=Quorum(kind="all"))
    assert _asked(road) == sorted([FIRST, SECOND, THIRD])
    first = _say(road, FIRST)
    assert (first.accepted, first.en) == (
        True,
        "application tier 1: your approve is recorded; others are still awaited",
    )
    again = _say(road, FIRST)
    assert (again.accepted, again.en) == (False, "your voice is recorded already; it counts once")
    assert rows_of(road.drive, select(Decision.id)) == []
    assert _say(road, SECOND, RETURN, "预算不清").accepted
    assert _standing(road) == "returned"
    assert [tuple(row) for row in rows_of(road.drive, select(Decision.outcome, Decision.comment))] == [
        ("return", "预算不清")
    ]
    assert not road.drive.do(
        None, lambda act: act.session.exec(select(ApprovalStep).where(ApprovalStep.state == "open")).all()
    )


def test_each_of_three_is_awaited_and_then_it_moves_on(sqlite_office: Settings) -> None:
    road = _applied(sqlite_office, quorum=Quorum(kind="all"))
    for name in (FIRST, SECOND):
        assert _say(road, name).accepted
        assert _standing(road) == "under-review"
    assert _say(road, THIRD).accepted
    assert _standing(road) == "passed"
    heard = rows_of(road.drive, select(AuditEvent.facts).where(AuditEvent.kind == "voice_heard"))
    assert [(one["seat"], one["voices"]) for one in heard] == [
        (road.drive.refs[name], number) for number, name in enumerate((FIRST, SECOND, THIRD), start=1)
    ]
    assert len(rows_of(road.drive, select(Vote.id))) == 3


def test_a_substitute_decides_in_the_absent_ones_place_and_it_is_recorded(sqlite_office: Settings) -> None:
    road = _applied(sqlite_office)
    drive, refs = road.drive, road.drive.refs
    with pytest.raises(Refused, match="请假代理只能由本人"):
        drive.do(INSTITUTE, set_absence, refs[FIRST], refs[INSTITUTE], date(2025, 12, 8), date(2025, 12, 12))
    with pytest.raises(BadInput, match="cannot stand in for themselves"):
        drive.do(FIRST, set_absence, refs[FIRST], refs[FIRST], date(2025, 12, 8), date(2025, 12, 12))
    drive.do(FIRST, set_absence, refs[FIRST], refs[INSTITUTE], date(2025, 12, 9), date(2025, 12, 12), "示例出差")
    assert [(one.ref, one.substitute) for one in drive.do(None, absences)] == [(refs[FIRST], refs[INSTITUTE])]
    step = drive.open_step(road.ref, APPLICATION)
    coded = select(Person.name).join(OneTimeCode, col(OneTimeCode.person_id) == col(Person.id))
    assert INSTITUTE not in rows_of(drive, coded.where(OneTimeCode.step_id == step))  # not before the day
    move_clock(drive.office, at(date(2025, 12, 9)), frozen=True)
    assert [drive.do(None, hand_over_due) for _ in range(2)] == [1, 0]
    assert _asked(road) == sorted([FIRST, SECOND, THIRD, INSTITUTE])
    assert _say(road, INSTITUTE).accepted
    [row] = rows_of(drive, select(Decision.person_id, Decision.for_id))
    assert tuple(row) == (drive.ids[INSTITUTE], drive.ids[FIRST])
    [told] = rows_of(drive, select(AuditEvent.facts).where(AuditEvent.kind == "decided"))
    assert (told["recorded_by"], told["for_ref"]) == (refs[INSTITUTE], refs[FIRST])


def test_whoever_is_back_has_nobody_in_their_place(sqlite_office: Settings) -> None:
    road = _applied(sqlite_office)
    drive, refs = road.drive, road.drive.refs
    drive.do(FIRST, set_absence, refs[FIRST], refs[INSTITUTE], date(2025, 12, 8), date(2025, 12, 12))
    drive.do(FIRST, end_absence, refs[FIRST])
    refused = _say(road, INSTITUTE)
    assert (refused.accepted, _standing(road)) == (False, "under-review")
    with pytest.raises(NotFound, match="is not away"):
        drive.do(FIRST, end_absence, refs[FIRST])
    assert _say(road, FIRST).accepted


def test_nobody_of_the_applicants_own_house_stands_in_or_takes_over(sqlite_office: Settings) -> None:
    road = _applied(sqlite_office)
    drive, refs = road.drive, road.drive.refs
    drive.do(FIRST, set_absence, refs[FIRST], refs[road.contact], date(2025, 12, 8), date(2025, 12, 12))
    refused = _say(road, road.contact)
    assert not refused.accepted
    assert refused.en.startswith("Nobody decides on a programme of their own organisation")
    step = drive.open_step(road.ref, APPLICATION)
    with pytest.raises(Refused, match="任何人不得审核本单位的项目"):
        drive.do(OFFICE_PERSON, reassign_step, step, refs[road.contact], "示例")


def test_a_step_handed_on_is_decided_by_the_new_person_alone(sqlite_office: Settings) -> None:
    road = _applied(sqlite_office)
    drive, refs = road.drive, road.drive.refs
    step = drive.open_step(road.ref, APPLICATION)
    with pytest.raises(Refused, match="转交只能由项目办"):
        drive.do(THIRD, reassign_step, step, refs[SECOND], "示例")
    with pytest.raises(BadInput, match="a reassignment needs its reason"):
        drive.do(OFFICE_PERSON, reassign_step, step, refs[SECOND], " ")
    drive.do(OFFICE_PERSON, reassign_step, step, refs[SECOND], "示例:分工调整")
    assert _asked(road) == [SECOND]
    refused = _say(road, FIRST)
    assert (refused.accepted, refused.en) == (False, "this step is not yours to decide now")
    assert _say(road, SECOND).accepted
    [told] = rows_of(drive, select(AuditEvent.facts).where(AuditEvent.kind == "step_reassigned"))
    assert (told["to_ref"], told["reason"]) == (refs[SECOND], "示例:分工调整")


@pytest.fixture
def planned(sqlite_office: Settings) -> Road:
    """The sample's plan lies with the institute, its first tier of three."""
    road = Road(Drive.begin(sqlite_office, "S01"), sample("S01"))
    play(road.drive, road.doings(), date(2026, 1, 20))
    road.drive.do(road.contact, submit_plan, road.ref, plan_of(road.sample))
    return road


def _steps(road: Road) -> list[tuple[int, int, str]]:
    query = select(ApprovalStep.number, ApprovalStep.round, ApprovalStep.state).where(ApprovalStep.subject == PLAN)
    return [tuple(row) for row in rows_of(road.drive, query.order_by(ApprovalStep.round, ApprovalStep.number))]  # type: ignore[misc]


def test_a_decision_is_taken_back_until_the_next_tier_has_acted(planned: Road) -> None:
    drive, refs, ref = planned.drive, planned.drive.refs, planned.ref
    first = drive.open_step(ref, PLAN)
    code = drive.code(first, INSTITUTE)
    assert drive.decide(ref, PLAN, INSTITUTE, APPROVE).accepted
    centre = drive.open_step(ref, PLAN)
    assert drive.do(None, decided_by, ref, refs[INSTITUTE]).id == first
    wrong = drive.do(None, take_back, first, refs[INSTITUTE], "00000000", "示例:看错版本")
    assert (wrong.accepted, wrong.en) == (False, "the code is wrong (4 tries left)")
    with pytest.raises(Refused, match="撤回只能由作出决定的人办理"):
        drive.do(None, take_back, first, refs[OFFICE_PERSON], code, "示例")
    assert drive.do(None, take_back, first, refs[INSTITUTE], code, "示例:看错版本", key="back").accepted
    assert drive.do(
        None, take_back, first, refs[INSTITUTE], code, "示例:看错版本", key="back"
    ).accepted  # told once more
    assert _steps(planned) == [
        *((1, 1, "decided"), (2, 1, "cancelled"), (3, 1, "cancelled")),
        *((1, 2, "open"), (2, 2, "pending"), (3, 2, "pending")),
    ]
    left = select(Message.kind).where(Message.step_id == centre, Message.state == "queued")
    assert rows_of(drive, left) == []
    told = select(Person.name).join(Message, col(Message.person_id) == col(Person.id))
    assert rows_of(drive, told.where(Message.kind == "decision-withdrawn")) == ["示例·发展中心许老师"]
    assert len(rows_of(drive, select(Decision.id).where(Decision.step_id == first))) == 1  # nothing was erased
    assert drive.decide(ref, PLAN, INSTITUTE, RETURN, "第二版再报").accepted
    again = drive.do(None, decided_by, ref, refs[INSTITUTE])
    assert drive.do(None, take_back, again.id, refs[INSTITUTE], drive.code(again.id, INSTITUTE), "示例").accepted
    assert drive.decide(ref, PLAN, INSTITUTE, APPROVE).accepted
    second = drive.do(None, decided_by, ref, refs[INSTITUTE])
    assert drive.decide(ref, PLAN, "示例·发展中心许老师", APPROVE).accepted
    with pytest.raises(Refused, match="下一级已经办理"):
        drive.do(None, take_back, second.id, refs[INSTITUTE], drive.code(second.id, INSTITUTE), "示例")
    assert [step for step in _steps(planned) if step[1] == 3] == [(1, 3, "decided"), (2, 3, "decided"), (3, 3, "open")]


def test_silence_never_approves_unless_the_pack_says_so_with_its_clause(sqlite_office: Settings) -> None:
    road = _applied(sqlite_office)
    road.drive.pass_to(at(date(2026, 1, 9)))
    assert (_standing(road), rows_of(road.drive, select(Decision.id))) == ("under-review", [])


def test_where_a_clause_says_so_silence_is_consent_and_names_it(sqlite_office: Settings) -> None:
    road = _applied(sqlite_office, on_silence=Silence(means="approve", cites="CQ2021-2.2"))
    road.drive.pass_to(at(date(2025, 12, 15), 17))
    assert _standing(road) == "under-review"  # the last day is theirs
    road.drive.pass_to(at(date(2025, 12, 16), 17))
    assert _standing(road) == "passed"
    [row] = rows_of(road.drive, select(Decision.person_id, Decision.deemed_by, Decision.outcome))
    assert tuple(row) == (None, "CQ2021-2.2", "approve")
    with transaction(SYSTEM, office=road.drive.office) as act:
        assert sweep(act).fired == 0
