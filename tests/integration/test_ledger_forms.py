"""Above the Resume form an approver reads first what is decided, for whom, until when and by which clause."""

from __future__ import annotations

from datetime import date

from sqlmodel import select

from ledger.queries.forms import form_text
from models.review import ApprovalStep
from office.demo.samples import samples
from office.runtime.settings import Settings
from office.runtime.transactions import reading
from tests.support.road import Road
from tests.support.scenario import Drive, play


def test_the_head_of_a_form_holds_what_an_approver_needs_in_few_lines(sqlite_office: Settings) -> None:
    road = Road(Drive.begin(sqlite_office, "S01"), samples()["S01"])
    play(road.drive, road.doings(), date(2025, 12, 8))
    with reading(sqlite_office) as act:
        step = act.session.exec(select(ApprovalStep).where(ApprovalStep.state == "open")).one()
        text = form_text(act, step.id, None, lambda clause: f"{clause}的原文")
        again = form_text(act, step.id, "验证码不正确", None)
    head, _, matter = text.partition("\n---\n")
    assert head.split("\n") == [
        "**请审核同意:项目申报书(第1版)** · 示例云溪区教委 · 第1级(共1级)",
        "",
        "- 申报单位:示例云溪区实验小学",
        "- 办理时限:2025-12-15(本办公室设置)",
        "- 依据:CQ2021-2.2",
        "",
        "填写通知中的人员编号和验证码;填错不影响本环节,可重新填写。",
        "",
    ]
    assert "- 项目编号:CQ-2026-0001\n" in matter
    assert matter.endswith("\n- CQ2021-2.2 原文:「CQ2021-2.2的原文」")
    assert again.split("\n")[0] == "> **上次填写未被采纳:验证码不正确**"
