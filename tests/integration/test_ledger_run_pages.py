"""A decision that is asked for names the page of the run whose form waits, as soon as the ledger knows that run."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import select

from ledger.outbox import claim_messages
from models.act import SYSTEM
from models.programme import Phase
from notifications.words import words
from office.demo.samples import samples
from office.envelope import opened
from office.runtime.settings import Settings
from office.runtime.transactions import transaction
from tests.support.road import Road
from tests.support.scenario import Drive, play


@pytest.mark.parametrize("known", [True, False])
def test_the_question_leads_to_the_page_of_its_run(sqlite_office: Settings, known: bool) -> None:
    road = Road(Drive.begin(sqlite_office, "S01"), samples()["S01"])
    play(road.drive, road.doings(), date(2025, 12, 8))
    run_id = uuid.uuid4()
    with transaction(SYSTEM, office=sqlite_office) as act:
        for phase in act.session.exec(select(Phase).where(Phase.key == "application-review")).all():
            phase.run_id = run_id if known else None
            act.session.add(phase)
    with transaction(SYSTEM, office=sqlite_office) as act:
        parcels = claim_messages(act, 200, datetime.now(UTC), timedelta(0))
    asked = [one for one in parcels if one.kind == "decision-asked"]
    assert len(asked) == 1
    office = sqlite_office.model_copy(update={"public_url": "https://songjiao.example.test/"})
    told = words(opened(office, asked[0])).body
    page = f"https://songjiao.example.test/v2/runs/flow-run/{run_id}"
    listed = "https://songjiao.example.test/v2/runs?tags=programme%3ACQ-2026-0001 中的待办运行"
    assert (page in told, listed in told) == (known, not known)
