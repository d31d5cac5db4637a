"""The regions' sample files: whole, marked as samples, in step with their packs; a file that is not says where."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.states import DecisionOutcome
from office.demo.acting import DemoFailed, refused_by
from office.demo.deeds import Decision
from office.demo.performance import Options, main
from office.demo.region_road import RegionRoad
from office.demo.regions import CHONGQING, FOLDER, RegionSample, UnreadableSample, of_region, regions, world_for
from office.demo.samples import Sample, samples
from office.demo.year import deeds_of

TOLD = [sample for region in regions() if region != CHONGQING for sample in of_region(region).values()]
KEYS = [sample.key for sample in TOLD]


def deeds(sample: Sample) -> list[Any]:
    return deeds_of([sample], world_for([sample]))


def changed(key: str, **changes: Any) -> RegionSample:
    """A region's sample with parts of its file replaced."""
    sample = next(one for one in TOLD if one.key == key)
    assert isinstance(sample, RegionSample)
    return replace(sample, raw=sample.raw | changes)


def test_four_regions_are_offered_and_chongqing_keeps_its_three_programmes() -> None:
    assert regions() == ("chongqing", "henan", "liuzhou", "shulan")
    assert list(of_region("chongqing")) == list(samples())


def test_a_region_is_offered_when_its_file_is_there_and_not_before(tmp_path: Path) -> None:
    assert (regions(tmp_path), of_region("county", tmp_path)) == (("chongqing",), {})
    (tmp_path / "county.yaml").write_bytes((FOLDER / "liuzhou.yaml").read_bytes())
    assert (regions(tmp_path), list(of_region("county", tmp_path))) == (("chongqing", "county"), ["LZ01"])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "{kind: needs-survey, day: 2026-01-30}",
            "{kind: needs-survey}",
            "programmes.0.documents.0.day: Field required",
        ),
        ("places: 20\n    sessions", "places: 21\n    sessions", "21 is not the sum over the sessions (20)"),
        ("  plan: {", "  plane: {", "programmes.0.plane: Extra inputs are not permitted"),
        ("- key: LZ01", "- key: [LZ01", "while parsing"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_says_where(old: str, new: str, said: str, tmp_path: Path) -> None:
    text = (FOLDER / "liuzhou.yaml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    (tmp_path / "county.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(UnreadableSample) as error:
        of_region("county", tmp_path)
    assert (str(error.value).startswith("county.yaml: "), said in str(error.value)) == (True, True)


@pytest.mark.parametrize("sample", TOLD, ids=KEYS)
def test_everybody_is_marked_as_a_sample_and_named_once(sample: Sample) -> None:
    world = world_for([sample])
    names = [one.name for one in (*world.organisations, *world.people)]
    assert [name for name in names if not name.startswith("示例")] == []
    assert max(Counter(names).values()) == 1
    assert [one.email for one in world.people if one.email and not one.email.endswith(".test")] == []
    assert sample.application.sample
    assert sample.application.title.startswith("示例")


@pytest.mark.parametrize("sample", TOLD, ids=KEYS)
def test_each_organisation_comes_after_the_one_above_it(sample: Sample) -> None:
    known: set[str | None] = {None}
    for one in world_for([sample]).organisations:
        assert one.parent in known
        known.add(one.name)


@pytest.mark.parametrize(
    ("key", "forms"),
    [
        ("HN01", [("application", "approve"), ("award", "approve")]),
        ("LZ01", [("application", "approve"), ("award", "approve"), ("implementation-plan", "approve")]),
        (
            "SL01",
            [("application", "approve"), ("implementation-plan", "approve"), ("implementation-plan", "file")],
        ),
    ],
)
def test_every_tier_of_the_pack_decides_in_a_form(key: str, forms: list[tuple[str, str]]) -> None:
    found = [deed for deed in deeds(next(one for one in TOLD if one.key == key)) if isinstance(deed, Decision)]
    assert [(one.subject, DecisionOutcome(one.outcome).value) for one in found] == forms
    assert {one.door for one in found} == {"resume-form"}


@pytest.mark.parametrize("sample", TOLD, ids=KEYS)
def test_every_line_is_told_in_both_languages(sample: Sample) -> None:
    for deed in deeds(sample):
        assert deed.says("zh-CN").strip() != ""
        assert deed.says("en").strip() != ""


def test_a_phase_without_days_is_named() -> None:
    phases = {key: days for key, days in TOLD[KEYS.index("SL01")].raw["phases"].items() if key != "plan-review"}
    with pytest.raises(DemoFailed, match="SL01: the sample gives no days for the phase plan-review"):
        deeds(changed("SL01", phases=phases))


def test_a_phase_that_the_pack_does_not_have_is_named() -> None:
    phases = TOLD[KEYS.index("SL01")].raw["phases"] | {"award": {"decided": []}}
    with pytest.raises(DemoFailed, match="SL01: shulan-2017 has no phase award"):
        deeds(changed("SL01", phases=phases))


def test_another_number_of_tiers_than_the_pack_has_is_named() -> None:
    phases = TOLD[KEYS.index("LZ01")].raw["phases"]
    days = phases["award"]["decided"] * 2
    with pytest.raises(DemoFailed, match="LZ01: award has 1 tiers, not 2"):
        deeds(changed("LZ01", phases=phases | {"award": {"decided": days}}))


def test_a_role_that_nobody_of_the_sample_holds_is_named() -> None:
    people = [one for one in TOLD[KEYS.index("SL01")].raw["people"] if "city-education-bureau" not in one["roles"]]
    sample = changed("SL01", people=people)
    with pytest.raises(DemoFailed, match="SL01: nobody of the sample holds the role city-education-bureau"):
        list(RegionRoad(sample, world_for([sample])).deeds())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (Options(region="atlantis"), "there is no demo for atlantis; choose from chongqing, henan, liuzhou, shulan"),
        (Options(region="shulan", programmes=("S01",)), "there is no sample programme S01; choose from SL01"),
    ],
)
def test_a_region_or_a_programme_that_is_not_there_is_wrong_usage(
    options: Options, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(replace(options, locale="en"), lambda _: 0) == 2
    assert capsys.readouterr().err.strip() == said


@pytest.mark.parametrize(
    ("clause", "said", "so"),
    [
        ("CQ2021-10.3", "尚不能开班 [CQ2021-10.3]", True),
        ("CQ2021-10.3", "尚不能开班 [SL2017-6A.1.6]", False),
        (None, "cannot start [office setting the plan lists no conditions]", True),
        (None, "尚不能开班 [CQ2021-10.3]", False),
    ],
)
def test_a_refusal_rests_on_its_clause_or_on_a_setting(clause: str | None, said: str, so: bool) -> None:
    assert refused_by(clause, said) is so
