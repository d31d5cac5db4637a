"""`songjiao policy cases`: the worked cases of a pack in an office's own folder, answered by the rules."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from office.runtime.settings import REPOSITORY, settings
from tests.integration.cli_world import songjiao

NAME = "sample-county-2026"


@pytest.fixture
def folder(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the sample county's folder, which the office is told to use."""
    copy = tmp_path / "our-county"
    shutil.copytree(REPOSITORY / "samples" / "sample-county", copy)
    monkeypatch.setenv("SONGJIAO_POLICIES_DIR", str(copy))
    settings.cache_clear()
    yield copy
    settings.cache_clear()


def _case(folder: Path, old: str, new: str) -> None:
    file = folder / "cases" / NAME / "trainees.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_the_office_has_its_own_pack_beside_those_that_are_brought(folder: Path) -> None:
    names = [row["pack"] for row in songjiao("policy", "list", "--json").data]
    assert [name for name in names if name in (NAME, "shulan-2017")] == [NAME, "shulan-2017"]
    assert songjiao("policy", "check", folder / f"{NAME}.yaml", lang="en").out == f"{NAME}.yaml: no problem\n"
    assert "实施方案应于项目开始前十二日报送" in songjiao("policy", "explain", "SC2026-1.4").out


def test_cases_that_are_answered_as_they_expect(folder: Path) -> None:
    answer = songjiao("policy", "cases", NAME, lang="en")
    assert (answer.status, answer.out, answer.err) == (0, "52 cases, 0 not as expected\n", "")
    assert songjiao("policy", "cases", NAME).out == "共 52 个示例,0 个不符\n"


def test_a_case_that_is_answered_otherwise_says_what_it_expects_and_what_the_rules_answer(folder: Path) -> None:
    _case(folder, "barred_until: 2028-05-10", "barred_until: 2028-05-11")
    answer = songjiao("policy", "cases", NAME, lang="en")
    assert (answer.status, answer.out) == (1, "52 cases, 1 not as expected\n")
    assert answer.err == (
        "trainees.yaml:34: On the last day of the two years the ban still holds: it expects barred: true, barred_until: "
        "2028-05-11, the rules answer barred: true, barred_until: 2028-05-10; correct the case or the pack\n"
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "cites: SC2026-3.11\n  given: {door: nomination, facts: {programmes_this_year: '2'}}",
            "cites: SC2026-3.10\n  given: {door: nomination, facts: {programmes_this_year: '2'}}",
            "the answer rests on SC2026-3.11, not on SC2026-3.10; correct `cites` or `setting`",
        ),
        (
            "given: {step: recommend, done: [], as: school}",
            "given: {done: [], as: school}",
            "`may_take_step` needs 'step' under `given`; correct `given` or `expect`",
        ),
        ("- name: A third one does", "- nam: A third one does", "the key 'name' is missing; add it"),
    ],
)
def test_a_case_that_is_written_wrongly_is_told(folder: Path, old: str, new: str, said: str) -> None:
    _case(folder, old, new)
    answer = songjiao("policy", "cases", NAME, lang="en")
    assert answer.status == 1
    assert answer.err.endswith(f"{said}\n")


def test_a_pack_that_there_is_not(folder: Path) -> None:
    answer = songjiao("policy", "cases", "sample-country-2026", lang="en")
    assert (answer.status, "did you mean sample-county-2026?" in answer.err) == (1, True)


@pytest.mark.parametrize(
    ("given", "expect", "en", "zh"),
    [
        ("{on: soon}", "{value: {x: 1}}", "'soon' under `given` is not a day", "given 下的 'soon' 不是日期"),
        ("{bar: x}", "{barred: 'true'}", "`barred` is asked of something that the pack does not have", "政策包里没有"),
        ("{facts: 3}", "{refused: []}", "`refused` cannot be read out of `given`", "refused 读不懂 given 的内容"),
        ("{}", "{score: 1}", "`score` needs 'scores' under `given`", "score 需要在 given 下写明 'scores'"),
        ("{}", "{nope: 1}", "a case cannot expect 'nope'", "示例不能期望 'nope'"),
    ],
)
def test_a_case_that_cannot_be_asked_says_so_in_the_readers_language(
    folder: Path, given: str, expect: str, en: str, zh: str
) -> None:
    file = folder / "cases" / NAME / "odd.yaml"
    file.write_text(f"- name: odd\n  given: {given}\n  expect: {expect}\n", encoding="utf-8")
    for lang, said in (("en", en), ("zh-CN", zh)):
        answer = songjiao("policy", "cases", NAME, lang=lang)
        assert (answer.status, said in answer.err, "Traceback" in answer.err) == (1, True, False), answer.err
