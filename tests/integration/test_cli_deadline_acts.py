"""Deadlines extended, stopped, seen; steps handed on, decisions taken back: as people type it."""

from pathlib import Path
from typing import Any

import pytest

from office.runtime.settings import Settings
from tests.integration.cli_world import code_of, done, example, paper, people_the_office, set_clock, songjiao

REF = "CQ-2026-0001"


class Office:
    """The small office, an application in it that lies with the county."""

    def __init__(self, office: Settings, folder: Path) -> None:
        self.settings, self.refs = office, people_the_office(office)
        done("programme", "apply", paper(folder, "application.yaml", example("application")), *self.by("host"))

    def by(self, who: str) -> list[str]:
        """Who acts."""
        return ["--as", self.refs[who]]

    def awarded(self) -> None:
        """Both decisions up to the award."""
        for who in ("county", "commission"):
            code = code_of(self.refs[who])
            done("approval", "decide", REF, *self.by(who), "--decision", "approve", "--code", code)

    def owed(self, kind: str) -> dict[str, Any]:
        """What is owed of a kind, as the list gives it."""
        [found] = [one for one in done("deadline", "list", "--json").data if one["kind"] == kind]
        return dict(found)


@pytest.fixture
def office(sqlite_office: Settings, tmp_path: Path) -> Office:
    """The small office."""
    return Office(sqlite_office, tmp_path)


def test_a_deadline_is_extended_stopped_and_its_history_told(office: Office) -> None:
    set_clock("2026-01-12")
    office.awarded()
    survey = office.owed("needs-survey")
    number = survey["id"][-8:]
    assert (
        songjiao("deadline", "extend", number, "--until", "2026-04-03", "--reason", "示例", *office.by("host")).status
        == 1
    )
    said = done("deadline", "extend", number, "--until", "2026-04-03", "--reason", "示例停机", *office.by("office"))
    assert said.out == f"{number}:延期至 2026-04-03\n"
    assert office.owed("needs-survey")["until"] == "2026-04-03"
    said = done("deadline", "stop", number, "--at-most", "10d", "--reason", "示例等待", *office.by("office"))
    assert said.out == f"{number}:计时已中止,尚可中止10天\n"
    assert "自2026-01-12中止" in done("deadline", "list").out
    set_clock("2026-01-16")
    said = done("deadline", "resume", number, *office.by("office"), lang="en")
    assert said.out == f"{number}: runs again, due 2026-04-07\n"
    told = [row[:4] for row in done("deadline", "history", number).rows]
    assert told == [
        ["2026-01-12", "延期", "2026-04-03", ""],
        ["2026-01-12", "中止计时", "", "10"],
        ["2026-01-16", "恢复计时", "", "4"],
    ]
    wrong = songjiao("deadline", "extend", number, "--until", "2026-04-01", "--reason", "示例", *office.by("office"))
    assert (wrong.status, wrong.err) == (1, "until: 2026-04-01 不晚于现在的期限 2026-04-07;延期须更晚\n")


def test_who_owes_says_that_it_was_seen(office: Office) -> None:
    set_clock("2026-01-12")
    office.awarded()
    number = office.owed("needs-survey")["id"][-8:]
    assert songjiao("deadline", "acknowledge", number, *office.by("county")).status == 1
    assert done("deadline", "acknowledge", number, *office.by("host")).out == f"{number}:已知悉,2026-01-14前不再提醒\n"
    long = songjiao("deadline", "acknowledge", number, "--days", "9d", *office.by("host"))
    assert (long.status, long.err) == (1, "days: 知悉后至多 2 个工作日不再提醒,不能是 9\n")


def test_a_step_is_handed_on_and_a_decision_taken_back(office: Office) -> None:
    handed = ["approval", "reassign", REF, "--to", office.refs["commission"], "--reason", "示例回避"]
    assert songjiao(*handed, *office.by("county")).status == 1
    assert done(*handed, *office.by("office")).out == f"{REF}:已转交 {office.refs['commission']}\n"
    code = code_of(office.refs["commission"])
    done(
        "approval", "decide", REF, *office.by("commission"), "--decision", "return", "--comment", "示例", "--code", code
    )
    back = ["approval", "take-back", REF, *office.by("commission"), "--reason", "示例看错"]
    assert songjiao(*back, "--code", "00000000").err == "验证码不正确(还可试4次)\n"
    assert done(*back, "--code", code).out == f"{REF}: 项目申报书第1级:决定已撤回,本级重新审核\n"
    assert songjiao(*back, "--code", code).status == 1


def test_somebody_is_away_and_another_stands_in(office: Office) -> None:
    who, other = office.refs["county"], office.refs["institute"]
    set_clock("2025-12-08")
    days = ["--from", "2025-12-08", "--until", "2025-12-12"]
    said = done("approval", "absent", who, "--substitute", other, *days, "--reason", "示例出差", *office.by("county"))
    assert said.out == f"{who} 2025-12-08至2025-12-12由 {other} 代办\n"
    assert done("approval", "absences").rows == [[who, "示例·区教委", "2025-12-08", "2025-12-12", other, "示例出差"]]
    code = code_of(other)
    assert done("approval", "decide", REF, *office.by("institute"), "--decision", "approve", "--code", code).status == 0
    assert done("approval", "back", who, *office.by("county")).out == f"{who} 已返岗,代办结束\n"
    assert done("approval", "absences").err == "没有人请假\n"
