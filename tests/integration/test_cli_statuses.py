"""Uploads that lie, names that nobody knows, wrong usage, trouble of the system: each ends with the promised status."""

from __future__ import annotations

import fcntl
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import event

from office.runtime.database import engine_for
from office.runtime.settings import Settings, settings
from tests.integration.cli_world import (
    PDF,
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

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
def world(sqlite_office: Settings) -> dict[str, str]:
    refs = dict(people_the_office(sqlite_office))
    set_clock("2025-12-08")
    return refs


# --- uploads ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def awarded(world: dict[str, str], tmp_path: Path) -> dict[str, str]:
    done("programme", "apply", paper(tmp_path, "a.yaml", example("application")), "--as", world["host"])
    for who in ("county", "commission"):
        decide = ["approval", "decide", "CQ-2026-0001", "--decision", "approve", "--as", world[who]]
        done(*decide, "--code", code_of(world[who]))
    return world


UPLOADS: tuple[tuple[str, bytes, str, str], ...] = (
    (
        "a.pdf",
        PNG,
        "file: a.pdf:扩展名是 .pdf,内容却是 .png 文件;请提交正确的文件\n",
        "file: a.pdf: says .pdf but is .png inside; send the right file\n",
    ),
    (
        "a.pdf",
        b"plain words",
        "file: a.pdf:内容不是 .pdf 文件;请重新打开并保存\n",
        "file: a.pdf: is not a .pdf file inside; open and save it again\n",
    ),
    (
        "a.docx",
        PDF,
        "file: a.docx:内容不是 .docx 文件;请重新打开并保存\n",
        "file: a.docx: is not a .docx file inside; open and save it again\n",
    ),
    (
        "a.txt",
        "示例".encode("gbk"),
        "file: a.txt:不是 UTF-8 文本(第 2 字节);请另存为 UTF-8\n",
        "file: a.txt: is not UTF-8 text (byte 2); save it as UTF-8\n",
    ),
    ("a.pdf", b"", "file: a.pdf:文件是空的\n", "file: a.pdf: is empty\n"),
    (
        "a.exe",
        PDF,
        "file: a.exe:不接收 .exe 文件;可用格式:pdf, docx, xlsx, zip, jpg, png, txt\n",
        "file: a.exe: .exe is not taken here; send one of pdf, docx, xlsx, zip, jpg, png, txt\n",
    ),
)


@pytest.mark.parametrize(("name", "content", "zh", "en"), UPLOADS, ids=[f"{one[0]} {one[3][:30]}" for one in UPLOADS])
def test_an_upload_that_is_not_what_it_says_is_refused(
    awarded: dict[str, str], tmp_path: Path, name: str, content: bytes, zh: str, en: str
) -> None:
    before = head()
    submit = [
        "document",
        "submit",
        "CQ-2026-0001",
        "needs-survey",
        paper(tmp_path, name, content),
        "--as",
        awarded["host"],
    ]
    assert songjiao(*submit) == Answer(1, "", zh)
    assert songjiao(*submit, lang="en") == Answer(1, "", en)
    assert head() == before
    assert kept() == []


def kept() -> list[Path]:
    """Every file in the store of documents."""
    return [path for path in settings().documents_dir.rglob("*") if path.is_file()]


def test_200_megabytes_are_refused_without_being_copied(awarded: dict[str, str], tmp_path: Path) -> None:
    large = tmp_path / "large.pdf"
    with large.open("wb") as handle:
        handle.write(PDF)
        handle.truncate(200 * 1024 * 1024)  # a sparse file: it takes no room on the disk
    before = head()
    submit = ["document", "submit", "CQ-2026-0001", "needs-survey", large, "--as", awarded["host"]]
    assert songjiao(*submit) == Answer(1, "", "file: large.pdf:超过 50 MB,请缩小后再交\n")
    plan = ["plan", "submit", "CQ-2026-0001", paper(tmp_path, "p.yaml", example("plan")), "--page", large]
    assert songjiao(*plan, "--as", awarded["host"], lang="en") == Answer(
        1, "", "file: large.pdf: larger than 50 MB; send a smaller file\n"
    )
    assert head() == before
    assert kept() == []


def test_names_that_nobody_recorded_are_said(awarded: dict[str, str], tmp_path: Path) -> None:
    file = paper(tmp_path, "a.pdf", PDF)
    host = ["--as", awarded["host"]]
    cases: dict[tuple[object, ...], str] = {
        ("programme", "show", "CQ-2026-9999"): "没有项目 CQ-2026-9999;可用 songjiao programme list 查看\n",
        ("programme", "confirm-budget", "CQ-2026-0001", "--as", "P-9999"): "查无此人:P-9999;请用人员编号,如 P-0001\n",
        ("plan", "submit", "CQ-2026-0001", file, *host): "FILE: 实施方案请用 YAML 文件,签字盖章页用 --page\n",
        ("session", "start", "CQ-2026-0001", "--session", 7, *host): "CQ-2026-0001 没有第 7 期\n",
        (
            "organisation",
            "add",
            "示例新校",
            "--kind",
            "scool",
        ): "--kind: 没有“scool”这种角色或单位类别;是否应为 school?\n",
        ("organisation", "add", "示例市教委", "--kind", "school"): "name: 示例市教委 已经登记过\n",
        (
            "person",
            "add",
            "示例·某",
            "--in",
            "示例市教委",
            "--email",
            "no address",
        ): "email: 'no address' 不是邮箱地址\n",
        ("policy", "explain", "CQ2021-6.1111"): "没有条款 'CQ2021-6.1111';是否应为 CQ2021-6.11?\n",
        ("message", "preview", "0000"): "没有编号为 0000 的消息;见 songjiao message list\n",
    }
    before = head()
    answers = {argv: songjiao(*argv) for argv in cases}
    assert {argv: (answer.status, answer.err) for argv, answer in answers.items()} == {
        argv: (1, said) for argv, said in cases.items()
    }
    assert head() == before


def test_another_than_the_right_person_is_refused_with_the_reason(awarded: dict[str, str]) -> None:
    before = head()
    refused = songjiao("programme", "confirm-budget", "CQ-2026-0001", "--as", awarded["county"])
    assert refused == Answer(1, "", "只有项目承担机构的联系人或项目办可以办理此事 [本办公室设置 谁可以代表承训机构]\n")
    assert head() == before


# --- wrong usage and trouble of the system ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "zh"),
    [
        (["programm"], "没有命令 'programm';是否应为 'programme'?"),
        (["programme", "show"], "缺少参数 'REF'"),
        (["programme", "confirm-budget", "CQ-2026-0001"], "缺少选项 '--as'(也可设环境变量 'SONGJIAO_AS')"),
        (["programme", "show", "CQ-2026-0001", "--jsno"], "没有选项 --jsno"),
        (["deadline", "list", "--due-within", "soon"], "soon 不是时间长度,请写成 7d 或 2w"),
        (
            ["ban", "record", "P-1", "--policy", "x", "--returned-on", "昨天", "--cause", "x"],
            "昨天 不是日期,请写成 2026-03-23",
        ),
        (["stage", "product", "R", "stage-1", "k", "f", "--as", "P-1", "--covers", "0"], "'--covers':应不小于 1"),
        (
            ["approval", "decide", "R", "--as", "P-1", "--decision", "perhaps"],
            "'--decision':'perhaps' 不可用,可选:'approve', 'return', 'reject', 'file'",
        ),
    ],
    ids=["command", "argument", "option", "unknown option", "span", "day", "number", "choice"],
)
def test_wrong_usage_ends_with_2_and_says_how(world: dict[str, str], argv: list[str], zh: str) -> None:
    answer = songjiao(*argv)
    assert (answer.status, answer.out) == (2, "")
    assert zh in answer.err
    assert "Traceback" not in answer.err


