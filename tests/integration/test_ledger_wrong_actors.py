"""Every operation asks who acts: each wrong person is refused with a sentence, and the ledger stays as it was, row
for row.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel, select

from ledger.deadlines import waive
from ledger.delivery import attend, close_stage, hand_in_product, open_stage, start_session, submit_document
from ledger.errors import LedgerError
from ledger.people import add_organisation, add_person, give_role
from ledger.programmes import apply, confirm_budget, postpone_start
from ledger.review import correct_application, send_code_again, submit_plan
from ledger.scoring import close_evaluation, enter_score
from ledger.selection import (
    break_off,
    confirm_list,
    post_notice,
    recommend,
    record_ban,
    record_past_training,
    return_trainee,
    review,
    volunteer,
)
from models.documents import Obligation
from office.demo.samples import plan_of
from office.runtime.settings import Settings
from office.runtime.transactions import reading
from tests.support.road import CENTRE_PERSON, COMMISSION_PERSON, OFFICE_PERSON, PANEL_PERSON, Road
from tests.support.scenario import Drive, a_file, at, play, sample

HOST, HEAD = "示例·何老师", "示例·周校长"
COUNTY, OTHER_COUNTY, INSTITUTE = "示例云溪区·人事科", "示例巫山口县·人事科", "示例云溪区·培训部"
SCHOOL, OTHER_SCHOOL = "示例石桥镇中心小学·管理员", "示例龙坪镇中心小学·管理员"
TEAM, TEACHER = "示例·罗教研员", "示例教师S01-001"
EVERYBODY = (
    *(HOST, HEAD, COUNTY, OTHER_COUNTY, INSTITUTE, SCHOOL, OTHER_SCHOOL, TEAM, TEACHER),
    *(OFFICE_PERSON, COMMISSION_PERSON, CENTRE_PERSON, PANEL_PERSON),
)


@dataclass(frozen=True)
class Case:
    """An operation, what it is given, who may do it, and until which day the sample has gone."""

    operation: Callable[..., Any]
    arguments: Callable[[Road], tuple[Any, ...]]
    may: tuple[str, ...]
    until: date

    def __str__(self) -> str:
        """The operation's name."""
        return self.operation.__name__


FRESH, AWARDED = date(2025, 12, 1), date(2026, 2, 27)
ENROLLED, RECOMMENDED, POSTED = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 10)
STARTED, STAGE_3, ENDED = date(2026, 3, 24), date(2026, 5, 12), date(2026, 11, 18)
S, D = "示例石桥镇中心小学", "示例云溪区实验小学"


def _first(road: Road) -> str:
    return road.drive.refs[TEACHER]


def _of_school(road: Road) -> list[str]:
    return [road.drive.refs[one.name] for one in road.nominees if one.school == S]


def _obligation(road: Road) -> tuple[Any, ...]:
    with reading(road.drive.office) as act:
        return act.session.exec(select(Obligation.id).where(Obligation.kind == "plan-limit")).one(), "项目取消"


