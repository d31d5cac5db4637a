"""A send-teaching programme of Shulan, driven through the ledger alone: from the application to the closed score.

Shows what the pack shulan-2017 is the first to use: what each visited school owes, days counted from a stage, entries
that a stage waits for, products that meet what is owed, and a review by the training school after the notice.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlmodel import col, select

from ledger.audit import verify
from ledger.delivery import attend, close_stage, hand_in_product, start_session, submit_document
from ledger.errors import Refused
from ledger.people import add_organisation, add_person, person
from ledger.programmes import apply, confirm_budget
from ledger.registers import record_entry
from ledger.review import decide_step, submit_plan
from ledger.scoring import close_evaluation, enter_score
from ledger.selection import confirm_list, post_notice, recommend, review
from ledger.standing import open_duties
from models.act import SYSTEM, Actor
from models.documents import Obligation
from models.office import BusinessClock
from models.people import Organisation
from models.programme import Phase
from models.register import StandingDuty
from models.review import ApprovalStep, OneTimeCode
from models.states import ApplicantKind, DecisionOutcome, Door, ProgrammeLevel
from models.values import (
    Application,
    BudgetLine,
    Course,
    Expert,
    Plan,
    PlannedSession,
    PlannedStage,
    SchoolVisit,
)
from office.runtime.settings import REPOSITORY, Settings
from office.runtime.transactions import reading, transaction
from policies.schema import Pack
from tests.support.libraries import library_of
from tests.support.scenario import a_file

SCHOOLS = ("示例石桥小学", "示例双河小学")
COURSE = Course(name="示例课程", part="集中研修", hours=24, practice=16)
EXPERT = Expert(count=1, origin="inside", kind="university", employer="示例师范学院")


class City:
    """An office in Shulan on a moved clock; acts as one of its people."""

    def __init__(self, office: Settings) -> None:
        self.office, self.refs, self.ref = office, {}, ""
        self.pack: Pack = library_of(REPOSITORY / "policies").load("shulan-2017")
        with transaction(SYSTEM, office=office) as act:
            act.session.add(BusinessClock(id=1, frozen_at=_noon(2026, 2, 2), demo=True))
        for name, kind, parent in (
            ("示例市教育局", "city-education-bureau", None),
            ("示例项目办", "programme-office", "示例市教育局"),
            ("示例教师进修学校", "in-service-training-school", "示例市教育局"),
            ("示例师范学院", "university", "示例市教育局"),
            ("示例送培团队", "training-team", "示例市教育局"),
        ):
            self.do(None, add_organisation, name, kind, parent)
        for name in SCHOOLS:
            self.do(None, add_organisation, name, "school", "示例市教育局", rural=True)
        for who, home, role in (
            ("bureau", "示例市教育局", "city-education-bureau"),
            ("office", "示例项目办", "programme-office"),
            ("training-school", "示例教师进修学校", "in-service-training-school"),
            ("host", "示例师范学院", "contact"),
            ("team", "示例送培团队", "training-team"),
            ("school-1", SCHOOLS[0], "school"),
            ("school-2", SCHOOLS[1], "school"),
            ("teacher-1", SCHOOLS[0], "teacher"),
            ("teacher-2", SCHOOLS[1], "teacher"),
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
        """An entry in a register of the pack; about the programme where nothing else is said."""
        return self.do(who, record_entry, self.pack, register, content, about or self.ref, **more)

    def hand_in(self, who: str, stage: str, kind: str, school: str | None = None, covers: int = 1) -> None:
        """A product of a stage."""
        self.do(who, hand_in_product, self.ref, stage, 1, kind, a_file(f"{kind}-{who}"), school, covers)

    def close(self, who: str, stage: str, school: str | None = None) -> None:
        """Everybody took part, and the stage is over."""
        self.do(who, attend, self.ref, stage, 1, school)
        self.do(who, close_stage, self.ref, stage, 1, school)

    def decide(self, subject: str, who: str, outcome: DecisionOutcome = DecisionOutcome.APPROVE) -> None:
        """Somebody decides the open step of a subject with the code of their message."""
        with reading(self.office) as act:
            step = act.session.exec(
                select(ApprovalStep.id).where(ApprovalStep.subject == subject, ApprovalStep.state == "open")
            ).one()
            me = person(act, self.refs[who]).id
            kept = act.session.exec(
                select(OneTimeCode).where(OneTimeCode.step_id == step, OneTimeCode.person_id == me)
            ).one()
            code = act.code_of(step, me, kept.nonce)
        decided = self.do(None, decide_step, step, self.refs[who], code, outcome, "")
        assert decided.accepted, decided.en

    def at(self, *day: int) -> None:
        """Set the clock to noon of a day."""
        with transaction(SYSTEM, office=self.office) as act:
            clock = act.session.get_one(BusinessClock, 1)
            clock.frozen_at = _noon(*day)
            act.session.add(clock)

    def look(self, query: Any) -> list[Any]:
        """Rows as they stand."""
        with reading(self.office) as act:
            found = list(act.session.exec(query).all())
            act.session.expunge_all()
            return found

    def due(self, kind: str) -> list[tuple[str, date, str]]:
        """The programme's obligations of a kind: who owes, due day, state."""
        query = (
            select(Organisation.name, Obligation.due_on, Obligation.state)
            .join(Obligation, col(Obligation.owed_by_id) == col(Organisation.id))
            .where(Obligation.kind == kind)
            .order_by(col(Obligation.id))
        )
        return [tuple(row) for row in self.look(query)]

    def open_phases(self) -> list[str]:
        """The phases that are open."""
        return sorted(self.look(select(Phase.key).where(Phase.state == "open")))


