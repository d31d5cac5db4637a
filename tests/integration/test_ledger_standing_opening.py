"""Standing duties open by themselves in an office at work: once, for whoever owes them, never for what was due before."""

import threading
from datetime import UTC, date, datetime

import pytest
from sqlmodel import col, select

from ledger.packs import pin
from ledger.people import add_organisation, add_person
from ledger.standing_opening import open_by_itself, open_due
from ledger.standing_sweeping import sweep_standing
from models.office import AuditEvent, BusinessClock, Message
from models.register import StandingDuty
from office.runtime.settings import Settings
from policies.loader import Library
from policies.schema import Pack
from tests.integration.test_ledger_registers import Bureau
from tests.integration.test_ledger_registers import pack as pack  # the fixture

ALL = select(StandingDuty).order_by(col(StandingDuty.kind), col(StandingDuty.due_on))


@pytest.fixture
def bureau(sqlite_office: Settings) -> Bureau:
    return Bureau(sqlite_office)


def _works_under(bureau: Bureau, pack: Pack) -> None:
    """The first act under the pack pins it; here nothing else happens."""
    bureau.do(None, lambda act: pin(act, pack).id)


def _opened(bureau: Bureau) -> list[tuple[str, date, int]]:
    return [(row.kind, row.due_on, row.rung) for row in bureau.look(ALL)]


def test_an_office_that_has_not_worked_under_a_pack_owes_nothing(bureau: Bureau) -> None:
    assert bureau.do(None, open_due) == 0
    assert bureau.look(ALL) == []


def test_what_was_due_before_the_office_began_is_nobodys(bureau: Bureau, pack: Pack) -> None:
    """On 2 March 2026: the meeting of the half-year and the five-year cycle are to come; the school's plans of the school
    year were due on 1 October and are not opened."""
    _works_under(bureau, pack)
    assert bureau.do(None, open_due) == 2
    assert [(kind, due) for kind, due, _ in _opened(bureau)] == [
        ("hours-of-cycle", next(row.due_on for row in bureau.look(ALL) if row.kind == "hours-of-cycle")),
        ("review-meeting", date(2026, 6, 30)),
    ]
    assert all(row.due_on >= date(2026, 3, 2) for row in bureau.look(ALL))
    assert bureau.look(select(Message).where(col(Message.key).contains("duty-"))) == []
    events = bureau.look(select(AuditEvent).where(AuditEvent.kind == "duties_opened"))
    assert [event.facts["count"] for event in events] == [2]


def test_said_again_and_by_two_at_once_it_opens_nothing_twice(bureau: Bureau, pack: Pack) -> None:
    _works_under(bureau, pack)
    faults: list[Exception] = []

    def open_them() -> None:
        try:
            bureau.do(None, open_due)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=open_them) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert bureau.do(None, open_due) == 0
    assert len(bureau.look(ALL)) == 2
    assert len(bureau.look(select(AuditEvent).where(AuditEvent.kind == "duties_opened"))) == 1


def test_a_new_period_a_new_body_and_a_standstill(bureau: Bureau, pack: Pack) -> None:
    _works_under(bureau, pack)
    bureau.do(None, open_due)
    bureau.at(datetime(2026, 10, 20, 4, 0, tzinfo=UTC))  # the office slept since March, past 1 October
    bureau.do(None, add_organisation, "示例新校", "school", "示例区教委")
    bureau.do(None, open_due)
    schools = [row for row in bureau.look(ALL) if row.kind == "school-plans"]
    assert [(row.due_on, row.state) for row in schools] == [(date(2026, 10, 1), "open")]
    meetings = [row.due_on for row in bureau.look(ALL) if row.kind == "review-meeting"]
    assert meetings == [date(2026, 6, 30), date(2026, 12, 31)]
    bureau.at(datetime(2027, 9, 2, 4, 0, tzinfo=UTC))
    bureau.do(None, open_due)
    bureau.do(None, sweep_standing)
    schools = [row for row in bureau.look(ALL) if row.kind == "school-plans"]
    assert [row.due_on for row in schools] == [date(2026, 10, 1), date(2027, 10, 1), date(2027, 10, 1)]


def test_a_teacher_who_comes_later_owes_from_then_on(bureau: Bureau, pack: Pack) -> None:
    _works_under(bureau, pack)
    bureau.do(None, open_due)
    bureau.do(None, add_person, "示例·新教师", "示例学校", ("teacher",), "new@example.com")
    assert bureau.do(None, open_due) == 1
    assert len([row for row in bureau.look(ALL) if row.kind == "hours-of-cycle"]) == 2


def test_one_transaction_opens_so_many_and_the_next_one_goes_on(bureau: Bureau, pack: Pack) -> None:
    for number in range(4):
        bureau.do(None, add_person, f"示例·教师{number}", "示例学校", ("teacher",), f"t{number}@example.com")
    _works_under(bureau, pack)
    assert [bureau.do(None, open_due, 3) for _ in range(3)] == [3, 3, 0]
    assert len(bureau.look(ALL)) == 6


def test_what_dies_before_its_commit_opens_nothing_and_is_made_up_for(bureau: Bureau, pack: Pack) -> None:
    _works_under(bureau, pack)

    def dies(act: object) -> None:
        open_due(act)  # type: ignore[arg-type]
        raise RuntimeError("the power is gone")

    with pytest.raises(RuntimeError):
        bureau.do(None, dies)
    assert bureau.look(ALL) == []
    assert bureau.do(None, open_due) == 2


def test_packs_that_the_office_does_not_work_under_stay_closed(bureau: Bureau, pack: Pack) -> None:
    others = Library(bureau.office.policies_dir)
    assert "shulan-2017" in others.names()
    _works_under(bureau, pack)
    bureau.do(None, open_due)
    assert {row.pack for row in bureau.look(ALL)} == {"chongqing-2021"}


def test_a_demo_opens_its_own(bureau: Bureau, pack: Pack) -> None:
    _works_under(bureau, pack)
    assert bureau.do(None, open_by_itself) == 0  # the clock of these tests is a demo's
    assert bureau.look(ALL) == []


def test_the_deadline_watch_opens_them(bureau: Bureau, pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    _works_under(bureau, pack)

    def leave_the_demo(act: object) -> None:
        clock = act.session.get_one(BusinessClock, 1)  # type: ignore[attr-defined]
        clock.demo = False
        act.session.add(clock)  # type: ignore[attr-defined]

    bureau.do(None, leave_the_demo)
    from tasks.watch import sweep_once

    monkeypatch.setenv("SONGJIAO_DATA_DIR", str(bureau.office.root))
    sweep_once.fn()
    once = [(row.id, row.kind) for row in bureau.look(ALL)]  # as many periods as have begun since 2 March 2026
    assert {"hours-of-cycle", "review-meeting"} <= {kind for _, kind in once}
    sweep_once.fn()
    assert [(row.id, row.kind) for row in bureau.look(ALL)] == once
