"""When a stage may close: its predecessor, its days, its products."""

from datetime import date
from typing import Any

import pytest

from models.values import Basis
from policies.lookup import stage_of
from rules.stages import may_close
from tests.support.packs import small_pack

ENOUGH = {"problem-list": 1, "study-tasks": 12, "diagnosis-record": 2, "personal-study-plan": 12}
SHULAN = "shulan-2017"


def close(**changes: Any) -> Any:
    """Stage 2 on its last day with twelve trainees, two schools and everything in."""
    pack = small_pack()
    asked: dict[str, Any] = {
        "predecessor_closed": True,
        "products": ENOUGH,
        "trainees": 12,
        "schools": 2,
        "today": date(2026, 4, 14),
        "planned_to": date(2026, 4, 14),
        "pack": pack,
    }
    return may_close(stage_of(pack, "stage-2"), **(asked | changes))


def test_a_stage_closes_on_its_last_day_with_everything_in() -> None:
    verdict = close()
    assert (verdict.allowed, verdict.zh, verdict.facts["missing"]) == (True, "“诊断示范”可以办结。", [])


EARLY = (
    "it is planned to last until 2026-04-14: close it on that day or later (planned days are moved before the start only, "
    "with songjiao programme postpone)"
)


@pytest.mark.parametrize(
    ("changes", "en"),
    [
        ({"predecessor_closed": False}, "the stage before it is not closed"),
        (
            {"today": date(2026, 4, 13)},
            EARLY,
        ),
        ({"products": ENOUGH | {"problem-list": 0}}, "Problem list: 0 of 1 in"),
        ({"products": ENOUGH | {"study-tasks": 11}}, "Study tasks: 11 of 12 in"),
        ({"products": ENOUGH | {"diagnosis-record": 1}}, "Diagnosis record: 1 of 2 in"),
        ({"trainees": 13}, "Study tasks: 12 of 13 in"),
    ],
)
def test_each_thing_in_the_way_is_named(changes: dict[str, Any], en: str) -> None:
    verdict = close(**changes)
    assert (verdict.allowed, verdict.en) == (False, f"“Diagnosis and demonstration” cannot close yet: {en}.")


def test_all_that_is_missing_is_named_at_once_with_its_clauses() -> None:
    verdict = close(predecessor_closed=False, products={})
    assert verdict.basis == (
        Basis(clause="SL2017-2.1", adopted_from=SHULAN),
        Basis(clause="SL2017-2.7"),
        Basis(clause="SL2017-2.9"),
        Basis(clause="SL2017-2.6"),
    )
    assert verdict.facts["missing"] == [
        {"document": "problem-list", "have": 0, "need": 1, "owed_by": "training-team"},
        {"document": "study-tasks", "have": 0, "need": 12, "owed_by": "training-team"},
        {"document": "diagnosis-record", "have": 0, "need": 2, "owed_by": "rural-school"},
    ]


def test_a_product_that_does_not_block_is_told_and_not_awaited() -> None:
    verdict = close(products=ENOUGH | {"personal-study-plan": 3})
    assert (verdict.allowed, verdict.facts["missing_not_blocking"]) == (
        True,
        [{"document": "personal-study-plan", "have": 3, "need": 12, "owed_by": "trainee"}],
    )


def test_a_postponed_end_is_the_one_that_counts() -> None:
    assert close(today=date(2026, 6, 26), planned_to=date(2026, 7, 3)).allowed is False
    assert close(today=date(2026, 7, 4), planned_to=date(2026, 7, 3)).allowed is True


def test_without_the_pack_documents_go_by_their_keys() -> None:
    assert close(pack=None, products=ENOUGH | {"problem-list": 0}).en == (
        "“Diagnosis and demonstration” cannot close yet: problem-list: 0 of 1 in."
    )
    unnamed = small_pack(documents=[])
    assert close(pack=unnamed, products=ENOUGH | {"problem-list": 0}).en == (
        "“Diagnosis and demonstration” cannot close yet: problem-list: 0 of 1 in."
    )
