"""Lists name kinds, roles and messages as offices do; a reader of English and a program see the keys."""

import re
import uuid
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cli.edge import library
from cli.language import speaking
from cli.programme_pages import print_standing
from ledger.errors import OFFICE_RULES
from ledger.queries.standing import Awaited, Standing
from office.runtime.settings import Settings
from office.runtime.transactions import reading
from office.steps import step, trouble
from policies.lookup import basis_label
from tasks.phase import _basis
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


def test_a_level_that_nobody_knows_takes_no_column(sqlite_office: Settings) -> None:
    done("organisation", "add", "示例送培团队", "--kind", "training-team")
    assert done("organisation", "list").out == "单位\t类别\t上级\t乡村\n示例送培团队\t送培团队\t\t\n"


def test_what_a_decision_rests_on_is_chinese_in_a_runs_log() -> None:
    assert _basis("office setting 名额有限") == "本办公室设置:名额有限"
    assert _basis("CQ2021-2.2") == "CQ2021-2.2"


def test_why_a_nominee_was_refused_is_told_in_the_readers_language() -> None:
    pack = library().load("chongqing-2021")
    known = next(test.why for test in pack.selection.eligibility if test.why)  # type: ignore[union-attr]
    recorded = f"office setting {known.zh}"[:100]
    assert basis_label(pack, recorded) == f"本办公室设置:{known.zh}"[: len(recorded) - len("office setting ") + 7]
    assert basis_label(pack, recorded, "en") == f"office setting {known.en}"
    assert basis_label(pack, "office setting 别的", "en") == "office setting 别的"
    assert basis_label(pack, "CQ2021-5.9", "en") == "CQ2021-5.9"


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


# --- what recurs, what is no head -------------------------------------------------------------------------------------


def owed(day: int, overdue: int = 0, kind: str = "report") -> Awaited:
    """Something awaited until a day of December."""
    return Awaited(
        id=uuid.uuid4(), kind=kind, programme="CQ-2026-0001", title="示例", what="简报", what_en="Report",
        organisation="示例学校", role="承训机构", role_en="host", role_key="host-institution",
        since=datetime(2025, 12, 1, tzinfo=UTC), until=date(2025, 12, day), overdue_days=overdue, clause="CQ2021-1",
        setting=None, if_done="", if_done_en="", if_not="", if_not_en="",
    )  # fmt: skip


def test_what_recurs_is_told_once_with_how_many_come_after(
    capsys: pytest.CaptureFixture[str], refs: dict[str, str]
) -> None:
    more = [owed(day) for day in range(14, 23)]
    awaited = [owed(1, overdue=7), owed(10), owed(12, kind="other"), *more, owed(24, kind="other")]
    standing = Standing(ref="CQ-2026-0001", title="示例", state="running", policy="p", phases=[], awaited=awaited)
    with reading() as act:
        for language in ("zh-CN", "en"):
            with speaking(language):
                print_standing(act, standing)
    chinese, _, english = capsys.readouterr().out.partition("CQ-2026-0001 示例: running")
    assert re.findall(r"至 (2025-12-\d\d) 止", chinese) == [f"2025-12-{day}" for day in ("01", "10", "12", "24")]
    assert "\n    另有 9 期,至 2025-12-22\n" in chinese
    assert "\n    and 9 more of the same, until 2025-12-22\n" in english


def test_a_head_that_is_none_is_told_apart_from_a_broken_chain(refs: dict[str, str]) -> None:
    verify = ("audit", "verify", "--head")
    assert songjiao(*verify, "deadbeef").err == "--head: deadbeef 不是链头;请给出 audit verify 显示的 64 位链头\n"
    strange = songjiao(*verify, "d" * 64)
    assert (strange.status, strange.out) == (1, "")
    assert strange.err.startswith(f"本台账没有哪个事件的哈希是 {'d' * 64}:")
    assert "chain breaks" not in songjiao(*verify, "d" * 64, lang="en").err
    head = done("audit", "verify", "--json").data["head"]
    assert done(*verify, head.upper()).status == 0
