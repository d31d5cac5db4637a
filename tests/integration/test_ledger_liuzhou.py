"""A city programme of Liuzhou, driven through the ledger alone: from the application to the closed score, and what new
teachers and counties owe beside it.

Shows what the pack liuzhou-2024 is the first to use: hours that count from an appointment, duties that only some entries
meet, terms in years, goals that must be exceeded and costs of each.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlmodel import col, select

from ledger.audit import verify
from ledger.delivery import attend, close_stage, open_stage, start_session, submit_document
from ledger.errors import Refused
from ledger.indicators import import_fact, report
from ledger.people import add_organisation, add_person, person
from ledger.programmes import apply, confirm_budget
from ledger.registers import record_entry
from ledger.review import decide_step, submit_plan
from ledger.scoring import close_evaluation, enter_score
from ledger.selection import confirm_list, recommend, review
from ledger.standing import open_duties
from ledger.standing_sweeping import sweep_standing
from models.act import SYSTEM, Actor
from models.documents import Obligation
from models.office import BusinessClock
from models.programme import Phase, Programme
from models.register import StandingDuty, StandingRung
from models.review import ApprovalStep, OneTimeCode
from models.states import ApplicantKind, DecisionOutcome, Door, ProgrammeLevel
from models.values import Application, BudgetLine, Course, Expert, Plan, PlannedSession, PlannedStage
from office.runtime.settings import REPOSITORY, Settings
from office.runtime.transactions import reading, transaction
from policies.schema import Pack
from tests.support.libraries import library_of
from tests.support.scenario import a_file

STEPS = ["needs-survey", "plan-design", "performance-evaluation", "post-training-follow-up"]
DECLARED: dict[str, str | list[str]] = {"steps": STEPS, "funded_steps": STEPS}
COURSES = (Course(name="示例课程", part="集中培训", hours=40, practice=20),)
EXPERTS = (Expert(count=1, origin="inside", kind="university", employer="示例师范大学"),)


class City:
    """An office in Liuzhou on a moved clock; acts as one of its people."""

    def __init__(self, office: Settings) -> None:
        self.office, self.refs, self.ref = office, {}, ""
        self.pack: Pack = library_of(REPOSITORY / "policies").load("liuzhou-2024")
        with transaction(SYSTEM, office=office) as act:
            act.session.add(BusinessClock(id=1, frozen_at=_noon(2026, 1, 12), demo=True))
        for name, kind, parent in (
            ("示例市教育局", "city-education-bureau", None),
            ("示例项目办", "programme-office", "示例市教育局"),
            ("示例师范大学", "university", "示例市教育局"),
            ("示例甲县教育局", "county-education-authority", "示例市教育局"),
            ("示例中学", "school", "示例甲县教育局"),
        ):
            self.do(None, add_organisation, name, kind, parent)
        for who, home, role in (
            ("bureau", "示例市教育局", "city-education-bureau"),
            ("office", "示例项目办", "programme-office"),
            ("host", "示例师范大学", "contact"),
            ("county", "示例甲县教育局", "county-education-authority"),
            ("school", "示例中学", "contact"),
            ("teacher", "示例中学", "teacher"),
            ("other", "示例中学", "teacher"),
        ):
            done = self.do(None, add_person, f"示例·{who}", home, (role,), f"{who}@example.com")
            self.refs[who] = str(done.ref)

    def do(self, who: str | None, operation: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """One operation in one transaction."""
        with transaction(SYSTEM, office=self.office) as act:
            person_id = person(act, self.refs[who]).id if who else None
            mine = act if person_id is None else type(act)(**{**vars(act), "actor": Actor(Door.CLI, person_id)})
            return operation(mine, *args, **more)

    def entry(self, who: str, register: str, content: dict[str, Any], about: str | None = None, **more: Any) -> Any:
        """An entry in a register of the pack."""
        return self.do(who, record_entry, self.pack, register, content, about, **more)

    def decide(self, subject: str, who: str) -> None:
        """Somebody approves the open step of a subject with the code of their message."""
        with reading(self.office) as act:
            step = act.session.exec(
                select(ApprovalStep.id).where(ApprovalStep.subject == subject, ApprovalStep.state == "open")
            ).one()
            me = person(act, self.refs[who]).id
            kept = act.session.exec(
                select(OneTimeCode).where(OneTimeCode.step_id == step, OneTimeCode.person_id == me)
            ).one()
            code = act.code_of(step, me, kept.nonce)
        decided = self.do(None, decide_step, step, self.refs[who], code, DecisionOutcome.APPROVE, "")
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

    def duties(self, kind: str) -> list[tuple[date, str, int]]:
        """The standing duties of a kind: due day, state and days late."""
        query = select(StandingDuty.due_on, StandingDuty.state, StandingDuty.late_days)
        query = query.where(StandingDuty.kind == kind).order_by(col(StandingDuty.id))
        return [tuple(row) for row in self.look(query)]

    def due(self, kind: str) -> list[tuple[date, str]]:
        """The programme's obligations of a kind: due day and state."""
        query = select(Obligation.due_on, Obligation.state).where(Obligation.kind == kind)
        return [tuple(row) for row in self.look(query)]

    def open_phases(self) -> list[str]:
        """The phases that are open."""
        return sorted(self.look(select(Phase.key).where(Phase.state == "open")))

    def figures(self, key: str) -> tuple[Any, Any]:
        """The value of an indicator and whether its goal is met."""
        with reading(self.office) as act:
            facts = report(act, self.pack, key).verdict.facts
            return facts["value"], facts["met"]


