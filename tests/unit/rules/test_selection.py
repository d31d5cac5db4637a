"""The way of a teacher into a session: order, who, eligibility, public notice."""

from datetime import date, timedelta
from typing import Any

import pytest

from models.states import ProgrammeLevel
from models.values import Basis
from rules.bans import BanFact
from rules.selection import eligible, may_post, may_take_step, next_step, notice_over
from tests.support.packs import SELECTION, small_pack

ORDER = ["volunteer", "recommend", "notice", "review", "confirm"]


def test_next_step_follows_the_packs_order_whatever_order_was_noted() -> None:
    pack = small_pack()
    found = [step.key if (step := next_step(pack, reversed(ORDER[:count]))) else None for count in range(6)]
    assert found == [*ORDER, None]
    assert next_step(small_pack(selection=None), []) is None


def take(step: str, done: list[str], **more: Any) -> str:
    return may_take_step(small_pack(), step, done, **({"actor_roles": []} | more)).key


@pytest.mark.parametrize(
    ("step", "done", "more", "key"),
    [
        ("volunteer", [], {"actor_is_teacher": True}, "may-take-step"),
        ("volunteer", [], {"actor_roles": ["school", "teacher"]}, "not-voluntary"),
        ("volunteer", [], {"actor_is_teacher": True, "on_behalf": True, "has_scan": True}, "not-voluntary"),
        ("recommend", ["volunteer"], {"actor_roles": ["school"]}, "may-take-step"),
        ("recommend", ["volunteer"], {"actor_roles": ["county-education-authority"]}, "wrong-role"),
        ("recommend", [], {"actor_roles": ["school"]}, "step-out-of-order"),
        ("recommend", ["volunteer", "recommend"], {"actor_roles": ["school"]}, "step-done"),
        ("review", ["volunteer", "recommend"], {"actor_roles": ["county-education-authority"]}, "step-out-of-order"),
        (
            "review",
            ORDER[:3],
            {"actor_roles": ["clerk"], "on_behalf": True, "has_scan": True},
            "may-take-step",
        ),
        ("review", ORDER[:3], {"actor_roles": ["clerk"], "on_behalf": True}, "not-the-clerk"),
        ("review", ORDER[:3], {"actor_roles": ["school"], "on_behalf": True, "has_scan": True}, "not-the-clerk"),
        ("review", ORDER[:3], {"actor_roles": ["clerk"]}, "wrong-role"),
    ],
)
def test_who_may_take_which_step_when(step: str, done: list[str], more: dict[str, Any], key: str) -> None:
    assert take(step, done, **more) == key


def test_a_step_that_the_pack_does_not_have_is_refused() -> None:
    pack = small_pack(selection=SELECTION | {"steps": SELECTION["steps"][:2]})
    verdict = may_take_step(pack, "notice", ["volunteer", "recommend"], actor_roles=["school"])
    assert (verdict.key, verdict.allowed) == ("no-such-step", False)


def test_a_step_out_of_order_names_what_comes_first_with_its_clauses() -> None:
    verdict = may_take_step(small_pack(), "review", ["volunteer"], actor_roles=["county-education-authority"])
    assert verdict.zh == "须先完成:择优推荐、名单公示;再办理“审核报送”。"
    assert verdict.basis == (Basis(clause="CQ2021-5.3"), Basis(clause="SL2017-5A.2", adopted_from="shulan-2017"))


def outcomes(**changes: Any) -> dict[str, bool]:
    """A teacher who stands every test; `changes` says what is different."""
    asked: dict[str, Any] = {
        "level": ProgrammeLevel.MUNICIPAL,
        "starts_on": date(2026, 3, 23),
        "bans": [],
        "took_part": False,
        "rural": True,
        "voluntary": True,
        "on": date(2026, 3, 11),
    }
    return {one.key: one.allowed for one in eligible(small_pack(), **(asked | changes))}


BAN = BanFact(
    levels=(ProgrammeLevel.NATIONAL, ProgrammeLevel.MUNICIPAL), ends_on=date(2027, 5, 14), starts_on=date(2024, 5, 14)
)
ALL = {"voluntary": True, "ban": True, "repeat": True, "rural-school": True, "target-group": True}


@pytest.mark.parametrize(
    ("changes", "fails"),
    [
        ({}, None),
        ({"voluntary": False}, "voluntary"),
        ({"bans": [BAN]}, "ban"),
        ({"took_part": True}, "repeat"),
        ({"rural": False}, "rural-school"),
        ({"in_target_group": False}, "target-group"),
    ],
)
def test_each_test_fails_on_its_own_fact_alone(changes: dict[str, Any], fails: str | None) -> None:
    assert outcomes(**changes) == ALL | ({fails: False} if fails else {})


def test_a_ban_that_ends_before_the_first_day_does_not_bar() -> None:
    assert outcomes(bans=[BAN], starts_on=date(2027, 5, 15)) == ALL
    assert outcomes(bans=[BAN], level=ProgrammeLevel.COUNTY) == ALL


def test_a_barred_teacher_reads_until_when_and_by_which_clause() -> None:
    verdict = next(
        one
        for one in eligible(
            small_pack(),
            level=ProgrammeLevel.MUNICIPAL,
            starts_on=date(2026, 3, 23),
            bans=[BAN],
            took_part=False,
            rural=True,
            voluntary=True,
            on=date(2026, 3, 11),
        )
        if one.key == "ban"
    )
    assert verdict.zh == "该教师曾被退回,2027-05-14前(含当日)不得参加此级别项目;请换人。"
    assert (verdict.basis, verdict.facts["barred_until"]) == ((Basis(clause="CQ2021-5.9"),), "2027-05-14")


