"""What the people of a sample programme do, and on which day: from the application to the closed score."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlmodel import select

from ledger.delivery import (
    attend,
    close_stage,
    hand_in_product,
    open_stage,
    start_session,
    submit_document,
)
from ledger.programmes import apply, confirm_budget
from ledger.review import submit_plan
from ledger.scoring import close_evaluation, enter_score
from ledger.selection import (
    break_off,
    confirm_list,
    post_notice,
    recommend,
    record_ban,
    record_past_training,
    return_trainee,
    review,
    volunteer,
)
from models.programme import Programme
from models.states import DecisionOutcome
from office.demo import world as bodies
from office.demo.samples import POLICY, Sample, application_of, county_authority, plan_of
from office.demo.world import Nominee
from rules.stages import needed
from tests.support.scenario import Doing, Drive, a_file, recurring, rows_of

OFFICE_PERSON = "示例·项目办陈老师"
COMMISSION_PERSON = "示例·师范处吴处长"
CENTRE_PERSON = "示例·发展中心许老师"
PANEL_PERSON = "示例·视导组沈专家"
HEARD = "本人说明了缺勤情况"
SOURCES = {
    "expert-inspection": ("expert_inspection", PANEL_PERSON),
    "trainee-satisfaction": ("trainee_satisfaction", OFFICE_PERSON),
    "outcome-quality": ("outcome_quality", CENTRE_PERSON),
    "archive-documents": ("archive", CENTRE_PERSON),
}
APPROVE, FILE, RETURN = DecisionOutcome.APPROVE, DecisionOutcome.FILE, DecisionOutcome.RETURN


class Road:
    """One sample programme on its way; `ref` is known once it has applied."""

    def __init__(self, drive: Drive, sample: Sample) -> None:
        """The road of a sample in a ledger that holds its world."""
        self.drive, self.sample, self.ref = drive, sample, ""
        self.raw: dict[str, Any] = sample.raw
        self.contact = str(self.raw["host"]["contact"])
        self.team = str(self.raw["team"]["lead"]) if "team" in self.raw else self.contact
        self.pack = drive.library.resolve(POLICY, self.raw["kind"])
        self.application = application_of(sample)
        self.nominees = drive.world.nominees[sample.key]

    @classmethod
    def again(cls, drive: Drive, sample: Sample) -> "Road":
        """The same road in another process: the programme is found by its title."""
        road = cls(drive, sample)
        query = select(Programme.ref).where(Programme.title == sample.raw["title"]).order_by(Programme.ref)
        road.ref = next(iter(rows_of(drive, query)), "")
        return road

    def doings(self) -> Iterator[Doing]:
        """Everything that happens, in no order of days but in the right order within a day."""
        yield self.sample.on("application_submitted"), "apply", self._apply
        yield from self._approvals()
        yield date(2026, 1, 20), "budget", self._act(self.contact, confirm_budget)
        yield date(2026, 1, 23), "survey", self._document("needs-survey")
        yield from self._selection()
        yield from self._preparation()
        yield from self._delivery()
        yield from self._closing()

    # --- doors ------------------------------------------------------------------------------------------------------

    def _act(self, name: str, operation: Any, *args: Any, **kwargs: Any) -> Any:
        return lambda: self.drive.do(name, operation, self.ref, *args, **kwargs)

    def _decide(
        self, subject: str, name: str, outcome: DecisionOutcome = APPROVE, comment: str = "", **kwargs: Any
    ) -> Any:
        def decide() -> None:
            decided = self.drive.decide(self.ref, subject, name, outcome, comment, **kwargs)
            assert decided.accepted, decided.en

        return decide

    def _document(self, kind: str, session: int | None = None, name: str | None = None) -> Any:
        stored = a_file(f"{self.sample.key}-{kind}-{session or 0}")
        return lambda: self.drive.do(name or self.contact, submit_document, self.ref, kind, stored, session)

    def _apply(self) -> None:
        self.ref = str(self.drive.do(self.contact, apply, self.application, self.pack).ref)

    # --- approvals --------------------------------------------------------------------------------------------------

    def _approvals(self) -> Iterator[Doing]:
        on, plan = self.sample.on, "implementation-plan"
        if self.sample.key == "S01":
            county, institute = f"{self.raw['host']['county']}·人事科", f"{self.raw['host']['county']}·培训部"
            returned = self.sample.steps["plan_returned_by_institute"]
            yield on("county_approved"), "county", self._decide("application", county)
            yield on("plan_submitted"), "plan", self._plan()
            yield returned["date"], "returned", self._decide(plan, institute, RETURN, returned["comment"])
            yield on("plan_resubmitted"), "plan again", self._plan()
            yield on("plan_passed_institute"), "institute", self._decide(plan, institute)
        elif self.sample.key == "U01":
            clerk, head = "示例·校办邓老师", self.raw["host"]["head"]
            scan = a_file("U01-签批页")
            yield (
                on("university_head_approved"),
                "head",
                self._decide("application", clerk, on_behalf_of=head, scan=scan),
            )
            yield on("plan_submitted"), "plan", self._plan()
            yield on("university_head_consented"), "head", self._decide(plan, clerk, on_behalf_of=head, scan=scan)
        else:
            signer = self.raw["host"]["legal_representative"]
            yield on("legal_representative_signed_application"), "signed", self._decide("application", signer)
            yield on("plan_submitted"), "no seal", self._plan_without_seal
            yield on("plan_resubmitted"), "plan", self._plan()
            yield on("legal_representative_signed_and_sealed"), "signed", self._decide(plan, signer)
        yield on("awarded"), "award", self._decide("award", COMMISSION_PERSON)
        yield on("plan_passed_centre"), "centre", self._decide(plan, CENTRE_PERSON)
        yield on("plan_filed"), "filed", self._decide(plan, COMMISSION_PERSON, FILE)

    def _plan(self) -> Any:
        return self._act(self.contact, submit_plan, plan_of(self.sample))

    def _plan_without_seal(self) -> None:
        plan = plan_of(self.sample, sealed=False)
        self.drive.is_refused("seal", self.contact, submit_plan, self.ref, plan)

    # --- selection --------------------------------------------------------------------------------------------------

    def _selection(self) -> Iterator[Doing]:
        for session in self.application.sessions:
            raw = next((one for one in self.raw.get("sessions", []) if one["number"] == session.number), {})
            closed = raw.get("nominations_closed") or self.sample.on("nominations_closed")
            confirmed = raw.get("selection_confirmed") or self.sample.on("selection_confirmed")
            mine = [one for one in self.nominees if one.session == session.number]
            for one in mine:
                yield closed - timedelta(days=3), "volunteer", self._act(one.name, volunteer, session.number)
                if one.story == bodies.BANNED:
                    yield closed - timedelta(days=4), "ban", self._ban(one)
                if one.story == bodies.REPEATED:
                    yield closed - timedelta(days=4), "past", self._past(one)
            for school in dict.fromkeys(one.school for one in mine):
                refs = [self.drive.refs[one.name] for one in mine if one.school == school]
                yield closed, "recommend", self._act(self._of_school(school), recommend, session.number, refs)
            notice = self.sample.steps.get("public_notice")
            if notice:
                for school in dict.fromkeys(one.school for one in mine):
                    args = (session.number, school, notice["from"], notice["to"])
                    yield notice["from"], "notice", self._act(self._of_school(school), post_notice, *args)
            skipped = [self.drive.refs[one.name] for one in mine if one.story == bodies.NOT_REVIEWED]
            for county, day in self._forwarded(mine, confirmed):
                yield day, "review", self._act(f"{county}·人事科", review, session.number, skipped)
            yield confirmed, "confirm", self._act(self.contact, confirm_list, session.number)

    def _forwarded(self, mine: list[Nominee], confirmed: date) -> Iterator[tuple[str, date]]:
        days = self.sample.steps.get("county_forwarded", {})
        above = {one.name: one.parent for one in self.drive.world.organisations}
        for authority in dict.fromkeys(above[one.school] for one in mine):
            county = next(name for name in bodies.INSTITUTES if county_authority(name) == authority)
            yield county, days.get(county, confirmed)

    def _of_school(self, school: str) -> str:
        return self.drive.world.holder(school, "contact")

    def _ban(self, one: Nominee) -> Any:
        refused = next(row for row in self.raw["trainees"]["refused"] if row["why"] == "banned")
        args = (self.drive.refs[one.name], self.pack, refused["returned_on"], "此前被退回")
        return lambda: self.drive.do(OFFICE_PERSON, record_ban, *args)

    def _past(self, one: Nominee) -> Any:
        args = (self.drive.refs[one.name], self.raw["kind"], self.raw["subject"], "示例往年培训", date(2024, 11, 15))
        return lambda: self.drive.do(OFFICE_PERSON, record_past_training, *args)

    # --- preparation ------------------------------------------------------------------------------------------------

    def _preparation(self) -> Iterator[Doing]:
        for session in self.application.sessions:
            first = min(stage.starts_on for stage in session.stages)
            early = self.sample.steps.get("check_in_notice", first - timedelta(days=12))
            notice = early if session.number == 1 or "sessions" not in self.raw else first - timedelta(days=12)
            yield notice, "check-in notice", self._document("check-in-notice", session.number)
            yield first - timedelta(days=5), "emergency plan", self._document("emergency-plan", session.number)
            if session.number == 1:
                yield self.sample.on("plan_passed_centre") - timedelta(days=1), "too early", self._too_early
            yield first, "start", self._act(self.contact, start_session, session.number)
            yield first, "reports", self._reports(session.number)
            yield first, "safety", self._document("safety-education-record", session.number)

    def _too_early(self) -> None:
        self.drive.is_refused("start", self.contact, start_session, self.ref, 1)

    # --- delivery ---------------------------------------------------------------------------------------------------

    def _delivery(self) -> Iterator[Doing]:
        for session in self.application.sessions:
            yield from self._leavers(session.number)
            rows = [(stage, None) for stage in session.stages]
            rows += [(stage, visit.name) for visit in session.schools for stage in visit.stages]
            rows.sort(key=lambda row: (row[0].starts_on, row[0].key))
            for stage, school in rows:
                last = self._last_day(stage.key, school) or stage.ends_on
                yield stage.starts_on, "open stage", self._act(self.team, open_stage, stage.key, session.number, school)
                yield last, "products", self._products(stage.key, session.number, school)
                yield last, "attend", self._act(self.team, attend, stage.key, session.number, school)
            for stage, school in rows:
                last = self._last_day(stage.key, school) or stage.ends_on
                yield last, "close stage", self._act(self.team, close_stage, stage.key, session.number, school)
            ends = max(self._last_day(stage.key, school) or stage.ends_on for stage, school in rows)
            survey = self._document("satisfaction-survey", session.number, OFFICE_PERSON)
            yield ends - timedelta(days=1), "survey", survey

    def _last_day(self, key: str, school: str | None) -> date | None:
        if key != "stage-3":
            return None
        found: date = next(one["study_to"] for one in self.sample.schools if one["name"] == school)
        return found

    def _products(self, key: str, session: int, school: str | None) -> Any:
        spec = next((stage for stage in self.pack.stages if stage.key == key), None)

        def hand_in() -> None:
            if spec is None:
                return
            given = next(one for one in self.application.sessions if one.number == session)
            places = next((visit.trainees for visit in given.schools if visit.name == school), given.places)
            for product in spec.products:
                covers = needed(product, places, 1 if school else len(given.schools))
                stored = a_file(f"{self.sample.key}-{session}-{school}-{key}-{product.document}")
                self.drive.do(
                    self.team, hand_in_product, self.ref, key, session, product.document, stored, school, covers
                )

        return hand_in

    def _leavers(self, session: int) -> Iterator[Doing]:
        for row in self.raw["trainees"]["returned"]:
            if row.get("session", 1) == session:
                name = next(
                    one.name
                    for one in self.nominees
                    if one.session == session and row.get("school", one.school) == one.school
                )
                args = (self.drive.refs[name], row["why"], HEARD)
                yield row["date"], "return", self._act(self.contact, return_trainee, *args)
        for row in self.raw["trainees"].get("broke_off", []):
            if session == 1:
                yield (
                    row["date"],
                    "break off",
                    self._act(self.contact, break_off, self.drive.refs[self.nominees[0].name], row["why"]),
                )

    def _reports(self, session: int) -> Any:
        """The bulletins of a session, known once it has started; the first one comes four days late."""

        def coming() -> list[Doing]:
            days = [day for day, number in recurring(self.drive, self.ref, "weekly-report") if number == session]
            sent = [days[0] + timedelta(days=4), *days[1:]]
            return [(day, "report", self._document("weekly-report", session)) for day in sent]

        return coming

    # --- closing ----------------------------------------------------------------------------------------------------

    def _closing(self) -> Iterator[Doing]:
        for row in self.raw.get("sessions", []):
            yield row["archive_part_submitted"], "archive part", self._document("archive-part", row["number"])
        archive = self.sample.on("archive_submitted")
        yield archive, "archive", self._document("archive-documents")
        for source, (key, name) in SOURCES.items():
            yield (
                archive + timedelta(days=4),
                "score",
                self._act(name, enter_score, source, str(self.raw["scores"][key])),
            )
        yield archive + timedelta(days=10), "close", self._act(OFFICE_PERSON, close_evaluation)
