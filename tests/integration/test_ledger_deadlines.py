"""Deadlines at the ledger: rungs in order after a standstill, nobody reached, postponed starts, waivers; and input
that is wrong.
"""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import col, select

from ledger.deadlines import extend, waive
from ledger.delivery import close_stage, open_stage, submit_document
from ledger.errors import BadInput, LedgerError, NotFound
from ledger.outbox import claim_messages, settle_message
from ledger.people import add_organisation, add_person
from ledger.programmes import apply, postpone_start
from ledger.scoring import enter_score
from ledger.sweeping import sweep
from models.documents import Obligation, RungFired
from models.office import AuditEvent, Message
from models.people import Person
from models.programme import Programme, ProgrammeSession
from models.training import Stage
from models.values import Application
from office.runtime.clock import move_clock
from office.runtime.database import engine_for
from office.runtime.settings import Settings
from tests.support.road import OFFICE_PERSON, PANEL_PERSON, Road
from tests.support.scenario import ZONE, Drive, a_file, at, play, rows_of, sample


def _road(office: Settings, until: date, key: str = "S01") -> Road:
    road = Road(Drive.begin(office, key), sample(key))
    play(road.drive, road.doings(), until)
    return road


def _fired(road: Road, kind: str) -> list[tuple[str, date, date, int]]:
    query = (
        select(RungFired.rung, RungFired.due_at, RungFired.fired_at, RungFired.reached)
        .join(Obligation, col(Obligation.id) == RungFired.obligation_id)
        .where(Obligation.kind == kind)
        .order_by(col(RungFired.number))
    )
    rows = rows_of(road.drive, query)
    return [(r, due.astimezone(ZONE).date(), fired.astimezone(ZONE).date(), n) for r, due, fired, n in rows]


def _due(road: Road, kind: str) -> list[tuple[date, str, int]]:
    query = select(Obligation.due_on, Obligation.state, Obligation.moves).where(Obligation.kind == kind)
    return [tuple(row) for row in rows_of(road.drive, query.order_by(col(Obligation.due_on)))]  # type: ignore[misc]


def _sleep_until(road: Road, day: date) -> None:
    """The office stands still until a day; then one sweep after the other catches up."""
    move_clock(road.drive.office, at(day), frozen=True)
    while road.drive.do(None, sweep, 5).more:
        pass


def test_a_sweep_that_slept_catches_up_once_a_rung_and_in_order(each_office: Settings) -> None:
    road = _road(each_office, date(2026, 1, 23))
    _sleep_until(road, date(2026, 3, 12))  # the plan should have entered review on 5 March
    today = date(2026, 3, 12)
    assert _fired(road, "plan-into-review") == [
        ("remind", date(2026, 3, 2), today, 1),
        ("remind", date(2026, 3, 5), today, 1),
        ("chase", date(2026, 3, 6), today, 2),
        ("escalate", date(2026, 3, 9), today, 3),  # the 8th is a Sunday
    ]
    events = rows_of(
        road.drive,
        select(AuditEvent.kind, AuditEvent.facts)
        .where(col(AuditEvent.kind).in_(["obligation_reminded", "obligation_chased", "obligation_escalated"]))
        .order_by(col(AuditEvent.number)),
    )
    mine = [kind for kind, facts in events if facts["obligation"] == "plan-into-review"]
    assert mine == ["obligation_reminded", "obligation_reminded", "obligation_chased", "obligation_escalated"]
    assert road.drive.do(None, sweep).fired == 0


def test_acting_on_the_matter_cancels_its_later_rungs_and_unsent_messages(sqlite_office: Settings) -> None:
    road = _road(sqlite_office, date(2026, 3, 12))
    _sleep_until(road, date(2026, 3, 17))
    open_reminders = rows_of(road.drive, select(Message.state).where(Message.kind == "obligation-remind"))
    assert "queued" in open_reminders
    road.drive.do(road.contact, submit_document, road.ref, "emergency-plan", a_file("预案"), 1)
    left = select(Message.id).join(Obligation, col(Obligation.id) == Message.obligation_id)
    assert rows_of(road.drive, left.where(Obligation.kind == "emergency-plan", Message.state == "queued")) == []
    _sleep_until(road, date(2026, 3, 25))
    assert [rung for rung, *_ in _fired(road, "emergency-plan")] == ["remind"]


def _lose_mail(road: Road, *names: str) -> None:
    """These people can be told nothing any more; without names nobody can, but the programme office."""

    def lost(act: Any) -> None:
        for row in act.session.exec(select(Person)).all():
            if row.name in names or (not names and row.name != OFFICE_PERSON):
                row.email = None
                act.session.add(row)

    road.drive.do(None, lost)


