"""A text that binds nobody only warns; where the pack of a region adopts a part of it, that part takes full effect."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from ledger.errors import Refused
from ledger.proof.world import World
from ledger.registers import mark_entry, record_entry
from policies.loader import Library, check_file
from policies.lookup import find, register_of, word_name
from policies.schema import Pack
from rules.bars import may_pass
from rules.indicators import EntryFact

from .conftest import PACKS, SMALL

ON = date(2026, 3, 2)
ARTICLE = "three-actions-2022"
ADOPTS = """adopts:
  - pack: three-actions-2022
    parts: [bars.institute-disqualified, checks.veto, indicators.base-schools, duties.institutes-evaluated]
    roles: {provincial-education-department: county-education-authority, city-education-bureau: county-education-authority}
    because: {zh: 示例地区采用, en: The sample region adopts it}
"""
FOUND = EntryFact("institute-status", date(2026, 1, 5), "示例甲机构", content={"status": "not-qualified"})
HOST = {"host": "示例甲机构"}
REASON = {"institute-disqualified": "示例理由", "veto": "示例理由"}


def _library(folder: Path, adopts: str = ADOPTS) -> Library:
    (folder / "regulations").symlink_to(PACKS / "regulations")
    (folder / f"{ARTICLE}.yaml").symlink_to(PACKS / f"{ARTICLE}.yaml")
    text = SMALL.replace("rules:\n", f"{adopts}rules:\n", 1).replace("holds_from: 2020-01-06", "holds_from: 2022-01-01")
    (folder / "small-2021.yaml").write_text(text, encoding="utf-8")
    return Library(folder)


@pytest.fixture
def region(tmp_path: Path) -> Pack:
    """A sample region that adopts parts of the article."""
    return _library(tmp_path).load("small-2021")


@pytest.fixture
def article(library: Library) -> Pack:
    """The article as it stands."""
    return library.load(ARTICLE)


def test_the_article_advises_against_a_not_qualified_host_and_takes_a_reason(article: Pack) -> None:
    told = may_pass(article, "application", HOST, [FOUND], ON, {})
    assert [(one.allowed, one.strength, one.reason_needed) for one in told] == [(False, "warn", True)]
    given = may_pass(article, "application", HOST, [FOUND], ON, REASON)
    assert [(one.allowed, one.strength, one.facts["reason"]) for one in given] == [(True, "warn", "示例理由")]


def test_a_door_that_takes_no_reasons_notes_what_the_article_advises_against(article: Pack) -> None:
    told = may_pass(article, "application", HOST, [FOUND], ON)
    assert [(one.allowed, one.reason_needed, one.facts["warned"]) for one in told] == [(True, False, True)]


def test_a_region_that_adopts_it_refuses_that_host_whatever_the_reason(region: Pack) -> None:
    told = may_pass(region, "application", HOST, [FOUND], ON, REASON)
    assert [(one.allowed, one.strength, one.reason_needed) for one in told] == [(False, "block", False)]
    assert [(basis.clause, basis.adopted_from) for basis in told[0].basis] == [("ACT2022-2.1.5", ARTICLE)]


def test_a_later_finding_that_it_is_qualified_lets_the_host_in_again(region: Pack) -> None:
    lifted = EntryFact("institute-status", date(2026, 3, 2), "示例甲机构", content={"status": "qualified"})
    assert [one.allowed for one in may_pass(region, "application", HOST, [FOUND, lifted], ON)] == [True]


def test_what_is_adopted_comes_with_all_that_it_works_with(region: Pack) -> None:
    assert [register.key for register in region.registers] == [
        "institute-status",
        "institute-evaluation",
        "programme-grade",
        "base-school",
        "provincial-document",
        "evaluation-round",
    ]
    assert {register.adopted_from for register in region.registers} == {ARTICLE}
    assert register_of(region, "institute-status").recorded_by == ("county-education-authority",)
    assert find(region, "veto.unqualified.maximum", ON).basis.adopted_from == ARTICLE
    assert word_name(region, "not-qualified", "en") == "not qualified"
    assert [ladder.key for ladder in region.ladders if ladder.adopted_from == ARTICLE] == ["long"]


def test_what_is_adopted_holds_for_each_kind_of_programme_once(tmp_path: Path) -> None:
    library = _library(tmp_path)
    whole = library.resolve("small-2021", "blended")
    assert [bar.key for bar in whole.bars] == ["institute-disqualified"]
    assert whole.registers == library.load("small-2021").registers


@contextmanager
def _graded(pack: Pack) -> Iterator[World]:
    """An office in which one programme of the host was graded unqualified and that was confirmed."""
    world = World(pack)
    recorder = register_of(pack, "programme-grade").recorded_by[0]
    programme = world.programme(pack, "blended")
    content = {"institute": "示例承训机构", "grade": "unqualified", "score": "40"}
    row = record_entry(world.act_as(recorder), pack, "programme-grade", content, programme.ref)
    confirmer = register_of(pack, "programme-grade").marks[0].role
    try:
        mark_entry(world.act_as(confirmer), pack, str(row.ref), "confirmed")
        yield world
    finally:
        world.close()


PASSED = {
    "institute": "示例承训机构",
    "outcome": "institute-evaluation-passed",
    "parts": ["programme-evaluation-result"],
}


def test_under_the_article_an_evaluation_passes_in_spite_of_the_veto_with_a_reason(article: Pack) -> None:
    with _graded(article) as world:
        act = world.act_as("provincial-education-department")
        with pytest.raises(Refused):
            record_entry(act, article, "institute-evaluation", PASSED)
        done = record_entry(
            world.act_as("provincial-education-department"), article, "institute-evaluation", PASSED, reasons=REASON
        )
        assert done.ref is not None


def test_in_a_region_that_adopts_the_veto_no_reason_helps(region: Pack) -> None:
    with _graded(region) as world, pytest.raises(Refused) as caught:
        act = world.act_as("county-education-authority")
        record_entry(act, region, "institute-evaluation", PASSED, reasons=REASON)
    assert [(one.key, one.strength) for one in caught.value.verdicts] == [("veto", "block")]


# --- the contract -----------------------------------------------------------------------------------------------------


def _problems(folder: Path, *changes: tuple[str, str]) -> list[str]:
    text = (PACKS / f"{ARTICLE}.yaml").read_text(encoding="utf-8").replace("complete: true\n", "", 1)
    for old, new in changes:
        assert text.count(old) >= 1
        text = text.replace(old, new, 1)
    path = folder / f"{ARTICLE}.yaml"
    path.write_text(text, encoding="utf-8")
    return [f"{one.key}: {one.what}; {one.todo}" for one in check_file(path, PACKS)]


def test_a_pack_of_the_article_says_that_it_does_not_bind(tmp_path: Path) -> None:
    assert _problems(tmp_path, ("binding: false\n", "")) == [
        "binding: the text ACT2022 binds nobody; write `binding: false`"
    ]


def test_nothing_refuses_by_a_text_that_binds_nobody(tmp_path: Path) -> None:
    old = "why: {zh: “县级落地”。, en: The county carries out (县级落地).}}"
    said = (
        "selection.steps[1]: it refuses by ACT2022-1.1.3, and the text binds nobody; keep the clause by a check, a bar "
        "or an indicator, or say `why` the office chose it"
    )
    assert _problems(tmp_path, (old, "cites: ACT2022-1.1.3}")) == [said]


UNKNOWN = (
    "adopts[0].parts[0]: pack three-actions-2022 has no 'bars.institute-disqualifed'; did you mean "
    "bars.institute-disqualified?"
)
WITH_KINDS = (
    "adopts[0].kinds: what is adopted as a mechanism holds for the whole pack; give it an adoption of its own, without "
    "`kinds`"
)
WITHOUT_KINDS = "adopts[0].kinds: selection.review hold for no kind of programme; name the kinds"
NO_ROLE = (
    "adopts[0]: with what it adopts, no role 'provincial-education-department' stands under `roles`; use one of: "
    "county-education-authority, host-institution, inspection-panel, system"
)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("bars.institute-disqualified", "bars.institute-disqualifed", UNKNOWN),
        ("    because:", "    kinds: [blended]\n    because:", WITH_KINDS),
        ("[bars.institute-disqualified, ", "[selection.review, ", WITHOUT_KINDS),
        ("{provincial-education-department: county-education-authority, ", "{", NO_ROLE),
    ],
)
def test_a_wrong_adoption_is_explained(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert ADOPTS.count(old) == 1
    _library(tmp_path, ADOPTS.replace(old, new))
    problems = check_file(tmp_path / "small-2021.yaml", tmp_path)
    assert said in [f"{one.key}: {one.what}; {one.todo}" for one in problems]
