"""The sample programmes as the demo hands them in: whole, in the samples' figures, and with everybody marked as a sample."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import filetype
import pytest

from office.demo.acting import _pdf
from office.demo.deeds import Decision
from office.demo.samples import application_of, plan_of, samples
from office.demo.world import ALTERNATE, BANNED, IN_SESSION_1, NOT_REVIEWED, NOT_RURAL, REPEATED, world_of
from office.demo.year import deeds_of

KEYS = ["S01", "U01", "O01"]


def test_the_file_holds_the_three_programmes() -> None:
    assert list(samples()) == KEYS


@pytest.mark.parametrize(
    ("key", "sessions", "hours", "budget"),
    [
        ("S01", [("一班", 40, 4, 3)], 96, 118240),
        ("U01", [("一班", 30, 3, 3), ("二班", 30, 3, 3)], 132, 243200),
        ("O01", [("第一期", 60, 0, 4), ("第二期", 60, 0, 4)], 112, 446400),
    ],
)
def test_an_application_keeps_the_samples_figures(
    key: str, sessions: list[tuple[str, int, int, int]], hours: int, budget: int
) -> None:
    application = application_of(samples()[key])
    assert [(s.name, s.places, len(s.schools), len(s.stages)) for s in application.sessions] == sessions
    assert sum(course.hours for course in application.courses) == Decimal(hours)
    assert application.budget_total == Decimal(budget)
    assert application.sample


def test_a_school_that_was_extended_is_planned_as_it_was_before() -> None:
    (session,) = application_of(samples()["S01"]).sessions
    ends = {visit.name: visit.stages[1].ends_on for visit in session.schools}
    assert set(ends.values()) == {date(2026, 6, 26)}


@pytest.mark.parametrize(("sealed", "marks"), [(True, (True, True)), (False, (True, False))])
def test_a_plan_shows_what_its_signature_page_bears(sealed: bool, marks: tuple[bool, bool]) -> None:
    plan = plan_of(samples()["O01"], sealed=sealed)
    assert (plan.signed, plan.sealed) == marks


def test_only_the_programme_that_is_warned_gives_a_reason() -> None:
    assert {key: list(plan_of(sample).reasons) for key, sample in samples().items()} == {
        "S01": [],
        "U01": [],
        "O01": ["outside-experts"],
    }


@pytest.mark.parametrize(
    ("key", "stories"),
    [
        ("S01", {"": 40, BANNED: 1, REPEATED: 1, ALTERNATE: 1}),
        ("U01", {"": 60, NOT_RURAL: 2}),
        ("O01", {"": 120, NOT_REVIEWED: 3, IN_SESSION_1: 1}),
    ],
)
def test_as_many_teachers_enrol_as_the_sample_says(key: str, stories: dict[str, int]) -> None:
    sample = samples()[key]
    nominees = world_of([sample]).nominees[key]
    assert Counter(one.story for one in nominees) == stories
    assert len(nominees) == sample.raw["trainees"]["nominated"]


def test_everybody_in_the_world_is_marked_as_a_sample() -> None:
    world = world_of(samples().values())
    names = [one.name for one in (*world.organisations, *world.people)]
    assert [name for name in names if not name.startswith("示例")] == []
    assert [one.email for one in world.people if one.email and not one.email.endswith(".test")] == []


def test_names_are_given_once_so_that_people_can_be_told_apart() -> None:
    world = world_of(samples().values())
    assert max(Counter(one.name for one in world.people).values()) == 1
    assert max(Counter(one.name for one in world.organisations).values()) == 1


def test_each_organisation_comes_after_the_one_above_it() -> None:
    known: set[str | None] = {None}
    for one in world_of(samples().values()).organisations:
        assert one.parent in known
        known.add(one.name)


def test_the_year_goes_forward_and_lets_decisions_through_every_door() -> None:
    chosen = list(samples().values())
    deeds = deeds_of(chosen, world_of(chosen))
    assert [deed.at for deed in deeds] == sorted(deed.at for deed in deeds)
    doors = Counter(deed.door for deed in deeds if isinstance(deed, Decision))
    assert doors == {"resume-form": 12, "on-behalf": 2, "cli": 2}


def test_the_comment_of_the_return_is_the_samples_whole_sentence() -> None:
    assert samples()["S01"].steps["plan_returned_by_institute"]["comment"].endswith(",请对应修改")


def test_a_scan_is_a_pdf_inside_as_well() -> None:
    kind = filetype.guess(_pdf("SAMPLE page"))
    assert kind is not None
    assert kind.mime == "application/pdf"


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_every_line_of_the_year_says_which_class_or_session_it_belongs_to(locale: str) -> None:
    chosen = list(samples().values())
    said = Counter(f"{deed.programme} {deed.says(locale)}" for deed in deeds_of(chosen, world_of(chosen)))
    decisions_of_several_tiers = {
        f"{deed.programme} {deed.says(locale)}"
        for deed in deeds_of(chosen, world_of(chosen))
        if isinstance(deed, Decision)
    }
    assert {words for words, times in said.items() if times > 1} - decisions_of_several_tiers == set()
    expected = {
        "zh-CN": [
            "S01 一班 名单确认",
            "U01 二班 集中研修开始",
            "O01 第二期 开班报到",
            "S01 实施方案:示例云溪区教师进修学院 退回修改(Prefect 表单)",
        ],
        "en": [
            "S01 class 1: the list is confirmed",
            "U01 class 2: Intensive workshop begins",
            "O01 session 2: the start",
            "S01 implementation plan: returned for correction by 示例云溪区教师进修学院 (Resume form)",
        ],
    }
    assert [words for words in expected[locale] if words not in said] == []