def _reports(road: Road) -> list[str]:
    """What one person of the programme office was told to have reached nobody."""
    mine = select(Person.id).where(Person.name == OFFICE_PERSON).scalar_subquery()
    query = select(Message.facts).where(Message.kind == "nobody-reached", Message.person_id == mine)
    return [one["about"] for one in rows_of(road.drive, query)]


def _unheard(road: Road) -> int:
    return len(rows_of(road.drive, select(AuditEvent.number).where(AuditEvent.kind == "nobody_reached")))


def test_a_rung_that_reaches_nobody_moves_on_at_once_and_tells_the_office_once(sqlite_office: Settings) -> None:
    road = _road(sqlite_office, date(2025, 12, 8))
    _lose_mail(road, "示例云溪区·人事科")
    days = [date(2025, 12, day) for day in range(8, 19)]
    for day in days:
        _sleep_until(road, day)
    fired = _fired(road, "decision")
    first = fired[0][2]
    assert [(rung, when, reached) for rung, _, when, reached in fired] == [
        ("remind", first, 0),
        ("chase", first, 0),
        ("escalate", first, 3),  # nobody of the county can be told: its superior and the office learn of it at once
    ]
    assert first < fired[1][1] < fired[2][1] <= days[-1]  # on their own days nothing is said again
    assert _reports(road) == ["obligation-chase"]  # of what came at once, the last
    assert _unheard(road) == 2
    told = rows_of(road.drive, select(Message.facts).where(Message.kind == "obligation-escalate"))
    assert [(one["unheard"], one["days"] < 0) for one in told] == [(True, True)] * 3


def _survey_is_left(road: Road) -> None:
    """All but the needs survey, owed by 22 March, is waived."""
    others = select(Obligation.id).where(Obligation.state == "open", Obligation.kind != "needs-survey")
    for row in rows_of(road.drive, others):
        road.drive.do(OFFICE_PERSON, waive, row, "示例:只看一项")


def test_the_head_of_whoever_has_no_address_hears_on_the_first_reminders_day(sqlite_office: Settings) -> None:
    road = _road(sqlite_office, date(2026, 1, 20))
    _survey_is_left(road)
    _lose_mail(road, "示例·何老师")
    for day in (16, 17, 18, 19, 20, 23, 24, 25, 26):
        _sleep_until(road, date(2026, 3, day))
    assert [(rung, when.day, reached) for rung, _, when, reached in _fired(road, "needs-survey")] == [
        ("remind", 19, 0),
        ("remind", 19, 0),
        ("chase", 19, 1),
        ("escalate", 25, 3),  # the head heard: the rest keeps its days
    ]
    query = (
        select(Message.created_at, Person.name, Message.kind)
        .join(Person, col(Person.id) == col(Message.person_id))
        .where(col(Message.created_at) > at(date(2026, 3, 1)), Message.kind != "obligation-escalate")
        .order_by(col(Message.id))
    )
    assert sorted((when.astimezone(ZONE).day, name, kind) for when, name, kind in rows_of(road.drive, query)) == sorted(
        [
            (19, "示例·周校长", "obligation-chase"),
            *((19, name, "nobody-reached") for name in (OFFICE_PERSON, "示例·项目办林主任")),
        ]
    )


def test_where_no_rung_reaches_anybody_each_is_recorded_and_the_office_is_told_once(sqlite_office: Settings) -> None:
    road = _road(sqlite_office, date(2026, 1, 20))
    _survey_is_left(road)
    _lose_mail(road, *rows_of(road.drive, select(Person.name)))
    for day in (19, 20, 23, 25, 30):
        _sleep_until(road, date(2026, 3, day))
    assert [(rung, when.day, reached) for rung, _, when, reached in _fired(road, "needs-survey")] == [
        ("remind", 19, 0),
        ("remind", 19, 0),
        ("chase", 19, 0),
        ("escalate", 19, 0),
    ]
    left = rows_of(road.drive, select(Obligation.next_at, Obligation.rests).where(Obligation.kind == "needs-survey"))
    assert [tuple(one) for one in left] == [(None, "top-of-ladder")]
    assert _unheard(road) == 4


def test_the_office_is_told_once_a_matter_and_again_when_its_day_moved(sqlite_office: Settings) -> None:
    road = _road(sqlite_office, date(2026, 1, 20))
    _survey_is_left(road)
    _lose_mail(road, "示例·何老师")
    _sleep_until(road, date(2026, 3, 19))
    assert len(_reports(road)) == 1
    _lose_mail(road)
    _sleep_until(road, date(2026, 3, 25))
    assert [reached for *_, reached in _fired(road, "needs-survey")] == [0, 0, 1, 1]  # the office alone is left
    assert len(_reports(road)) == 1
    [which] = rows_of(road.drive, select(Obligation.id).where(Obligation.kind == "needs-survey"))
    road.drive.do(OFFICE_PERSON, extend, which, date(2026, 4, 10), "示例")
    _sleep_until(road, date(2026, 4, 8))
    assert len(_reports(road)) == 2


