"""`policy show`, `diff` and `new` at the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from office.runtime.settings import REPOSITORY, Settings
from tests.integration.cli_world import done, example, paper, people_the_office, set_clock, songjiao

CHONGQING = REPOSITORY / "policies" / "chongqing-2021.yaml"
VALUE = "- {from: 2020-01-06, value: 7, cites: CQ2021-6.11}"


def _changed(folder: Path, *more: str) -> Path:
    text = CHONGQING.read_text(encoding="utf-8")
    assert VALUE in text
    later = "".join(f"\n      - {one}" for one in more)
    return paper(folder, f"later-{len(list(folder.glob('later-*')))}.yaml", text.replace(VALUE, VALUE + later, 1))


def test_a_diff_without_a_ledger_says_so(data_dir: Path, tmp_path: Path) -> None:
    file = _changed(tmp_path, "{from: 2026-09-01, value: 5, cites: CQ2021-6.11}")
    answer = songjiao("policy", "diff", "chongqing-2021", file, lang="en")
    assert answer.status == 0
    assert answer.err == "there is no ledger yet, so running programmes were not looked up (songjiao up makes one)\n"
    (row,) = answer.rows
    assert row[0] == "CQ2021-6.11"
    assert row[1].endswith("(rules.closing.archive.due)")
    assert (row[2], row[4]) == ("values.2020-01-06: 7 calendar days [CQ2021-6.11]", "?")
    assert row[3].endswith("; values.2026-09-01: 5 calendar days [CQ2021-6.11]")
    assert list(data_dir.iterdir()) == []


def test_a_diff_names_the_running_programmes_that_it_concerns(sqlite_office: Settings, tmp_path: Path) -> None:
    refs = people_the_office(sqlite_office)
    set_clock("2025-12-08")
    given = paper(tmp_path, "a.yaml", example("application"))
    done("programme", "apply", given, "--as", refs["host"])
    inside = _changed(tmp_path, "{from: 2026-09-01, value: 5, cites: CQ2021-6.11}")
    told = done("policy", "diff", "chongqing-2021", inside, "--json").data
    assert (told["before"], told["after"], told["ledger"]) == ("chongqing-2021", "chongqing-2021", True)
    assert [(one["part"], one["programmes"]) for one in told["changes"]] == [
        ("rules.closing.archive.due", ["CQ-2026-0001"])
    ]
    after = _changed(tmp_path, "{from: 2027-09-01, value: 5, cites: CQ2021-6.11}")
    assert [one["programmes"] for one in done("policy", "diff", "chongqing-2021", after, "--json").data["changes"]] == [
        []
    ]
    said = done("policy", "diff", "chongqing-2021", inside).out.splitlines()
    assert said[1].split("\t")[-1] == "CQ-2026-0001"
    assert said[-1] == "共 1 处不同;在办项目 1 个。在办项目沿用立项时的政策包,除非另行转入。"


def test_a_pack_beside_itself_and_beside_what_is_none(data_dir: Path, tmp_path: Path) -> None:
    assert "两者内容相同" in songjiao("policy", "diff", "chongqing-2021", CHONGQING).err
    wrong = songjiao("policy", "diff", "chongqing-2021", "chongqing-2012", lang="en")
    assert (wrong.status, wrong.err) == (
        1,
        "chongqing-2012.yaml: there is no pack 'chongqing-2012'; did you mean chongqing-2021?\n",
    )
    bad = paper(tmp_path, "bad.yaml", "a: &x [1]\n")
    assert songjiao("policy", "diff", "chongqing-2021", bad, lang="en").err.startswith("bad.yaml:1: the anchor &x")
    assert songjiao("policy", "diff", "chongqing-2021").status == 2


@pytest.mark.parametrize(("lang", "said"), [("zh-CN", "已写出"), ("en", "is written; fill in the places marked <…>")])
def test_a_new_pack_is_written_once_and_checked(data_dir: Path, tmp_path: Path, lang: str, said: str) -> None:
    new = ["policy", "new", "yunxi-2026", "--into", tmp_path]
    assert said in done(*new, lang=lang).out
    text = (tmp_path / "yunxi-2026.yaml").read_text(encoding="utf-8")
    again = songjiao(*new, lang="en")
    assert (again.status, again.err) == (
        1,
        f"REGION: {tmp_path / 'yunxi-2026.yaml'} is there already; it is not written over\n",
    )
    assert (tmp_path / "yunxi-2026.yaml").read_text(encoding="utf-8") == text
    checked = songjiao("policy", "check", tmp_path / "yunxi-2026.yaml", lang="en")
    assert checked.status == 1
    assert all("is still to be filled in; write here: " in line for line in checked.err.splitlines())


@pytest.mark.parametrize(("name", "folder"), [("Yunxi 2026", "."), ("../yunxi-2026", "."), ("yunxi-2026", "none")])
def test_a_name_or_a_folder_that_will_not_do(data_dir: Path, tmp_path: Path, name: str, folder: str) -> None:
    for lang in ("zh-CN", "en"):
        answer = songjiao("policy", "new", name, "--into", tmp_path / folder, lang=lang)
        assert (answer.status, answer.out) == (1, "")
    assert list(tmp_path.glob("**/*.yaml")) == []


def test_show_lists_the_mechanisms_and_the_readings_in_both_languages(data_dir: Path) -> None:
    chinese = done("policy", "show", "chongqing-2021").out.splitlines()
    english = done("policy", "show", "chongqing-2021", lang="en").out.splitlines()
    for zh, en in (
        ("登记簿", "Registers"),
        ("准入限制", "Bars"),
        ("对原文未定之处的理解", "Readings taken of open points"),
    ):
        assert (zh in chinese, en in english) == (True, True)
    assert len(chinese) == len(english)


def test_coverage_says_at_which_door_each_clause_turns_red(data_dir: Path) -> None:
    rows = done("policy", "coverage", "three-actions-2022", "--changed", "--json").data
    assert {row["id"].partition("-")[0] for row in rows} == {"ACT2022"}
    doors = {"verdict", "ledger", "sweep", "entry", "indicator"}
    assert {row[change]["at"] for row in rows for change in ("left_out", "another_actor")} <= doors
    said = done("policy", "coverage", "three-actions-2022", "--changed")
    assert said.rows[0] == ["ACT2022-0.1", "指标", "指标"]
    assert said.out.splitlines()[-1] == f"共 {len(rows)} 条:两种改动都在关口变红的 {len(rows)} 条"


def test_coverage_speaks_chinese_where_a_chinese_reads(data_dir: Path) -> None:
    english = re.compile(r"[a-z]{3,} [a-z]{3,}")
    rows = done("policy", "coverage", "shulan-2017").rows
    assert rows[0] == ["SL2017-0.1", "计算", "计算", "computations.scope", "2", "计算"]
    assert [row for row in rows if len(row) > 5 and (english.search(row[5]) or row[1].isascii())] == []


@pytest.mark.parametrize(
    ("asked", "zh", "en"),
    [
        ("nope", "条款写作 CQ2021-0.1;现有文本:", "a clause is written as CQ2021-0.1; the texts are "),
        (
            "SL2017",
            "这是整部文本;请写其中一条,如 SL2017-0.1",
            "it is a whole text; name one of its clauses, such as SL2017-0.1",
        ),
    ],
)
def test_what_is_no_clause_is_told_how_clauses_are_written(data_dir: Path, asked: str, zh: str, en: str) -> None:
    for lang, said in (("zh-CN", zh), ("en", en)):
        answer = songjiao("policy", "explain", asked, lang=lang)
        assert (answer.status, said in answer.err) == (1, True), answer.err


def test_a_folder_is_no_pack_to_compare(data_dir: Path, tmp_path: Path) -> None:
    answer = songjiao("policy", "diff", tmp_path, "chongqing-2021", lang="en")
    assert (answer.status, answer.err) == (1, f"{tmp_path}: is a folder; name a pack or a file\n")
