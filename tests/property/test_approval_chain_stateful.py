"""Whatever people do in whatever order: no path skips a tier, and the ledger never stands in an impossible state.

People decide, return, reject, correct, try old steps, wrong codes and other people's codes, on the application, the
award and the plan of one programme; after each act the recorded state must follow from the recorded decisions
alone.
"""

import shutil
import tempfile
from collections import Counter
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event
from hypothesis import settings as bounds
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlmodel import col, select

from ledger.audit import verify
from ledger.errors import LedgerError
from ledger.review import correct_application, decide_step, send_code_again, submit_plan
from models.documents import Obligation
from models.office import Message
from models.programme import Phase, Programme
from models.review import ApprovalStep, Decision, OneTimeCode, Submission
from models.states import DecisionOutcome
from office.demo.samples import plan_of
from office.runtime.database import engine_for
from office.runtime.settings import Settings
from office.runtime.transactions import reading
from tests.support.road import CENTRE_PERSON, COMMISSION_PERSON, OFFICE_PERSON, Road
from tests.support.scenario import Drive, play, sample

PEOPLE = ("示例云溪区·人事科", "示例云溪区·培训部", CENTRE_PERSON, COMMISSION_PERSON, OFFICE_PERSON, "示例·何老师")
WELL = (*[DecisionOutcome.APPROVE] * 8, *[DecisionOutcome.RETURN] * 4, DecisionOutcome.REJECT)
DAYS = (date(2025, 12, 8), date(2026, 3, 5))
"""From which day on anything goes: the application lies with the county, or the plan with its institute."""


@lru_cache
def _template(until: date) -> Path:
    """A ledger as it stands on a day, made once."""
    office = Settings(data_dir=Path(tempfile.mkdtemp(prefix="songjiao-chain-")))
    road = Road(Drive.begin(office, "S01"), sample("S01"))
    play(road.drive, road.doings(), until)
    engine_for(office.ledger_url).dispose()
    return office.root