def test_two_sweeps_at_once_move_on_once(each_office: Settings) -> None:
    road, faults = _road(each_office, date(2026, 1, 20)), []
    _survey_is_left(road)
    _lose_mail(road, "示例·何老师")
    move_clock(road.drive.office, at(date(2026, 3, 19)), frozen=True)

    def sweep_too() -> None:
        try:
            road.drive.do(None, sweep)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=sweep_too) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _sleep_until(road, date(2026, 3, 19))
    assert faults == []
    assert [(rung, reached) for rung, _, _, reached in _fired(road, "needs-survey")] == [
        ("remind", 0),
        ("remind", 0),
        ("chase", 1),
    ]
    assert len(_reports(road)) == 1


def test_moving_on_costs_one_question_a_batch(sqlite_office: Settings) -> None:
    """However many of its matters reach nobody."""
    road = _road(sqlite_office, date(2026, 1, 20))
    _lose_mail(road)
    move_clock(road.drive.office, at(date(2026, 3, 19)), frozen=True)
    asked: list[str] = []
    engine = engine_for(sqlite_office.ledger_url)
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert road.drive.do(None, sweep).fired > 8
    assert sum("FROM rung_fired" in one for one in asked) == 1


def test_a_postponed_start_moves_every_derived_date_as_an_event(each_office: Settings) -> None:
    road = _road(each_office, date(2026, 3, 13))
    road.drive.do(road.contact, postpone_start, road.ref, 1, date(2026, 3, 30), "大雪封山")
    week = timedelta(days=7)
    assert rows_of(road.drive, select(Programme.starts_on, Programme.ends_on)) == [
        (date(2026, 3, 23) + week, date(2026, 11, 10) + week)
    ]
    assert _due(road, "emergency-plan") == [(date(2026, 3, 27), "open", 1)]
    assert _due(road, "check-in-notice") == [(date(2026, 3, 13), "met", 0)]  # what was done stays as it was
    first = rows_of(road.drive, select(Stage.planned_from, Stage.planned_to).where(Stage.key == "stage-1"))
    assert first == [(date(2026, 3, 30), date(2026, 4, 1))]
    moved = rows_of(road.drive, select(AuditEvent.facts).where(AuditEvent.kind == "obligation_moved"))
    assert [(one["obligation"], one["old"], one["new"]) for one in moved] == [
        ("emergency-plan", "2026-03-20", "2026-03-27")
    ]
    assert rows_of(road.drive, select(ProgrammeSession.starts_on)) == [date(2026, 3, 30)]


def test_a_waived_obligation_is_owed_no_more(sqlite_office: Settings) -> None:
    road = _road(sqlite_office, date(2026, 1, 20))
    which = rows_of(road.drive, select(Obligation.id).where(Obligation.kind == "needs-survey"))[0]
    with pytest.raises(BadInput, match="a waiver needs its reason"):
        road.drive.do(OFFICE_PERSON, waive, which, " ")
    road.drive.do(OFFICE_PERSON, waive, which, "去年已调研")
    _sleep_until(road, date(2026, 3, 25))
    assert _due(road, "needs-survey") == [(date(2026, 3, 22), "waived", 0)]
    assert _fired(road, "needs-survey") == []


def test_a_message_whose_sender_died_is_sent_once_more_and_says_so(each_office: Settings) -> None:
    road = _road(each_office, date(2025, 12, 8))
    now, stale = at(date(2026, 1, 1)), timedelta(minutes=2)
    [first] = road.drive.do(None, claim_messages, 10, now, stale)
    assert (first.kind, first.repeated, len(first.code or "")) == ("decision-asked", False, 8)
    assert road.drive.do(None, claim_messages, 10, now + timedelta(minutes=1), stale) == []
    [again] = road.drive.do(None, claim_messages, 10, now + timedelta(minutes=3), stale)
    assert (again.id, again.repeated, again.code) == (first.id, True, first.code)
    assert road.drive.do(None, settle_message, first.id, None, False, now) == "sent"
    assert road.drive.do(None, claim_messages, 10, now + timedelta(days=1), stale) == []


def test_a_message_that_fails_is_tried_again_later_and_given_up_visibly(sqlite_office: Settings) -> None:
    road = _road(sqlite_office, date(2025, 12, 8))
    now, stale, states = at(date(2026, 1, 1)), timedelta(days=9), []
    for _ in range(6):
        [parcel] = road.drive.do(None, claim_messages, 1, now, stale)
        states.append(road.drive.do(None, settle_message, parcel.id, "refused", False, now))
        now += timedelta(days=1)
    assert states == ["queued"] * 5 + ["given-up"]
    assert rows_of(road.drive, select(Message.kind).where(Message.state == "queued")) == ["message-given-up"] * 2


