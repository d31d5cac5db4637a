"""The training itself: start, stages with their products and attendance, who leaves, safety education, satisfaction
survey.

Days come from the sample, what each stage yields from the pack. Decides nothing: each line is somebody's deed.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from models.values import PlannedSession, PlannedStage
from office.demo.acting import Acting
from office.demo.deeds import Decision, Deed
from office.demo.selecting import Selecting
from office.demo.world import OFFICE

_HEARD = "本人陈述已记录:承认无故缺席,没有异议"


class Teaching(Selecting):
    """The deeds from the first day of a session to its last."""

    def deeds(self) -> Iterator[Deed | Decision]:
        """Everything that the people of the programme do."""
        yield from (*self.beginning(), *self.plan(), *self.selection(), *self.preparation())
        yield from (*self.training(), *self.end())

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
            self.start(number),
        )
        yield self.deed(
            first,
            11,
            0,
            f"{zh} 开展安全教育",
            f"{en}: safety education",
            self.document("safety-education-record", "安全教育记录", number),
        )
        yield self.deed(
            last,
            11,
            0,
            f"{zh} 学员满意度调查(项目办)",
            f"{en}: satisfaction survey by the office",
            self.document(
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
                self.document("archive-part", "分期档案资料", number),
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
        yield self.deed(
            stage.starts_on,
            10,
            0,
            f"{where}开始",
            f"{there} begins",
            self.open_stage(session, stage, school),
        )

        yield self.deed(
            ended_on,
            16,
            30,
            f"{where}报送成果、登记参训、结束",
            f"{there}: products, attendance, end",
            self.finish_stage(session, stage, school, ended_on),
        )

    def _english(self, stage: PlannedStage) -> str:
        """A stage as the pack calls it in English; a part of a delivery without stages by its key."""
        return next((one.name.en for one in self.pack.stages if one.key == stage.key), stage.key)

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

    def present(self, session: int, school: str, on: date) -> int:
        """How many trainees of a school are still there on a day."""
        gone = sum(where == school and number == session and day <= on for day, number, where, *_ in self._gone())
        return super().present(session, school, on) - gone

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
