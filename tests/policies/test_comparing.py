"""Two packs side by side: what differs is told once, and reaches the programmes that it concerns and no others."""

from datetime import date
from pathlib import Path

import pytest

from policies.comparing import Change, compare
from policies.loader import Library
from policies.schema import Pack

from .conftest import PACKS, SMALL

RULE = "- {from: 2020-01-06, value: 7, cites: CQ2021-6.11}"
MARCH = (date(2026, 3, 23), date(2026, 11, 10))


def _pack(folder: Path, *changes: tuple[str, str]) -> Pack:
    text = SMALL
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "later.yaml"
    path.write_text(text, encoding="utf-8")
    return Library(PACKS).load_version(path)


def _changes(folder: Path, *changes: tuple[str, str], locale: str = "en") -> list[Change]:
    return compare(_pack(folder), _pack(folder, *changes), locale)


def test_a_pack_beside_itself_shows_nothing(library: Library, tmp_path: Path) -> None:
    for name in library.names():
        assert compare(library.load(name), library.load(name)) == []
    assert _changes(tmp_path) == []


def test_a_new_value_stands_beside_the_one_before_it_with_its_clause(tmp_path: Path) -> None:
    (change,) = _changes(tmp_path, (RULE, f"{RULE}\n      - {{from: 2026-09-01, value: 5, cites: CQ2021-6.10}}"))
    assert (change.part, change.name, change.clauses) == (
        "rules.archive.due",
        "archive",
        ("CQ2021-6.11", "CQ2021-6.10"),
    )
    assert change.before == {"values.2020-01-06": "7 calendar days [CQ2021-6.11]"}
    assert change.after == {
        "values.2020-01-06": "7 calendar days [CQ2021-6.11]",
        "values.2026-09-01": "5 calendar days [CQ2021-6.10]",
    }


@pytest.mark.parametrize(
    ("first", "last", "reached"),
    [
        (date(2026, 3, 23), date(2026, 8, 31), False),
        (date(2026, 3, 23), date(2026, 9, 1), True),
        (date(2026, 10, 1), date(2026, 10, 2), True),
    ],
)
def test_a_value_reaches_programmes_on_the_days_on_which_it_differs(
    tmp_path: Path, first: date, last: date, reached: bool
) -> None:
    (change,) = _changes(tmp_path, (RULE, f"{RULE}\n      - {{from: 2026-09-01, value: 5, cites: CQ2021-6.10}}"))
    assert change.reach.meets("blended", "municipal", "school", first, last) is reached


def test_a_value_that_differs_for_a_while_reaches_nobody_after_it(tmp_path: Path) -> None:
    later = "\n      - {from: 2026-01-01, value: 5, cites: CQ2021-6.10}\n      - {from: 2026-03-01, value: 7, cites: CQ2021-6.10}"
    (change,) = _changes(tmp_path, (RULE, RULE + later))
    assert change.reach.spans == ((date(2026, 1, 1), date(2026, 2, 28)),)
    assert change.reach.meets("blended", "municipal", "school", *MARCH) is False


def test_a_chain_reaches_its_own_levels_and_applicants(tmp_path: Path) -> None:
    (change,) = _changes(tmp_path, ("authority, action: approve", "authority, action: review"))
    assert change.part == "approval.application.school.national+municipal"
    assert (change.before, change.after) == (
        {"tiers.county-education-authority.action": "approve"},
        {"tiers.county-education-authority.action": "review"},
    )
    assert change.reach.meets("blended", "municipal", "school", *MARCH)
    assert not change.reach.meets("blended", "county", "school", *MARCH)
    assert not change.reach.meets("blended", "municipal", "university", *MARCH)


def test_an_obligation_of_one_kind_reaches_that_kind_and_so_does_its_time_limit(tmp_path: Path) -> None:
    kinds = (
        "  blended: {zh: 混合式, en: blended}",
        "  blended: {zh: 混合式, en: blended}\n  online: {zh: 网络, en: online}",
    )
    own = ("ladder: standard, cites", "ladder: standard, kinds: [online], cites")
    old = _pack(tmp_path, kinds, own)
    new = _pack(tmp_path, kinds, own, (RULE, RULE.replace("value: 7", "value: 8")))
    (change,) = compare(old, new, "en")
    assert change.reach.meets("online", "municipal", "school", *MARCH)
    assert not change.reach.meets("blended", "municipal", "school", *MARCH)


def test_a_part_that_only_one_of_them_has(tmp_path: Path) -> None:
    more = "  - {key: report, name: {zh: 报告, en: report}, cites: CQ2021-6.11}\nobligations:"
    (added,) = _changes(tmp_path, ("obligations:", more))
    assert (added.part, added.before) == ("documents.report", None)
    assert added.after is not None
    assert added.after["name"] == "report"
    (gone,) = compare(_pack(tmp_path, ("obligations:", more)), _pack(tmp_path), "zh-CN")
    assert (gone.part, gone.name, gone.after) == ("documents.report", "报告", None)


def test_order_is_a_difference_and_the_place_in_the_file_is_none(tmp_path: Path) -> None:
    rungs = "      - {days: -3, rung: remind, to: [owner]}\n"
    (change,) = _changes(tmp_path, (rungs, "      - {days: -5, rung: remind, to: [owner]}\n" + rungs))
    assert change.before == {"rungs (→)": "-3 → 1"}
    assert change.after is not None
    assert change.after["rungs (→)"] == "-5 → -3 → 1"
    first, second = "national: {zh: 国培, en: national}\n", "  municipal: {zh: 市培, en: municipal}\n"
    assert _changes(tmp_path, (second + "  " + first, "  " + first + second)) == []


def test_what_speaks_of_the_office_reaches_no_programme(library: Library) -> None:
    old, new = library.load("chongqing-2021"), library.load("shulan-2017")
    outside = [
        one for one in compare(old, new, "en") if one.part.partition(".")[0] in ("duties", "words", "indicators")
    ]
    assert len(outside) > 20
    assert [one.part for one in outside if one.reach.meets("blended", "municipal", "school", *MARCH)] == []


def test_no_part_of_either_pack_is_lost(library: Library) -> None:
    old, new = library.load("chongqing-2021"), library.load("liuzhou-2024")
    told = {one.part for one in compare(old, new)}
    for pack, other in ((old, new), (new, old)):
        there = {one.key for one in other.registers}
        assert {f"registers.{one.key}" for one in pack.registers if one.key not in there} <= told
        assert {f"rules.{key}" for key in pack.rules if key not in other.rules} <= told
