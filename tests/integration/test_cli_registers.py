"""Registers, indicators, facts and duties at the command line: the road in both languages, and what people get wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from office.runtime.settings import Settings
from tests.integration.cli_world import done, head, people_the_office, set_clock, songjiao

PACK = "chongqing-2021"


@pytest.fixture
def refs(sqlite_office: Settings) -> dict[str, str]:
    found = dict(people_the_office(sqlite_office))
    set_clock("2026-03-02")
    return found


def _meeting(refs: dict[str, str], *more: str) -> list[str]:
    return ["register", "add", PACK, "review-meeting", "topics=送培工作", "minutes=纪要", "--as", refs["county"], *more]


def test_an_entry_is_added_listed_shown_and_annulled(refs: dict[str, str]) -> None:
    assert done(*_meeting(refs)).out.splitlines()[0] == "区县研究教师培训工作会议:已登记 R-000001"
    listed = done("register", "list", PACK, "review-meeting")
    assert [row[:3] for row in listed.rows] == [["R-000001", "2026-03-02", "示例云溪区教委"]]
    assert listed.rows[0][3] == "议题: 送培工作;纪要: 纪要"
    shown = done("register", "show", PACK, "R-000001", lang="en").out.splitlines()
    assert shown[0] == "R-000001 A county's review meeting on training 2026-03-02 示例云溪区教委"
    assert shown[-1] == "  rests on: CQ2021-1.7"
    assert done("register", "show", PACK, "R-000001", "--json").data["content"] == {
        "topics": "送培工作",
        "minutes": "纪要",
    }
    annul = ["register", "annul", PACK, "R-000001", "--why", "重复登记", "--as", refs["county"]]
    assert done(*annul, lang="en").out == "R-000001: annulled\n"
    assert songjiao(*annul).err == "ref: R-000001 已撤销\n"
    assert done("register", "list", PACK, "review-meeting", "--json").data == []
    assert "已撤销:重复登记" in done("register", "show", PACK, "R-000001").out


def test_the_registers_of_a_pack_and_the_fields_of_one_are_told_in_both_languages(refs: dict[str, str]) -> None:
    chinese = {row[0]: row[1] for row in done("register", "list", PACK).rows}
    english = {row[0]: row[1] for row in done("register", "list", PACK, lang="en").rows}
    assert (chinese["review-meeting"], english["review-meeting"]) == (
        "区县研究教师培训工作会议",
        "A county's review meeting on training",
    )
    shown = done("register", "show", PACK, "review-meeting", lang="en").out.splitlines()
    assert shown[0].endswith("[CQ2021-1.7]")
    assert [line.split()[0] for line in shown if line.startswith(("  topics", "  minutes"))] == [
        "topics",
        "minutes",
    ]


WRONG = (
    (
        ["register", "add", PACK, "review-meetings", "topics=x", "minutes=y", "--as", "county"],
        "chongqing-2021 没有登记簿 'review-meetings';是否应为 review-meeting?\n",
        "chongqing-2021 has no register 'review-meetings'; did you mean review-meeting?\n",
    ),
    (
        ["register", "add", PACK, "review-meeting", "topics", "--as", "county"],
        "FIELD=VALUE: 'topics' 应写成 字段=内容\n",
        "FIELD=VALUE: 'topics' is no pair; write field=value\n",
    ),
    (
        ["register", "add", PACK, "review-meeting", "topics=x", "minute=y", "--as", "county"],
        "minute: 不是 review-meeting 的字段;是否应为 minutes?\nminutes: 缺少此项,请填写一段文字\n",
        "minute: is no field of review-meeting; did you mean minutes?\nminutes: is missing; give a text\n",
    ),
    (
        ["register", "mark", PACK, "R-000009", "checked", "--as", "county"],
        "没有登记 R-000009;可用 songjiao register list 查看\n",
        None,
    ),
    (
        ["indicator", "show", PACK, "practice-base"],
        "政策包 chongqing-2021 没有 indicator 'practice-base'\n",
        "pack chongqing-2021: there is no indicator 'practice-base'\n",
    ),
    (
        ["fact", "import", PACK, "teachers", "2026", "100", "--source", "示例", "--as", "county"],
        None,
        "name: chongqing-2021 declares no fact 'teachers'; remove it\n",
    ),
)


@pytest.mark.parametrize(("argv", "zh", "en"), WRONG, ids=[" ".join(case[0][:4]) for case in WRONG])
def test_what_people_get_wrong(refs: dict[str, str], argv: list[str], zh: str | None, en: str | None) -> None:
    before = head()
    given = [refs.get(word, word) for word in argv]
    for language, expected in (("zh-CN", zh), ("en", en)):
        answer = songjiao(*given, lang=language)
        assert (answer.status, answer.out) == (1, "")
        assert "Traceback" not in answer.err
        if expected is not None:
            assert answer.err == expected
    assert head() == before


def test_another_role_is_refused_with_the_clause_and_its_words(refs: dict[str, str]) -> None:
    given = [refs["school"] if word == refs["county"] else word for word in _meeting(refs)]
    answer = songjiao(*given)
    assert (answer.status, answer.out) == (1, "")
    assert "[CQ2021-1.7]" in answer.err.splitlines()[0]
    assert "CQ2021-1.7 “" in answer.err.splitlines()[1]


def test_an_entry_may_be_marked_by_its_role_only_and_in_turn(refs: dict[str, str]) -> None:
    done(*_meeting(refs))
    answer = songjiao("register", "mark", PACK, "R-000001", "checked", "--as", refs["county"], lang="en")
    assert answer.status == 1
    assert "CQ2021-1.7" in answer.err


def test_indicators_are_listed_shown_and_delivered_by_their_role(refs: dict[str, str]) -> None:
    base = ["register", "add", PACK, "practice-base", "named_on=2026-03-01", "--about", "示例石桥镇中心小学"]
    done(*base, "--as", refs["centre"])
    listed = {row["indicator"]: row for row in done("indicator", "list", PACK, "--json").data}
    assert (listed["practice-bases"]["numerator"], listed["practice-bases"]["goal"]) == ("1", "200")
    assert listed["practice-bases"]["clause"] == "CQ2021-7.3"
    assert {row[0] for row in done("indicator", "list", PACK, lang="en").rows} == set(listed)
    chinese, english = (done("indicator", "show", PACK, "practice-bases", lang=lang).out for lang in ("zh", "en"))
    assert (chinese.splitlines()[-1], english.splitlines()[-1]) == ("  依据:CQ2021-7.3", "  rests on: CQ2021-7.3")
    deliver = ["indicator", "deliver", PACK, "practice-bases", "--key", "d1", "--as"]
    assert songjiao(*deliver, refs["county"]).status == 1
    first = done(*deliver, refs["centre"], lang="en").out
    assert first.startswith("Delivered. ")
    at = head()
    assert done(*deliver, refs["centre"], lang="en").out == first
    assert head() == at


def test_a_fact_comes_from_its_role_with_a_number_and_a_source(refs: dict[str, str]) -> None:
    bring = ["fact", "import", "shulan-2017"]
    unknown = songjiao(*bring, "x", "2026", "1", "--source", "示例", "--as", refs["county"], lang="en")
    assert unknown.err.startswith("name: shulan-2017 declares no fact 'x'; ")
    name = unknown.err.strip().rsplit(" ", 1)[-1].rstrip("?")
    for value in ("many", "-1", "NaN", "Infinity"):
        answer = songjiao(*bring, name, "2026", value, "--source", "示例", "--as", refs["county"])
        assert (answer.status, answer.out) == (1 if not value.startswith("-") else answer.status, "")
        assert answer.status in (1, 2)
    assert songjiao(*bring, name, "1066", "1", "--source", "示例", "--as", refs["county"]).status == 2
    blank = songjiao(*bring, name, "2026", "1", "--source", " ", "--as", refs["county"])
    assert (blank.status, blank.out) == (1, "")


def test_duties_are_opened_by_the_office_and_listed_in_both_languages(refs: dict[str, str]) -> None:
    assert songjiao("duty", "list", PACK).err == "没有常设事项\n"
    assert songjiao("duty", "list", PACK, lang="en").err == "no standing duty\n"
    assert songjiao("duty", "open", PACK, "--as", refs["county"]).status == 1
    opened = done("duty", "open", PACK, "--as", refs["office"], lang="en").out
    assert opened.startswith(f"{PACK}: ")
    assert done("duty", "open", PACK, "--as", refs["office"]).out == f"{PACK}:开立 0 项\n"
    rows = done("duty", "list", PACK, "--json").data
    assert opened == f"{PACK}: {len(rows)} opened\n"
    meeting = next(row for row in rows if row["duty"] == "review-meeting")
    assert (meeting["owed_by"], meeting["due_on"], meeting["clause"]) == ("示例云溪区教委", "2026-06-30", "CQ2021-1.7")
    done(*_meeting(refs))
    assert "review-meeting" not in {row["duty"] for row in done("duty", "list", PACK, "--json").data}
    everything = done("duty", "list", PACK, "--all", lang="en").rows
    assert [row[3] for row in everything if row[0] == "review-meeting"] == ["met"]
    wrong = songjiao("duty", "open", "chongqing-2020", "--as", refs["office"], lang="en")
    assert wrong.err.endswith("there is no pack 'chongqing-2020'; did you mean chongqing-2021?\n")


@pytest.mark.parametrize(
    "command", [["register", "list", PACK, "review-meeting"], ["duty", "list"], ["indicator", "list", PACK]]
)
def test_without_a_ledger_none_is_made_by_looking(data_dir: Path, command: list[str]) -> None:
    answer = songjiao(*command, lang="en")
    assert answer.status == 3
    assert answer.err.startswith("there is no ledger yet")
    assert list(data_dir.iterdir()) == []
