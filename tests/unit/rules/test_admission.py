"""The checks of application and plan: 50.0 % is enough, 49.99 % is not, "in principle" asks for a reason."""

from datetime import date
from decimal import Decimal
from typing import Any, Literal

import pytest

from models.values import Basis, Course, Expert, Verdict
from policies.schema import Chain
from rules.admission import UnknownFact, admit, admitted, facts_of, marks
from tests.support.packs import APPROVAL, CHECKS, check, small_pack

ON = date(2025, 12, 8)


def course(hours: str, practice: str, **more: Any) -> Course:
    return Course(name="示例课程", part="1", hours=Decimal(hours), practice=Decimal(practice), **more)


def expert(
    count: int,
    origin: Literal["outside", "inside"],
    kind: Literal["university", "teacher", "researcher", "principal"],
    title: str | None = None,
) -> Expert:
    return Expert(count=count, origin=origin, kind=kind, employer="示例学校", title=title)


def facts(**changes: Any) -> dict[str, Any]:
    """Figures that meet every check."""
    met = {
        "course_hours": Decimal(96),
        "practice_hours": Decimal(68),
        "experts": 10,
        "experts_outside": 2,
        "experts_excellent": 6,
        "ethics_courses": 1,
    }
    return met | changes


def verdict_of(key: str, reasons: dict[str, str] | None = None, **changes: Any) -> Verdict:
    verdicts = admit(small_pack(), "application", facts(**changes), reasons or {}, ON)
    return next(one for one in verdicts if one.key == key)


def test_facts_count_hours_and_heads() -> None:
    courses = [course("4", "0", ethics=True), course("12", "0", five_educations=True), course("8.5", "8")]
    experts = [
        expert(2, "outside", "university"),
        expert(1, "outside", "teacher", "特级教师"),
        expert(2, "inside", "teacher"),  # no recorded title: not counted among the excellent
        expert(3, "inside", "researcher"),
        expert(1, "inside", "principal"),
    ]
    assert facts_of(courses, experts) == {
        "courses": 3,
        "course_hours": Decimal("24.5"),
        "practice_hours": Decimal(8),
        "ethics_courses": 1,
        "ethics_hours": Decimal(4),
        "five_education_courses": 1,
        "five_education_hours": Decimal(12),
        "experts": 9,
        "experts_outside": 3,
        "experts_inside": 6,
        "experts_excellent": 5,
    }


def test_facts_of_nothing_are_zeros() -> None:
    assert set(facts_of([], []).values()) == {0}


def test_one_verdict_for_each_check_on_the_subject() -> None:
    verdicts = admit(small_pack(), "application", facts(), {}, ON)
    assert [one.key for one in verdicts] == ["practice-share", "outside-experts", "excellent-experts", "ethics-course"]
    assert admitted(verdicts) is True
    only_plan = small_pack(checks=[CHECKS[0] | {"subjects": ["implementation-plan"]}])
    assert admit(only_plan, "application", facts(), {}, ON) == ()


@pytest.mark.parametrize(
    ("practice", "of", "allowed", "ratio"),
    [
        ("68", "96", True, "0.7083"),
        ("68", "132", True, "0.5152"),
        ("56", "112", True, "0.5000"),
        ("49.9999", "100", False, "0.4999"),  # shown below the half that it misses, not rounded up to it
        ("0", "0", False, "0"),
    ],
)
def test_practice_share_at_its_edges(practice: str, of: str, allowed: bool, ratio: str) -> None:
    verdict = verdict_of("practice-share", practice_hours=Decimal(practice), course_hours=Decimal(of))
    assert (verdict.allowed, verdict.facts["ratio"], verdict.strength, verdict.reason_needed) == (
        allowed,
        ratio,
        "block",
        False,
    )


def test_a_blocked_check_takes_no_reason() -> None:
    verdict = verdict_of("practice-share", {"practice-share": "场地不足"}, practice_hours=Decimal(40))
    assert (verdict.allowed, verdict.basis) == (False, (Basis(clause="CQ2021-3.9"),))
    assert verdict.zh == "现场实践占比:40/96 = 41.67%,低于 50%;请调整后重新提交。"
    assert verdict.facts == {"numerator": "40", "denominator": "96", "ratio": "0.4167", "minimum": "0.5"}


def test_twenty_per_cent_of_outside_experts_is_enough() -> None:
    verdict = verdict_of("outside-experts", experts=10, experts_outside=2)
    assert (verdict.allowed, verdict.reason_needed, verdict.facts["ratio"]) == (True, False, "0.2000")


def test_below_a_warned_minimum_a_reason_is_asked_for_and_kept() -> None:
    asked = verdict_of("outside-experts", experts=8, experts_outside=1)
    assert (asked.allowed, asked.strength, asked.reason_needed) == (False, "warn", True)
    assert asked.en == "outside-experts: 1/8 = 12.5%, below 20%; change it or give a reason."
    given = verdict_of("outside-experts", {"outside-experts": "数字素养方向"}, experts=8, experts_outside=1)
    assert (given.allowed, given.reason_needed, given.facts["reason"]) == (True, False, "数字素养方向")
    blank = verdict_of("outside-experts", {"outside-experts": "  "}, experts=8, experts_outside=1)
    assert blank.allowed is False


def test_one_refused_check_refuses_the_whole() -> None:
    assert admitted(admit(small_pack(), "application", facts(ethics_courses=0), {}, ON)) is False


def test_presence_counts_pieces() -> None:
    missing = verdict_of("ethics-course", ethics_courses=0)
    assert (missing.allowed, missing.zh) == (False, "师德课程:0,低于 1;请调整后重新提交。")
    assert verdict_of("ethics-course", ethics_courses=1).facts == {"numerator": "1", "minimum": "1"}


def test_a_check_on_an_uncounted_fact_says_so() -> None:
    pack = small_pack(checks=[check("strange", "示例", ("moons", None), "ethics.minimum", "block", "CQ2021-3.2")])
    with pytest.raises(UnknownFact, match="'moons' is not counted; counted are course_hours"):
        admit(pack, "application", facts(), {}, ON)


def test_a_chain_without_marks_asks_for_none() -> None:
    assert marks(Chain.model_validate(APPROVAL[2]), signed=False, sealed=False) is None


@pytest.mark.parametrize(
    ("signed", "sealed", "missing", "zh"),
    [
        (True, True, [], "签字盖章齐全。"),
        (True, False, ["seal"], "签字盖章页缺少:盖章;请补齐后重新提交。"),
        (False, True, ["signature"], "签字盖章页缺少:签字;请补齐后重新提交。"),
        (False, False, ["signature", "seal"], "签字盖章页缺少:签字、盖章;请补齐后重新提交。"),
    ],
)
def test_the_signature_page_needs_both_marks(signed: bool, sealed: bool, missing: list[str], zh: str) -> None:
    verdict = marks(Chain.model_validate(APPROVAL[3]), signed=signed, sealed=sealed)
    assert verdict is not None
    assert (verdict.allowed, verdict.facts["missing"], verdict.zh) == (not missing, missing, zh)
    assert verdict.basis == (Basis(clause="CQ2021-2.6"),)