class ApprovalChain(RuleBasedStateMachine):
    """One programme's three chains; the machine keeps no state of its own besides what was accepted."""

    @initialize(until=st.sampled_from(DAYS))
    def begin(self, until: date) -> None:
        """A fresh copy of the ledger."""
        self.folder = Path(tempfile.mkdtemp(prefix="songjiao-chain-"))
        shutil.copytree(_template(until), self.folder / "data")
        self.office = Settings(data_dir=self.folder / "data")
        self.drive = Drive.again(self.office, "S01")
        self.road = Road.again(self.drive, sample("S01"))
        self.seen: dict[Any, list[dict[str, Any]]] = {}
        self.accepted = Counter(str(row["outcome"]) for row in self._rows(Decision))

    @precondition(lambda self: self._something_waits())
    @rule(place=st.integers(0, 5), outcome=st.sampled_from(WELL))
    def decide_rightly(self, place: int, outcome: DecisionOutcome) -> None:
        """The one who is asked decides the open step with the right code: mostly on, now and then back or down."""
        steps = [step for step in self._rows(ApprovalStep) if step["state"] == "open"]
        if not steps:
            return
        step = steps[place % len(steps)]
        asked = next(row["person_id"] for row in self._rows(OneTimeCode) if row["step_id"] == step["id"])
        who = next(name for name, person_id in self.drive.ids.items() if person_id == asked)
        if step["action"] == "file":
            outcome = DecisionOutcome.FILE
        self._decide(step, who, self.drive.code(step["id"], who), outcome, "意见")

    @rule(
        place=st.integers(0, 20),
        who=st.sampled_from(PEOPLE),
        outcome=st.sampled_from(list(DecisionOutcome)),
        comment=st.sampled_from(("", "请修改")),
        right=st.booleans(),
    )
    def decide_anyhow(self, place: int, who: str, outcome: DecisionOutcome, comment: str, right: bool) -> None:
        """Anybody decides any step, open or not, with a right code or a wrong one."""
        steps = self._rows(ApprovalStep)
        step = steps[place % len(steps)]
        kept = [row for row in self._rows(OneTimeCode) if row["step_id"] == step["id"]]
        mine = right and any(row["person_id"] == self.drive.ids[who] for row in kept)
        self._decide(step, who, self.drive.code(step["id"], who) if mine else "00000000", outcome, comment)

    def _decide(self, step: dict[str, Any], who: str, code: str, outcome: DecisionOutcome, comment: str) -> None:
        answer = self._do(None, decide_step, step["id"], self.drive.refs[who], code, outcome, comment)
        assert not answer.accepted or (step["state"] == "open" and code != "00000000")
        self.accepted[str(outcome)] += answer.accepted
        event(f"{step['subject']} tier {step['number']}: {outcome} {'accepted' if answer.accepted else 'refused'}")

    @precondition(lambda self: self._something_was_returned())
    @rule()
    def correct(self) -> None:
        """The host sends what was returned, corrected."""
        last = {row["subject"]: row["state"] for row in self._rows(Submission)}
        plan = last.get("implementation-plan") == "returned"
        content: Any = plan_of(self.road.sample) if plan else self.road.application
        self._do("示例·何老师", submit_plan if plan else correct_application, self.road.ref, content)

    @rule(who=st.sampled_from(("示例·何老师", CENTRE_PERSON)))
    def hand_in(self, who: str) -> None:
        """The host (or somebody else) sends a plan and a corrected application, awaited or not."""
        for operation, content in (
            (submit_plan, plan_of(self.road.sample)),
            (correct_application, self.road.application),
        ):
            before = len(self._rows(Submission))
            try:
                self._do(who, operation, self.road.ref, content)
            except LedgerError:
                assert len(self._rows(Submission)) == before

    @rule(place=st.integers(0, 20), who=st.sampled_from(PEOPLE))
    def ask_for_a_code(self, place: int, who: str) -> None:
        """Somebody asks for a fresh code for any step."""
        steps = self._rows(ApprovalStep)
        try:
            self._do(OFFICE_PERSON, send_code_again, steps[place % len(steps)]["id"], self.drive.refs[who])
        except LedgerError:
            pass  # that step does not wait, or that person is not asked

    @invariant()
    def steps_follow_from_decisions(self) -> None:
        """In each version the tiers were decided in order, each decision has its step, and one step waits where one
        should.
        """
        steps, decisions = self._rows(ApprovalStep), {row["step_id"]: row["outcome"] for row in self._rows(Decision)}
        for version in self._rows(Submission):
            mine = sorted((s for s in steps if s["submission_id"] == version["id"]), key=lambda s: int(s["number"]))
            outcomes = [decisions.get(step["id"]) for step in mine]
            passed = [one for one in outcomes if one in ("approve", "file")]
            assert outcomes[: len(passed)] == passed  # no tier was skipped
            rest = outcomes[len(passed) :]
            assert set(rest[1:]) <= {None}
            ended = rest[0] if rest else None
            wanted = {"return": "returned", "reject": "rejected"}.get(str(ended), "under-review")
            if mine and not rest:
                wanted = "filed" if mine[-1]["action"] == "file" else "passed"
            if version["subject"] == "application" and version["state"] == "returned" and wanted == "passed":
                wanted = "returned"  # the award sent it back
            assert version["state"] == wanted
            after = {"under-review": ["open"] + ["pending"] * (len(rest) - 1)}.get(
                wanted, ["cancelled"] * len(rest[1:])
            )
            done = ["decided"] * (len(passed) + (ended is not None))
            assert [step["state"] for step in mine] == done + after[: len(mine) - len(done)]
        assert len(decisions) == sum(self.accepted.values())
        assert sum(1 for step in steps if step["state"] == "decided") == len(decisions)

    @invariant()
    def phases_follow_from_versions(self) -> None:
        """No phase is open before what it builds on has passed; a rejection, and it alone, ends the programme."""
        last = {
            row["subject"]: row["state"] for row in sorted(self._rows(Submission), key=lambda row: int(row["version"]))
        }
        phases = {row["key"]: row["state"] for row in self._rows(Phase)}
        assert ("plan-review" in phases) == (last.get("award") == "passed")
        assert ("award" in phases) == ("award" in last)
        assert (phases["application-review"] == "closed") == (last["application"] in ("passed", "rejected"))
        [programme] = self._rows(Programme)
        assert (programme["state"] == "rejected") == (self.accepted["reject"] > 0)
        assert self.accepted["reject"] <= 1
        assert (programme["state"] == "awarded") == (last.get("award") == "passed" and not self.accepted["reject"])

    @invariant()
    def each_open_step_has_one_deadline_and_no_other_has_one(self) -> None:
        """What is asked, owed and waited for is one and the same."""
        opened = sorted(str(step["id"]) for step in self._rows(ApprovalStep) if step["state"] == "open")
        owed = sorted(
            str(o["step_id"]) for o in self._rows(Obligation) if o["kind"] == "decision" and o["state"] == "open"
        )
        assert owed == opened
        asked = {
            str(m["step_id"]) for m in self._rows(Message) if m["kind"] == "decision-asked" and m["state"] == "queued"
        }
        assert asked == set(opened)

    def teardown(self) -> None:
        """The chain of events holds."""
        if not hasattr(self, "office"):
            return
        with reading(self.office) as act:
            assert verify(act).ok
        engine_for(self.office.ledger_url).dispose()
        shutil.rmtree(self.folder)

    def _rows(self, table: Any) -> list[dict[str, Any]]:
        """The rows of a table, oldest first; read once after each act."""
        if table not in self.seen:
            with reading(self.office) as act:
                rows = act.session.exec(select(table).order_by(col(table.id))).all()
                self.seen[table] = [row.model_dump() for row in rows]
        return self.seen[table]

    def _do(self, who: str | None, operation: Any, *args: Any) -> Any:
        self.seen = {}
        return self.drive.do(who, operation, *args)

    def _something_waits(self) -> bool:
        return any(step["state"] == "open" for step in self._rows(ApprovalStep))

    def _something_was_returned(self) -> bool:
        last = {row["subject"]: row["state"] for row in self._rows(Submission)}
        return "returned" in last.values()


TestApprovalChain = ApprovalChain.TestCase
TestApprovalChain.settings = bounds(max_examples=10, stateful_step_count=25, deadline=None)
pytestmark = pytest.mark.property
