"""What people get wrong: a clear line with the field, the right exit status, and nothing changed. Never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from office.runtime.settings import Settings
from tests.integration.cli_world import Answer, done, example, head, paper, people_the_office, set_clock, songjiao

Change = Callable[[str], str | bytes]


def swap(old: str, new: str) -> Change:
    """The example with one text replaced."""

    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


@pytest.fixture
def world(sqlite_office: Settings) -> dict[str, str]:
    refs = dict(people_the_office(sqlite_office))
    set_clock("2025-12-08")
    return refs


# name, what happens to the example, what is said in Chinese, what is said in English (`{file}` is the file's name)
APPLICATIONS: tuple[tuple[str, Change, str, str], ...] = (
    (
        "ends before it begins",
        swap("ends_on: 2026-11-10\nplaces", "ends_on: 2026-03-01\nplaces"),
        "a.yaml:12: ends_on: 结束日期 2026-03-01 早于 starts_on(开始日期)2026-03-23\n",
        "a.yaml:12: ends_on: 2026-03-01 is before starts_on 2026-03-23\n",
    ),
    (
        "a stage ends before it begins",
        swap("starts_on: 2026-09-15, ends_on: 2026-09-16", "starts_on: 2026-09-16, ends_on: 2026-09-15"),
        "a.yaml:22: sessions[0].stages[1].ends_on: 成果展示:结束日期 2026-09-15 早于开始日期 2026-09-16\n",
        "a.yaml:22: sessions[0].stages[1].ends_on: 成果展示: ends on 2026-09-15, before it begins on 2026-09-16\n",
    ),
    (
        "a stage outside the programme",
        swap("ends_on: 2026-11-10, place: 区城", "ends_on: 2026-11-11, place: 区城"),
        "a.yaml:23: sessions[0].stages[2].ends_on: 第一期 总结提升:2026-11-10 至 2026-11-11 超出项目起止日期(2026-03-23 至 2026-11-10)\n",  # noqa: E501
        "a.yaml:23: sessions[0].stages[2].ends_on: 第一期 总结提升: 2026-11-10 to 2026-11-11 lies outside the programme (2026-03-23 to 2026-11-10)\n",  # noqa: E501
    ),
    (
        "a day of no calendar, and one that is a number",
        lambda text: text.replace("starts_on: 2026-03-23\n", "starts_on: 2026-02-30\n", 1).replace(
            "ends_on: 2026-11-10\n", "ends_on: 86400\n", 1
        ),
        (
            "a.yaml:11: starts_on: 2026-02-30 不是日期,请写成 2026-03-23\n"
            "a.yaml:12: ends_on: 86400 不是日期,请写成 2026-03-23\n"
        ),
        (
            "a.yaml:11: starts_on: 2026-02-30 is not a day; write it as 2026-03-23\n"
            "a.yaml:12: ends_on: 86400 is not a day; write it as 2026-03-23\n"
        ),
    ),
    (
        "an unknown kind of programme",
        swap("kind: send-teaching", "kind: send-teachin"),
        "a.yaml:4: kind: chongqing-2021 没有项目类型 send-teachin;是否应为 send-teaching?\n",
        "a.yaml:4: kind: chongqing-2021 has no kind of programme send-teachin; did you mean send-teaching?\n",
    ),
    (
        "a kind of programme like no other",
        swap("kind: send-teaching", "kind: x"),
        "a.yaml:4: kind: chongqing-2021 没有项目类型 x;可用:blended, send-teaching\n",
        "a.yaml:4: kind: chongqing-2021 has no kind of programme x; use one of: blended, send-teaching\n",
    ),
    (
        "an unknown pack",
        swap("policy: chongqing-2021", "policy: chongqing-2020"),
        "a.yaml:3: policy: 没有政策包 chongqing-2020;是否应为 chongqing-2021?\n",
        "a.yaml:3: policy: there is no pack chongqing-2020; did you mean chongqing-2021?\n",
    ),
    (
        "an unknown field and a missing one",
        swap("subject: 小学数学\n", "subjekt: 小学数学\n"),
        "a.yaml:1: subject: 缺少此项,请补上\na.yaml:6: subjekt: 没有这一项;是否应为 subject?\n",
        "a.yaml:1: subject: is missing; add it\na.yaml:6: subjekt: there is no such field; did you mean subject?\n",
    ),
    (
        "a field without a value",
        swap("theme: 小学数学课堂中的问题设计与追问", "theme:"),
        "a.yaml:7: theme: 缺少此项,请补上\n",
        "a.yaml:7: theme: is missing; add it\n",
    ),
    (
        "words where numbers belong",
        lambda text: text.replace("places: 2\nsample", "places: 两人\nsample", 1).replace(
            "amount: 4800", "amount: NaN", 1
        ),
        "a.yaml:13: places: 两人 应为整数,如 40\na.yaml:40: budget[0].amount: NaN 应为数字,如 48000 或 0.5\n",
        (
            "a.yaml:13: places: 两人 is not a whole number; write one such as 40\n"
            "a.yaml:40: budget[0].amount: NaN is not a number; write one such as 48000 or 0.5\n"
        ),
    ),
    (
        "an unknown level",
        swap("level: municipal ", "level: city "),
        "a.yaml:5: level: city 不可用,可选:national, province, municipal, county, school\n",
        "a.yaml:5: level: city is not possible; choose one of: national, province, municipal, county, school\n",
    ),
    (
        "more practice than hours",
        swap("hours: 16, practice: 16", "hours: 16, practice: 17"),
        "a.yaml:33: courses[2].practice: 实践学时(17)超过该课程总学时(16)\n",
        "a.yaml:33: courses[2].practice: practice hours (17) exceed the course's hours (16)\n",
    ),
    (
        "a budget that does not add up",
        swap("budget_total: 6000", "budget_total: 6001"),
        "a.yaml:42: budget_total: 预算合计 6001 与各项之和 6000 不符\n",
        "a.yaml:42: budget_total: 6001 is not the sum of the budget's lines (6000)\n",
    ),
    (
        "an organisation that nobody recorded",
        swap("host: 示例云溪区实验小学", "host: 示例无此小学"),
        "没有登记单位“示例无此小学”;请先用 songjiao organisation add 登记\n",
        "no organisation is called 示例无此小学; add it first (songjiao organisation add)\n",
    ),
    (
        "a stage that is not planned",
        swap("      - {key: stage-5", "      - {key: stage-6"),
        "sessions[1].stages: Review and improvement(stage-5)没有安排\n",
        "sessions[1].stages: Review and improvement (stage-5) is not planned\n",
    ),
    (
        "a key twice",
        swap("short: 小学数学送教\n", "short: 小学数学送教\nshort: 送教\n"),
        "a.yaml:3: short: 重复出现(首次在第 2 行),请只留一处\n",
        "a.yaml:3: short: stands here a second time (first on line 2); keep one of the two\n",
    ),
    (
        "no YAML",
        swap("title: ", "title: ["),
        "a.yaml:2: 不是有效的 YAML:did not find expected ',' or ']';请检查这一行的引号、冒号和缩进\n",
        (
            "a.yaml:2: is not YAML: did not find expected ',' or ']'; "
            "look at quotes, colons and indentation on this line\n"
        ),
    ),
    (
        "an alias",
        swap("county: 示例云溪区教委", "county: *x"),
        "a.yaml:19: 不允许使用别名 *x,请直接写出内容\n",
        "a.yaml:19: the alias *x is not allowed; write the value out\n",
    ),
    (
        "GBK",
        lambda text: text.encode("gbk"),
        "a.yaml: 第 9 字节不是 UTF-8 编码;请另存为 UTF-8 后再试\n",
        "a.yaml: byte 9 is not UTF-8; save the file as UTF-8 and try again\n",
    ),
    (
        "UTF-16",
        lambda text: text.encode("utf-16"),
        "a.yaml: 第 0 字节不是 UTF-8 编码;请另存为 UTF-8 后再试\n",
        "a.yaml: byte 0 is not UTF-8; save the file as UTF-8 and try again\n",
    ),
    ("nothing", lambda _: "", "a.yaml: 文件是空的\n", "a.yaml: the file is empty\n"),
    (
        "a list",
        lambda _: "- a\n- b\n",
        "a.yaml: 应为“字段: 内容”的形式\n",
        "a.yaml: a mapping of fields is expected (field: value)\n",
    ),
    (
        "too large",
        lambda text: text + "#" * 1_000_001,
        "a.yaml: 文件超过 1000000 字节\n",
        "a.yaml: the file is larger than 1000000 bytes\n",
    ),
)


@pytest.mark.parametrize(
    ("change", "zh", "en"), [case[1:] for case in APPLICATIONS], ids=[case[0] for case in APPLICATIONS]
)
def test_an_application_that_cannot_be_taken_is_answered_with_its_fault(
    world: dict[str, str], tmp_path: Path, change: Change, zh: str, en: str
) -> None:
    before = head()
    apply = ["programme", "apply", paper(tmp_path, "a.yaml", change(example("application"))), "--as", world["host"]]
    assert songjiao(*apply) == Answer(1, "", zh)
    assert songjiao(*apply, lang="en") == Answer(1, "", en)
    assert head() == before
    assert done("programme", "list", "--json").data == []


def test_a_pack_named_beside_the_application_is_looked_for_as_such(world: dict[str, str], tmp_path: Path) -> None:
    apply = ["programme", "apply", paper(tmp_path, "a.yaml", example("application")), "--as", world["host"]]
    assert songjiao(*apply, "--policy", "shulan-2016") == Answer(
        1, "", "--policy: 没有政策包 shulan-2016;是否应为 shulan-2017?\n"
    )
    blended = example("application").replace("kind: send-teaching", "kind: blended", 1)
    paper(tmp_path, "a.yaml", blended)
    assert songjiao(*apply, "--policy", "shulan-2017", lang="en") == Answer(
        1, "", "a.yaml:4: kind: shulan-2017 has no kind of programme blended; use one of: send-teaching\n"
    )


def test_an_application_with_a_byte_order_mark_is_taken(world: dict[str, str], tmp_path: Path) -> None:
    file = paper(tmp_path, "a.yaml", b"\xef\xbb\xbf" + example("application").encode())
    assert done("programme", "apply", file, "--as", world["host"], "--json").data["ref"] == "CQ-2026-0001"


def test_an_application_that_is_not_there_or_is_a_folder_is_said(world: dict[str, str], tmp_path: Path) -> None:
    apply = ["programme", "apply", "--as", world["host"]]
    assert songjiao(*apply, tmp_path / "b.yaml") == Answer(1, "", "b.yaml: 没有这个文件,请检查文件名\n")
    assert songjiao(*apply, tmp_path, lang="en") == Answer(1, "", f"{tmp_path.name}: is a folder, not a file\n")


def test_a_check_that_blocks_tells_the_clause_and_one_that_warns_how_to_give_a_reason(
    world: dict[str, str], tmp_path: Path
) -> None:
    text = (
        example("application")
        .replace("origin: outside", "origin: inside")
        .replace("hours: 32, practice: 32", "hours: 32, practice: 0")
    )
    refused = songjiao("programme", "apply", paper(tmp_path, "a.yaml", text), "--as", world["host"])
    assert (refused.status, refused.out) == (1, "")
    lines = refused.err.splitlines()
    assert lines[0] == "教育教学现场实践比例:16/64 = 25%,低于 50%;请调整后重新提交。 [CQ2021-3.9]"
    assert lines[1].startswith("  CQ2021-3.9 “")
    assert lines[2] == "市外专家比例:0/4 = 0%,低于 20%;请调整,或填写理由。 [CQ2021-3.10]"
    assert lines[3] == (
        "  确有理由的,在文件的 reasons 中写明 outside-experts: …,没有文件的用 --reason outside-experts=…"
    )
    reason = text.replace("practice: 0}\n  - {part: stage-2", "practice: 0}\n  - {part: stage-2").replace(
        "hours: 32, practice: 0", "hours: 32, practice: 32"
    )
    reason += "reasons: {outside-experts: 示例市外专家以线上方式参与}\n"
    taken = done("programme", "apply", paper(tmp_path, "a.yaml", reason), "--as", world["host"], lang="en")
    assert "below 20%; reason given: 示例市外专家以线上方式参与 [CQ2021-3.10]" in taken.out