def _noon(*day: int) -> datetime:
    return datetime(day[0], day[1], day[2], 4, 0, tzinfo=UTC)


def _stage(number: int, name: str, first: date, last: date) -> PlannedStage:
    return PlannedStage(key=f"stage-{number}", name=name, hours=8, starts_on=first, ends_on=last)


STAGE_1 = (date(2026, 3, 23), date(2026, 3, 25))
STAGE_2 = (date(2026, 4, 13), date(2026, 4, 14))
STAGE_3 = (date(2026, 5, 11), date(2026, 6, 26))
STAGE_4 = (date(2026, 9, 15), date(2026, 9, 16))
STAGE_5 = (date(2026, 11, 10), date(2026, 11, 10))


def _application(**changes: Any) -> Application:
    visits = tuple(
        SchoolVisit(name=name, trainees=1, stages=(_stage(2, "诊断示范", *STAGE_2), _stage(3, "研课磨课", *STAGE_3)))
        for name in SCHOOLS
    )
    given: dict[str, Any] = {
        "title": "示例市2026年小学数学送教下乡培训",
        "short": "示例送教",
        "policy": "shulan-2017",
        "kind": "send-teaching",
        "level": ProgrammeLevel.NATIONAL,
        "subject": "小学数学",
        "theme": "课堂提问设计",
        "host": "示例师范学院",
        "host_kind": ApplicantKind.UNIVERSITY,
        "team": "示例送培团队",
        "starts_on": STAGE_1[0],
        "ends_on": STAGE_5[1],
        "places": 2,
        "sessions": (
            PlannedSession(
                number=1,
                name="第一期",
                places=2,
                schools=visits,
                stages=(
                    _stage(1, "集中研修", *STAGE_1),
                    _stage(4, "成果展示", *STAGE_4),
                    _stage(5, "总结提升", *STAGE_5),
                ),
            ),
        ),
        "courses": (COURSE,),
        "experts": (EXPERT,),
        "budget": (BudgetLine(line="集中培训", basis="2人×3天×400元", amount=2400, norm="office", payer="programme"),),
        "budget_total": 2400,
        "declared": {"modules": ["师德", "课堂诊断"]},
        "sample": True,
    }
    return Application(**given | changes)


@pytest.fixture
def city(sqlite_office: Settings) -> City:
    return City(sqlite_office)


def _applied(city: City) -> None:
    city.ref = str(city.do("host", apply, _application(), city.pack).ref)
    city.decide("application", "bureau")


