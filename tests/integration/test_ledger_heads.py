"""Who the head is that a ladder speaks to: whoever holds a role that the pack marks so, shown with Henan's own word for it."""

from datetime import date
from typing import Any

import pytest
from sqlmodel import col, select

from ledger.deadlines import acknowledge
from ledger.errors import Refused
from ledger.feeds import calendar_for
from ledger.people import heads
from ledger.standing_sweeping import sweep_standing
from ledger.sweeping import sweep
from models.documents import Obligation
from models.office import Message
from models.people import Person, RoleAssignment
from models.register import StandingDuty
from office.runtime.transactions import reading
from tests.integration.test_ledger_henan import KIND, Province, _listed_and_applied
from tests.integration.test_ledger_henan import province as province  # the fixture
from tests.support.packs import ROLES, small_pack

HEAD = "示例·head"  # holds host-head in the host institution, and nothing else


def _told(province: Province, name: str) -> list[str]:
    query = (
        select(Message.kind)
        .join(Person, col(Person.id) == col(Message.person_id))
        .where(Person.name == name, col(Message.kind).startswith("obligation-"))
    )
    return province.look(query.order_by(col(Message.id)))


def _sweep(province: Province) -> None:
    for swept in (sweep, sweep_standing):
        while province.do(None, swept).more:
            pass


def _listed(province: Province) -> Any:
    province.entry("department", "host-list", {"category": KIND, "annex": "3"}, "示例师范学院")
    [duty] = province.look(select(StandingDuty).where(StandingDuty.kind == "application-form"))
    assert duty.due_on == date(2023, 11, 20)
    return duty


def test_the_packs_own_heads_are_heads_beside_the_offices_word() -> None:
    roles = ROLES | {"university-head": ROLES["university-head"] | {"head": True}}
    assert heads(small_pack(roles=roles)) == ("head", "university-head")
    assert heads(small_pack()) == ("head",)


def test_a_standing_duty_is_told_to_the_head_by_the_packs_own_role(province: Province) -> None:
    assert province.look(select(RoleAssignment.role).join(Person).where(Person.name == HEAD)) == ["host-head"]
    duty = _listed(province)
    assert _told(province, HEAD) == []
    province.at(2023, 11, 17)
    _sweep(province)
    assert _told(province, HEAD) == ["obligation-remind"] * 2  # the form, and the needs survey of the same notice
    assert _told(province, "示例·teacher") == []
    with reading(province.office) as act:
        assert "application-form" in [one.kind for one in calendar_for(act, province.refs["head"], None).due]
        assert calendar_for(act, province.refs["teacher"], None).due == []
    province.do("head", acknowledge, duty.id)
    with pytest.raises(Refused):
        province.do("teacher", acknowledge, duty.id)


def test_what_a_programme_owes_is_chased_at_the_head_too(province: Province) -> None:
    _listed_and_applied(province)
    before = len(_told(province, HEAD))
    owed = select(Obligation).where(Obligation.state == "open", Obligation.owed_by_role == "host-institution")
    row = min(province.look(owed), key=lambda one: one.due_on)
    day = date.fromordinal(row.due_on.toordinal() + 4)
    province.at(day.year, day.month, day.day)
    _sweep(province)
    assert "obligation-chase" in _told(province, HEAD)[before:]
    province.do("head", acknowledge, row.id)
