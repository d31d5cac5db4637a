"""One programme from application to evaluation by commands alone: each command once, on a real SQLite ledger."""

from __future__ import annotations

import io
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from office.runtime.settings import REPOSITORY, Settings
from policies.clauses import clauses
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
from tests.support.libraries import library_of

SCHOOL = "示例石桥镇中心小学"
REF = "CQ-2026-0001"


class Road:
    """The people of the small office and their papers; each method is a stretch of the way."""

    def __init__(self, office: Settings, folder: Path) -> None:
        self.folder = folder
        self.refs = people_the_office(office)

    def by(self, who: str) -> list[str]:
        return ["--as", self.refs[who]]

    def paper(self, name: str, content: str | bytes = PDF) -> Path:
        return paper(self.folder, name, content)

    def decide(self, who: str, decision: str, *more: object) -> Answer:
        code = code_of(self.refs[who])
        return done("approval", "decide", REF, *self.by(who), "--decision", decision, "--code", code, *more)

    def to_the_award(self) -> None:
        application = self.paper("application.yaml", example("application"))
        taken = done("programme", "apply", application, *self.by("host"))
        assert taken.out.splitlines()[0] == f"已受理:{REF} 示例云溪区2026年小学数学送教下乡培训"
        assert taken.out.splitlines()[1] == "  教育教学现场实践比例:48/64 = 75%,符合不少于 50% 的要求。 [CQ2021-3.9]"
        self.decide("county", "return", "--comment", "请补充课时表")
        assert done("programme", "correct", REF, application, *self.by("host")).out == f"{REF}:修改稿已受理\n"
        self.decide("county", "approve")
        set_clock("2026-01-12")
        self.decide("commission", "approve")
        assert done("programme", "confirm-budget", REF, *self.by("host")).out == f"{REF}:经费已确认\n"

    def to_the_list(self) -> None:
        set_clock("2026-02-24")
        for teacher in ("teacher-1", "teacher-2"):
            done("trainee", "volunteer", REF, *self.by(teacher))
        nominees = [self.refs["teacher-1"], self.refs["teacher-2"]]
        assert done("trainee", "recommend", REF, *nominees, *self.by("school")).out == "已推荐 2 人\n"
        set_clock("2026-03-04")
        days = ["--from", "2026-03-04", "--to", "2026-03-10"]
        done("trainee", "notice", REF, "--school", SCHOOL, *days, *self.by("school"))
        done("trainee", "object", REF, "--school", SCHOOL, "--reason", "示例异议")
        early = songjiao("trainee", "review", REF, *self.by("county"))
        assert (early.status, early.out) == (1, "")
        assert "公示期至 2026-03-10" in early.err
        assert "SL2017-5A.2" in early.err
        set_clock("2026-03-11")
        assert done("trainee", "review", REF, *self.by("county")).out == "审核报送 2 人,不符合条件 0 人\n"
        assert done("trainee", "confirm", REF, *self.by("host"), "--json").data == {
            "taken": 2,
            "refused": [],
            "waiting": [],
        }

    def to_the_start(self) -> None:
        plan, page = self.paper("plan.yaml", example("plan")), self.paper("page.pdf")
        done("plan", "submit", REF, plan, "--page", page, *self.by("host"))
        behalf = ["--on-behalf-of", "示例·院长", "--scan", self.paper("scan.pdf", PDF + b"%scan")]
        self.decide("clerk", "approve", *behalf)
        self.decide("centre", "approve")
        refused = songjiao(
            "approval", "decide", REF, *self.by("commission"), "--decision", "reject",
            "--code", code_of(self.refs["commission"]), lang="en",
        )  # fmt: skip
        assert refused.status == 1
        assert "CQ2021-2.3" in refused.err
        self.decide("commission", "file")
        early = songjiao("session", "start", REF, *self.by("host"))
        assert early.status == 1
        assert "CQ2021-10.3 “凡未经市和区县教育行政部门审核同意的培训项目一律不得开展”" in early.err
        for kind in ("needs-survey", "emergency-plan", "check-in-notice"):
            done("document", "submit", REF, kind, self.paper(f"{kind}.pdf", PDF + kind.encode()), *self.by("host"))
        too_soon = songjiao("session", "start", REF, *self.by("host"))
        assert too_soon.err.startswith(
            "计划于 2026-03-23 开班,今天是 2026-03-11,尚不能开班;确需提前的,请先更改开班日期:"
        )
        assert f"songjiao programme postpone {REF} --session 1 --to 2026-03-11 --reason" in too_soon.err
        assert "非条文规定" in too_soon.err
        set_clock("2026-03-23")
        assert done("session", "start", REF, *self.by("host"), lang="en").out == f"{REF}: session 1 has started\n"

    def to_the_end(self) -> None:
        pack = library_of(REPOSITORY / "policies").resolve("chongqing-2021", "send-teaching")
        last = {1: "2026-03-25", 2: "2026-04-14", 3: "2026-06-26", 4: "2026-09-16", 5: "2026-11-10"}
        for stage in sorted(pack.stages, key=lambda one: one.number):
            set_clock(last[stage.number])
            where = ["--school", SCHOOL] if stage.key in ("stage-2", "stage-3") else []
            place = [REF, stage.key, *where, *self.by("team")]
            done("stage", "open", *place)
            attended = done("stage", "attend", *place, "--json").data
            assert attended["trainees"] == 2
            early = songjiao("stage", "close", *place)
            assert early.status == 1
            assert re.search(r"SL2017-2\.\d+ “", early.err)
            for product in stage.products:
                file = self.paper(f"{product.document}.pdf", PDF + product.document.encode())
                done(
                    "stage", "product", REF, stage.key, product.document, file, "--covers", 2, *where, *self.by("team")
                )
            assert done("stage", "close", *place).out == f"{REF} {stage.key}:已结束\n"

    def to_the_score(self) -> None:
        set_clock("2026-11-20")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("总结.txt", "示例")
        late = done(
            "document", "submit", REF, "archive-documents", self.paper("a.zip", packed.getvalue()), *self.by("host")
        )
        assert late.out == f"{REF}:已收到培训总结、课程资源、过程档案(迟交 3 天)\n"
        scores = {"expert-inspection": ("panel", 88), "trainee-satisfaction": ("office", 93)}
        scores |= {"outcome-quality": ("centre", 86), "archive-documents": ("centre", 95)}
        missing = songjiao("score", "close", REF, *self.by("office"))
        assert missing.status == 1
        assert "CQ2021-9.3" in missing.err
        for source, (who, value) in scores.items():
            done("score", "enter", REF, source, value, *self.by(who))
        closed = done("score", "close", REF, *self.by("office"))
        assert closed.out.splitlines()[0] == f"{REF}:考评得分 89.6"