def _noon(*day: int) -> datetime:
    return datetime(day[0], day[1], day[2], 4, 0, tzinfo=UTC)


def _application(**changes: Any) -> Application:
    days = {"starts_on": date(2026, 3, 23), "ends_on": date(2026, 4, 10)}
    given: dict[str, Any] = {
        "title": "示例师范大学2026年学科骨干教师培训(初中语文)",
        "short": "示例骨干培训",
        "policy": "liuzhou-2024",
        "kind": "blended",
        "level": ProgrammeLevel.MUNICIPAL,
        "subject": "语文",
        "theme": "新教材精准解读与实施",
        "host": "示例师范大学",
        "host_kind": ApplicantKind.UNIVERSITY,
        **days,
        "places": 1,
        "sessions": (
            PlannedSession(
                number=1,
                name="第一期",
                places=1,
                stages=(PlannedStage(key="part-1", name="集中培训", hours=40, **days),),
            ),
        ),
        "courses": COURSES,
        "experts": EXPERTS,
        "budget": (BudgetLine(line="集中培训", basis="1人×19天×400元", amount=7600, norm="示例", payer="programme"),),
        "budget_total": 7600,
        "declared": DECLARED,
        "sample": True,
    }
    return Application(**given | changes)


def _plan() -> Plan:
    return Plan(target_group="初中语文骨干教师", numbers=1, courses=COURSES, experts=EXPERTS, declared=DECLARED)


@pytest.fixture
def city(sqlite_office: Settings) -> City:
    return City(sqlite_office)


def test_a_programme_without_one_of_the_four_steps_cannot_be_applied_for(city: City) -> None:
    three = DECLARED | {"steps": STEPS[:3]}
    with pytest.raises(Refused, match=r"LZ2024-5\.2\.5"):
        city.do("host", apply, _application(declared=three), city.pack)
    without_money = DECLARED | {"funded_steps": STEPS[:3]}
    with pytest.raises(Refused, match=r"LZ2024-5\.2\.6"):
        city.do("host", apply, _application(declared=without_money), city.pack)
    assert city.look(select(Programme)) == []
    told = _application(declared=without_money, reasons={"money-for-steps": "跟踪指导由市教育局另行安排"})
    city.do("host", apply, told, city.pack)
    assert len(city.look(select(Programme))) == 1


