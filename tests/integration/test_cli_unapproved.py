"""No unapproved programme starts (CQ2021-10.3), whenever it is tried through the command line: before it is awarded, before
its plan is lodged, after it was rejected. A refused start leaves nothing behind.
"""

from __future__ import annotations

from pathlib import Path

from models.states import DecisionOutcome
from office.demo.deeds import at
from office.demo.regions import of_region
from office.runtime.settings import Settings
from tests.integration.cli_world import code_of, done, example, head, paper, people_the_office, set_clock, songjiao
from tests.support.alone import Alone, play


def test_no_programme_starts_on_any_day_before_its_plan_is_lodged(sqlite_office: Settings) -> None:
    sample = of_region("chongqing")["S01"]
    tried: list[tuple[int, bool]] = []

    def try_to_start(acting: Alone) -> None:
        if "S01" not in acting.programmes:
            return
        before = head()
        answer = songjiao("session", "start", acting.programmes["S01"], "--as", acting.ref_of("示例·何老师"))
        assert head() == before
        tried.append((answer.status, "CQ2021-10.3" in answer.err))

    passed_on = sample.steps["plan_passed_centre"]
    acting = play(sqlite_office, [sample], until=at(passed_on), after=try_to_start)
    assert set(tried) == {(1, True)}
    assert len(tried) > 15  # application, award, selection, plan with its return, preparation: after each
    shown = done("programme", "show", acting.programmes["S01"], "--json").data
    assert shown["started_on"] is None


def test_a_rejected_programme_does_not_start(sqlite_office: Settings, tmp_path: Path) -> None:
    who = people_the_office(sqlite_office)
    set_clock("2025-12-08")
    file = paper(tmp_path, "application.yaml", example("application"))
    ref = done("programme", "apply", file, "--as", who["host"], "--json").data["ref"]
    rejection = ("--decision", DecisionOutcome.REJECT.value, "--comment", "示例:不符合本区需求")
    code = code_of(who["county"])
    done("approval", "decide", ref, "--subject", "application", *rejection, "--code", code, "--as", who["county"])
    for day in ("2025-12-09", "2026-03-23"):
        set_clock(day)
        refused = songjiao("session", "start", ref, "--as", who["host"])
        assert (refused.status, "CQ2021-10.3" in refused.err) == (1, True)