# --- input that is wrong --------------------------------------------------------------------------------------------

WRONG: list[tuple[str, dict[str, Any], str]] = [
    (
        "unknown kind",
        {"kind": "summer-camp"},
        "kind: 'summer-camp' is not one of blended, send-teaching in chongqing-2021",
    ),
    ("unknown host", {"host": "示例无此校"}, "no organisation is called 示例无此校; add it first"),
    ("host of another kind", {"host_kind": "university"}, "is recorded as school, the application says university"),
    ("a body that is no host", {"host": "示例云溪区教委"}, "is recorded as county-education-authority"),
    ("a level without a chain", {"level": "county"}, "has no approval chain for a school at level county"),
    ("a team that nobody knows", {"team": "示例无此队"}, "no organisation is called 示例无此队"),
]


@pytest.mark.parametrize(("why", "changed", "says"), WRONG, ids=[row[0] for row in WRONG])
def test_an_application_that_cannot_be_taken_says_why_and_leaves_no_trace(
    sqlite_office: Settings, why: str, changed: dict[str, Any], says: str
) -> None:
    road = Road(Drive.begin(sqlite_office, "S01"), sample("S01"))
    events = rows_of(road.drive, select(AuditEvent.number))
    wrong = Application.model_validate({**road.application.model_dump(), **changed})
    with pytest.raises(LedgerError) as refused:
        road.drive.do(OFFICE_PERSON, apply, wrong, road.pack)
    assert says in str(refused.value)
    assert rows_of(road.drive, select(Programme.id)) == []
    assert rows_of(road.drive, select(AuditEvent.number)) == events


def test_a_school_that_nobody_knows_and_a_stage_left_out_are_both_named(sqlite_office: Settings) -> None:
    road = Road(Drive.begin(sqlite_office, "S01"), sample("S01"))
    given = road.application.model_dump()
    given["sessions"][0]["schools"][0]["name"] = "示例无此校"
    given["sessions"][0]["schools"][1]["stages"] = given["sessions"][0]["schools"][1]["stages"][:1]
    with pytest.raises(BadInput) as refused:
        road.drive.do(road.contact, apply, Application.model_validate(given), road.pack)
    assert refused.value.problems == [
        ("sessions[1]", "no organisation is called 示例无此校; add it first"),
        ("sessions[1].stages", "Lesson study and polishing (stage-3) is not planned 示例龙坪镇中心小学"),
    ]


def test_dates_that_cannot_be_are_refused(sqlite_office: Settings) -> None:
    road = _road(sqlite_office, date(2026, 3, 24))
    drive, tomorrow = road.drive, date(2026, 3, 25)
    wrong: list[tuple[Callable[[], Any], type[LedgerError], str]] = [
        (lambda: drive.do(road.contact, postpone_start, road.ref, 1, date(2026, 4, 1), "雨"), BadInput, "started on 2026-03-23"),
        (lambda: drive.do(road.team, open_stage, road.ref, "stage-1", 1, None, tomorrow), BadInput, "has not come yet"),
        (lambda: drive.do(road.team, close_stage, road.ref, "stage-1", 1, None, tomorrow), BadInput, "has not come yet"),
        (lambda: drive.do(road.team, open_stage, road.ref, "stage-9", 1), NotFound, "has no stage stage-9"),
        (lambda: drive.do(road.team, open_stage, road.ref, "stage-1", 7), NotFound, "has no session 7"),
        (lambda: drive.do(PANEL_PERSON, enter_score, road.ref, "expert-inspection", "101"), BadInput, "off the scale 0 to 100"),
        (lambda: drive.do(PANEL_PERSON, enter_score, road.ref, "expert-inspection", "NaN"), BadInput, "off the scale 0 to 100"),
        (lambda: drive.do(PANEL_PERSON, enter_score, road.ref, "charm", "90"), BadInput, "'charm' is not one of"),
        (lambda: drive.do(road.contact, submit_document, road.ref, "poem", a_file("诗")), BadInput, "no document kind 'poem'"),
        (lambda: drive.do(OFFICE_PERSON, add_organisation, "  ", "school"), BadInput, "is empty"),
        (lambda: drive.do(OFFICE_PERSON, add_organisation, "示例云台中学 ", "school", "示例无此区"), NotFound, "示例无此区"),
        (lambda: drive.do(OFFICE_PERSON, add_person, "甲", "示例云溪区教委", (), "no-mail"), BadInput, "is not a mail address"),
    ]  # fmt: skip
    events = rows_of(drive, select(AuditEvent.number))
    for act, error, says in wrong:
        with pytest.raises(error) as refused:
            act()
        assert says in str(refused.value)
    assert rows_of(drive, select(AuditEvent.number)) == events