@pytest.fixture
def road(sqlite_office: Settings, tmp_path: Path) -> Road:
    made = Road(sqlite_office, tmp_path)
    set_clock("2025-12-08")
    return made


@pytest.fixture
def whole(road: Road) -> Road:
    for stretch in (road.to_the_award, road.to_the_list, road.to_the_start, road.to_the_end, road.to_the_score):
        stretch()
    return road


def test_a_programme_goes_its_whole_way_by_commands(whole: Road) -> None:
    page = done("programme", "show", REF, "--json").data
    assert (page["state"], page["started_on"], page["ended_on"]) == ("evaluated", "2026-03-23", "2026-11-10")
    assert [(one["subject"], one["version"], one["state"]) for one in page["submissions"]] == [
        ("application", 1, "returned"),
        ("application", 2, "passed"),
        ("award", 1, "passed"),
        ("implementation-plan", 1, "filed"),
    ]
    plan = page["submissions"][-1]["decisions"]
    assert [(one["outcome"], one["door"], one["on_behalf"]) for one in plan] == [
        ("approve", "on-behalf", True),
        ("approve", "cli", False),
        ("file", "cli", False),
    ]
    score = done("score", "show", REF, "--json").data
    assert (score["total"], score["missing"], score["late_documents"], score["late_days"]) == ("89.6", [], 1, 3)
    assert [part["clause"] for part in score["parts"]] == ["CQ2021-9.3"] * 4
    assert songjiao("score", "enter", REF, "outcome-quality", 90, *whole.by("centre")).status == 1

    stages = done("stage", "list", REF, "--json").data
    assert [(one["key"], one["state"], one["school"]) for one in stages] == [
        ("stage-1", "closed", None),
        ("stage-2", "closed", SCHOOL),
        ("stage-3", "closed", SCHOOL),
        ("stage-4", "closed", None),
        ("stage-5", "closed", None),
    ]
    documents = done("document", "list", REF, "--json").data
    assert documents[-1]["kind"] == "archive-documents"
    assert documents[-1]["late_days"] == 3
    assert [row[4] for row in done("trainee", "list", REF).rows] == ["已结业", "已结业"]
    assert done("audit", "verify", "--json").data["ok"] is True


