"""The join before the start."""

from datetime import date

import pytest

from models.values import Basis
from policies.grounds import EVERYWHERE
from policies.lookup import phase_of
from rules.preparation import condition_name, day_has_come, may_start
from tests.support.packs import START_NEEDS, phase, small_pack


def test_everything_ready_lets_the_class_start() -> None:
    pack = small_pack()
    verdict = may_start(pack, phase_of(pack, "check-in"), dict.fromkeys(START_NEEDS, True))
    assert (verdict.allowed, verdict.facts["missing"], verdict.basis) == (True, [], (Basis(clause="CQ2021-10.3"),))


def test_an_unapproved_plan_bars_the_start_by_its_clause() -> None:
    pack = small_pack()
    facts = dict.fromkeys(START_NEEDS, True) | {"plan-lodged": False}
    verdict = may_start(pack, phase_of(pack, "check-in"), facts)
    assert (verdict.allowed, verdict.basis) == (False, (Basis(clause="CQ2021-10.3"),))
    assert verdict.zh == "“开班准备与报到”尚缺:实施方案审核通过并报备案;请补齐。未经审核同意的项目不得开展。"


def test_each_missing_condition_is_named_and_an_unknown_fact_is_missing() -> None:
    pack = small_pack()
    verdict = may_start(pack, phase_of(pack, "check-in"), {"plan-lodged": True})
    assert verdict.facts["missing"] == ["list-confirmed", "budget-confirmed", "document:emergency-plan"]
    assert verdict.en == (
        "“Preparation and check-in” still lacks: the list of trainees confirmed; the budget confirmed; Emergency plan; "
        "complete it first."
    )


def test_a_phase_without_conditions_may_go_on() -> None:
    pack = small_pack()
    assert may_start(pack, phase_of(pack, "plan-review"), {}).allowed is True


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("scores", ("各项考评分数齐全", "a score from every source")),
        ("document:emergency-plan", ("安全应急预案", "Emergency plan")),
        ("phase:archive", ("档案报送办结", "Archive submission closed")),
        ("document:unheard-of", ("document:unheard-of", "document:unheard-of")),
        ("weather", ("weather", "weather")),
    ],
)
def test_conditions_go_by_the_packs_names(condition: str, names: tuple[str, str]) -> None:
    pack = small_pack(phases=[phase("archive", "programme", [], zh="档案报送", en="Archive submission")])
    assert condition_name(pack, condition) == names


@pytest.mark.parametrize(("today", "allowed"), [(22, False), (23, True), (24, True)])
def test_a_session_starts_on_its_planned_day_or_later(today: int, allowed: bool) -> None:
    verdict = day_has_come(date(2026, 3, 23), date(2026, 3, today), "CQ-2026-0001", 2)
    assert verdict.allowed is allowed
    assert verdict.basis == (EVERYWHERE,)
    if not allowed:
        for said in (verdict.zh, verdict.en):
            assert "2026-03-23" in said
            assert "songjiao programme postpone CQ-2026-0001 --session 2 --to 2026-03-22 --reason" in said
