"""What the ledger tells people to do next: a clerk records on behalf, a host learns until when its correction is owed."""

from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from ledger.review import send_code_again
from models.documents import Obligation
from models.office import Message
from models.people import Person
from models.states import DecisionOutcome
from office.runtime.settings import Settings
from office.runtime.transactions import reading
from tests.support.road import COMMISSION_PERSON, OFFICE_PERSON, Road
from tests.support.scenario import Drive, play, sample

CLERK = "示例·校办邓老师"


def begun(office: Settings, key: str, day: date) -> Road:
    """A sample programme until a day."""
    road = Road(Drive.begin(office, key), sample(key))
    play(road.drive, road.doings(), day)
    return road


def told(road: Road, kind: str) -> dict[str, list[dict[str, Any]]]:
    """The facts of the messages of a kind, by the name of whom they are for."""
    found: dict[str, list[dict[str, Any]]] = {}
    with reading(road.drive.office) as act:
        query = select(Person.name, Message).join(Message, Message.person_id == Person.id)  # type: ignore[arg-type]
        for name, row in act.session.exec(query.where(Message.kind == kind).order_by(Message.created_at)).all():  # type: ignore[arg-type]
            found.setdefault(name, []).append(row.facts)
    return found


def test_a_clerk_is_asked_to_record_and_the_head_to_decide(sqlite_office: Settings) -> None:
    road = begun(sqlite_office, "U01", date(2025, 12, 1))
    asked = told(road, "decision-asked")
    assert asked[CLERK][0]["on_behalf"] is True
    assert all(
        "on_behalf" not in facts for name, all_of_them in asked.items() if name != CLERK for facts in all_of_them
    )
    step = road.drive.open_step(road.ref, "application")
    road.drive.do(OFFICE_PERSON, send_code_again, step, road.drive.refs[CLERK])
    assert [facts["on_behalf"] for facts in told(road, "decision-asked")[CLERK]] == [True, True]


@pytest.mark.parametrize("subject", ["application", "award"])
def test_a_return_tells_the_day_of_the_correction_and_what_is_corrected(sqlite_office: Settings, subject: str) -> None:
    road = begun(sqlite_office, "S01", date(2025, 12, 8))
    county = "示例云溪区·人事科"
    if subject == "award":
        assert road.drive.decide(road.ref, "application", county, DecisionOutcome.APPROVE).accepted
    who = county if subject == "application" else COMMISSION_PERSON
    assert road.drive.decide(road.ref, subject, who, DecisionOutcome.RETURN, "请补充预算说明").accepted
    with reading(road.drive.office) as act:
        query = select(Obligation.due_on).where(Obligation.kind == "application-correction")
        [due_on] = act.session.exec(query).all()
    [facts] = [facts for rows in told(road, "submission-returned").values() for facts in rows]
    assert (facts["due_on"], facts["corrects"]) == (due_on.isoformat(), "application")
    assert facts["due_by_office"] is True
