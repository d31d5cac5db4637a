"""A provincial programme of Henan, driven through the ledger alone: from the list of hosts to the closed score.

Shows what the pack henan-2023 is the first to use: days of the calendar, duties that follow the assignment of places, a
selection without enrolment, a start that waits for entries, bars on nominees, and closing documents instead of an archive.
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
from ledger.registers import mark_entry, record_entry
from ledger.review import decide_step
from ledger.scoring import close_evaluation, enter_score
from ledger.selection import confirm_list, recommend, review
from ledger.standing import open_duties
from models.act import SYSTEM, Actor
from models.documents import Obligation
from models.office import BusinessClock
from models.programme import Phase, Programme
from models.register import StandingDuty
from models.review import ApprovalStep, OneTimeCode
from models.states import ApplicantKind, DecisionOutcome, Door, ProgrammeLevel
from models.training import Nomination
from models.values import Application, BudgetLine, Course, Expert, PlannedSession, PlannedStage
from office.runtime.settings import REPOSITORY, Settings
from office.runtime.transactions import reading, transaction
from policies.schema import Pack
from tests.support.libraries import library_of
from tests.support.scenario import a_file

KIND = "provincial-backbone-teacher"
PLACE = {"category": KIND, "subject_area": "语文"}
DECLARED: dict[str, str | list[str]] = {
    "basis": ["course-guidance-standards", "teacher-professional-standards", "training-guides"],
    "training_plan": "示例培训方案.docx",
    "trainee_tier": "省级骨干",
    "trainee_category": "初中语文",
    "target_competences": "单元设计能力",
    "orientations": ["problem", "goal", "outcome"],
    "goals": "2",
    "goal_measure": "前后测",
    "preset_outcomes": "1",
    "application_form": "示例申报书.pdf",
    "methods": ["practical-training", "case-teaching", "participatory-training"],
    "modes": ["online", "face-to-face"],
    "chief_experts": "1",
}


class Province:
    """An office in Henan on a moved clock; acts as one of its people."""

    def __init__(self, office: Settings) -> None:
        self.office, self.refs, self.ref = office, {}, ""
        self.pack: Pack = library_of(REPOSITORY / "policies").load("henan-2023")
        with transaction(SYSTEM, office=office) as act:
            act.session.add(BusinessClock(id=1, frozen_at=_noon(2023, 11, 1), demo=True))
        for name, kind, parent in (
            ("示例省教育厅", "provincial-education-department", None),
            ("示例项目办", "programme-office", "示例省教育厅"),
            ("示例专家工作组", "inspection-panel", "示例省教育厅"),
            ("示例师范学院", "university", "示例省教育厅"),
            ("示例乙师范学院", "university", "示例省教育厅"),
            ("示例甲市教育局", "city-education-bureau", "示例省教育厅"),
            ("示例丙县教育局", "county-education-authority", "示例省教育厅"),
            ("示例丁县教育局", "county-education-authority", "示例省教育厅"),
            ("示例学校", "school", "示例丙县教育局"),
        ):
            self.do(None, add_organisation, name, kind, parent)
        for who, home, role in (
            ("department", "示例省教育厅", "provincial-education-department"),
            ("office", "示例项目办", "programme-office"),
            ("panel", "示例专家工作组", "inspection-panel"),
            ("host", "示例师范学院", "contact"),
            ("head", "示例师范学院", "host-head"),
            ("county", "示例丙县教育局", "county-education-authority"),
            ("school", "示例学校", "contact"),
            ("teacher", "示例学校", "teacher"),
            ("absentee", "示例学校", "teacher"),
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

    def duties(self, kind: str) -> list[tuple[date, str]]:
        """The standing duties of a kind: due day and state."""
        rows = self.look(select(StandingDuty).where(StandingDuty.kind == kind).order_by(col(StandingDuty.id)))
        return [(row.due_on, row.state) for row in rows]

    def due(self, kind: str) -> list[tuple[date, str]]:
        """The programme's obligations of a kind: due day and state."""
        rows = self.look(select(Obligation).where(Obligation.kind == kind).order_by(col(Obligation.id)))
        return [(row.due_on, row.state) for row in rows]

    def open_phases(self) -> list[str]:
        """The phases that are open."""
        return sorted(self.look(select(Phase.key).where(Phase.state == "open")))


def _noon(*day: int) -> datetime:
    return datetime(day[0], day[1], day[2], 4, 0, tzinfo=UTC)


def _application(**changes: Any) -> Application:
    days = {"starts_on": date(2024, 3, 18), "ends_on": date(2024, 4, 19)}
    given: dict[str, Any] = {
        "title": "示例师范学院2023年省级骨干教师培育(初中语文)",
        "short": "示例骨干培育",
        "policy": "henan-2023",
        "kind": KIND,
        "level": ProgrammeLevel.PROVINCE,
        "subject": "语文",
        "theme": "统编教材单元整体教学",
        "host": "示例师范学院",
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
        "courses": (Course(name="示例课程", part="集中培训", hours=40, practice=20),),
        "experts": (Expert(count=1, origin="inside", kind="university", employer="示例师范学院"),),
        "budget": (
            BudgetLine(line="集中培训", basis="1人×33天×400元", amount=13200, norm="HN2023-3.3.2", payer="programme"),
        ),
        "budget_total": 13200,
        "declared": DECLARED,
        "sample": True,
    }
    return Application(**given | changes)


