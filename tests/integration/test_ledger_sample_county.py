"""A programme of the sample county, driven through the ledger alone: from the application to the closed score.

Shows that a region which was added without code runs: a folder of packs of its own with register and cases, four tiers of
which two need several voices, three stages, and a step of the selection that is adopted from a pack which Songjiao brings.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlmodel import col, select

from cli.reading import read
from ledger.audit import verify
from ledger.delivery import attend, close_stage, hand_in_product, start_session, submit_document
from ledger.errors import Refused
from ledger.people import add_organisation, add_person, person
from ledger.programmes import apply
from ledger.registers import mark_entry, record_entry
from ledger.review import decide_step, submit_plan
from ledger.scoring import close_evaluation, enter_score
from ledger.selection import confirm_list, post_notice, recommend, review, volunteer
from ledger.standing import open_duties
from models.act import SYSTEM, Actor
from models.documents import Obligation
from models.office import BusinessClock
from models.people import Organisation
from models.programme import Phase
from models.register import StandingDuty
from models.review import ApprovalStep, OneTimeCode
from models.states import DecisionOutcome, Door
from models.values import Application, Course, Expert, Plan
from office.runtime.settings import REPOSITORY, Settings
from office.runtime.transactions import reading, transaction
from policies.schema import Pack
from tests.support.libraries import library_of
from tests.support.scenario import a_file

FOLDER = REPOSITORY / "samples" / "sample-county"
SCHOOLS = ("示例石桥小学", "示例双河小学")
BUREAU, CENTRE, TOWNSHIP = "示例县教育局", "示例县教师发展中心", "示例镇中心学校"
COMMITTEE, HOST, TEAM = "示例县学科专家委员会", "示例片区学校", "示例研训团队"
COURSE = Course(name="示例课程", part="驻校诊断", hours=20, practice=14)
EXPERT = Expert(count=1, origin="inside", kind="university", employer="示例师范学院")
PARTS = ("problem-list", "improvement-goals", "effect-indicators")


class County:
    """The office of the sample county on a moved clock; acts as one of its people."""

    def __init__(self, office: Settings) -> None:
        self.office, self.refs, self.ref = office, {}, ""
        self.pack: Pack = library_of(FOLDER).resolve("sample-county-2026", "residential-study")
        with transaction(SYSTEM, office=office) as act:
            act.session.add(BusinessClock(id=1, frozen_at=_noon(2026, 2, 2), demo=True))
        for name, kind, parent in (
            (BUREAU, "county-education-bureau", None),
            ("示例项目办", "programme-office", BUREAU),
            (CENTRE, "county-teacher-development-centre", BUREAU),
            (COMMITTEE, "expert-committee", BUREAU),
            (TOWNSHIP, "township-central-school", BUREAU),
            (HOST, "school", TOWNSHIP),
            (TEAM, "training-team", BUREAU),
        ):
            self.do(None, add_organisation, name, kind, parent)
        for name in SCHOOLS:
            self.do(None, add_organisation, name, "school", TOWNSHIP, rural=True)
        for who, home, role in (
            ("township", TOWNSHIP, "township-central-school"),
            ("centre", CENTRE, "county-teacher-development-centre"),
            *((f"expert-{number}", COMMITTEE, "expert-committee") for number in range(1, 6)),
            ("director", BUREAU, "deputy-director"),
            ("section", BUREAU, "teacher-section"),
            ("bureau", BUREAU, "county-education-bureau"),
            ("office", "示例项目办", "programme-office"),
            ("host", HOST, "contact"),
            ("team", TEAM, "training-team"),
            ("inspector", CENTRE, "inspector"),
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
        self.do(who, hand_in_product, self.ref, stage, 1, kind, a_file(f"{kind}-{who}-{school}"), school, covers)

    def close(self, who: str, stage: str, school: str | None = None) -> None:
        """Everybody took part, and the stage is over."""
        self.do(who, attend, self.ref, stage, 1, school)
        self.do(who, close_stage, self.ref, stage, 1, school)

    def decide(self, subject: str, who: str, outcome: DecisionOutcome = DecisionOutcome.APPROVE) -> None:
        """Somebody speaks on the open step of a subject with the code of their message."""
        with reading(self.office) as act:
            step = act.session.exec(
                select(ApprovalStep.id).where(ApprovalStep.subject == subject, ApprovalStep.state == "open")
            ).one()
            me = person(act, self.refs[who]).id
            kept = act.session.exec(
                select(OneTimeCode).where(OneTimeCode.step_id == step, OneTimeCode.person_id == me)
            ).one()
            code = act.code_of(step, me, kept.nonce)
        decided = self.do(None, decide_step, step, self.refs[who], code, outcome, "示例意见")
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

    def awaited(self) -> tuple[int, str] | None:
        """The tier of the application that is open, and its role; None where none is."""
        query = select(ApprovalStep.number, ApprovalStep.role).where(
            ApprovalStep.subject == "application", ApprovalStep.state == "open"
        )
        return next((tuple(row) for row in self.look(query)), None)

    def open_phases(self) -> list[str]:
        """The phases that are open."""
        return sorted(self.look(select(Phase.key).where(Phase.state == "open")))


def _noon(*day: int) -> datetime:
    return datetime(day[0], day[1], day[2], 4, 0, tzinfo=UTC)


def _application(**changes: Any) -> Application:
    """The application that stands beside the pack, with changes."""
    filed = read(FOLDER / "programmes" / "residential-study.yaml", Application)
    return Application.model_validate(filed.model_dump(mode="json") | changes)


def _money(amount: int) -> dict[str, Any]:
    line = {"line": "研训", "basis": "2人×61天×230元", "amount": amount, "norm": "office-setting", "payer": "programme"}
    return {"budget": [line], "budget_total": amount}


@pytest.fixture
def county(sqlite_office: Settings) -> County:
    return County(sqlite_office)


def _approved(county: County) -> None:
    """The four tiers: two that one person decides, three of five experts, and one of each group of the bureau."""
    county.ref = str(county.do("host", apply, _application(), county.pack).ref)
    assert county.awaited() == (1, "township-central-school")
    county.decide("application", "township")
    assert county.awaited() == (2, "county-teacher-development-centre")
    county.decide("application", "centre")
    for expert in ("expert-1", "expert-2"):
        county.decide("application", expert)
        assert county.awaited() == (3, "expert-committee")
    county.decide("application", "expert-5")
    assert county.awaited() == (4, "county-education-bureau")
    county.decide("application", "section")
    assert county.awaited() == (4, "county-education-bureau")
    county.decide("application", "director")
    assert county.awaited() is None


def _started(county: County) -> None:
    _approved(county)
    plan = Plan(target_group="乡村教师", numbers=2, courses=(COURSE,), experts=(EXPERT,))
    county.do("host", submit_plan, county.ref, plan, a_file("plan"))
    county.decide("implementation-plan", "centre")
    county.decide("implementation-plan", "bureau", DecisionOutcome.FILE)
    _selected(county)
    county.at(2026, 3, 23)
    county.do("host", start_session, county.ref, 1)


def _selected(county: County) -> None:
    for number, school in enumerate(SCHOOLS, start=1):
        county.do(f"teacher-{number}", volunteer, county.ref, 1)
        county.do(f"school-{number}", recommend, county.ref, 1, [county.refs[f"teacher-{number}"]])
        county.do(f"school-{number}", post_notice, county.ref, 1, school, date(2026, 2, 2), date(2026, 2, 6))
    county.at(2026, 2, 9)
    assert county.do("township", review, county.ref, 1).taken == 2
    county.do("host", confirm_list, county.ref, 1)


def test_the_tiers_have_their_own_times(county: County) -> None:
    county.ref = str(county.do("host", apply, _application(), county.pack).ref)
    assert county.due("decision") == [(TOWNSHIP, date(2026, 2, 5), "open")]
    county.decide("application", "township")
    county.decide("application", "centre")
    assert [row[:2] for row in county.due("decision")] == [
        (TOWNSHIP, date(2026, 2, 5)),
        (CENTRE, date(2026, 2, 6)),
        (COMMITTEE, date(2026, 2, 12)),
    ]


def test_three_experts_against_it_send_it_back_and_two_do_not(county: County) -> None:
    county.ref = str(county.do("host", apply, _application(), county.pack).ref)
    county.decide("application", "township")
    county.decide("application", "centre")
    for number in (1, 2, 3):
        assert county.awaited() == (3, "expert-committee")
        county.decide("application", f"expert-{number}", DecisionOutcome.RETURN)
    assert county.awaited() is None


def test_an_application_is_refused_by_the_countys_own_clauses(county: County) -> None:
    for changes, clause in (
        ({"declared": {"parts": list(PARTS[:2])}}, r"SC2026-2\.7"),
        ({"courses": [COURSE.model_dump(mode="json") | {"practice": 13}]}, r"SC2026-2\.5"),
        (_money(2 * 61 * 230 + 1), r"SC2026-2\.8"),
    ):
        with pytest.raises(Refused, match=clause):
            county.do("host", apply, _application(**changes), county.pack)


def test_a_host_with_false_hours_is_barred_until_its_correction_is_accepted(county: County) -> None:
    county.entry("bureau", "false-hours-case", {"finding": "示例"}, HOST, evidence=a_file("finding"))
    with pytest.raises(Refused, match=r"SC2026-3\.13"):
        county.do("host", apply, _application(), county.pack)
    county.at(2026, 2, 3)
    county.entry("bureau", "correction-accepted", {"note": "示例"}, HOST)
    county.at(2026, 2, 4)
    assert str(county.do("host", apply, _application(), county.pack).ref) == "SC-2026-0001"


def test_a_session_does_not_start_before_its_plan_is_filed(county: County) -> None:
    _approved(county)
    assert county.due("plan") == [(HOST, date(2026, 3, 11), "open")]
    _selected(county)
    county.at(2026, 3, 23)
    with pytest.raises(Refused, match=r"实施方案.* \[SC2026-1\.3\]"):
        county.do("host", start_session, county.ref, 1)


def test_what_recurs_opens_and_an_inspection_is_answered(county: County) -> None:
    county.do("office", open_duties, county.pack)
    query = select(StandingDuty.kind, StandingDuty.due_on, StandingDuty.state)
    assert [tuple(row) for row in county.look(query)] == [("consultation", date(2026, 4, 30), "open")]
    county.entry("centre", "consultation", {"held_on": "2026-02-02", "matters": "示例"}, CENTRE)
    county.entry("inspector", "inspection", {"problems": "示例"}, HOST)
    answers = query.where(StandingDuty.kind == "inspection-answer")
    assert [tuple(row) for row in county.look(answers)] == [("inspection-answer", date(2026, 2, 12), "open")]
    county.entry("host", "inspection-answer", {"answer": "示例"}, HOST)
    assert {row[2] for row in county.look(query)} == {"met"}


def test_a_programme_runs_through_four_tiers_and_three_stages_to_a_closed_score(county: County) -> None:
    _started(county)
    week = county.entry("team", "weekly-progress", {"week": "1", "done": "示例"})
    county.do("centre", mark_entry, county.pack, str(week.ref), "read")
    for school in SCHOOLS:
        for number in range(1, 6):
            county.entry("team", "lesson-observation", {"school": school, "lesson": f"示例{number}"})
        county.hand_in("team", "on-site-diagnosis", "diagnosis-report", school)
    county.at(2026, 3, 25)
    with pytest.raises(Refused, match=r"SC2026-4\.15"):
        county.close("team", "on-site-diagnosis", SCHOOLS[0])
    for school in SCHOOLS:
        county.entry("team", "lesson-observation", {"school": school, "lesson": "示例6"})
        county.close("team", "on-site-diagnosis", school)
    county.at(2026, 4, 30)
    for number, school in enumerate(SCHOOLS, start=1):
        county.hand_in(f"school-{number}", "accompanied-improvement", "improved-lesson-record", school)
        with pytest.raises(Refused, match=r"SC2026-4\.16"):
            county.close(f"school-{number}", "accompanied-improvement", school)
        county.hand_in(f"school-{number}", "accompanied-improvement", "improved-lesson-record", school, 2)
        county.close(f"school-{number}", "accompanied-improvement", school)
    assert county.due("school-summary") == [(name, date(2026, 5, 5), "open") for name in SCHOOLS]
    county.entry("school-1", "stage-summary", {"text": "示例"})
    assert [state for _, _, state in county.due("school-summary")] == ["met", "open"]
    county.at(2026, 5, 22)
    county.entry("team", "defence-session", {"methods": "live-lesson,trainee-defence", "result": "示例"})
    county.hand_in("team", "defence", "defence-minutes")
    county.close("team", "defence")
    assert county.due("archive") == [(HOST, date(2026, 6, 11), "open")]
    county.do("host", submit_document, county.ref, "archive-documents", a_file("archive"))
    assert county.open_phases() == ["evaluation"]
    county.do("centre", enter_score, county.ref, "satisfaction", "90.5")
    with pytest.raises(Refused):
        county.do("office", close_evaluation, county.ref)
    county.do("expert-1", enter_score, county.ref, "classroom-improvement", "81.3")
    county.do("centre", enter_score, county.ref, "inspection", "77.7")
    assert county.do("office", close_evaluation, county.ref).total == "81.60"
    assert county.open_phases() == []
    with reading(county.office) as act:
        assert verify(act).ok