def _selected(city: City) -> None:
    for number, school in enumerate(SCHOOLS, start=1):
        city.do(f"school-{number}", recommend, city.ref, 1, [city.refs[f"teacher-{number}"]])
        city.do(f"school-{number}", post_notice, city.ref, 1, school, date(2026, 2, 2), date(2026, 2, 6))
    city.at(2026, 2, 9)
    assert city.do("training-school", review, city.ref, 1).taken == 2
    city.do("host", confirm_list, city.ref, 1)


def _started(city: City) -> None:
    _applied(city)
    plan = Plan(target_group="乡村教师", numbers=2, courses=(COURSE,), experts=(EXPERT,))
    city.do("host", submit_plan, city.ref, plan, a_file("plan"))
    city.decide("implementation-plan", "training-school")
    city.decide("implementation-plan", "bureau", DecisionOutcome.FILE)
    _selected(city)
    city.at(2026, 3, 23)
    city.do("host", confirm_budget, city.ref)
    city.do("host", start_session, city.ref, 1)


def test_an_application_without_a_team_for_its_subject_or_without_modules_is_refused(city: City) -> None:
    with pytest.raises(Refused, match=r"SL2017-6A\.1\.3"):
        city.do("host", apply, _application(team=None), city.pack)
    with pytest.raises(Refused, match=r"SL2017-3\.6"):
        city.do("host", apply, _application(declared={}), city.pack)


def test_each_school_owes_its_notice_and_its_plan_and_meets_its_own(city: City) -> None:
    _applied(city)
    due = date(2026, 3, 9)
    assert city.due("public-notice") == [(SCHOOLS[0], due, "open"), (SCHOOLS[1], due, "open")]
    city.entry("school-2", "public-notice", {"from_on": "2026-02-02", "to_on": "2026-02-06", "objections": "无"})
    assert city.due("public-notice") == [(SCHOOLS[0], due, "open"), (SCHOOLS[1], due, "met")]


def test_a_session_starts_with_its_plan_lodged_and_its_funds_secured_only(city: City) -> None:
    _applied(city)
    _selected(city)
    city.at(2026, 3, 23)
    with pytest.raises(Refused, match="实施方案审核通过并报备案、经费预算确认"):
        city.do("host", start_session, city.ref, 1)


def test_what_trainees_owe_is_due_with_the_stage_of_their_school_and_met_school_by_school(city: City) -> None:
    _in_stage_2(city)
    last = STAGE_2[1]
    for kind in ("own-problems", "personal-study-plan"):
        assert city.due(kind) == [(SCHOOLS[0], last, "open"), (SCHOOLS[1], last, "open")]
    assert city.due("facilities") == [(name, date(2026, 4, 12), "open") for name in SCHOOLS]
    city.at(2026, 4, 13)
    city.entry("teacher-1", "own-problem-list", {"teacher": city.refs["teacher-1"], "problem": "追问流于形式"})
    city.hand_in("teacher-2", "stage-2", "personal-study-plan", SCHOOLS[1])
    assert [state for _, _, state in city.due("own-problems")] == ["met", "open"]
    assert [state for _, _, state in city.due("personal-study-plan")] == ["open", "met"]


def test_a_stage_waits_for_the_entries_that_its_clauses_ask_for(city: City) -> None:
    _started(city)
    for kind in ("plan-briefing-record", "course-record"):
        city.hand_in("team", "stage-1", kind)
    for dimension in ("ideals-and-ethics", "knowledge"):
        city.entry("team", "course-session", {"dimension": dimension, "topic": "示例"})
    city.at(2026, 3, 25)
    city.do("team", attend, city.ref, "stage-1", 1, None)
    with pytest.raises(Refused, match="尚未涵盖:专业能力"):
        city.do("team", close_stage, city.ref, "stage-1", 1, None)
    city.entry("team", "course-session", {"dimension": "ability", "topic": "示例"})
    city.do("team", close_stage, city.ref, "stage-1", 1, None)
    assert city.open_phases() == ["evaluation", "stage-2", "stage-2"]