@pytest.fixture
def province(sqlite_office: Settings) -> Province:
    return Province(sqlite_office)


def _listed_and_applied(province: Province) -> None:
    province.entry("department", "host-list", {"category": KIND, "annex": "3"}, "示例师范学院")
    form = {"programme": "示例", "file_name": "申报书.pdf", "file_format": "pdf", "official_seal": "true"}
    province.entry("host", "application-upload", form)
    province.ref = str(province.do("host", apply, _application(), province.pack).ref)
    province.decide("application", "head")
    province.decide("award", "department")


def _selected(province: Province) -> None:
    province.do("school", recommend, province.ref, 1, [province.refs["teacher"]])
    assert province.do("county", review, province.ref, 1).taken == 1
    province.do("host", confirm_list, province.ref, 1)


def test_a_listed_host_owes_its_form_by_the_day_that_the_notice_names_and_no_other_host_does(
    province: Province,
) -> None:
    province.entry("department", "host-list", {"category": KIND, "annex": "3"}, "示例师范学院")
    assert province.duties("application-form") == [(date(2023, 11, 20), "open")]
    assert province.duties("needs-survey") == [(date(2023, 11, 17), "open")]
    form = {"programme": "示例", "file_name": "申报书.docx", "file_format": "docx", "official_seal": "true"}
    with pytest.raises(Refused, match=r"PDF"):
        province.entry("host", "application-upload", form)
    province.at(2023, 11, 20)
    province.entry("host", "application-upload", form | {"file_format": "pdf"})
    assert province.duties("application-form") == [(date(2023, 11, 20), "met")]


def test_places_of_a_county_oblige_that_county_alone(province: Province) -> None:
    province.entry("department", "assigned-places", {**PLACE, "body": "county", "places": "2"}, "示例丙县教育局")
    assert province.duties("selection-of-county") == [(date(2023, 11, 20), "open")]
    assert province.duties("places-of-county") == [(date(2023, 11, 8), "open")]
    assert (province.duties("selection-of-city"), province.duties("places-of-city")) == ([], [])
    returned = {**PLACE, "assigned": "2", "selected": "3", "channel": "henan-teacher-education-website"}
    with pytest.raises(Refused, match=r"HN2023-3\.2\.1"):
        province.entry("county", "selection-return", returned)
    with pytest.raises(Refused, match=r"HN2023-3\.2\.4"):
        province.entry("county", "selection-return", returned | {"selected": "1"})
    province.entry("county", "selection-return", returned | {"selected": "1"}, reasons={"places-filled": "一人病休"})
    assert province.duties("selection-of-county") == [(date(2023, 11, 20), "met")]


def test_bulletins_are_owed_by_every_host_that_carries_a_programme(province: Province) -> None:
    _listed_and_applied(province)
    province.do("office", open_duties, province.pack)
    assert province.duties("bulletins") == [(date(2024, 4, 30), "open")]
    for issue in ("1", "2", "3"):
        assert province.duties("bulletins") == [(date(2024, 4, 30), "open")]
        province.entry("host", "bulletin", {"issue": issue, "title": f"示例简报{issue}"})
    assert province.duties("bulletins") == [(date(2024, 4, 30), "met")]


def test_an_application_of_another_kind_or_with_two_chief_experts_is_refused(province: Province) -> None:
    with pytest.raises(Refused, match=r"HN2023-2\.2\.1"):
        province.do("host", apply, _application(declared=DECLARED | {"chief_experts": "2"}), province.pack)
    with pytest.raises(Refused, match=r"HN2023-2\.1\.5"):
        province.do("host", apply, _application(declared=DECLARED | {"trainee_tier": ""}), province.pack)
    assert province.look(select(Programme)) == []


def test_a_no_show_is_no_nominee_for_three_years_and_one_from_before_the_notice_is(province: Province) -> None:
    default = {"trigger": "no-show", "special_circumstances": "false", "event_on": "2023-11-01", "grounds": "示例"}
    province.entry("county", "training-default", default, province.refs["absentee"])
    province.entry("county", "training-default", default | {"event_on": "2022-03-18"}, province.refs["teacher"])
    _listed_and_applied(province)
    named = [province.refs["teacher"], province.refs["absentee"]]
    province.do("school", recommend, province.ref, 1, named)
    reviewed = province.do("county", review, province.ref, 1)
    assert (reviewed.taken, [(ref, basis) for ref, _, basis in reviewed.refused]) == (
        1,
        [(province.refs["absentee"], "HN2023-3.2.9")],
    )
    states = province.look(select(Nomination.state).order_by(col(Nomination.id)))
    assert states == ["reviewed", "refused"]


