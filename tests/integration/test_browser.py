"""The Prefect UI in a real Chromium, as an approver uses it: log in, fill in the Resume form, see the next tier open."""

import re

import pytest
from playwright.sync_api import Page, expect

from ledger.review import decide_step, waiting_step
from models.act import Actor
from models.states import DecisionOutcome, Door
from office.runtime.transactions import reading, transaction
from tests.integration.conftest import RunningOffice
from tests.integration.sample_world import CENTRE, COMMISSION, COUNTY, INSTITUTE, World
from tests.support.browser import BrowserThread

pytestmark = [pytest.mark.engine, pytest.mark.browser]

WAIT = 40_000


def decide_by_command_line(office: RunningOffice, world: World, ref: str, kind: str, short: str) -> None:
    """Approve the step that waits, with the code from the mail, as `songjiao approval decide` does."""
    with reading(office.settings) as act:
        step_id = waiting_step(act, ref).id
    code = world.code_for(office.mailbox, kind, short)
    with transaction(Actor(Door.CLI), office=office.settings) as act:
        decided = decide_step(act, step_id, world.refs[kind], code, DecisionOutcome.APPROVE)
    assert decided.accepted, decided.en


def test_approver_decides_in_the_browser_and_the_next_tier_opens(
    in_office: RunningOffice, browser: BrowserThread
) -> None:
    short = "示例浏览甲"
    world, door = in_office.world(), in_office.prefect
    _, ref = world.apply(short)
    decide_by_command_line(in_office, world, ref, COUNTY, short)
    decide_by_command_line(in_office, world, ref, COMMISSION, short)
    world.submit_plan(ref)
    run = door.wait_for_run("Suspended", f"programme:{ref}", "phase:plan-review", name_has="第1级", seconds=60)
    door.form(run["id"])
    code = world.code_for(in_office.mailbox, INSTITUTE, short)
    site = in_office.office.api_url.removesuffix("/api")

    def act_as_approver(page: Page) -> tuple[str, str]:
        page.goto(site)
        page.fill("input[type=password]", in_office.office.auth)
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("dashboard"))
        page.goto(f"{site}/v2/runs/flow-run/{run['id']}")
        expect(page.get_by_text(f"{short} · 实施方案审核备案 · 第1级").first).to_be_visible(timeout=WAIT)
        page.get_by_role("button", name="Open menu").first.click()
        page.get_by_role("menuitem", name="Resume").click()
        form = page.get_by_role("dialog")
        expect(form.get_by_text("依据:CQ2021-2.3")).to_be_visible(timeout=WAIT)
        words = form.inner_text()
        fields = form.locator("textarea")
        fields.nth(0).fill(world.refs[INSTITUTE])
        fields.nth(1).fill(code)
        form.get_by_role("button", name="Select").click()
        page.get_by_role("option", name="审核通过").click()
        fields.nth(2).fill("方案可行")
        form.get_by_role("button", name="Resume").click()
        heading = page.get_by_text(f"{short} · 实施方案审核备案 · 第2级").first
        expect(heading).to_be_visible(timeout=WAIT)
        return words, heading.inner_text()

    words, heading = browser.visit(act_as_approver, timeout_seconds=30)
    assert f"项目编号:{ref}" in words
    assert "市外专家比例" in words
    assert heading == f"{short} · 实施方案审核备案 · 第2级"
    with reading(in_office.settings) as act:
        step = waiting_step(act, ref)
        assert (step.subject, step.number, step.role) == ("implementation-plan", 2, CENTRE)


def test_without_the_password_the_ui_shows_nothing(in_office: RunningOffice, browser: BrowserThread) -> None:
    site = in_office.office.api_url.removesuffix("/api")

    def look(page: Page) -> str:
        page.goto(f"{site}/v2/runs")
        page.wait_for_url(re.compile("login"))
        return page.inner_text("body")

    assert "示例" not in browser.visit(look)