def test_explain_says_who_is_awaited_by_which_clause_and_what_follows(road: Road) -> None:
    road.to_the_award()
    register = clauses(REPOSITORY / "policies")
    said = done("programme", "explain", REF).out
    assert (
        "  报送实施方案(目标日):示例云溪区实验小学(项目承担机构)\n"
        "    自 2026-01-12 10:00 起,至 2026-03-16 止\n"
        f"    依据 CQ2021-6.10 “{register['CQ2021-6.10'].quote}”\n"
        "    办理后:办结,后续提醒自动取消\n"
        "    不办理:2026-03-13 提醒\n"
    ) in said
    english = done("programme", "explain", REF, lang="en").out
    assert "    since 2026-01-12 10:00, until 2026-03-16\n    by CQ2021-6.10 “" in english
    assert "    if not: a reminder on 2026-03-13\n" in english
    data = done("programme", "explain", REF, "--json").data
    assert set(data) == {"ref", "title", "state", "policy", "phases", "awaited"}
    kinds = {one["kind"]: one for one in data["awaited"]}
    assert kinds["plan-target"]["until"] == "2026-03-16"
    assert kinds["plan-into-review"]["clause"] is None
    assert kinds["plan-into-review"]["setting"] == "plan.into_review.due"


def test_deadlines_are_listed_by_their_nearness_and_waived_with_a_reason(road: Road) -> None:
    road.to_the_award()
    every = done("deadline", "list", "--json").data
    assert [one["until"] for one in every] == sorted(one["until"] for one in every)
    set_clock("2026-03-12")
    near = done("deadline", "list", "--due-within", "7d", "--programme", REF)
    assert all(row[4] <= "2026-03-19" for row in near.rows)
    survey = next(one for one in every if one["kind"] == "needs-survey")
    assert songjiao("deadline", "waive", survey["id"][-8:], "--reason", "示例", *road.by("host")).status == 1
    assert done("deadline", "waive", survey["id"][-8:], "--reason", "示例事由", *road.by("office")).status == 0
    left = done("deadline", "list", "--json").data
    assert len(left) == len(every) - 1
    unknown = songjiao("deadline", "waive", "00000000", "--reason", "示例")
    assert (unknown.status, unknown.err) == (1, "没有编号为 00000000 的应办事项;见 songjiao deadline list\n")


