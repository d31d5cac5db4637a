"""Registers, indicators and standing duties at the ledger: once per key, two at once, refused, annulled, swept, rolled back."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlmodel import col, select

from ledger.audit import verify
from ledger.entries import entries_of
from ledger.errors import BadInput, NotFound, Refused
from ledger.hours import balance
from ledger.indicators import deliver, import_fact, report
from ledger.people import add_organisation, add_person, person
from ledger.registers import annul_entry, mark_entry, record_entry
from ledger.standing import duties_of, open_duties
from ledger.standing_sweeping import sweep_standing
from models.act import SYSTEM, Actor
from models.office import AuditEvent, BusinessClock, Message
from models.register import RegisterEntry, StandingDuty, StandingRung
from models.states import Door
from office.runtime.settings import REPOSITORY, Settings
from office.runtime.transactions import reading, transaction
from policies.schema import Pack
from tests.support.libraries import library_of

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return library_of(REPOSITORY / "policies").load("chongqing-2021")


class Bureau:
    """An office with a commission, a county, a school and a teacher; acts as one of them at a moment."""

    def __init__(self, office: Settings) -> None:
        self.office = office
        self.refs: dict[str, str] = {}
        with transaction(SYSTEM, office=office) as act:
            act.session.add(BusinessClock(id=1, frozen_at=NOON, demo=True))
        self.do(None, add_organisation, "示例市教委", "municipal-education-commission")
        self.do(None, add_organisation, "示例中心", "municipal-teacher-development-centre", "示例市教委")
        self.do(None, add_organisation, "示例项目办", "programme-office", "示例市教委")
        self.do(None, add_organisation, "示例区教委", "county-education-authority", "示例市教委")
        self.do(None, add_organisation, "示例学校", "school", "示例区教委")
        for name, home, role in (
            ("commission", "示例市教委", "municipal-education-commission"),
            ("centre", "示例中心", "municipal-teacher-development-centre"),
            ("office", "示例项目办", "programme-office"),
            ("county", "示例区教委", "county-education-authority"),
            ("school", "示例学校", "contact"),
            ("principal", "示例学校", "principal"),
            ("teacher", "示例学校", "teacher"),
        ):
            done = self.do(None, add_person, f"示例·{name}", home, (role,), f"{name}@example.com")
            self.refs[name] = str(done.ref)

    def do(
        self, who: str | None, operation: Callable[..., Any], *args: Any, key: str | None = None, **more: Any
    ) -> Any:
        """One operation in one transaction."""
        with transaction(SYSTEM, key, office=self.office) as act:
            person_id = person(act, self.refs[who]).id if who else None
            mine = act if person_id is None else type(act)(**{**vars(act), "actor": Actor(Door.CLI, person_id)})
            return operation(mine, *args, **more)

    def look(self, query: Any) -> list[Any]:
        """Rows as they stand."""
        with reading(self.office) as act:
            found = list(act.session.exec(query).all())
            act.session.expunge_all()
            return found

    def at(self, moment: datetime) -> None:
        """Set the clock."""
        with transaction(SYSTEM, office=self.office) as act:
            clock = act.session.get_one(BusinessClock, 1)
            clock.frozen_at = moment
            act.session.add(clock)


@pytest.fixture
def bureau(sqlite_office: Settings) -> Bureau:
    return Bureau(sqlite_office)


def _entry(bureau: Bureau, pack: Pack, key: str | None = None, minutes: str = "纪要") -> Any:
    content = {"topics": "送培", "minutes": minutes}
    return bureau.do("county", record_entry, pack, "review-meeting", content, key=key)


def test_an_entry_said_twice_under_one_key_is_recorded_once_with_its_event(bureau: Bureau, pack: Pack) -> None:
    first, again = _entry(bureau, pack, "k1"), _entry(bureau, pack, "k1")
    assert (first.ref, again.ref) == ("R-000001", "R-000001")
    rows = bureau.look(select(RegisterEntry))
    assert [(row.ref, row.subject, row.content, row.happened_on) for row in rows] == [
        ("R-000001", "示例区教委", {"topics": "送培", "minutes": "纪要"}, date(2026, 3, 2))
    ]
    events = bureau.look(select(AuditEvent).where(AuditEvent.kind == "entry_recorded"))
    assert [event.facts["clauses"] for event in events] == [["CQ2021-1.7"]]
    with reading(bureau.office) as act:
        assert verify(act).ok


def test_another_role_and_another_county_and_half_an_entry_are_refused(bureau: Bureau, pack: Pack) -> None:
    with pytest.raises(Refused, match=r"CQ2021-1\.7"):
        bureau.do("school", record_entry, pack, "review-meeting", {"topics": "a", "minutes": "b"})
    with pytest.raises(BadInput) as half:
        bureau.do("county", record_entry, pack, "review-meeting", {"topics": "a", "minute": "b"})
    assert half.value.problems == [
        ("minute", "is no field of review-meeting; did you mean minutes?"),
        ("minutes", "is missing; give a text"),
    ]
    bureau.do(None, add_organisation, "示例邻区教委", "county-education-authority")
    with pytest.raises(Refused, match="示例区教委不能登记示例邻区教委的事项"):
        bureau.do("county", record_entry, pack, "review-meeting", {"topics": "a", "minutes": "b"}, "示例邻区教委")
    with pytest.raises(BadInput, match="has not come yet"):
        content = {"topics": "a", "minutes": "b"}
        bureau.do("county", record_entry, pack, "review-meeting", content, None, date(2026, 3, 3))
    assert bureau.look(select(RegisterEntry)) == []


def test_what_may_stand_once_stands_once_until_it_is_annulled_with_a_reason(bureau: Bureau, pack: Pack) -> None:
    content = {"person": bureau.refs["principal"]}
    bureau.do("principal", record_entry, pack, "first-accountable-person", content)
    with pytest.raises(Refused, match="已有相同登记"):
        bureau.do("principal", record_entry, pack, "first-accountable-person", content)
    with pytest.raises(BadInput, match="say why"):
        bureau.do("principal", annul_entry, pack, "R-000001", " ")
    bureau.do("principal", annul_entry, pack, "R-000001", "校长调动")
    bureau.do("principal", record_entry, pack, "first-accountable-person", content)
    with reading(bureau.office) as act:
        assert [row.ref for row in entries_of(act, pack, "first-accountable-person")] == ["R-000002"]
    with pytest.raises(BadInput, match="annulled already"):
        bureau.do("principal", annul_entry, pack, "R-000001", "again")
    with pytest.raises(NotFound, match="songjiao register list"):
        bureau.do("principal", annul_entry, pack, "R-000099", "why")


def test_two_at_once_leave_one_entry(bureau: Bureau, pack: Pack) -> None:
    content = {"person": bureau.refs["principal"]}
    outcomes: list[str] = []

    def write() -> None:
        try:
            outcomes.append(bureau.do("principal", record_entry, pack, "first-accountable-person", content).ref)
        except Refused:
            outcomes.append("refused")

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["R-000001", "refused"]


def test_a_check_at_the_door_refuses_with_its_clause_and_nothing_is_left(bureau: Bureau, pack: Pack) -> None:
    panel = {"panel": "第一组", "categories": "training-expert, 教育行政部门负责人", "members": "3"}
    with pytest.raises(Refused) as refused:
        bureau.do("centre", record_entry, pack, "inspection-panel", panel)
    assert [basis.clause for verdict in refused.value.verdicts for basis in verdict.basis] == ["CQ2021-6.14"]
    assert bureau.look(select(RegisterEntry)) == []
    bureau.do(
        "centre",
        record_entry,
        pack,
        "inspection-panel",
        panel | {"categories": "training-expert, county-institute-professional, education-authority-official"},
    )
    assert len(bureau.look(select(RegisterEntry))) == 1


def test_an_indicator_counts_what_is_recorded_and_only_its_role_delivers_it(bureau: Bureau, pack: Pack) -> None:
    for _ in range(2):
        bureau.do("centre", record_entry, pack, "practice-base", {"named_on": "2026-03-01"}, "示例学校")
    with reading(bureau.office) as act:
        found = report(act, pack, "practice-bases").verdict
    assert (found.facts["numerator"], found.facts["goal"], found.facts["met"]) == ("1", "200", False)
    assert [basis.clause for basis in found.basis] == ["CQ2021-7.3"]
    with pytest.raises(Refused):
        bureau.do("county", deliver, pack, "practice-bases")
    bureau.do("centre", deliver, pack, "practice-bases", key="d1")
    bureau.do("centre", deliver, pack, "practice-bases", key="d1")
    events = bureau.look(select(AuditEvent).where(AuditEvent.kind == "indicator_delivered"))
    assert [event.facts["figures"]["numerator"] for event in events] == ["1"]
    with pytest.raises(BadInput, match="declares no fact"):
        bureau.do("centre", import_fact, pack, "payroll", 2026, "1", "示例")


def test_a_duty_is_reminded_once_per_rung_met_by_its_entry_and_opens_anew_with_its_period(
    bureau: Bureau, pack: Pack
) -> None:
    with pytest.raises(Refused):
        bureau.do("county", open_duties, pack)
    bureau.do("office", open_duties, pack)
    bureau.do("office", open_duties, pack)
    mine = select(StandingDuty).where(StandingDuty.kind == "review-meeting").order_by(col(StandingDuty.due_on))
    assert [(row.due_on, row.state) for row in bureau.look(mine)] == [(date(2026, 6, 30), "open")]
    bureau.at(datetime(2026, 7, 1, 4, 0, tzinfo=UTC))  # the office slept past two rungs
    while bureau.do(None, sweep_standing).more:
        pass
    bureau.do(None, sweep_standing)
    fired = select(StandingRung.number).join(StandingDuty, col(StandingDuty.id) == col(StandingRung.duty_id))
    assert bureau.look(fired.where(StandingDuty.kind == "review-meeting").order_by(col(StandingRung.number))) == [
        1,
        2,
        3,
    ]
    told = bureau.look(select(Message).where(col(Message.key).contains("duty-"), col(Message.state) == "queued"))
    assert {row.kind for row in told} == {"obligation-chase", "obligation-escalate"}  # of what came at once, the last
    assert [row.due_on for row in bureau.look(mine)] == [date(2026, 6, 30), date(2026, 12, 31)]
    _entry(bureau, pack)
    assert [(row.state, row.late_days) for row in bureau.look(mine)] == [("met-late", 1), ("open", 0)]


def test_a_duty_for_several_documents_is_met_by_the_last_of_them(bureau: Bureau, pack: Pack) -> None:
    bureau.do("office", open_duties, pack)
    documents = (
        "teacher-development-plan",
        "school-based-study-plan",
        "nomination-arrangement",
        "practice-application-guidance-record",
    )
    states = []
    for document in documents:
        bureau.do("principal", record_entry, pack, "school-plan", {"document": document, "school_year": "2025"})
        rows = bureau.look(select(StandingDuty.state).where(StandingDuty.kind == "school-plans"))
        states += rows
    assert [state.removesuffix("-late") for state in states] == ["open", "open", "open", "met"]


def test_hours_of_several_sources_are_one_balance_and_meet_the_cycle(bureau: Bureau, pack: Pack) -> None:
    bureau.do("office", open_duties, pack)
    give = {"activity": "示例培训", "level": "county"}
    bureau.do("school", record_entry, pack, "credit-hours", give | {"hours": "359.5"}, bureau.refs["teacher"])

    def lacking() -> list[str]:
        with reading(bureau.office) as act:
            return [one.facts["lacking"] for one in balance(act, pack, person(act, bureau.refs["teacher"]))]

    assert lacking() == ["0.5"]
    mine = select(StandingDuty.state).where(StandingDuty.kind == "hours-of-cycle")
    assert bureau.look(mine) == ["open"]
    bureau.do("school", record_entry, pack, "credit-hours", give | {"hours": "0.5"}, bureau.refs["teacher"])
    assert lacking() == ["0"]
    assert bureau.look(mine) == ["met"]
    with reading(bureau.office) as act:
        assert [row.kind for row in duties_of(act, pack.pack) if row.person_id] == []


def test_an_act_that_dies_before_its_commit_leaves_nothing(bureau: Bureau, pack: Pack) -> None:
    def dies(act: Any) -> None:
        record_entry(act, pack, "review-meeting", {"topics": "a", "minutes": "b"})
        raise RuntimeError("the power is gone")

    with pytest.raises(RuntimeError):
        bureau.do("county", dies, key="k9")
    assert bureau.look(select(RegisterEntry)) == []
    assert _entry(bureau, pack, "k9").ref == "R-000001"


def test_a_mark_out_of_turn_is_refused(bureau: Bureau, pack: Pack) -> None:
    _entry(bureau, pack)
    with pytest.raises(Refused, match="各项手续已办结"):
        bureau.do("county", mark_entry, pack, "R-000001", "checked")
