"""What `policy show` says of the mechanisms of a pack, and the readings that it lists."""

import re

import pytest

from policies.dated import Rule
from policies.loader import Library
from policies.schema import Pack, Sourced
from policies.show import describe
from policies.teller import Line
from policies.walk import parts

BLOCKS = {
    "registers": ("登记簿", "Registers"),
    "facts": ("外部数据", "Facts from outside"),
    "indicators": ("指标与报告", "Indicators and reports"),
    "duties": ("常设事项", "Standing duties"),
    "computations": ("计算", "Computations"),
    "bars": ("准入限制", "Bars"),
    "hours": ("学时", "Credit hours"),
}
NAMES = ["chongqing-2021", "henan-2023", "liuzhou-2024", "shulan-2017", "three-actions-2022"]


def _section(pack: Pack, locale: str, title: str) -> tuple[Line, ...]:
    return next((one.lines for one in describe(pack, locale) if one.title == title), ())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("locale", "number"), [("zh-CN", 0), ("en", 1)])
def test_every_part_of_every_mechanism_has_its_line_and_its_ground(
    library: Library, name: str, locale: str, number: int
) -> None:
    pack = library.load(name)
    for block, titles in BLOCKS.items():
        held = getattr(pack, block)
        lines = _section(pack, locale, titles[number])
        assert [line.label for line in lines] == [part.name.in_(locale) for part in held]
        grounds = [[part.cites, *part.also_cites] for part in held if part.cites]
        told = [re.split("、|, ", line.basis) for line, part in zip(lines, held, strict=True) if part.cites]
        assert told == grounds


@pytest.mark.parametrize("name", NAMES)
def test_every_clause_that_software_cannot_keep_says_why(library: Library, name: str) -> None:
    pack = library.load(name)
    lines = _section(pack, "zh-CN", "软件无法落实的条款")
    assert [line.label for line in lines] == [one.clause for one in pack.not_kept]
    assert all(one.why.zh in line.text for one, line in zip(pack.not_kept, lines, strict=True))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("locale", "title"), [("zh-CN", "对原文未定之处的理解"), ("en", "Readings taken of open points")]
)
def test_every_reading_is_listed_with_its_clause(library: Library, name: str, locale: str, title: str) -> None:
    pack = library.load(name)
    taken = {
        (clause, part.reading.in_(locale))
        for _, part in parts(pack)
        if isinstance(part, Sourced | Rule) and part.reading is not None
        for clause in (
            part.clauses if isinstance(part, Sourced) else {one.cites for one in part.values if one.cites is not None}
        )
    }
    listed = {(line.label, line.text) for line in _section(pack, locale, title)}
    assert taken <= listed
    assert len(taken) > 20
    assert all(line.note for line in _section(pack, locale, title))


def test_readings_stand_in_the_order_of_the_text(library: Library) -> None:
    labels = [line.label for line in _section(library.load("chongqing-2021"), "en", "Readings taken of open points")]
    clauses = [[int(part) for part in one.split("-")[1].split(".")] for one in labels if one.startswith("CQ2021-")]
    assert clauses == sorted(clauses)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_no_key_of_the_file_is_shown_to_a_reader(library: Library, name: str, locale: str) -> None:
    raw = re.compile(r"(register|hours):\S|counted_from|[a-z]\.[a-z]+_on\b")
    shown = [line for section in describe(library.load(name), locale) for line in section.lines]
    assert [line.text for line in shown if raw.search(line.text)] == []
    if locale == "zh-CN":
        latin = re.compile(r"\b(programme|organisation|system|register|flag|given|application)\b")
        assert [line.text for line in shown if latin.search(line.text)] == []


def test_a_bar_and_a_duty_are_said_in_whole_sentences(library: Library) -> None:
    pack = library.load("chongqing-2021")
    assert [(line.label, line.text) for line in _section(pack, "en", "Bars")][1] == (
        "Loss of qualification to host",
        (
            "an entry of Accountability case over a safety accident (host disqualified) shuts out of application, "
            "implementation plan; without an end; lifted by Qualification restored; decided by municipal education "
            "commission"
        ),
    )
    assert _section(pack, "zh-CN", "常设事项")[3].text == (
        "由项目承担机构；每次登记“应退回学员的情形”后；登记后3个工作日；以“学员退回”办结"
    )