def test_a_postponed_start_moves_what_is_derived_from_it(road: Road) -> None:
    road.to_the_award()
    done("programme", "postpone", REF, "--to", "2026-03-30", "--reason", "示例大雪", *road.by("host"))
    moved = {one["kind"]: one["until"] for one in done("deadline", "list", "--json").data}
    assert moved["plan-target"] == "2026-03-23"
    same = songjiao("programme", "postpone", REF, "--to", "2026-03-30", "--reason", "示例", *road.by("host"))
    assert (same.status, same.err) == (1, "to: 2026-03-30 就是现定的开班日期\n")
    past = songjiao("programme", "postpone", REF, "--to", "2025-12-01", "--reason", "示例", *road.by("host"))
    assert (past.status, past.err) == (1, "to: 2025-12-01 已过;开班最早提前到今天(2026-01-12)\n")


def test_a_start_brought_forward_moves_what_is_derived_from_it(road: Road) -> None:
    road.to_the_award()
    forward = ["programme", "postpone", REF, "--reason", "示例场地调整", *road.by("host")]
    moved = done(*forward, "--to", "2026-03-16", lang="en")
    assert moved.out == f"{REF}: the start is moved to 2026-03-16\n"
    due = {one["kind"]: one["until"] for one in done("deadline", "list", "--json").data}
    assert due["plan-target"] == "2026-03-09"
    told = [one for one in done("message", "list", "--json").data if one["kind"] == "start-brought-forward"]
    assert len(told) == 1
    before = head()
    late = songjiao(*forward, "--to", "2026-01-15")
    assert (late.status, late.out, head()) == (1, "", before)
    assert (
        "开班提前至 2026-01-15,“报送实施方案(目标日)”应于 2026-01-08 前办理,已来不及;请先办理,或选更晚的日期"
        in late.err
    )
    assert "CQ2021-6.10" in late.err
    stages = done("stage", "list", REF, "--json").data
    assert (stages[0]["planned_from"], stages[-1]["planned_to"]) == ("2026-03-16", "2026-11-03")


def test_a_wrong_code_changes_nothing_and_is_said(road: Road) -> None:
    done("programme", "apply", road.paper("a.yaml", example("application")), *road.by("host"))
    wrong = ["approval", "decide", REF, *road.by("county"), "--decision", "approve", "--code", "00000000"]
    assert songjiao(*wrong) == Answer(1, "", "验证码不正确(还可试4次)\n")
    assert songjiao(*wrong, lang="en") == Answer(1, "", "the code is wrong (3 tries left)\n")
    told = songjiao(*wrong, "--json")
    assert (told.status, told.data["accepted"]) == (1, False)
    assert [one["subject"] for one in done("approval", "list", "--json").data] == ["application"]
    done("approval", "send-code", REF, "--to", road.refs["county"], *road.by("office"))
    assert done("approval", "list", "--person", road.refs["host"]).out == ""
    assert len(done("approval", "list", "--person", road.refs["county"]).rows) == 1
    road.decide("county", "approve")
    second = songjiao(*wrong, "--subject", "application")
    assert second == Answer(1, "", "本环节已有决定,不能再次决定\n")


