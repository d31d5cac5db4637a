"""The score: four sources, weighted, rounded once, never closed while one is missing."""

from datetime import date
from decimal import Decimal

import pytest

from models.values import Basis
from rules.evaluation import ScorePart, ScoreRefused, ScoreSheet, score
from tests.support.packs import RULES, rule, small_pack

ON = date(2026, 11, 20)
SOURCES = ("expert-inspection", "trainee-satisfaction", "outcome-quality", "archive-documents")


def values(*given: str) -> dict[str, Decimal]:
    return {source: Decimal(one) for source, one in zip(SOURCES, given, strict=False)}


@pytest.mark.parametrize(
    ("given", "total"),
    [
        (("88", "93", "86", "95"), "89.6"),
        (("91", "89", "90", "78"), "88.8"),
        (("84", "90", "82", "92"), "86.0"),
        (("0", "0", "0", "0"), "0.0"),
        (("100", "100", "100", "100"), "100.0"),
        (("88.25", "88.25", "88.25", "88.25"), "88.3"),  # a half goes up, once, at the end
        (("80.1", "80.1", "80.1", "80.3"), "80.1"),  # rounding each part first would give 80.0
    ],
)
def test_total_is_weighted_and_rounded_once(given: tuple[str, ...], total: str) -> None:
    sheet = score(small_pack(), values(*given), ON)
    assert (sheet.total, str(sheet.total), sheet.missing) == (Decimal(total), total, ())


def test_each_part_shows_its_weight_points_and_clause() -> None:
    pack = small_pack()
    assert pack.evaluation is not None
    part = score(pack, values("88", "93", "86", "95"), ON).parts[0]
    assert part == ScorePart(
        source="expert-inspection",
        name=pack.evaluation.sources[0].name,
        weight=Decimal("0.3"),
        value=Decimal(88),
        points=Decimal("26.4"),
        basis=Basis(clause="CQ2021-9.3"),
    )


def test_a_missing_source_leaves_the_sheet_open_and_weights_alone() -> None:
    sheet = score(small_pack(), values("88", "93", "86"), ON)
    assert (sheet.total, sheet.missing) == (None, ("archive-documents",))
    assert [part.weight for part in sheet.parts] == [Decimal("0.3")] * 3


def test_a_score_of_zero_is_a_score() -> None:
    assert score(small_pack(), values("88", "93", "86", "0"), ON).total == Decimal("80.1")


def test_the_weights_in_force_on_the_day_count() -> None:
    changed = rule("0.3", "ratio", "CQ2021-9.3")
    changed["values"].append({"from": "2027-01-01", "value": "0.1", "cites": "CQ2021-9.3"})
    raised = rule("0.1", "ratio", "CQ2021-9.3")
    raised["values"].append({"from": "2027-01-01", "value": "0.3", "cites": "CQ2021-9.3"})
    pack = small_pack(rules=RULES | {"weight.inspection": changed, "weight.archive": raised})
    given = values("100", "0", "0", "0")
    assert score(pack, given, date(2026, 12, 31)).total == Decimal("30.0")
    assert score(pack, given, date(2027, 1, 1)).total == Decimal("10.0")


@pytest.mark.parametrize("off_scale", ["-0.1", "100.1", "NaN", "Infinity"])
def test_a_value_off_the_scale_is_refused(off_scale: str) -> None:
    with pytest.raises(ScoreRefused, match="give a number from 0 to 100"):
        score(small_pack(), values(off_scale), ON)


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(ScoreRefused, match="no score source 'gossip'"):
        score(small_pack(), {"gossip": Decimal(50)}, ON)


def test_a_pack_without_an_evaluation_scores_nothing() -> None:
    assert score(small_pack(evaluation=None), {}, ON) == ScoreSheet(parts=(), total=None, missing=())
