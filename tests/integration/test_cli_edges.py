"""What lies at the edge: days far off, signs that are no text, numbers too large. Said plainly, and nothing changed."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from office.runtime.settings import Settings
from tests.integration.cli_world import (
    Answer,
    code_of,
    done,
    example,
    head,
    paper,
    people_the_office,
    set_clock,
    songjiao,
)

REF = "CQ-2026-0001"
FAR = ("{} 不在 2000 至 2100 年之间;请检查年份", "{} lies outside the years 2000 to 2100; check the year")


@pytest.fixture
def world(sqlite_office: Settings) -> dict[str, str]:
    refs = dict(people_the_office(sqlite_office))
    set_clock("2025-12-08")
    return refs


def swapped(**days: str) -> str:
    """The example with other days of the programme."""
    return (
        example("application")
        .replace("starts_on: 2026-03-23\n", f"starts_on: {days.get('starts_on', '2026-03-23')}\n", 1)
        .replace("ends_on: 2026-11-10\n", f"ends_on: {days.get('ends_on', '2026-11-10')}\n", 1)
    )


# --- days -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        (
            swapped(starts_on="0001-01-01"),
            f"a.yaml:11: starts_on: {FAR[0].format('0001-01-01')}\n",
            f"a.yaml:11: starts_on: {FAR[1].format('0001-01-01')}\n",
        ),
        (
            swapped(ends_on="9999-12-31"),
            f"a.yaml:12: ends_on: {FAR[0].format('9999-12-31')}\n",
            f"a.yaml:12: ends_on: {FAR[1].format('9999-12-31')}\n",
        ),
        (
            example("application").replace("starts_on: 2026-09-15,", "starts_on: 1999-12-31,", 1),
            f"a.yaml:22: sessions[0].stages[1].starts_on: {FAR[0].format('1999-12-31')}\n",
            f"a.yaml:22: sessions[0].stages[1].starts_on: {FAR[1].format('1999-12-31')}\n",
        ),
        (
            swapped(starts_on="2020-01-05"),
            "a.yaml:11: starts_on: 2020-01-05 早于 chongqing-2021 的施行日期(2020-01-06);请填该日及以后的日期,或改用其他政策包\n",
            (
                "a.yaml:11: starts_on: 2020-01-05 is before chongqing-2021 holds (2020-01-06); "
                "give a day from then on, or another pack\n"
            ),
        ),
    ],
    ids=["the first day of all", "the last day of all", "a stage", "before the pack holds"],
)
def test_an_application_with_a_day_too_far_off_is_refused_also_as_a_correction(
    world: dict[str, str], tmp_path: Path, text: str, zh: str, en: str
) -> None:
    bad, good = paper(tmp_path, "a.yaml", text), paper(tmp_path, "good.yaml", example("application"))
    by = ["--as", world["host"]]
    before = head()
    assert songjiao("programme", "apply", bad, *by) == Answer(1, "", zh)
    assert songjiao("programme", "apply", bad, *by, lang="en") == Answer(1, "", en)
    assert head() == before

    done("programme", "apply", good, *by)
    county = ["--as", world["county"], "--code", code_of(world["county"])]
    done("approval", "decide", REF, "--decision", "return", "--comment", "示例", *county)
    before = head()
    assert songjiao("programme", "correct", REF, bad, *by) == Answer(1, "", zh)
    assert songjiao("programme", "correct", REF, bad, *by, lang="en") == Answer(1, "", en)
    assert head() == before
    done("programme", "correct", REF, good, *by)


def test_a_session_without_any_stage_is_said_at_its_line(world: dict[str, str], tmp_path: Path) -> None:
    text = example("application")
    first, rest = text.index("    stages:\n"), text.index("courses:\n")
    bare = text[:first] + "    stages: []\n" + text[rest:]
    refused = songjiao("programme", "apply", paper(tmp_path, "a.yaml", bare), "--as", world["host"])
    assert refused == Answer(1, "", "a.yaml:20: sessions[0].stages: 第一期没有安排阶段;请至少安排一个\n")


def test_the_last_day_that_may_be_given_can_be_awarded(world: dict[str, str], tmp_path: Path) -> None:
    file = paper(tmp_path, "a.yaml", swapped(ends_on="2100-12-31"))
    done("programme", "apply", file, "--as", world["host"])
    for who in ("county", "commission"):
        decide = ["approval", "decide", REF, "--decision", "approve", "--as", world[who], "--code", code_of(world[who])]
        done(*decide)
    assert done("programme", "show", REF, "--json").data["state"] == "awarded"


@pytest.mark.parametrize(
    "argv",
    [
        ("programme", "postpone", REF, "--reason", "示例", "--to"),
        ("deadline", "extend", "00000000", "--reason", "示例", "--until"),
        ("ban", "record", "{teacher-1}", "--policy", "chongqing-2021", "--cause", "示例", "--returned-on"),
        ("trainee", "took-part", "{teacher-1}", "--kind", "x", "--subject", "x", "--title", "x", "--ended-on"),
        ("stage", "close", REF, "stage-1", "--on"),
        ("register", "add", "chongqing-2021", "review-meeting", "topics=x", "minutes=y", "--on"),
    ],
    ids=lambda argv: " ".join(argv[:2]),
)
def test_a_day_too_far_off_is_wrong_usage_at_every_option(
    world: dict[str, str], tmp_path: Path, argv: tuple[str, ...]
) -> None:
    done("programme", "apply", paper(tmp_path, "a.yaml", example("application")), "--as", world["host"])
    before = head()
    for day in ("0001-01-01", "9999-12-31"):
        for lang, told in zip(("zh-CN", "en"), FAR, strict=True):
            answer = songjiao(*(word.format(**world) for word in argv), day, "--as", world["office"], lang=lang)
            assert (answer.status, answer.out) == (2, "")
            assert answer.err.splitlines()[-1].endswith(told.format(day))
    assert head() == before


def test_a_day_too_far_off_stands_in_no_register(world: dict[str, str]) -> None:
    before = head()
    add = (
        "register",
        "add",
        "chongqing-2021",
        "practice-base",
        "--about",
        "示例石桥镇中心小学",
        "--as",
        world["centre"],
    )
    for lang, told in zip(("zh-CN", "en"), FAR, strict=True):
        answer = songjiao(*add, "named_on=9999-12-31", lang=lang)
        assert answer == Answer(1, "", f"named_on: {told.format('9999-12-31')}\n")
    assert head() == before


# --- what is no text --------------------------------------------------------------------------------------------------

NO_TEXT = os.fsdecode(b"\xff\xfe")  # what argv holds for bytes that are not UTF-8


@pytest.mark.parametrize(
    "argv",
    [
        ("document", "submit", REF, "archive-documents", f"{NO_TEXT}.pdf"),
        ("deadline", "waive", "00000000", "--reason", NO_TEXT),
        ("programme", "postpone", REF, "--to", "2026-04-01", f"--reason={NO_TEXT}"),
        ("programme", "show", NO_TEXT),
        (NO_TEXT,),
        ("message", "list", f"--{NO_TEXT}"),
    ],
    ids=["file name", "reason", "with =", "argument", "command", "option"],
)
def test_an_argument_that_is_not_utf_8_is_wrong_usage(
    world: dict[str, str], tmp_path: Path, argv: tuple[str, ...]
) -> None:
    done("programme", "apply", paper(tmp_path, "a.yaml", example("application")), "--as", world["host"])
    before = head()
    shown = next(word for word in argv if NO_TEXT in word).replace(NO_TEXT, r"\xff\xfe")
    by = ("--as", world["office"])
    assert songjiao(*argv, *by) == Answer(2, "", f"{shown} 不是 UTF-8 文字,没有办理;请改用 UTF-8,文件请先改名\n")
    assert songjiao(*argv, *by, lang="en") == Answer(
        2, "", f"{shown} is not UTF-8 text; nothing was done. Write it in UTF-8, or rename the file first\n"
    )
    assert head() == before


def test_what_the_environment_says_for_an_option_is_looked_at_too(
    world: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONGJIAO_AS", NO_TEXT)
    answer = songjiao("programme", "confirm-budget", REF)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(r"\xff\xfe 不是 UTF-8 文字")


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_what_is_piped_in_and_is_not_utf_8_is_wrong_usage(
    world: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, errors: str
) -> None:
    done("programme", "apply", paper(tmp_path, "a.yaml", example("application")), "--as", world["host"])
    before = head()
    for argv in (
        ("approval", "decide", REF, "--decision", "approve", "--as", world["county"]),
        ("approval", "decide", "--all-of", "-", "--decision", "approve", "--as", world["county"]),
        ("person", "change", world["host"], "--channel", "-"),
    ):
        stdin = io.TextIOWrapper(io.BytesIO(b"\xff\xfe"), encoding="utf-8", errors=errors)
        monkeypatch.setattr("sys.stdin", stdin)
        answer = songjiao(*argv)
        assert (answer.status, answer.out) == (2, "")
        assert answer.err.splitlines()[-1].endswith("标准输入不是 UTF-8 文字")
        assert "Traceback" not in answer.err
    assert head() == before


def test_a_file_with_half_a_sign_is_read_as_wrong(world: dict[str, str], tmp_path: Path) -> None:
    text = example("application").replace("subject: 小学数学\n", 'subject: "\\ud800"\n')
    refused = songjiao("programme", "apply", paper(tmp_path, "a.yaml", text), "--as", world["host"])
    assert (refused.status, refused.out) == (1, "")
    assert refused.err.startswith("a.yaml:6: ")


# --- what is too large ------------------------------------------------------------------------------------------------

BIG = "2147483648999"
TOO_LARGE = (
    ("  - number: 1\n", f"  - number: {BIG}\n", "sessions[0].number", f"{BIG} 超过上限 10000"),
    ("        trainees: 2\n", f"        trainees: {BIG}\n", "sessions[0].schools[0].trainees", f"{BIG} 超过上限 99999"),
    ("places: 2\nsample", f"places: {BIG}\nsample", "places", f"{BIG} 超过上限 99999"),
    ("count: ", f"count: {BIG}", "experts[0].count", "超过上限 99999"),
    ("place: 区城, hours: 24", "place: 区城, hours: 1E+9", "sessions[0].stages[0].hours", "1E+9 超过上限 99999"),
    ("budget_total: 6000", "budget_total: 1E+99", "budget_total", "1E+99 位数过多"),
    ("budget_total: 6000", "budget_total: 6000.0000000000000001", "budget_total", "6000.0000000000000001 位数过多"),
    ("name: 集中研修", f"name: {'示' * 61}", "sessions[0].stages[0].name", "超过 60 个字"),
    ("subject: 小学数学\n", f"subject: {'示' * 101}\n", "subject", "超过 100 个字"),
)


@pytest.mark.parametrize(
    ("old", "new", "field", "zh"), TOO_LARGE, ids=[one[2] + " " + one[1][:14] for one in TOO_LARGE]
)
def test_an_application_with_something_too_large_names_it(
    world: dict[str, str], tmp_path: Path, old: str, new: str, field: str, zh: str
) -> None:
    before, text = head(), example("application")
    assert old in text
    file = paper(tmp_path, "a.yaml", text.replace(old, new, 1))
    refused = songjiao("programme", "apply", file, "--as", world["host"])
    assert (refused.status, refused.out) == (1, "")
    assert any(f" {field}: " in line and line.endswith(zh) for line in refused.err.splitlines()), refused.err
    assert head() == before


def test_a_reason_in_a_file_that_is_too_long_is_named(world: dict[str, str], tmp_path: Path) -> None:
    text = example("application") + f"reasons: {{outside-experts: {'示' * 100_000}}}\n"
    refused = songjiao("programme", "apply", paper(tmp_path, "a.yaml", text), "--as", world["host"], lang="en")
    assert refused.status == 1
    assert refused.err.endswith(
        " reasons.outside-experts: is longer than 2000 characters; hand in a document instead\n"
    )


@pytest.mark.parametrize(
    ("argv", "most"),
    [
        (("programme", "postpone", REF, "--to", "2026-04-01", "--reason"), 400),
        (("approval", "decide", REF, "--decision", "return", "--code", "00000000", "--comment"), 2000),
        (("deadline", "extend", "00000000", "--until", "2026-04-01", "--reason"), 400),
        (("deadline", "waive", "00000000", "--reason"), 400),
        (("approval", "reassign", REF, "--to", "P-0001", "--reason"), 400),
        (("trainee", "return", REF, "P-0001", "--heard", "x", "--cause"), 400),
        (("trainee", "break-off", REF, "P-0001", "--reason"), 400),
        (("register", "annul", "chongqing-2021", "R-000001", "--why"), 400),
    ],
    ids=lambda told: " ".join(told[:2]) if isinstance(told, tuple) else str(told),
)
def test_a_text_that_is_too_long_is_wrong_usage_and_not_cut(
    world: dict[str, str], tmp_path: Path, argv: tuple[str, ...], most: int
) -> None:
    done("programme", "apply", paper(tmp_path, "a.yaml", example("application")), "--as", world["host"])
    before = head()
    said = songjiao(*argv, "示" * 100_000, "--as", world["office"])
    assert (said.status, said.out) == (2, "")
    assert said.err.splitlines()[-1] == f"'{argv[-1]}':超过 {most} 个字;详情请另附材料"
    assert head() == before


def test_numbers_too_large_are_wrong_usage(world: dict[str, str]) -> None:
    for argv in (
        ("session", "start", REF, "--session", BIG),
        ("stage", "product", REF, "stage-1", "x", "f.pdf", "--covers", BIG),
    ):
        assert songjiao(*argv, "--as", world["host"]).status == 2