def test_the_code_is_asked_for_when_it_is_not_given(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    done("programme", "apply", road.paper("a.yaml", example("application")), *road.by("host"))
    decide = ["approval", "decide", REF, *road.by("county"), "--decision", "approve"]
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert songjiao(*decide).status == 2
    monkeypatch.setenv("SONGJIAO_CODE", "00000000")
    assert songjiao(*decide).err == "验证码不正确(还可试4次)\n"
    monkeypatch.delenv("SONGJIAO_CODE")
    monkeypatch.setattr(sys, "stdin", io.StringIO(code_of(road.refs["county"]) + "\n"))
    said = f"{REF}: 项目申报书第1级:已记录审核同意 [CQ2021-2.2]\n"
    assert songjiao(*decide) == Answer(0, said, "")  # nobody at a terminal: no prompt is glued to what follows


def test_a_decision_under_one_key_is_done_once_and_answers_the_same(road: Road) -> None:
    done("programme", "apply", road.paper("a.yaml", example("application")), *road.by("host"), "--key", "apply-1")
    code = code_of(road.refs["county"])
    decide = ["approval", "decide", REF, *road.by("county"), "--decision", "approve", "--code", code, "--key", "d-1"]
    first = done(*decide)
    assert done(*decide) == first
    other = songjiao(*decide, "--comment", "另一件事")
    assert other.status == 1
    assert "d-1" in other.err
    again = done(
        "programme", "apply", road.paper("a.yaml", example("application")), *road.by("host"), "--key", "apply-1"
    )
    assert again.out.splitlines()[0].startswith(f"已受理:{REF} ")
    assert len(done("programme", "list").rows) == 1


def test_trainees_leave_with_a_ban_or_without_and_the_past_is_taken_over(whole_start: Road) -> None:
    road = whole_start
    heard = ["--cause", "示例无故缺席", "--heard", "示例申辩"]
    assert songjiao("trainee", "return", REF, road.refs["teacher-3"], *heard, *road.by("host")).status == 1
    done("trainee", "return", REF, road.refs["teacher-1"], *heard, *road.by("host"))
    done("trainee", "break-off", REF, road.refs["teacher-2"], "--reason", "示例产假", *road.by("host"))
    listed = done("trainee", "list", REF, lang="en").rows
    assert [row[4] for row in listed] == ["removed", "broke off"]
    assert [row[1] for row in listed] == ["示例·王**", "示例·李**"]
    assert [row[1] for row in done("trainee", "list", REF, "--names").rows] == ["示例·王小明", "示例·李小红"]
    ban = ["ban", "record", road.refs["teacher-3"], "--policy", "chongqing-2021", "--returned-on", "2024-05-14"]
    assert done(*ban, "--cause", "示例").status == 0
    past = ["--kind", "send-teaching", "--subject", "小学数学", "--title", "示例培训", "--ended-on", "2025-11-14"]
    assert done("trainee", "took-part", road.refs["teacher-3"], *past, *road.by("office")).status == 0


@pytest.fixture
def whole_start(road: Road) -> Road:
    for stretch in (road.to_the_award, road.to_the_list, road.to_the_start):
        stretch()
    return road


def test_messages_are_listed_and_previewed_without_their_codes(road: Road) -> None:
    done("programme", "apply", road.paper("a.yaml", example("application")), *road.by("host"))
    [asked] = done("message", "list", "--json").data
    assert (asked["kind"], asked["to"], asked["state"]) == ("decision-asked", road.refs["county"], "queued")
    read = done("message", "preview", asked["id"][-8:], "--json").data
    assert REF in read["subject"] + read["body"]
    assert code_of(road.refs["county"]) not in read["subject"] + read["body"] + read["short"]
    assert done("message", "preview", asked["id"]).out.startswith(read["subject"])


READS: tuple[tuple[str, ...], ...] = (
    ("policy", "list"),
    ("organisation", "list"),
    ("person", "list"),
    ("programme", "list"),
    ("programme", "show", REF),
    ("programme", "explain", REF),
    ("approval", "list"),
    ("trainee", "list", REF),
    ("stage", "list", REF),
    ("document", "list", REF),
    ("score", "show", REF),
    ("deadline", "list"),
    ("message", "list"),
    ("audit", "verify"),
)


def test_every_look_is_there_in_both_languages_and_as_json(road: Road, chinese: Callable[[str], bool]) -> None:
    road.to_the_award()
    heads = {}
    for argv in READS:
        assert done(*argv, "--json").data is not None
        heads[argv] = [done(*argv, lang=lang).out.splitlines()[:1] for lang in ("zh-CN", "en")]
    same = [argv[0] for argv, (zh, en) in heads.items() if zh == en]
    assert same == ["approval", "trainee", "document"]  # nothing is there yet, which is said on stderr
    assert [argv for argv, (_, en) in heads.items() if argv[1] == "list" and any(map(chinese, en))] == []


@pytest.fixture
def chinese() -> Callable[[str], bool]:
    return lambda text: re.search(r"[一-鿿]", text) is not None
