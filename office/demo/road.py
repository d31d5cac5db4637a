"""The road that every sample programme goes: application, award, plan, selection, preparation, archive, evaluation.

Takes the days from the sample; a day that the sample leaves open is set here. Decides nothing: each line is somebody's
deed.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import yaml

from models.states import DecisionOutcome, TierAction
from office.demo.acting import Acting
from office.demo.deeds import Decision, Deed, at
from office.demo.samples import POLICY, Sample, application_of, plan_of
from office.demo.world import (
    CENTRE,
    COMMISSION,
    INSTITUTES,
    OFFICE,
    PANEL,
    World,
)

APPROVE, RETURN, FILE = DecisionOutcome.APPROVE, DecisionOutcome.RETURN, DecisionOutcome.FILE
_MEETING_ON, _RESULT_ON = date(2026, 12, 16), date(2026, 12, 18)
"""The collective meeting after the last archive, and the day on which all results come out together."""

_PREPARED: dict[str, dict[int, tuple[date, date, date]]] = {
    "S01": {1: (date(2026, 3, 12), date(2026, 3, 13), date(2026, 3, 13))},
    "U01": {n: (date(2026, 4, 3), date(2026, 4, 3), date(2026, 4, 3)) for n in (1, 2)},
    "O01": {
        1: (date(2026, 4, 10), date(2026, 4, 10), date(2026, 4, 10)),
        2: (date(2026, 9, 4), date(2026, 9, 4), date(2026, 4, 10)),
    },
}
"""By session: check-in notice, emergency plan, budget confirmed (once a programme). O01's days are not in the
sample."""

_INSPECTED = {"S01": date(2026, 5, 20), "U01": date(2026, 10, 14), "O01": date(2026, 6, 3)}


class Road:
    """The deeds of one sample programme."""

    def __init__(self, sample: Sample, world: World) -> None:
        self.sample, self.world = sample, world
        self.contact = world.holder(sample.host, "contact")
        self.application = application_of(sample)

    def deed(self, day: date, hour: int, minute: int, zh: str, en: str, do: Any) -> Deed:
        """Somebody does something on a day of this programme."""
        return Deed(at(day, hour, minute), self.sample.key, zh, en, do)

    def session_words(self, number: int) -> tuple[str, str]:
        """What a session or class is called in the lines of the year, in both languages."""
        name = next(one.name for one in self.application.sessions if one.number == number)
        return name, f"{'class' if name.endswith('班') else 'session'} {number}"

    def ref(self, acting: Acting) -> str:
        """The programme's ref."""
        return acting.programmes[self.sample.key]

    # ── application, award ───────────────────────────────────────────────────────────────────────────────────────────

    def beginning(self) -> Iterator[Deed | Decision]:
        """Application with its chain, award, needs survey."""
        steps = self.sample.steps
        yield self.deed(steps["application_submitted"], 9, 30, "提交项目申报书", "applies", self._apply)
        yield self._application_decided()
        who = self.world.holder(COMMISSION, "municipal-education-commission")
        yield Decision(at(steps["awarded"]), self.sample.key, "award", who, TierAction.AWARD, APPROVE)
        survey_on = steps.get("needs_survey_done", date(2026, 3, 20))
        yield self.deed(
            survey_on, 10, 0, "报送训前需求调研", "needs survey", self._document("needs-survey", "需求调研报告")
        )

    def _apply(self, acting: Acting) -> None:
        text = yaml.safe_dump(
            self.application.model_dump(mode="json", exclude_none=True), allow_unicode=True, sort_keys=False
        )
        file = acting.settings.root / "papers" / f"{self.sample.key}-application.yaml"
        file.write_text(text, encoding="utf-8")
        acting.command("programme", "apply", file, "--policy", POLICY, who=self.contact)
        acting.programmes[self.sample.key] = acting.looking.programme(self.application.title)

    def _application_decided(self) -> Decision:
        steps, host = self.sample.steps, self.sample.raw["host"]
        if host["kind"] == "school":
            who = self.world.holder(self.sample.raw["county_authority"], "county-education-authority")
            return Decision(
                at(steps["county_approved"]), self.sample.key, "application", who, TierAction.APPROVE, APPROVE
            )
        if host["kind"] == "university":
            clerk, day = self.world.holder(self.sample.host, "clerk"), steps["university_head_approved"]
            return Decision(
                at(day),
                self.sample.key,
                "application",
                clerk,
                TierAction.APPROVE,
                APPROVE,
                "on-behalf",
                head=host["head"],
            )
        who, day = host["legal_representative"], steps["legal_representative_signed_application"]
        return Decision(at(day), self.sample.key, "application", who, TierAction.SIGN_AND_SEAL, APPROVE, "cli")

    # ── the plan ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def plan(self) -> Iterator[Deed | Decision]:
        """The plan through its tiers, with what went wrong on the way."""
        yield from {"S01": self._plan_of_school, "U01": self._plan_of_university, "O01": self._plan_of_publisher}[
            self.sample.key
        ]()
        steps, centre = self.sample.steps, self.world.holder(CENTRE, "municipal-teacher-development-centre")
        commission = self.world.holder(COMMISSION, "municipal-education-commission")
        key, subject = self.sample.key, "implementation-plan"
        yield Decision(
            at(steps["plan_passed_centre"]),
            key,
            subject,
            centre,
            TierAction.REVIEW,
            APPROVE,
            wrong_code_first=key == "U01",
        )
        door = "cli" if key == "U01" else "resume-form"
        yield Decision(at(steps["plan_filed"]), key, subject, commission, TierAction.FILE, FILE, door)

    def _plan_of_school(self) -> Iterator[Deed | Decision]:
        steps, key, subject = self.sample.steps, self.sample.key, "implementation-plan"
        institute = INSTITUTES[self.sample.raw["host"]["county"]]
        who = self.world.holder(institute, "county-teacher-development-institute")
        returned = steps["plan_returned_by_institute"]
        yield self.deed(steps["plan_submitted"], 10, 0, "报送实施方案(第1版)", "plan, version 1", self._submit_plan(1))
        yield Decision(at(returned["date"]), key, subject, who, TierAction.REVIEW, RETURN, comment=returned["comment"])
        yield self.deed(
            steps["plan_resubmitted"],
            15,
            0,
            "重报修改后的实施方案(第2版)",
            "corrected plan, version 2",
            self._submit_plan(2),
        )
        yield Decision(at(steps["plan_passed_institute"]), key, subject, who, TierAction.REVIEW, APPROVE)
        yield self.deed(
            self.sample.expect["plan_target_date"],
            10,
            30,
            "方案未报备先行开班,被拒绝",
            "starts before the plan is lodged: refused",
            self._start_too_early,
        )

    def _start_too_early(self, acting: Acting) -> None:
        acting.refused(
            self.ref(acting),
            "start before the plan is lodged",
            "CQ2021-10.3",
            "session",
            "start",
            self.ref(acting),
            "--session",
            1,
            who=self.contact,
        )

    def _plan_of_university(self) -> Iterator[Deed | Decision]:
        steps, host = self.sample.steps, self.sample.raw["host"]
        clerk, day = self.world.holder(self.sample.host, "clerk"), steps["university_head_consented"]
        yield self.deed(steps["plan_submitted"], 10, 0, "报送实施方案", "plan", self._submit_plan(1))
        yield Decision(
            at(day),
            self.sample.key,
            "implementation-plan",
            clerk,
            TierAction.APPROVE,
            APPROVE,
            "on-behalf",
            head=host["head"],
        )

    def _plan_of_publisher(self) -> Iterator[Deed | Decision]:
        steps, who = self.sample.steps, self.sample.raw["host"]["legal_representative"]
        refused_on = steps["plan_refused_at_the_door"]["date"]
        yield self.deed(refused_on, 10, 0, "实施方案缺公章,当场不予受理", "plan without a seal: refused", self._no_seal)
        yield self.deed(
            steps["plan_resubmitted"], 9, 30, "报送盖章的实施方案", "plan with its seal", self._submit_plan(1)
        )
        day = steps["legal_representative_signed_and_sealed"]
        yield Decision(at(day, 14), self.sample.key, "implementation-plan", who, TierAction.SIGN_AND_SEAL, APPROVE)

    def _plan_file(self, acting: Acting, name: str, *, sealed: bool) -> Any:
        plan = plan_of(self.sample, sealed=sealed).model_dump(mode="json", exclude_none=True)
        file = acting.settings.root / "papers" / f"{self.sample.key}-plan-{name}.yaml"
        file.write_text(yaml.safe_dump(plan, allow_unicode=True, sort_keys=False), encoding="utf-8")
        return file

    def _submit_plan(self, version: int) -> Any:
        def submit(acting: Acting) -> None:
            file = self._plan_file(acting, str(version), sealed=True)
            page = acting.scan(f"{self.sample.key}-plan-page-{version}.pdf")
            acting.command(
                "document", "submit", self.ref(acting), "implementation-plan", file, "--page", page, who=self.contact
            )

        return submit

    def _no_seal(self, acting: Acting) -> None:
        file = self._plan_file(acting, "without-seal", sealed=False)
        acting.refused(
            self.ref(acting),
            "plan without a seal",
            "CQ2021-2.6",
            "document",
            "submit",
            self.ref(acting),
            "implementation-plan",
            file,
            who=self.contact,
        )

    # ── preparation, archive, evaluation ─────────────────────────────────────────────────────────────────────────────

    def preparation(self) -> Iterator[Deed]:
        """Check-in notice, emergency plan and budget."""
        prepared = _PREPARED[self.sample.key]
        budget_on = min(days[2] for days in prepared.values())
        yield self.deed(
            budget_on,
            11,
            0,
            "确认经费预算",
            "the budget is confirmed",
            lambda acting: acting.command("programme", "confirm-budget", self.ref(acting), who=self.contact),
        )
        for session, (notice_on, safety_on, _) in prepared.items():
            zh, en = self.session_words(session)
            yield self.deed(
                notice_on,
                10,
                0,
                f"{zh} 发出报到通知书",
                f"{en}: check-in notice",
                self._document("check-in-notice", "报到通知书", session),
            )
            yield self.deed(
                safety_on,
                10,
                30,
                f"{zh} 报送安全应急预案",
                f"{en}: emergency plan",
                self._document("emergency-plan", "安全应急预案", session),
            )

    def end(self) -> Iterator[Deed]:
        """Archive, scores by their owners, the result."""
        archive_on, scores = self.sample.on("archive_submitted"), self.sample.raw["scores"]
        yield self.deed(
            archive_on,
            10,
            0,
            "报送培训档案资料",
            "archive",
            self._document("archive-documents", "培训总结、课程资源、过程档案"),
        )
        panel, office = self.world.holder(PANEL, "inspection-panel"), self.world.holder(OFFICE, "programme-office")
        centre = self.world.holder(CENTRE, "municipal-teacher-development-centre")
        inspected = {"expert-inspection": scores["expert_inspection"]}
        satisfied = {"trainee-satisfaction": scores["trainee_satisfaction"]}
        rest = {"outcome-quality": scores["outcome_quality"], "archive-documents": scores["archive"]}
        for day, who, values in (
            (_INSPECTED[self.sample.key], panel, inspected),
            (_MEETING_ON, office, satisfied),
            (_MEETING_ON, centre, rest),
        ):
            yield self.deed(
                day, 14, 0, f"录入评分:{'、'.join(values)}", f"scores: {', '.join(values)}", self._scores(who, values)
            )
        yield self.deed(
            _RESULT_ON,
            10,
            0,
            "考评办结",
            "the evaluation is closed",
            lambda acting: acting.command("score", "close", self.ref(acting), who=office),
        )

    def _scores(self, who: str, values: dict[str, int]) -> Any:
        def enter(acting: Acting) -> None:
            for source, value in values.items():
                acting.command("score", "enter", self.ref(acting), source, value, who=who)

        return enter

    def _document(self, kind: str, words: str, session: int | None = None, who: str | None = None) -> Any:
        def hand_in(acting: Acting) -> None:
            name = f"{self.sample.key}-{kind}{f'-{session}' if session else ''}.txt"
            file = acting.paper(name, f"{self.application.title}\n{words}")
            at_session = ("--session", session) if session else ()
            acting.command("document", "submit", self.ref(acting), kind, file, *at_session, who=who or self.contact)

        return hand_in
