"""Who is asked when a step opens: the approver, the clerk who may record on behalf, and their body's group."""

from sqlmodel import select

from ledger.people import add_person
from ledger.reach import change_organisation
from ledger.review import send_code_again, waiting_step
from models.act import SYSTEM
from models.office import Message
from office.runtime.settings import Settings
from office.runtime.transactions import reading, transaction
from tests.integration.sample_world import COUNTY, World


def test_a_body_with_a_group_an_approver_and_a_clerk_is_asked_once_each(each_office: Settings) -> None:
    world = World(each_office, "1").build()
    county = world._name(COUNTY)
    with transaction(SYSTEM, office=each_office) as act:
        clerk = str(add_person(act, "示例·经办", county, ("clerk",), email="clerk@sample.localhost").ref)
    with transaction(SYSTEM, office=each_office) as act:
        change_organisation(act, county, channel="sealed")
    _, ref = world.apply("示例甲")
    with reading(each_office) as act:
        told = act.session.exec(select(Message).where(Message.kind == "decision-asked")).all()
        asked = [(row.person_id is None, bool(row.facts.get("on_behalf"))) for row in told]
        step_id = waiting_step(act, ref).id
    assert sorted(asked) == [(False, False), (False, True), (True, False)]
    with transaction(SYSTEM, office=each_office) as act:  # and again, for one of them
        send_code_again(act, step_id, clerk)
    with reading(each_office) as act:
        assert len(act.session.exec(select(Message).where(Message.kind == "decision-asked")).all()) == 5