HOSTS = (HOST, HEAD, OFFICE_PERSON)
CREW = (HOST, HEAD, TEAM, SCHOOL, OTHER_SCHOOL, OFFICE_PERSON)
CASES = [
    Case(add_organisation, lambda r: ("示例新校", "school"), (OFFICE_PERSON,), FRESH),
    Case(add_person, lambda r: ("示例新人", S, ["teacher"]), (OFFICE_PERSON,), FRESH),
    Case(give_role, lambda r: (_first(r), S, "contact"), (OFFICE_PERSON,), FRESH),
    Case(record_ban, lambda r: (_first(r), r.pack, date(2024, 5, 14), "退回"), (OFFICE_PERSON,), FRESH),
    Case(
        record_past_training,
        lambda r: (_first(r), "send-teaching", "小学数学", "示例", date(2024, 5, 1)),
        (OFFICE_PERSON,),
        FRESH,
    ),
    Case(apply, lambda r: (r.application, r.pack), HOSTS, FRESH),
    Case(confirm_budget, lambda r: (r.ref,), HOSTS, date(2025, 12, 8)),
    Case(correct_application, lambda r: (r.ref, r.application), (), date(2025, 12, 8)),
    Case(submit_plan, lambda r: (r.ref, plan_of(r.sample)), HOSTS, AWARDED),
    Case(postpone_start, lambda r: (r.ref, 1, date(2026, 3, 30), "大雪"), HOSTS, AWARDED),
    Case(waive, _obligation, (OFFICE_PERSON,), AWARDED),
    Case(submit_document, lambda r: (r.ref, "check-in-notice", a_file("报到"), 1), HOSTS, AWARDED),
    Case(volunteer, lambda r: (r.ref, 1), (TEACHER,), AWARDED),
    Case(recommend, lambda r: (r.ref, 1, _of_school(r)), (SCHOOL,), ENROLLED),
    Case(post_notice, lambda r: (r.ref, 1, S, date(2026, 3, 4), date(2026, 3, 10)), (SCHOOL,), RECOMMENDED),
    Case(review, lambda r: (r.ref, 1), (COUNTY,), date(2026, 3, 10)),
    Case(start_session, lambda r: (r.ref, 1), HOSTS, date(2026, 3, 22)),
    Case(open_stage, lambda r: (r.ref, "stage-3", 1, S), (HOST, HEAD, TEAM, SCHOOL, OFFICE_PERSON), date(2026, 4, 20)),
    Case(attend, lambda r: (r.ref, "stage-1", 1), CREW, STARTED),
    Case(hand_in_product, lambda r: (r.ref, "stage-1", 1, "class-roster", a_file("名册")), CREW, STARTED),
    Case(
        hand_in_product,
        lambda r: (r.ref, "stage-3", 1, "improved-lesson-design", a_file("教学设计"), S),
        (HOST, HEAD, TEAM, SCHOOL, OFFICE_PERSON, TEACHER),
        STAGE_3,
    ),
    Case(close_stage, lambda r: (r.ref, "stage-3", 1, S), (), STAGE_3),
    Case(return_trainee, lambda r: (r.ref, _first(r), "缺勤", "听取了本人意见"), HOSTS, STARTED),
    Case(break_off, lambda r: (r.ref, _first(r), "病假"), HOSTS, STARTED),
    Case(enter_score, lambda r: (r.ref, "expert-inspection", "88"), (PANEL_PERSON,), STARTED),
    Case(enter_score, lambda r: (r.ref, "trainee-satisfaction", "88"), (OFFICE_PERSON,), STARTED),
    Case(enter_score, lambda r: (r.ref, "outcome-quality", "88"), (CENTRE_PERSON,), STARTED),
    Case(close_evaluation, lambda r: (r.ref,), (), STARTED),
    Case(confirm_list, lambda r: (r.ref, 1), (), AWARDED),
]


def _everything(office: Settings) -> dict[str, list[Any]]:
    """Every row of every table, read afresh."""
    with reading(office) as act:
        return {
            table.name: [tuple(row) for row in act.session.connection().execute(table.select()).all()]
            for table in SQLModel.metadata.sorted_tables
        }


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Callable[[date], Road]:
    """The sample as it stands at the end of a day; each day once for all cases."""
    known: dict[date, Road] = {}

    def at_day(until: date) -> Road:
        if until not in known:
            office = Settings(data_dir=tmp_path_factory.mktemp("office"))
            road = Road(Drive.begin(office, "S01"), sample("S01"))
            play(road.drive, road.doings(), until)
            road.drive.pass_to(at(until + timedelta(days=1), hour=8))
            known[until] = road
        return known[until]

    return at_day


@pytest.mark.parametrize("case", CASES, ids=str)
def test_whoever_may_not_is_refused_and_nothing_changes(roads: Callable[[date], Road], case: Case) -> None:
    road = roads(case.until)
    arguments = case.arguments(road)
    before = _everything(road.drive.office)
    wrong = [name for name in EVERYBODY if name not in case.may]
    refused = []
    for name in wrong:
        with contextlib.suppress(LedgerError):
            road.drive.do(name, case.operation, *arguments)
            continue
        refused.append(name)
    assert refused == wrong
    assert _everything(road.drive.office) == before


@pytest.mark.parametrize("case", [case for case in CASES if case.may], ids=str)
def test_whoever_may_is_not_refused(roads: Callable[[date], Road], case: Case) -> None:
    road = roads(case.until)
    arguments = case.arguments(road)
    for name in case.may:
        with pytest.raises(Undone):
            road.drive.do(name, _undone(case.operation), *arguments)


class Undone(Exception):
    """The act was allowed and is rolled back, so that the next person finds the same ledger."""


def _undone(operation: Callable[..., Any]) -> Callable[..., Any]:
    def act_and_undo(*args: Any) -> None:
        operation(*args)
        raise Undone

    return act_and_undo


def test_a_fresh_code_is_for_the_person_asked_or_sent_by_the_office(roads: Callable[[date], Road]) -> None:
    road = roads(date(2025, 12, 8))
    step = road.drive.open_step(road.ref, "application")
    before = _everything(road.drive.office)
    wrong = [name for name in EVERYBODY if name not in (COUNTY, OFFICE_PERSON)]
    for name in wrong:
        with pytest.raises(LedgerError):
            road.drive.do(name, send_code_again, step, road.drive.refs[COUNTY])
    assert _everything(road.drive.office) == before
    for name in (COUNTY, OFFICE_PERSON):
        with pytest.raises(Undone):
            road.drive.do(name, _undone(send_code_again), step, road.drive.refs[COUNTY])