def test_a_start_waits_for_the_budget_and_for_what_the_class_needs(province: Province) -> None:
    _listed_and_applied(province)
    _selected(province)
    province.do("host", confirm_budget, province.ref)
    for kind in ("emergency-plan", "check-in-notice"):
        province.do("host", submit_document, province.ref, kind, a_file(kind), 1)
    province.at(2024, 3, 18)
    with pytest.raises(Refused, match="经费预算登记、开班条件登记"):
        province.do("host", start_session, province.ref, 1)
    budget = {
        **{"version": "1", "intensive_persons": "1", "intensive_days": "33", "intensive_amount": "13201"},
        **{"online_persons": "0", "online_hours": "0", "online_amount": "0", "studios": "0", "mentoring_amount": "0"},
        **{"green_channel_trainees": "0", "green_channel_extra": "0"},
    }
    with pytest.raises(Refused, match=r"HN2023-3\.3\.2"):
        province.entry("host", "budget-plan", budget, province.ref)
    province.entry("host", "budget-plan", budget | {"intensive_amount": "13200"}, province.ref)
    teachers = {"subject_class_teacher": "示例·甲", "life_class_teacher": "示例·乙", "class_teacher_persons": "2"}
    other = {"session": "2", "emergency_plan": "示例预案", **teachers}
    province.entry("host", "class-opening", other, province.ref)
    with pytest.raises(Refused, match="开班条件登记"):
        province.do("host", start_session, province.ref, 1)
    province.entry("host", "class-opening", other | {"session": "1"}, province.ref)
    province.do("host", start_session, province.ref, 1)
    assert province.open_phases() == ["delivery", "evaluation"]


def test_a_programme_runs_from_the_list_of_hosts_to_its_closed_score(province: Province) -> None:
    _listed_and_applied(province)
    assert province.due("opening-dates") == [(date(2023, 11, 20), "open")]
    assert province.due("finish") == [(date(2024, 4, 30), "open")]
    province.do("host", submit_document, province.ref, "opening-dates", a_file("opening-dates"))
    _selected(province)
    province.entry(
        "county", "trainee-selected", {"category": KIND, "criteria_met": "true", "grounds": "示例"}, _teacher(province)
    )
    notice = province.entry("school", "personal-notice", {"notice": "示例通知"}, _teacher(province))
    assert province.duties("tell-the-person") == [(date(2023, 11, 6), "open")]
    province.do("teacher", mark_entry, province.pack, notice.ref, "received")
    assert province.duties("tell-the-person") == [(date(2023, 11, 6), "met")]
    province.do("host", confirm_budget, province.ref)
    assert province.due("check-in-notice") == [(date(2024, 3, 8), "open")]
    for kind in ("emergency-plan", "check-in-notice"):
        province.do("host", submit_document, province.ref, kind, a_file(kind), 1)
    province.at(2024, 3, 18)
    _ready(province)
    province.do("host", start_session, province.ref, 1)
    registered = {"trainee": _teacher(province), "platform": "national-smart-education-platform"}
    province.entry("host", "platform-registration", registered, province.ref)
    province.entry(
        "host", "general-course", {"trainee": _teacher(province), "hours": "60", "topics": "rule-of-law"}, province.ref
    )
    assert province.due("general-courses") == [(date(2024, 4, 19), "met")]
    province.do("host", open_stage, province.ref, "part-1", 1, None)
    province.at(2024, 4, 19)
    province.do("host", attend, province.ref, "part-1", 1, None)
    province.do("host", close_stage, province.ref, "part-1", 1, None)
    assert (province.due("finish"), province.open_phases()) == ([(date(2024, 4, 30), "met")], ["archive", "evaluation"])
    province.at(2024, 5, 20)
    reports = ("performance-self-evaluation-report", "teacher-growth-action-research-report", "publicity-compilation")
    for kind in reports:
        assert "archive" in province.open_phases()
        province.do("host", submit_document, province.ref, kind, a_file(kind))
    assert province.open_phases() == ["evaluation"]
    assert [province.due(kind) for kind in ("self-evaluation", "action-research", "publicity")] == [
        [(date(2024, 5, 20), "met")]
    ] * 3
    province.do("panel", enter_score, province.ref, "process-inspection", "86.25")
    assert province.do("office", close_evaluation, province.ref).total == "86.3"
    assert province.open_phases() == []
    with reading(province.office) as act:
        assert verify(act).ok


def _teacher(province: Province) -> str:
    return province.refs["teacher"]


def _ready(province: Province) -> None:
    budget = {
        **{"version": "1", "intensive_persons": "1", "intensive_days": "33", "intensive_amount": "13200"},
        **{"online_persons": "0", "online_hours": "0", "online_amount": "0", "studios": "0", "mentoring_amount": "0"},
        **{"green_channel_trainees": "0", "green_channel_extra": "0"},
    }
    province.entry("host", "budget-plan", budget, province.ref)
    teachers = {"subject_class_teacher": "示例·甲", "life_class_teacher": "示例·乙", "class_teacher_persons": "2"}
    province.entry("host", "class-opening", {"session": "1", "emergency_plan": "示例预案", **teachers}, province.ref)
