"""A provincial programme under the article three-actions-2022, driven through the ledger: what binds nobody only warns.

Shows that a host that was found not qualified is taken with a reason and not without, and that the programme runs from its
application to its archive in the order that the office set.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlmodel import col, select

from ledger.audit import verify
from ledger.delivery import attend, close_stage, open_stage, start_session, submit_document
from ledger.errors import Refused
from ledger.people import add_organisation, add_person, person
from ledger.programmes import apply, confirm_budget
from ledger.registers import record_entry
from ledger.review import decide_step, submit_plan
from ledger.selection import confirm_list, recommend, review
from models.act import SYSTEM, Actor
from models.office import BusinessClock
from models.programme import Phase, Programme
from models.register import StandingDuty
from models.review import ApprovalStep, OneTimeCode, Submission
from models.states import ApplicantKind, DecisionOutcome, Door, ProgrammeLevel
from models.values import Application, BudgetLine, Course, Expert, Plan, PlannedSession, PlannedStage
from office.runtime.settings import REPOSITORY, Settings
from office.runtime.transactions import reading, transaction
from policies.schema import Pack
from tests.support.libraries import library_of
from tests.support.scenario import a_file

HOST = "示例教师发展学院"
COURSES = (Course(name="示例课程", part="集中培训", hours=40, practice=20),)
EXPERTS = (Expert(count=1, origin="inside", kind="university", employer="示例师范大学"),)
PEOPLE = (
    ("province", "示例省教育厅", "provincial-education-department"),
    ("office", "示例项目办", "programme-office"),
    ("host", HOST, "contact"),
    ("county", "示例甲县教育局", "county-education-authority"),
    ("school", "示例中学", "contact"),
    ("teacher", "示例中学", "teacher"),
)


class Province:
    """An office that tries the article, on a moved clock; acts as one of its people."""

    def __init__(self, office: Settings) -> None:
        self.office, self.refs, self.ref = office, {}, ""
        self.pack: Pack = library_of(REPOSITORY / "policies").load("three-actions-2022")
        with transaction(SYSTEM, office=office) as act:
            act.session.add(BusinessClock(id=1, frozen_at=_noon(2026, 1, 12), demo=True))
        for name, kind, parent in (
            ("示例省教育厅", "provincial-education-department", None),
            ("示例项目办", "programme-office", "示例省教育厅"),
            (HOST, "other-institution", "示例省教育厅"),
            ("示例甲县教育局", "county-education-authority", "示例省教育厅"),
            ("示例中学", "school", "示例甲县教育局"),
        ):
            self.do(None, add_organisation, name, kind, parent)
        for who, home, role in PEOPLE:
            done = self.do(None, add_person, f"示例·{who}", home, (role,), f"{who}@example.com")
            self.refs[who] = str(done.ref)

    def do(self, who: str | None, operation: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """One operation in one transaction."""
        with transaction(SYSTEM, office=self.office) as act:
            person_id = person(act, self.refs[who]).id if who else None
            mine = act if person_id is None else type(act)(**{**vars(act), "actor": Actor(Door.CLI, person_id)})
            return operation(mine, *args, **more)

    def entry(self, register: str, content: dict[str, Any], about: str | None = None) -> Any:
        """An entry of the province in a register of the pack."""
        return self.do("province", record_entry, self.pack, register, content, about)

    def decide(self, subject: str) -> None:
        """The province approves the open step of a subject with the code of its message."""
        with reading(self.office) as act:
            open_steps = select(ApprovalStep.id).where(ApprovalStep.subject == subject, ApprovalStep.state == "open")
            step = act.session.exec(open_steps).one()
            me = person(act, self.refs["province"]).id
            codes = select(OneTimeCode).where(OneTimeCode.step_id == step, OneTimeCode.person_id == me)
            code = act.code_of(step, me, act.session.exec(codes).one().nonce)
        decided = self.do(None, decide_step, step, self.refs["province"], code, DecisionOutcome.APPROVE, "")
        assert decided.accepted, decided.en

    def look(self, query: Any) -> list[Any]:
        """Rows as they stand."""
        with reading(self.office) as act:
            found = list(act.session.exec(query).all())
            act.session.expunge_all()
            return found

    def at(self, *day: int) -> None:
        """Set the clock to noon of a day."""
        with transaction(SYSTEM, office=self.office) as act:
            clock = act.session.get_one(BusinessClock, 1)
            clock.frozen_at = _noon(*day)
            act.session.add(clock)

    def open_phases(self) -> list[str]:
        """The phases that are open."""
        return sorted(self.look(select(Phase.key).where(Phase.state == "open")))


def _noon(*day: int) -> datetime:
    return datetime(day[0], day[1], day[2], 4, 0, tzinfo=UTC)


def _application(**changes: Any) -> Application:
    days = {"starts_on": date(2026, 3, 23), "ends_on": date(2026, 4, 10)}
    stages = (PlannedStage(key="part-1", name="集中培训", hours=40, **days),)
    given: dict[str, Any] = {
        "title": "示例教师发展学院2026年骨干教师培训(初中语文)",
        "short": "示例骨干培训",
        "policy": "three-actions-2022",
        "kind": "blended",
        "level": ProgrammeLevel.PROVINCE,
        "subject": "语文",
        "theme": "新教材解读与实施",
        "host": HOST,
        "host_kind": ApplicantKind.OTHER,
        **days,
        "places": 1,
        "sessions": (PlannedSession(number=1, name="第一期", places=1, stages=stages),),
        "courses": COURSES,
        "experts": EXPERTS,
        "budget": (BudgetLine(line="集中培训", basis="1人×19天×400元", amount=7600, norm="示例", payer="programme"),),
        "budget_total": 7600,
        "declared": {"target_groups": ["backbone-teacher"]},
        "sample": True,
    }
    return Application(**given | changes)


@pytest.fixture
def province(sqlite_office: Settings) -> Province:
    return Province(sqlite_office)


def test_a_not_qualified_host_is_taken_with_a_reason_only_and_freely_once_it_is_found_qualified(
    province: Province,
) -> None:
    province.entry("institute-status", {"status": "not-qualified", "grounds": "示例"}, HOST)
    with pytest.raises(Refused, match=r"ACT2022-2\.1\.5") as caught:
        province.do("host", apply, _application(), province.pack)
    assert [(one.key, one.strength) for one in caught.value.verdicts] == [("institute-disqualified", "warn")]
    assert province.look(select(Programme)) == []
    told = _application(reasons={"institute-disqualified": "本省尚未采用该条"})
    province.do("host", apply, told, province.pack)
    assert len(province.look(select(Programme))) == 1
    province.at(2026, 1, 13)
    province.entry("institute-status", {"status": "qualified", "grounds": "示例"}, HOST)
    other = _application(title="示例教师发展学院2026年第二项培训", short="示例二")
    province.do("host", apply, other, province.pack)
    assert len(province.look(select(Programme))) == 2


def test_another_target_group_is_noted_and_holds_nothing_up(province: Province) -> None:
    province.do("host", apply, _application(declared={"target_groups": ["whole-staff"]}), province.pack)
    (verdicts,) = province.look(select(Submission.verdicts))
    assert [one["key"] for one in verdicts if one["facts"].get("warned")] == ["target-groups-province"]


def test_the_rules_of_the_province_open_three_years_for_the_evaluation_of_all_institutes(province: Province) -> None:
    content = {"document": "credit-management-rules", "title": "示例学分管理办法"}
    province.entry("provincial-document", content)
    assert province.look(select(StandingDuty.due_on)) == []
    province.entry("provincial-document", content | {"document": "provincial-implementing-rules"})
    assert province.look(select(StandingDuty.due_on).order_by(col(StandingDuty.id))) == [date(2029, 1, 12)]


def test_a_programme_runs_from_its_application_to_its_archive(province: Province) -> None:
    ref = str(province.do("host", apply, _application(), province.pack).ref)
    province.decide("application")
    plan = Plan(target_group="初中语文骨干教师", numbers=1, courses=COURSES, experts=EXPERTS)
    province.do("host", submit_plan, ref, plan)
    province.do("school", recommend, ref, 1, [province.refs["teacher"]])
    assert province.do("county", review, ref, 1).taken == 1
    province.do("host", confirm_list, ref, 1)
    province.decide("implementation-plan")
    province.do("host", confirm_budget, ref)
    province.at(2026, 3, 23)
    province.do("host", start_session, ref, 1)
    assert province.open_phases() == ["delivery"]
    province.do("host", open_stage, ref, "part-1", 1, None)
    province.at(2026, 4, 10)
    province.do("host", attend, ref, "part-1", 1, None)
    province.do("host", close_stage, ref, "part-1", 1, None)
    assert province.open_phases() == ["archive"]
    province.do("host", submit_document, ref, "archive-documents", a_file("archive-documents"))
    assert province.open_phases() == []
    with reading(province.office) as act:
        assert verify(act).ok