def test_a_warned_test_is_allowed_with_a_reason_and_a_blocked_one_is_not() -> None:
    reasons = {"repeat": "学科调整", "rural-school": "请照顾"}
    assert outcomes(took_part=True, rural=False, reasons=reasons) == ALL | {"rural-school": False}


def test_a_test_for_another_kind_of_programme_is_left_out() -> None:
    assert set(outcomes(kind="send-teaching")) == set(ALL)
    assert set(outcomes(kind="blended")) == set(ALL) - {"rural-school"}


def test_a_pack_without_a_selection_tests_nobody() -> None:
    assert (
        eligible(
            small_pack(selection=None),
            level=ProgrammeLevel.MUNICIPAL,
            starts_on=date(2026, 3, 23),
            bans=[BAN],
            took_part=True,
            rural=False,
            voluntary=False,
            on=date(2026, 3, 11),
        )
        == ()
    )


@pytest.mark.parametrize(
    ("from_on", "to_on", "on", "key"),
    [
        (date(2026, 3, 4), date(2026, 3, 10), date(2026, 3, 11), "notice-over"),
        (date(2026, 3, 4), date(2026, 3, 10), date(2026, 3, 10), "notice-running"),
        (date(2026, 3, 4), date(2026, 3, 9), date(2026, 3, 11), "notice-too-short"),
        (date(2026, 3, 10), date(2026, 3, 4), date(2026, 3, 11), "notice-dates"),
        (date(2026, 2, 13), date(2026, 2, 26), date(2026, 2, 27), "notice-over"),  # with the make-up Saturday
        (date(2026, 2, 13), date(2026, 2, 25), date(2026, 2, 26), "notice-too-short"),
    ],
)
def test_a_notice_stands_five_workdays_and_is_over_the_day_after(
    from_on: date, to_on: date, on: date, key: str
) -> None:
    verdict = notice_over(small_pack(), from_on, to_on, on)
    assert (verdict.key, verdict.allowed) == (key, key == "notice-over")
    assert verdict.basis == (
        Basis(clause="SL2017-5A.2", adopted_from="shulan-2017"),
        Basis(setting="notice.days"),
    )


def test_without_a_length_any_notice_that_has_ended_will_do() -> None:
    pack = small_pack(selection=SELECTION | {"notice_days": None})
    assert notice_over(pack, date(2026, 3, 4), date(2026, 3, 4), date(2026, 3, 5)).allowed is True
    assert notice_over(pack, date(2026, 3, 4), date(2026, 3, 4), date(2026, 3, 4)).allowed is False


def test_a_pack_without_a_public_notice_asks_for_no_length() -> None:
    steps = [step for step in SELECTION["steps"] if step["key"] != "notice"]
    verdict = notice_over(
        small_pack(selection=SELECTION | {"steps": steps}), date(2026, 3, 4), date(2026, 3, 4), date(2026, 3, 5)
    )
    assert (verdict.allowed, verdict.facts["workdays_asked"], verdict.basis) == (True, 0, ())


@pytest.mark.parametrize(
    ("days", "more", "key"),
    [
        ((date(2026, 3, 4), date(2026, 3, 10)), {}, "may-post"),
        ((date(2026, 3, 4), date(2026, 3, 10)), {"since": date(2026, 3, 4)}, "may-post"),
        ((date(2026, 3, 4), date(2026, 3, 10)), {"since": date(2026, 3, 5)}, "notice-too-early"),
        ((date(2026, 3, 7), date(2026, 3, 12)), {}, "notice-too-short"),  # begins on a Saturday
        ((date(2026, 3, 7), date(2026, 3, 13)), {}, "may-post"),
        ((date(2026, 3, 10), date(2026, 3, 4)), {}, "notice-dates"),
        ((date(2026, 3, 4), date(2026, 3, 11)), {"stands": (date(2026, 3, 4), date(2026, 3, 10))}, "may-post"),
        ((date(2026, 3, 4), date(2026, 3, 10)), {"stands": (date(2026, 3, 4), date(2026, 3, 10))}, "notice-posted"),
        ((date(2026, 3, 5), date(2026, 3, 12)), {"stands": (date(2026, 3, 4), date(2026, 3, 10))}, "notice-began"),
        ((date(2026, 3, 4), date(2026, 3, 9)), {"stands": (date(2026, 3, 4), date(2026, 3, 5))}, "notice-too-short"),
    ],
)
def test_a_list_is_posted_long_enough_after_its_names_and_only_ever_longer(
    days: tuple[date, date], more: dict[str, Any], key: str
) -> None:
    verdict = may_post(small_pack(), *days, **more)
    assert (verdict.key, verdict.allowed) == (key, key == "may-post")
    assert Basis(setting="notice.days") in verdict.basis


def test_the_earliest_last_day_that_is_named_is_one_that_will_do() -> None:
    for first in (date(2026, 2, 13) + timedelta(days=step) for step in range(20)):
        said = may_post(small_pack(), first, first)
        least = date.fromisoformat(said.en.rpartition(" is ")[2].rstrip("."))
        assert may_post(small_pack(), first, least).allowed
        assert not may_post(small_pack(), first, least - timedelta(days=1)).allowed
