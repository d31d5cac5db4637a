"""The demo's report in words: each document and each rung in a line of its own, each clause once, each reader's language."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from office.demo.telling import tell

REF = "CQ-2026-0001"
_RESTS = {"clause": "CQ2021-6.11", "setting": None, "adopted_from": None}
_ARCHIVE = {"zh": "报送档案资料", "en": "Send the archive"}


def _document(day: str, version: int = 1, late: int = 0) -> dict[str, Any]:
    return {
        "kind": "document", "programme": REF, "document": "archive-documents", "name": {"zh": "档案资料", "en": "Archive"},
        "stage": None, "session": "一班", "version": version, "submitted_on": day, "late_days": late,
    }  # fmt: skip


REPORT: dict[str, Any] = {
    "programmes": {"S01": REF},
    "claims": [
        {"kind": "programme", "programme": REF, "title": "示例", "started_on": "2026-03-23", "ended_on": "2026-11-10",
         "run_id": "r"},
        _document("2026-11-20", 2, late=3), _document("2026-11-17"), _document("2026-11-17"),
        {"kind": "obligation", "programme": REF, "obligation_id": "o", "obligation": "archive", "name": _ARCHIVE,
         "owed_by": "示例学校", "due_on": "2026-11-17", "state": "met-late", "met_on": "2026-11-20", "late_days": 3,
         **_RESTS},
        {"kind": "rung", "programme": REF, "obligation_id": "o", "obligation": "archive", "rung": "chase",
         "due_on": "2026-11-17", "fired_on": "2026-11-18", "reached": 1},
        {"kind": "rung", "programme": REF, "obligation_id": "o", "obligation": "archive", "rung": "remind",
         "due_on": "2026-11-17", "fired_on": "2026-11-14", "reached": 2},
        {"kind": "trainees", "programme": REF, "session": 1, "nominated": 3, "states": {"refused": 1},
         "refused_by": {"office setting 名额有限": 1},
         "names": {"office setting 名额有限": {"zh": "本办公室设置:名额有限", "en": "office setting Places are few"}}},
        {"kind": "refusal", "programme": REF, "on": "2026-03-16", "door": "cli", "exit_status": 1,
         "said": "尚未报备 [CQ2021-10.3] CQ2021-10.3 “原文”"},
        {"kind": "attempt", "programme": REF, "on": "2026-03-12", "why": "wrong-code", "run_id": None, "said": "验证码不正确"},
        {"kind": "messages", "message": "decision-asked", "state": "sent", "count": 4},
        {"kind": "audit", "events": 9, "head": "abc"},
    ],
    "expectations": [],
    "summary": {"expectations": 0, "expectations_true": 0},
}  # fmt: skip


def told(locale: str, report: dict[str, Any] = REPORT) -> list[str]:
    """The report's lines."""
    out = io.StringIO()
    tell(report, Console(file=out, width=200), locale)
    return out.getvalue().splitlines()


@pytest.mark.parametrize(
    ("locale", "lines"),
    [
        (
            "zh-CN",
            [
                "  2026-11-17  档案资料 一班 第1版: 未逾期 × 2",
                "  2026-11-20  档案资料 一班 第2版: 逾期 3 天",
                "提醒与督办(提醒 1、催办 1、督办 0)",
                "  2026-11-14  提醒: 报送档案资料 (应于 2026-11-17), 示例学校, 告知 2 人 [CQ2021-6.11]",
                "  2026-11-18  催办: 报送档案资料 (应于 2026-11-17), 示例学校, 告知 1 人 [CQ2021-6.11]",
                "  第1期(班): 报名 3; 不符合条件 1 [1 x 本办公室设置:名额有限]",
                "  2026-03-16  被拒绝 (命令行, 退出状态 1): 尚未报备 [CQ2021-10.3] “原文”",
                "  2026-03-12  未生效的决定: 验证码不正确",
                "  审核办理通知: 4",
            ],
        ),
        (
            "en",
            [
                "  2026-11-17  Archive 一班 version 1: not late × 2",
                "  2026-11-20  Archive 一班 version 2: 3 days late",
                "Reminders and escalations (reminders 1, chased 1, escalated 0)",
                "  2026-11-14  reminder: Send the archive (due 2026-11-17), 示例学校, 2 told [CQ2021-6.11]",
                "  2026-11-18  chase: Send the archive (due 2026-11-17), 示例学校, 1 told [CQ2021-6.11]",
                "  session 1: nominated 3; refused 1 [1 x office setting Places are few]",
                "  Request for a decision: 4",
            ],
        ),
    ],
)
def test_each_document_and_each_rung_stands_in_a_line(locale: str, lines: list[str]) -> None:
    said = told(locale)
    assert [line for line in lines if line not in said] == []
    assert [said.index(line) for line in lines] == sorted(said.index(line) for line in lines)


def test_no_reminders_are_said_to_be_none() -> None:
    quiet = REPORT | {"claims": [one for one in REPORT["claims"] if one["kind"] != "rung"]}
    said = told("zh-CN", quiet)
    assert said[said.index("提醒与督办(提醒 0、催办 0、督办 0)") + 1] == "  无"
