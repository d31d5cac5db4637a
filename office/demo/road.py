"""The road that Chongqing's three sample programmes go, with what goes wrong on it: application, award, plan, preparation,
archive, evaluation. (The other regions' is `office.demo.region_road`.)

Takes the days from the sample; a day that the sample leaves open is set here. Decides nothing: each line is somebody's
deed.
"""

from collections.abc import Iterator
from datetime import date

from models.states import DecisionOutcome, TierAction
from office.demo.acting import Acting
from office.demo.carrying import Carrying
from office.demo.deeds import Decision, Deed, at
from office.demo.words import SOURCES
from office.demo.world import CENTRE, COMMISSION, INSTITUTES, OFFICE, PANEL

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


class Road(Carrying):
    """The deeds of one sample programme of Chongqing."""

    # ── application, award ───────────────────────────────────────────────────────────────────────────────────────────

    def beginning(self) -> Iterator[Deed | Decision]:
        """Application with its chain, award, needs survey."""
        steps = self.sample.steps
        yield self.deed(steps["application_submitted"], 9, 30, "提交项目申报书", "applies", self.apply)
        yield self._application_decided()
        who = self.world.holder(COMMISSION, "municipal-education-commission")
        yield Decision(at(steps["awarded"]), self.sample.key, "award", who, TierAction.AWARD, APPROVE)
        survey_on = steps.get("needs_survey_done", date(2026, 3, 20))
        yield self.deed(
            survey_on, 10, 0, "报送训前需求调研", "needs survey", self.document("needs-survey", "需求调研报告")
        )

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
        yield self.deed(steps["plan_submitted"], 10, 0, "报送实施方案(第1版)", "plan, version 1", self.submit_plan(1))
        yield Decision(at(returned["date"]), key, subject, who, TierAction.REVIEW, RETURN, comment=returned["comment"])
        yield self.deed(
            steps["plan_resubmitted"],
            15,
            0,
            "重报修改后的实施方案(第2版)",
            "corrected plan, version 2",
            self.submit_plan(2),
        )
        yield Decision(at(steps["plan_passed_institute"]), key, subject, who, TierAction.REVIEW, APPROVE)
        yield self.deed(
            self.sample.expect["plan_target_date"],
            10,
            30,
            "方案未报备先行开班,被拒绝",
            "starts before the plan is lodged: refused",
            self.refused_start("CQ2021-10.3", "start before the plan is lodged"),
        )

    def _plan_of_university(self) -> Iterator[Deed | Decision]:
        steps, host = self.sample.steps, self.sample.raw["host"]
        clerk, day = self.world.holder(self.sample.host, "clerk"), steps["university_head_consented"]
        yield self.deed(steps["plan_submitted"], 10, 0, "报送实施方案", "plan", self.submit_plan(1))
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
            steps["plan_resubmitted"], 9, 30, "报送盖章的实施方案", "plan with its seal", self.submit_plan(1)
        )
        day = steps["legal_representative_signed_and_sealed"]
        yield Decision(at(day, 14), self.sample.key, "implementation-plan", who, TierAction.SIGN_AND_SEAL, APPROVE)

    def _no_seal(self, acting: Acting) -> None:
        file = self.plan_file(acting, "without-seal", sealed=False)
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
            matter="plan",
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
            self.confirm_budget,
        )
        for session, (notice_on, safety_on, _) in prepared.items():
            zh, en = self.session_words(session)
            yield self.deed(
                notice_on,
                10,
                0,
                f"{zh} 发出报到通知书",
                f"{en}: check-in notice",
                self.document("check-in-notice", "报到通知书", session),
            )
            yield self.deed(
                safety_on,
                10,
                30,
                f"{zh} 报送安全应急预案",
                f"{en}: emergency plan",
                self.document("emergency-plan", "安全应急预案", session),
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
            self.document("archive-documents", "培训总结、课程资源、过程档案"),
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
            zh, en = zip(*(SOURCES[source] for source in values), strict=True)
            words = (f"录入评分:{'、'.join(zh)}", f"scores: {', '.join(en)}")
            yield self.deed(day, 14, 0, *words, self.scores(who, values))
        yield self.deed(
            _RESULT_ON,
            10,
            0,
            "考评办结",
            "the evaluation is closed",
            self.close_evaluation(office),
        )
