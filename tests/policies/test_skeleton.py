"""The skeleton of a new pack: every marked place explains itself, and once all are filled in the pack is whole."""

import re
from pathlib import Path

import pytest

from policies.loader import check_file
from policies.problems import Problem
from policies.skeleton import NAME, skeleton

from .conftest import PACKS

MARK = re.compile(r"'<[^<>…]+>'")
# What is written into the marked places, in their order, after a real text (Liuzhou's).
FILLED = (
    "LZ2024", "示例县", "Sample county", "YX", "2024-03-27", "按落款日期",
    "2024-03-27", "360", "LZ2024-5.3.2", "2024-03-27", "5", "LZ2024-5.3.2",
    "五个工作日可办结", "2024-03-27", "一周足够整理", "2024-03-27", "2024-03-27",
    "LZ2024-5.1.3", "LZ2024-5.1.3", "LZ2024-5.1.3", "LZ2024-5.3.3", "LZ2024-5.3.3", "LZ2024-5.3.2",
)  # fmt: skip
PLACES = len(FILLED)


def _problems(folder: Path, text: str) -> list[Problem]:
    path = folder / "yunxi-2026.yaml"
    path.write_text(text, encoding="utf-8")
    return check_file(path, PACKS)


def _filled(text: str, *, but: int | None = None) -> str:
    given = iter(enumerate(FILLED))

    def fill(found: re.Match[str]) -> str:
        number, word = next(given)
        return found[0] if number == but else word

    return MARK.sub(fill, text)


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_every_marked_place_gives_one_problem_at_its_line_that_says_what_belongs_there(
    tmp_path: Path, locale: str
) -> None:
    text = skeleton("yunxi-2026", locale)
    wanted = [
        (number, f"write here: {found[0][2:-2]}")
        for number, line in enumerate(text.splitlines(), start=1)
        if not line.startswith("#")
        for found in MARK.finditer(line)
    ]
    assert len(wanted) == PLACES
    problems = _problems(tmp_path, text)
    assert {one.what for one in problems} == {"is still to be filled in"}
    assert sorted((one.line, one.todo) for one in problems) == sorted(wanted)


def test_once_every_place_is_filled_in_the_pack_is_whole(tmp_path: Path) -> None:
    assert [str(one) for one in _problems(tmp_path, _filled(skeleton("yunxi-2026", "en")))] == []


@pytest.mark.parametrize("left", range(PLACES))
def test_one_place_left_is_the_one_problem(tmp_path: Path, left: int) -> None:
    text = _filled(skeleton("yunxi-2026", "en"), but=left)
    problems = _problems(tmp_path, text)
    line = next(number for number, line in enumerate(text.splitlines(), start=1) if MARK.search(line))
    assert [(one.line, one.what) for one in problems] == [(line, "is still to be filled in")]


def test_the_remarks_are_in_the_language_of_the_reader() -> None:
    chinese = [line for line in skeleton("yunxi-2026", "zh-CN").splitlines() if line.startswith("#")]
    english = [line for line in skeleton("yunxi-2026", "en").splitlines() if line.startswith("#")]
    han = re.compile(r"[一-鿿]")
    assert [line for line in chinese if not han.search(line)] == []
    assert [line for line in english if han.search(line)] == []
    assert len(english) >= len(chinese) > 10


@pytest.mark.parametrize("name", ["yunxi-2026", "yun-xi-qu-1999"])
def test_a_name_of_a_pack(name: str) -> None:
    assert NAME.fullmatch(name)


@pytest.mark.parametrize(
    "name", ["yunxi", "Yunxi-2026", "2026", "../x-2026", "云溪-2026", "yunxi-2126", "yunxi-2026.yaml"]
)
def test_no_name_of_a_pack(name: str) -> None:
    assert NAME.fullmatch(name) is None
