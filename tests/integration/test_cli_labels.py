"""Lists name kinds, roles and messages as offices do; a reader of English and a program see the keys."""

import re
from pathlib import Path

import pytest

from ledger.errors import OFFICE_RULES
from office.runtime.settings import Settings
from office.steps import step, trouble
from tests.integration.cli_world import code_of, done, example, paper, people_the_office, set_clock, songjiao

REF = "CQ-2026-0001"
ANOTHER_PORT = "Stop it, or choose another with SONGJIAO_PREFECT_PORT (0 takes a free one)."
ANOTHER_FOLDER = "Stop it first, or choose another data folder with SONGJIAO_DATA_DIR."


@pytest.fixture
def refs(sqlite_office: Settings) -> dict[str, str]:
    """An office with its people on a day of the application window."""
    refs = dict(people_the_office(sqlite_office))
    set_clock("2025-12-08")
    return refs


def test_kinds_and_levels_of_organisations_are_named(refs: dict[str, str]) -> None:
    rows = {row[0]: row[1:] for row in done("organisation", "list").rows}
    assert rows["示例云溪区教委"][0::2] == ["区县教育行政部门", "区县级"]
    english = {row[0]: row[1:] for row in songjiao("organisation", "list", lang="en").rows}
    assert english["示例云溪区教委"][0::2] == ["county-education-authority", "county"]
    kept = {one["name"]: one for one in done("organisation", "list", "--json").data}
    assert kept["示例云溪区教委"]["kind"] == "county-education-authority"


def test_roles_of_people_are_named(refs: dict[str, str]) -> None:
    shown = done("person", "list").out
    assert "区县教育行政部门" in shown
    assert "county-education-authority" not in shown
    assert "county-education-authority" in songjiao("person", "list", lang="en").out
    given = done("role", "give", refs["county"], "clerk", "--in", "示例云溪区教委").out
    assert given == f"{refs['county']} 在示例云溪区教委担任经办人(clerk)\n"


def test_messages_are_named(refs: dict[str, str], tmp_path: Path) -> None:
    done("programme", "apply", paper(tmp_path, "a.yaml", example("application")), "--as", refs["host"])
    assert [row[2] for row in done("message", "list").rows] == ["审核办理通知"]
    assert [row[2] for row in songjiao("message", "list", lang="en").rows] == ["decision-asked"]


def test_what_refuses_without_a_clause_is_named_in_both_languages(refs: dict[str, str], tmp_path: Path) -> None:
    done("programme", "apply", paper(tmp_path, "a.yaml", example("application")), "--as", refs["host"])
    decide = ["approval", "decide", REF, "--as", refs["county"], "--decision", "approve"]
    done(*decide, "--code", code_of(refs["county"]))
    award = ["approval", "decide", REF, "--as", refs["commission"], "--decision", "approve"]
    done(*award, "--code", code_of(refs["commission"]))
    back = ["approval", "take-back", REF, "--as", refs["county"], "--subject", "application", "--reason", "示例"]
    assert "[本办公室设置 撤回决定]" in songjiao(*back, "--code", "00000000").err
    assert "[office setting taking a decision back]" in songjiao(*back, "--code", "00000000", lang="en").err


def test_every_rule_of_the_office_that_refuses_has_its_words(repository: Path) -> None:
    used = {
        name
        for file in (repository / "ledger").rglob("*.py")
        for name in re.findall(r'setting="([^"]+)"', file.read_text(encoding="utf-8"))
    }
    assert used == set(OFFICE_RULES)


@pytest.mark.parametrize(
    ("words", "chinese"),
    [
        ("server", "启动:Prefect 服务"),
        ("worker ended (exit 1); again in 2 s", "执行器 已退出(exit 1),2 秒后重启"),
        (
            f"Port 4200 is in use by another program. {ANOTHER_PORT}",
            "端口 4200 已被其他程序占用;请停止该程序,或用 SONGJIAO_PREFECT_PORT 另选端口(0 为任取空闲端口)",
        ),
        (
            f"The office in /srv/data is running already (process 7). {ANOTHER_FOLDER}",
            "/srv/data 中的办公室已在运行(进程 7);请先停止它,或用 SONGJIAO_DATA_DIR 另选数据文件夹",
        ),
        (
            "server ended at once. Its log, /srv/log/server.log, ends:\nno space\nleft",
            "Prefect 服务 一启动就退出了。其日志 /srv/log/server.log 的末尾:\nno space\nleft",
        ),
        (
            "engine is not ready after 60 s. Its log, /srv/log/engine.log, ends:\n",
            "预热引擎 在 60 秒内没有就绪。其日志 /srv/log/engine.log 的末尾:\n",
        ),
        ("prefect.yaml could not be registered:\nx", "prefect.yaml 无法登记:\nx"),
        ("told to stop while starting", "启动时收到停止指令"),
        ("what nobody has said yet", "what nobody has said yet"),
    ],
)
def test_what_an_office_says_as_it_starts_is_told_in_chinese(words: str, chinese: str) -> None:
    assert step(words, english=False) == chinese
    assert trouble(words, english=True) == words