def test_a_programme_runs_from_its_application_to_the_closed_score(city: City) -> None:
    city.ref = str(city.do("host", apply, _application(), city.pack).ref)
    city.decide("application", "bureau")
    city.decide("award", "bureau")
    assert city.due("needs-survey") == [(date(2026, 3, 22), "open")]
    city.do("host", submit_document, city.ref, "needs-survey", a_file("needs-survey"))
    city.entry("host", "safety-checklist", {"items": "food,persons,property", "finding": "未见隐患"}, city.ref)
    assert [city.due(kind) for kind in ("needs-survey", "safety")] == [[(date(2026, 3, 22), "met")]] * 2
    city.do("host", submit_plan, city.ref, _plan())
    city.do("school", recommend, city.ref, 1, [city.refs["teacher"]])
    assert city.do("county", review, city.ref, 1).taken == 1
    city.do("host", confirm_list, city.ref, 1)
    city.do("host", confirm_budget, city.ref)
    with pytest.raises(Refused, match="实施方案"):
        city.do("host", start_session, city.ref, 1)
    city.decide("implementation-plan", "bureau")
    city.at(2026, 3, 23)
    city.do("host", start_session, city.ref, 1)
    assert city.open_phases() == ["delivery", "evaluation"]
    city.do("host", open_stage, city.ref, "part-1", 1, None)
    city.at(2026, 4, 10)
    city.entry("bureau", "process-evaluation", {"evaluation_kind": "process", "finding": "示例"}, city.ref)
    assert city.due("process-evaluation") == [(date(2026, 4, 10), "met")]
    city.do("host", attend, city.ref, "part-1", 1, None)
    city.do("host", close_stage, city.ref, "part-1", 1, None)
    assert city.open_phases() == ["archive", "evaluation"]
    city.do("host", submit_document, city.ref, "archive-documents", a_file("archive-documents"))
    assert city.open_phases() == ["evaluation"]
    city.do("host", submit_document, city.ref, "performance-report", a_file("performance-report"))
    city.entry("host", "follow-up", {"teacher": city.refs["teacher"], "guidance": "示例"}, city.ref)
    assert city.due("performance-evaluation") == [(date(2026, 6, 9), "met")]
    assert city.due("follow-up") == [(date(2026, 7, 9), "met")]
    for who, source, score in (
        ("bureau", "process-evaluation", "88"),
        ("office", "trainee-satisfaction", "93"),
        ("bureau", "outcome-quality", "86"),
        ("office", "archive-documents", "95"),
    ):
        city.do(who, enter_score, city.ref, source, score)
    assert city.do("office", close_evaluation, city.ref).total == "89.6"
    assert city.open_phases() == []
    with reading(city.office) as act:
        assert verify(act).ok


def _appointed(city: City, graduate: str, on: date) -> None:
    content = {"managed_by": "county-education-authority", "graduate": graduate, "subject_area": "语文"}
    city.entry("school", "new-teacher", content, city.refs["teacher"], on=on)


def _hours(city: City, hours: str, on: date) -> None:
    content = {"hours": hours, "activity": "新教师集中培训", "level": "county", "accounts": "intensive-training"}
    city.entry("school", "credit-hours", content, city.refs["teacher"], on=on)


def test_an_appointment_opens_the_hours_of_its_graduation_alone_and_hours_from_that_day_on_meet_them(
    city: City,
) -> None:
    _hours(city, "60", date(2025, 8, 31))
    _appointed(city, "other-graduate", date(2025, 9, 1))
    due = date(2026, 9, 1)
    assert (city.duties("induction-other"), city.duties("induction-teacher-education")) == ([(due, "open", 0)], [])
    _hours(city, "119.5", date(2025, 10, 20))
    assert city.duties("induction-other") == [(due, "open", 0)]
    city.at(2026, 9, 1)
    _hours(city, "0.5", date(2026, 9, 1))
    assert city.duties("induction-other") == [(due, "met", 0)]


def test_an_appointment_of_before_the_plan_is_entered_and_opens_nothing(city: City) -> None:
    _appointed(city, "other-graduate", date(2022, 9, 1))
    assert [city.duties(kind) for kind in ("induction-other", "in-post-year-3")] == [[], []]


