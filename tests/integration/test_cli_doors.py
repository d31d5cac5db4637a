"""Refusals and lists that show the way on: who may be named a clerk, which kinds of document there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from office.runtime.settings import Settings
from tests.integration.cli_world import (
    PDF,
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
CHINESE = re.compile(r"[一-鿿]")
DECIDE = ("approval", "decide", REF, "--decision", "approve")


@pytest.fixture
def world(sqlite_office: Settings) -> dict[str, str]:
    refs = dict(people_the_office(sqlite_office))
    set_clock("2025-12-08")
    return refs


@pytest.fixture
def applied(world: dict[str, str], tmp_path: Path) -> dict[str, str]:
    done("programme", "apply", paper(tmp_path, "a.yaml", example("application")), "--as", world["host"])
    return world


@pytest.fixture
def awarded(applied: dict[str, str]) -> dict[str, str]:
    for who in ("county", "commission"):
        decide = ["approval", "decide", REF, "--decision", "approve", "--as", applied[who]]
        done(*decide, "--code", code_of(applied[who]))
    return applied


def test_whoever_would_record_on_behalf_is_told_how_a_clerk_is_named(applied: dict[str, str], tmp_path: Path) -> None:
    stranger = done("person", "add", "示例·新来", "--in", "示例云溪区教委", "--json").data["ref"]
    behalf = ["--on-behalf-of", "示例·主任", "--scan", paper(tmp_path, "scan.pdf", PDF)]
    decide = ["approval", "decide", REF, "--decision", "approve", *behalf]
    refused = songjiao(*decide, "--as", stranger, "--code", "00000000")
    assert (refused.status, refused.out) == (1, "")
    give = f"role give {stranger} clerk --in 示例云溪区教委"
    assert refused.err == (
        "您不是本环节的审核人或代录人:代录须有该单位的经办人角色 clerk;"
        f"由项目办授予:songjiao {give},再发验证码:songjiao approval send-code {REF} --to {stranger}\n"
    )
    done(*give.split())  # and what it says to do works
    done("approval", "send-code", REF, "--to", stranger)
    done(*decide, "--as", stranger, "--code", code_of(stranger))


def test_an_approver_who_is_no_clerk_is_told_so_too(applied: dict[str, str], tmp_path: Path) -> None:
    behalf = ["--on-behalf-of", "示例·主任", "--scan", paper(tmp_path, "scan.pdf", PDF)]
    refused = songjiao(
        "approval", "decide", REF, "--decision", "approve", *behalf, "--as", applied["county"],
        "--code", code_of(applied["county"]), lang="en",
    )  # fmt: skip
    assert f"names one with: songjiao role give {applied['county']} clerk --in 示例云溪区教委" in refused.err


def test_an_unknown_kind_of_document_is_answered_with_those_there_are(awarded: dict[str, str], tmp_path: Path) -> None:
    before = head()
    submit = ["document", "submit", REF, "need-survey", paper(tmp_path, "a.pdf", PDF), "--as", awarded["host"]]
    refused = songjiao(*submit)
    assert (refused.status, refused.out) == (1, "")
    first, nearest, *others = refused.err.splitlines()
    assert first == "KIND: chongqing-2021 没有材料种类 need-survey;可用:"
    assert nearest == "  needs-survey  需求调研报告"
    assert "  archive-documents  培训总结、课程资源、过程档案" in others
    assert songjiao(*submit, lang="en").err.splitlines()[:2] == [
        "KIND: chongqing-2021 has no document kind need-survey; there are:",
        "  needs-survey  Needs survey",
    ]
    assert head() == before


def test_an_unknown_kind_of_product_is_answered_with_those_of_the_stage(
    awarded: dict[str, str], tmp_path: Path
) -> None:
    product = ["stage", "product", REF, "stage-5", "summery", paper(tmp_path, "a.pdf", PDF), "--as", awarded["team"]]
    said = songjiao(*product, lang="en").err.splitlines()
    assert said[0] == "KIND: chongqing-2021 has no document kind summery; there are:"
    assert said[1] == "  personal-summary  Personal summary"
    assert len(said) == 6
    assert "  needs-survey  Needs survey" not in said


# --- each language whole ----------------------------------------------------------------------------------------------


def names_of(refs: dict[str, str]) -> list[str]:
    """What is Chinese in either language: names that people gave to bodies, sessions and programmes."""
    bodies = [one["name"] for one in done("organisation", "list", "--json").data]
    page = done("programme", "show", REF, "--json").data
    return sorted([*bodies, page["title"], *(one["name"] for one in page["sessions"])], key=len, reverse=True)


@pytest.mark.parametrize("stage", ["applied", "awarded"])
def test_where_a_programme_stands_is_told_in_one_language(stage: str, request: pytest.FixtureRequest) -> None:
    refs = request.getfixturevalue(stage)
    english = done("programme", "explain", REF, lang="en").out
    for name in names_of(refs):
        english = english.replace(name, "-")
    english = re.sub(r"“.*”", "", english)  # the words of a clause are Chinese: they are what binds
    assert [line for line in english.splitlines() if CHINESE.search(line)] == []
    lines = done("programme", "explain", REF, lang="zh").out.splitlines()
    assert [line for line in lines if line and not CHINESE.search(line)] == []


def test_a_programme_tells_what_each_phase_waits_for_in_english(awarded: dict[str, str]) -> None:
    said = done("programme", "explain", REF, lang="en").out
    assert "\n    waits for the host institution to send the implementation plan (since 2025-12-08 10:00)\n" in said
    assert (
        "\n    waits for teachers to volunteer (since 2025-12-08 10:00, planned until 2026-03-23)\n    by CQ2021-5.3 "
        in said
    )
    assert "waits for what the start needs: the implementation plan passed and lodged for filing; " in said
    phases = done("programme", "explain", REF, "--json").data["phases"]
    assert [(one["waiting_for"], one["waiting_for_en"]) for one in phases if one["closed_at"]] == [("", "")] * 3


def test_an_office_setting_is_told_in_words_with_its_id(awarded: dict[str, str]) -> None:
    said = done("programme", "explain", REF, lang="en").out
    assert "    by office setting The check-in notice goes out before the session opens (prep" in said
    assert "(preparation.check_in_notice.due)" in said
    assert "(preparation.check_in_notice.due)" in done("programme", "explain", REF, lang="zh").out


def test_an_office_reason_is_told_in_the_readers_language(applied: dict[str, str]) -> None:
    done(*DECIDE, "--as", applied["county"], "--code", code_of(applied["county"]))
    said = done(*DECIDE, "--as", applied["commission"], "--code", code_of(applied["commission"]), lang="en").out
    assert said.startswith(f"{REF}: award tier 1: approve recorded [office setting: ")
    assert CHINESE.search(said) is None


def test_a_teacher_without_the_role_is_told_how_it_is_given(awarded: dict[str, str]) -> None:
    teacher = done("person", "add", "示例·新教师", "--in", "示例石桥镇中心小学", "--json").data["ref"]
    volunteer = ["trainee", "volunteer", REF, "--as", teacher]
    refused = songjiao(*volunteer)
    give = f"role give {teacher} teacher --in 示例石桥镇中心小学"
    assert (refused.status, refused.out) == (1, "")
    assert refused.err.startswith(
        "自愿报名须由教师本人办理,任何单位和个人不得代报。您没有教师角色(teacher);"
        f"您就是教师的,由项目办授予:songjiao {give} [CQ2021-5.3]\n"
    )
    assert f"the programme office gives it with: songjiao {give} [" in songjiao(*volunteer, lang="en").err
    done(*give.split())  # and what it says to do works
    assert done(*volunteer).out == f"{teacher} 已自愿报名\n"


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_an_unknown_role_is_answered_with_every_role_there_is(world: dict[str, str], lang: str) -> None:
    add = ["person", "add", "示例·某", "--in", "示例石桥镇中心小学", "--role"]
    refused = songjiao(*add, "zzzz", lang=lang)
    assert (refused.status, refused.out) == (1, "")
    assert "…" not in refused.err
    for role in ("teacher", "clerk", "programme-office", "training-team", "contact"):
        assert role in refused.err
    assert "teacher?" in songjiao(*add, "teachr", lang="en").err


def test_a_stage_of_a_session_that_has_not_started_points_to_the_start(awarded: dict[str, str]) -> None:
    before = head()
    stage = ["stage", "open", REF, "stage-1", "--as", awarded["host"]]
    refused = songjiao(*stage)
    assert (refused.status, refused.out, head()) == (1, "", before)
    assert refused.err.startswith(
        f"第一期尚未开班,集中研修还不能开展;请先开班:songjiao session start {REF} --session 1 ["
    )
    said = songjiao(*stage, lang="en").err
    assert said.startswith("第一期 has not started, so 集中研修 is not open; start it first: songjiao session start")


def test_an_application_said_twice_is_refused_with_the_first_ones_number(world: dict[str, str], tmp_path: Path) -> None:
    text = example("application")
    apply = ["programme", "apply", paper(tmp_path, "a.yaml", text), "--as", world["host"]]
    first = done(*apply, "--key", "once", "--json").data
    assert done(*apply, "--key", "once", "--json").data == first  # the same act, and the same answer
    before = head()
    again = songjiao(*apply)
    assert (again.status, again.out, head()) == (1, "", before)
    assert again.err.startswith(
        f"示例云溪区实验小学已申报“示例云溪区2026年小学数学送教下乡培训”({REF},2026-03-23 开班),尚在办理,不必重复申报;"
        f"退回后修改请用 songjiao programme correct {REF},确是另一个项目的请换一个名称(title) [本办公室设置 送教自身的办理次序"
    )
    assert f"({REF}, starting on 2026-03-23)" in songjiao(*apply, lang="en").err
    other = paper(tmp_path, "b.yaml", text.replace("2026年小学数学", "2026年小学数学第二轮"))
    assert done("programme", "apply", other, "--as", world["host"], "--json").data["ref"] == "CQ-2026-0002"


def test_a_moved_start_does_not_hide_the_first_application(awarded: dict[str, str], tmp_path: Path) -> None:
    by = ["--as", awarded["host"]]
    done("programme", "postpone", REF, "--to", "2026-03-30", "--reason", "示例大雪", *by)
    again = songjiao("programme", "apply", paper(tmp_path, "a.yaml", example("application")), *by)
    assert (again.status, f"({REF},2026-03-23 开班)" in again.err) == (1, True)


def test_after_a_rejection_the_same_may_be_applied_for_again(applied: dict[str, str], tmp_path: Path) -> None:
    county = applied["county"]
    rejection = ["--decision", "reject", "--comment", "示例:不符合本区需求", "--code", code_of(county), "--as", county]
    done("approval", "decide", REF, *rejection)
    again = ["programme", "apply", paper(tmp_path, "a.yaml", example("application")), "--as", applied["host"]]
    assert done(*again, "--json").data["ref"] == "CQ-2026-0002"