def test_a_claim_for_travel_opens_what_the_school_owes_and_its_payment_meets_it(city: City) -> None:
    claim = {"programme": "示例送教", "days": "3", "amount": "120"}
    city.entry("teacher-1", "travel-claim", claim, city.refs["teacher-1"])
    query = select(StandingDuty.due_on, StandingDuty.state).where(StandingDuty.kind == "reimbursement")
    assert [tuple(row) for row in city.look(query)] == [(date(2026, 3, 4), "open")]
    city.entry("school-1", "travel-reimbursement", {"amount": "120", "paid_on": "2026-02-02"}, city.refs["teacher-1"])
    assert [tuple(row) for row in city.look(query)] == [(date(2026, 3, 4), "met")]


def test_a_programme_runs_through_its_five_stages_to_a_closed_score(city: City) -> None:
    city.do("office", open_duties, city.pack)
    _in_stage_2(city)
    city.at(2026, 4, 14)
    for name, other in zip(SCHOOLS, reversed(SCHOOLS), strict=True):
        city.entry("team", "diagnosis", {"school": name, "methods": "lesson-observation", "findings": "示例"})
        shown = {"school": name, "problem": "追问", "methods": "lesson-presentation,lesson-teaching"}
        city.entry("team", "demonstration", shown)
        for kind in ("diagnosis-record", "problem-list", "solution-strategies", "demonstration-record", "study-tasks"):
            city.hand_in("team", "stage-2", kind, name)
        if name == SCHOOLS[0]:  # what was done at one school closes no stage at the other
            with pytest.raises(Refused, match="示范教学方式"):
                city.close("team", "stage-2", other)
        city.close("team", "stage-2", name)
    city.at(2026, 6, 26)
    for number, name in enumerate(SCHOOLS, start=1):
        for kind in ("lesson-study-record", "graded-lesson"):
            city.hand_in(f"school-{number}", "stage-3", kind, name)
        city.close(f"school-{number}", "stage-3", name)
    city.at(2026, 9, 16)
    city.hand_in("team", "stage-4", "showcase-record")
    for number in (1, 2):
        city.hand_in(f"teacher-{number}", "stage-4", "micro-outcome")
    city.close("team", "stage-4")
    city.at(2026, 11, 10)
    assert city.due("urge-stage-5") == [(name, STAGE_5[1], "open") for name in SCHOOLS]
    for part in ("experience", "problems", "improvement-direction"):
        city.entry("team", "annual-review-part", {"part": part, "text": "示例"})
    city.hand_in("team", "stage-5", "annual-review")
    city.hand_in("school-1", "stage-5", "representative-outcome")
    for number in (1, 2):
        city.hand_in(f"school-{number}", "stage-5", "next-year-study-plan")
        city.hand_in(f"teacher-{number}", "stage-5", "personal-development-plan")
    assert [state for _, _, state in city.due("urge-stage-5")] == ["met", "met"]
    city.close("team", "stage-5")
    assert city.due("resource-pack") == [("示例教师进修学校", date(2027, 2, 8), "open")]
    city.entry("training-school", "resource-pack", {"title": "示例资源包", "inputs": "示例课程"})
    assert [state for _, _, state in city.due("resource-pack")] == ["met"]
    city.do("host", submit_document, city.ref, "archive-documents", a_file("archive"))
    for source, score in (("training-team", "88"), ("rural-school", "90"), ("trainee", "93")):
        city.do("training-school", enter_score, city.ref, source, score)
    assert city.do("office", close_evaluation, city.ref).total == "90.1"
    assert city.open_phases() == []
    with reading(city.office) as act:
        assert verify(act).ok


def _in_stage_2(city: City) -> None:
    _started(city)
    for kind in ("plan-briefing-record", "course-record"):
        city.hand_in("team", "stage-1", kind)
    for dimension in ("ideals-and-ethics", "knowledge", "ability"):
        city.entry("team", "course-session", {"dimension": dimension, "topic": "示例"})
    city.at(2026, 3, 25)
    city.close("team", "stage-1")
