"""The training itself: start, stages with their products and attendance, who leaves, safety education, satisfaction
survey.

Days come from the sample, what each stage yields from the pack. Decides nothing: each line is somebody's deed.
"""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any

from models.values import PlannedSession, PlannedStage
from office.demo.acting import Acting
from office.demo.deeds import Deed
from office.demo.samples import POLICY
from office.demo.selecting import Selecting
from office.demo.world import OFFICE
from office.runtime.settings import REPOSITORY
from policies.loader import Library
from policies.lookup import document_of, stage_of
from policies.schema import Pack

_HEARD = "本人陈述已记录:承认无故缺席,没有异议"


@lru_cache
def pack_for(kind: str) -> Pack:
    """The pack under which the sample programmes of a kind run."""
    return Library(REPOSITORY / "policies").resolve(POLICY, kind)


class Teaching(Selecting):
    """The deeds from the first day of a session to its last."""

    def training(self) -> Iterator[Deed]:
        """Every session from its start to its end."""
        for session in self.application.sessions:
            yield from self._start(session)
            for stage in session.stages:
                yield from self._stage(session, stage, stage.ends_on)
            for visit in session.schools:
                for stage in visit.stages:
                    yield from self._stage(session, stage, self._actual_end(visit.name, stage), visit.name)
        yield from self._leavers()

    def _start(self, session: PlannedSession) -> Iterator[Deed]:
        first, last = min(stage.starts_on for stage in session.stages), max(stage.ends_on for stage in session.stages)
        number, (zh, en) = session.number, self.session_words(session.number)
        yield self.deed(
            first,
            9,
            30,
            f"{zh} 开班报到",
            f"{en}: the start",
            lambda acting: acting.command("session", "start", self.ref(acting), "--session", number, who=self.contact),
        )
        yield self.deed(
            first,
            11,
            0,
            f"{zh} 开展安全教育",
            f"{en}: safety education",
            self._document("safety-education-record", "安全教育记录", number),
        )
        yield self.deed(
            last,
            11,
            0,
            f"{zh} 学员满意度调查(项目办)",
            f"{en}: satisfaction survey by the office",
            self._document(
                "satisfaction-survey", "学员满意度调查结果", number, self.world.holder(OFFICE, "programme-office")
            ),
        )
        own = next((one for one in self.sample.raw.get("sessions", []) if one["number"] == number), None)
        if own is not None:
            yield self.deed(
                own["archive_part_submitted"],
                9,
                30,
                f"{zh} 报送分期档案",
                f"{en}: archive part",
                self._document("archive-part", "分期档案资料", number),
            )

    def _actual_end(self, school: str, stage: PlannedStage) -> date:
        """The day on which a school's stage really ended: one school was extended by a week after heavy rain."""
        if stage.key != "stage-3":
            return stage.ends_on
        found: date = next(one["study_to"] for one in self.sample.schools if one["name"] == school)
        return found

    def _stage(
        self, session: PlannedSession, stage: PlannedStage, ended_on: date, school: str | None = None
    ) -> Iterator[Deed]:
        zh, en = self.session_words(session.number)
        where = f"{zh} {stage.name}" + (f"({school})" if school else "")
        there = f"{en}: {self._english(stage)}" + (f" at {school}" if school else "")
        at_school = ("--school", school) if school else ()
        place = (stage.key, "--session", session.number, *at_school)
        who = self._worker()
        yield self.deed(
            stage.starts_on,
            10,
            0,
            f"{where}开始",
            f"{there} begins",
            lambda acting: acting.command("stage", "open", self.ref(acting), *place, who=who),
        )

        def finish(acting: Acting) -> None:
            self._hand_in_products(acting, session, stage, school, ended_on)
            acting.command("stage", "attend", self.ref(acting), *place, who=who)
            acting.command("stage", "close", self.ref(acting), *place, who=who)

        yield self.deed(
            ended_on,
            16,
            30,
            f"{where}报送成果、登记参训、结束",
            f"{there}: products, attendance, end",
            finish,
        )

    def _english(self, stage: PlannedStage) -> str:
        """A stage as the pack calls it in English; a part of a delivery without stages by its key."""
        pack = pack_for(self.sample.raw["kind"])
        return next((one.name.en for one in pack.stages if one.key == stage.key), stage.key)

    def _worker(self) -> str:
        """Who records the stages: the training team, or the host where there is none."""
        return self.world.holder(self.sample.team, "training-team") if self.sample.team else self.contact

    def _hand_in_products(
        self, acting: Acting, session: PlannedSession, stage: PlannedStage, school: str | None, on: date
    ) -> None:
        if not stage.key.startswith("stage-"):
            return
        pack = pack_for(self.sample.raw["kind"])
        schools = [school] if school else [visit.name for visit in session.schools]
        for product in stage_of(pack, stage.key).products:
            name = document_of(pack, product.document).name.zh
            if product.per == "stage":
                contact = self.world.holder(schools[0], "contact")
                who = self._worker() if product.owed_by == "training-team" else contact
                self._hand_in(acting, session, stage, school, product.document, name, who, 1)
                continue
            for one in schools:
                covers = self._present(session.number, one, on) if product.per == "trainee" else 1
                contact = self.world.holder(one, "contact")
                self._hand_in(acting, session, stage, school, product.document, f"{one} {name}", contact, covers)

    def _hand_in(
        self,
        acting: Acting,
        session: PlannedSession,
        stage: PlannedStage,
        school: str | None,
        kind: str,
        words: str,
        who: str,
        covers: int,
    ) -> None:
        file = acting.paper(
            f"{self.sample.key}-{session.number}-{stage.key}-{kind}.txt", f"{stage.name} {words} {school or ''}"
        )
        at_school = ("--school", school) if school else ()
        acting.command(
            "stage",
            "product",
            self.ref(acting),
            stage.key,
            kind,
            file,
            "--session",
            session.number,
            *at_school,
            "--covers",
            covers,
            who=who,
        )

    # ── who leaves ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _gone(self) -> list[tuple[date, int, str, str, str]]:
        """Who leaves before the end: (day, session, school, teacher, why); the first of the school's teachers,
        as a sample."""
        raw, found = self.sample.raw["trainees"], []
        nominees = [one for one in self.world.nominees[self.sample.key] if not one.story]
        for one in (*raw["returned"], *raw.get("broke_off", [])):
            school = one.get("school") or self._first_school(one.get("session", 1))
            teacher = next(n for n in nominees if n.school == school and n.session == one.get("session", 1))
            found.append((one["date"], teacher.session, school, teacher.name, one["why"]))
        return found

    def _first_school(self, session: int) -> str:
        """A school that is not the one whose teacher comes a second time."""
        nominees = [one for one in self.world.nominees[self.sample.key] if one.session == session and not one.story]
        return nominees[-1].school

    def _present(self, session: int, school: str, on: date) -> int:
        nominees = self.world.nominees[self.sample.key]
        count = sum(one.session == session and one.school == school and not one.story for one in nominees)
        gone = sum(where == school and number == session and day <= on for day, number, where, *_ in self._gone())
        return count - gone

    def _leavers(self) -> Iterator[Deed]:
        returned = len(self.sample.raw["trainees"]["returned"])
        for number, (day, session, school, teacher, why) in enumerate(self._gone()):
            zh, en = self.session_words(session)
            if number < returned:
                cause = {"unexcused absence": "无故缺席", "assessment failed": "考核不合格"}[why]
                yield self.deed(
                    day,
                    15,
                    0,
                    f"{zh} 退回{school}的学员(原因:{cause})",
                    f"{en}: a trainee of {school} is returned ({why})",
                    self._return(teacher, cause),
                )
            else:
                yield self.deed(
                    day,
                    15,
                    0,
                    f"{zh} {school}的学员中途请假退出(产假,不限制参训)",
                    f"{en}: a trainee of {school} breaks off ({why}; no ban)",
                    self._break_off(teacher),
                )

    def _return(self, teacher: str, cause: str) -> Any:
        def do(acting: Acting) -> None:
            ref = acting.ref_of(teacher)
            acting.command(
                "trainee", "return", self.ref(acting), ref, "--cause", cause, "--heard", _HEARD, who=self.contact
            )

        return do

    def _break_off(self, teacher: str) -> Any:
        def do(acting: Acting) -> None:
            ref = acting.ref_of(teacher)
            acting.command("trainee", "break-off", self.ref(acting), ref, "--reason", "产假", who=self.contact)

        return do