def test_an_unknown_language_is_wrong_usage(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from cli.main import run

    assert run(["policy", "list", "--lang", "fr"]) == 2
    assert "fr" in capsys.readouterr().err


def test_without_a_ledger_nothing_is_made_by_looking(data_dir: Path) -> None:
    looked = songjiao("programme", "list", lang="en")
    assert looked.status == 3
    assert looked.err.startswith("there is no ledger yet (")
    assert songjiao("organisation", "add", "示例校", "--kind", "school").status == 3
    assert list(data_dir.iterdir()) == []


def test_a_ledger_without_its_tables_is_trouble_of_the_system(data_dir: Path) -> None:
    sqlite3.connect(data_dir / "songjiao.db").close()
    (data_dir / "songjiao.db").touch()
    assert songjiao("programme", "list") == Answer(3, "", "台账尚未建好或版本不符;请先运行 songjiao up\n")
    engine_for(settings().ledger_url).dispose()


def test_a_busy_ledger_is_trouble_of_the_system(world: dict[str, str]) -> None:
    engine = engine_for(settings().ledger_url)
    engine.dispose()
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=20"))
    other = sqlite3.connect(settings().root / "songjiao.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        answer = songjiao("organisation", "add", "示例校", "--kind", "school", lang="en")
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert answer == Answer(3, "", "the ledger is busy with another process; try again in a moment\n")
    assert done("organisation", "add", "示例校", "--kind", "school").status == 0


def test_a_full_disk_refuses_the_whole_act_and_loses_nothing(world: dict[str, str], tmp_path: Path) -> None:
    """SQLite's own word for a full disk: no page more than there are."""
    done("programme", "apply", paper(tmp_path, "a.yaml", example("application")), "--as", world["host"])
    before, code = head(), code_of(world["county"])
    engine = engine_for(settings().ledger_url)
    engine.dispose()

    def fill(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # SQLite takes the present number for the least

    event.listen(engine, "connect", fill)
    decide = ("approval", "decide", "CQ-2026-0001", "--decision", "approve", "--as", world["county"], "--code", code)
    comment = "示" * 1900  # more than the last page has room for
    refused = songjiao(*decide, "--comment", comment, lang="en")
    assert refused == Answer(3, "", "the disk is full: nothing was changed; make room and do it again\n")
    assert head() == before

    event.remove(engine, "connect", fill)
    engine.dispose()
    done(*decide, "--comment", comment)  # the same code: it was not used up
    assert songjiao("audit", "verify").status == 0


def test_a_setting_that_cannot_be_read_is_named(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGJIAO_UPLOAD_LIMIT_MB", "many")
    settings.cache_clear()
    answer = songjiao("programme", "list", lang="en")
    settings.cache_clear()
    assert answer.status == 3
    assert answer.err.startswith("the setting SONGJIAO_UPLOAD_LIMIT_MB cannot be used: ")


def test_a_second_office_in_one_data_folder_is_refused(sqlite_office: Settings) -> None:
    sqlite_office.run_dir.mkdir()
    with (sqlite_office.run_dir / "office.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = songjiao("up")
    assert (answer.status, answer.out) == (3, "")
    assert "Traceback" not in answer.err
    assert answer.err.strip() != ""
