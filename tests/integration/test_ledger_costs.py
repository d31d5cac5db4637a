"""What an act costs does not grow with what lies behind it: as many questions to the ledger after a year as on the
first day.
"""

import uuid
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import event
from sqlmodel import select

from ledger.lifecycle import advance
from ledger.programmes import apply
from ledger.review import decide_step
from ledger.sweeping import sweep
from models.act import SYSTEM
from models.documents import Obligation
from models.programme import Programme
from models.states import DecisionOutcome
from office.runtime.database import engine_for
from office.runtime.settings import Settings
from office.runtime.transactions import reading, transaction
from tests.support.road import Road
from tests.support.scenario import Drive, play, sample

INSTITUTE = "示例云溪区·培训部"


class Counted:
    """Counts the statements that an office's ledger is asked, within `with`."""

    def __init__(self, office: Settings) -> None:
        """For the ledger of this office, in this process."""
        self.engine, self.count = engine_for(office.ledger_url), 0

    def _one(self, *_: Any) -> None:
        self.count += 1

    def __enter__(self) -> "Counted":
        """Begin to count."""
        event.listen(self.engine, "before_cursor_execute", self._one)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Count no more."""
        event.remove(self.engine, "before_cursor_execute", self._one)


def _cost(folder: Path, programmes: int, history: int) -> dict[str, int]:
    """Statements of a decision, an advance and an empty sweep, with other programmes and finished obligations around."""
    office = Settings(data_dir=folder)
    road = Road(Drive.begin(office, "S01"), sample("S01"))
    drive = road.drive
    play(drive, road.doings(), date(2026, 3, 5))
    for number in range(1, programmes):
        other = road.application.model_copy(update={"title": f"示例培训{number}"})
        drive.do(road.contact, apply, other, road.pack)
    with transaction(SYSTEM, office=office) as act:
        mine = act.session.exec(select(Programme).where(Programme.ref == road.ref)).one()
        for number in range(history):
            act.session.add(
                Obligation(
                    programme_id=mine.id,
                    kind="weekly-report",
                    target=str(uuid.uuid4()),
                    number=number,
                    derived_on=act.today,
                    due_on=act.today,
                    due_at=act.now,
                    owed_by_id=mine.host_id,
                    owed_by_role="host-institution",
                    state="met",
                    basis={},
                    created_at=act.now,
                    met_at=act.now,
                )
            )
    step = drive.open_step(road.ref, "implementation-plan")
    code = drive.code(step, INSTITUTE)
    with reading(office) as act:
        programme_id = act.session.exec(select(Programme.id).where(Programme.ref == road.ref)).one()
    counts = {}
    with Counted(office) as counted:
        assert drive.do(None, decide_step, step, drive.refs[INSTITUTE], code, DecisionOutcome.APPROVE).accepted
    counts["decide"] = counted.count
    with Counted(office) as counted:
        drive.do(None, advance, programme_id)
    counts["advance"] = counted.count
    with Counted(office) as counted:
        assert drive.do(None, sweep).fired == 0
    counts["sweep"] = counted.count
    engine_for(office.ledger_url).dispose()
    return counts


def test_a_decision_an_advance_and_a_sweep_cost_the_same_with_a_history(tmp_path: Path) -> None:
    young = _cost(tmp_path / "young", programmes=1, history=10)
    assert _cost(tmp_path / "old", programmes=3, history=200) == young
    assert max(young.values()) < 80
    assert (
        young["decide"] <= 50
    )  # all of them under the ledger's one write lock: what bounds how many may decide at once