def test_hours_after_the_first_year_still_meet_it_late(city: City) -> None:
    _appointed(city, "teacher-education-graduate", date(2025, 9, 1))
    city.at(2026, 9, 3)
    _hours(city, "60", date(2026, 9, 3))
    assert city.duties("induction-teacher-education") == [(date(2026, 9, 1), "met-late", 2)]


def test_an_entry_of_one_year_of_service_meets_that_year_only_and_no_other_teachers(city: City) -> None:
    _appointed(city, "other-graduate", date(2025, 9, 1))
    content = {"year_of_service": "year-2", "main_form": "school-based-study", "abilities": "ethics", "what": "示例"}
    city.entry("school", "in-post-training", content, city.refs["other"])
    assert [state for _, state, _ in city.duties("in-post-year-2")] == ["open"]
    city.entry("school", "in-post-training", content, city.refs["teacher"])
    assert [city.duties(f"in-post-year-{year}") for year in (1, 2, 3)] == [
        [(date(2026, 9, 1), "open", 0)],
        [(date(2027, 9, 1), "met", 0)],
        [(date(2028, 9, 1), "open", 0)],
    ]


def test_honours_of_one_kind_leave_the_other_owed_and_a_reminder_fires_once(city: City) -> None:
    city.do("office", open_duties, city.pack)
    honour = {"kind": "recognition", "name": "示例荣誉", "grounds": "示例"}
    city.entry("bureau", "teacher-honour", honour, city.refs["teacher"])
    last = date(2026, 12, 31)
    assert city.duties("honours-recognition") == [(last, "met", 0)]
    assert city.duties("honours-assessment") == [(last, "open", 0)]
    city.at(2026, 12, 2)
    for _ in range(2):
        city.do(None, sweep_standing)
    fired = select(StandingRung.number).join(StandingDuty, col(StandingDuty.id) == col(StandingRung.duty_id))
    assert city.look(fired.where(StandingDuty.kind == "honours-assessment")) == [1]
    assert city.look(fired.where(StandingDuty.kind == "honours-recognition")) == []


def test_a_second_project_does_not_open_what_the_first_owes(city: City) -> None:
    city.entry("bureau", "project-start", {"project": "outstanding-principals", "basis": "示例"})
    assert city.duties("strong-junior-deliverables") == []
    start = {"project": "strong-junior-secondary-talent", "basis": "示例"}
    city.entry("bureau", "project-start", start, on=date(2024, 2, 29))
    assert city.duties("strong-junior-deliverables") == [(date(2027, 2, 28), "open", 0)]
    for deliverable in ("new-quality-school-standard", "green-evaluation-indicators"):
        assert city.duties("strong-junior-deliverables") == [(date(2027, 2, 28), "open", 0)]
        city.entry("bureau", "strong-junior-deliverable", {"deliverable": deliverable, "issued_as": "示例文件"})
    assert city.duties("strong-junior-deliverables") == [(date(2027, 2, 28), "met", 0)]


def test_exactly_a_fifth_is_not_more_than_a_fifth(city: City) -> None:
    city.do("bureau", import_fact, city.pack, "region_leading_educators", 2026, "5", "示例来源")
    content = {"tier": "leading-educator", "level": "city", "status": "selected"}
    city.entry("bureau", "growth-tier", content, city.refs["teacher"])
    assert city.figures("leading-educators-share") == ("0.2", False)
    city.entry("bureau", "growth-tier", content, city.refs["other"])
    assert city.figures("leading-educators-share") == ("0.4", True)


def test_costs_are_told_in_yuan_for_each(city: City) -> None:
    city.ref = str(city.do("host", apply, _application(), city.pack).ref)
    cost = {"spent": "7600", "trainees": "3", "hours": "40", "trainee_hours": "120", "result": "示例"}
    city.entry("bureau", "programme-cost", cost, city.ref)
    assert city.figures("cost-per-trainee") == ("2533.33", None)
    assert city.figures("cost-per-hour") == ("63.33", None)
