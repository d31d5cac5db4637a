"""A row that was edited, removed or slipped in behind the ledger's back no longer agrees with its event, and is named."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger.audit import Verified, verify
from models.act import SYSTEM
from office.runtime.database import engine_for
from office.runtime.settings import Settings
from office.runtime.transactions import reading, transaction
from tests.support.road import Road
from tests.support.scenario import Drive, play, sample

REF = "CQ-2026-0001"
APPLICATION = ["application", "1", "1", "1"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A ledger with a whole programme in it, nothing altered."""
    office = Settings(data_dir=tmp_path_factory.mktemp("whole"))
    road = Road(Drive.begin(office, "S01"), sample("S01"))
    play(road.drive, road.doings())
    engine_for(office.ledger_url).dispose()  # the last connection folds the WAL into the file
    return office


@pytest.fixture
def altered(whole: Settings, tmp_path: Path) -> Callable[..., Verified]:
    """What the check says of a copy in which statements were run behind the ledger's back."""

    def check(*statements: str) -> Verified:
        copy = tmp_path / str(len(list(tmp_path.iterdir())))
        shutil.copytree(whole.root, copy)
        office = Settings(data_dir=copy)
        with closing(sqlite3.connect(copy / "songjiao.db")) as ledger:
            for statement in statements:
                assert ledger.execute(statement).rowcount > 0
            ledger.commit()
        with reading(office) as act:
            found = verify(act)
        engine_for(office.ledger_url).dispose()
        return found

    return check


def test_a_whole_year_agrees_with_its_events(whole: Settings) -> None:
    with reading(whole) as act:
        found = verify(act)
    assert (found.ok, found.differences) == (True, [])


FIRST_STEP = "(SELECT id FROM approval_step WHERE subject='application' AND number=1)"


@pytest.mark.parametrize(
    ("statement", "kind", "of", "field", "row", "event"),
    [
        (
            f"UPDATE decision SET outcome='reject' WHERE step_id={FIRST_STEP}",
            *("decision", APPLICATION, "outcome", "reject", "approve"),
        ),
        (
            f"UPDATE decision SET comment='另有意见' WHERE step_id={FIRST_STEP}",
            *("decision", APPLICATION, "comment", "另有意见", "-"),
        ),
        (
            "UPDATE decision SET on_behalf_of='示例·别人' WHERE step_id=" + FIRST_STEP,
            *("decision", APPLICATION, "on_behalf_of", "示例·别人", "-"),
        ),
        (f"DELETE FROM decision WHERE step_id={FIRST_STEP}", "decision", APPLICATION, "row", None, "recorded"),
        (
            f"UPDATE approval_step SET state='open' WHERE id={FIRST_STEP}",
            *("decision", APPLICATION, "state", "open", "decided"),
        ),
        (
            "UPDATE evaluation_result SET total=99.9",
            *("result", [], "total", "99.90", None),
        ),
        (
            "UPDATE score SET value=99 WHERE source='archive-documents'",
            *("score", ["archive-documents"], "value", "99.00", None),
        ),
        ("UPDATE programme SET level='national'", "programme", [], "level", "national", "municipal"),
        ("UPDATE programme SET ended_on='2026-12-24'", "programme", [], "ended_on", "2026-12-24", None),
        ("UPDATE programme SET event_number=event_number+1", "programme", [], "event_number", None, None),
        (
            "UPDATE submission SET content='{}' WHERE subject='implementation-plan'",
            *("submission", ["implementation-plan", "1"], "content", None, None),
        ),
        ("DELETE FROM score WHERE source='archive-documents'", "score", ["archive-documents"], "row", None, "recorded"),
    ],
)
def test_an_altered_row_is_named_with_what_its_event_says(
    altered: Callable[..., Verified],
    statement: str,
    kind: str,
    of: list[str],
    field: str,
    row: str | None,
    event: str | None,
) -> None:
    found = altered(statement)
    assert (found.ok, found.broken_at) == (False, None)
    one = next(one for one in found.differences if one.field == field)
    assert (one.programme, one.kind, one.of) == (REF, kind, of)
    assert one.row == row or row is None
    assert one.event == event or event is None
    assert {other.kind for other in found.differences} == {kind}


def test_a_document_that_was_exchanged_is_named(altered: Callable[..., Verified]) -> None:
    found = altered(
        "UPDATE document SET sha256='0' WHERE id=(SELECT document_id FROM filing WHERE kind='archive-documents')"
    )
    assert [(one.kind, one.of, one.field, one.row) for one in found.differences] == [
        ("document", ["archive-documents", "1"], "sha256", "0")
    ]


def test_an_obligation_that_was_waived_by_hand_is_named(altered: Callable[..., Verified]) -> None:
    one = "(SELECT id FROM obligation WHERE state='met' AND kind='plan-target')"
    found = altered(f"UPDATE obligation SET state='waived' WHERE id={one}")
    assert [(one.kind, one.of[0], one.field, one.row, one.event) for one in found.differences] == [
        ("obligation", "plan-target", "state", "waived", "met")
    ]


def test_a_score_that_was_slipped_in_is_named(altered: Callable[..., Verified]) -> None:
    found = altered(
        "INSERT INTO score (id, created_at, programme_id, source, value, person_id, entered_at)"
        " SELECT replace(id, substr(id, 1, 1), 'f'), created_at, programme_id, 'satisfaction-2', 100, person_id, entered_at"
        " FROM score LIMIT 1"
    )
    assert [(one.kind, one.of, one.field, one.event) for one in found.differences] == [
        ("score", ["satisfaction-2"], "row", None)
    ]


def test_a_step_that_only_calls_itself_decided_is_named(whole: Settings, tmp_path: Path) -> None:
    office = Settings(data_dir=tmp_path)
    road = Road(Drive.begin(office, "S01"), sample("S01"))
    play(road.drive, road.doings(), date(2025, 12, 8))
    with transaction(SYSTEM, office=office) as act:
        act.session.exec(text("UPDATE approval_step SET state='decided' WHERE state='open'"))  # type: ignore[call-overload]
    with reading(office) as act:
        found = verify(act)
    assert [(one.kind, one.of, one.row, one.event) for one in found.differences] == [
        ("decision", ["application", "1", "1", "1"], "there", None)
    ]
