"""The road of a region that is told as data: its pack's own phases, one after the other, on the days of its sample file.

Which phases there are, who decides which tier, who takes which step of the selection, what a start waits for, what a
stage yields and who scores comes from the pack; the file gives days, entries and figures. Decides nothing: each line is
somebody's deed.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from models.states import DecisionOutcome, TierAction
from models.values import PlannedSession, PlannedStage
from office.demo.acting import Acting, DemoFailed
from office.demo.carrying import Carrying, Do
from office.demo.deeds import Decision, Deed, at
from office.demo.regions import REFUSED
from office.demo.samples import Sample
from office.demo.world import Nominee, World
from policies.lookup import chain_for, document_of, kind_phases, register_of, role_name
from policies.schema import Phase, Tier

Days = dict[str, Any]
"""What the file says of a phase: days by what is done, or figures."""

PLAN = "implementation-plan"
_HOUR = {
    "apply": 9,
    "entry": 9,
    "document": 10,
    "decision": 11,
    "selection": 14,
    "start": 15,
    "finish": 16,
    "score": 17,
}
"""The hours of a day in the order of what depends on what: papers come before decisions, both before a start."""


class RegionRoad(Carrying):
    """The deeds of a region's sample programme, phase by phase of its pack."""

    def __init__(self, sample: Sample, world: World) -> None:
        super().__init__(sample, world)
        self._days: dict[str, Days] = sample.raw["phases"]
        self._by_flow: dict[str, Callable[[Phase, Days], Iterator[Deed | Decision]]] = {
            "application": self._application,
            "tiered-review": self._review,
            "award": self._review,
            "selection": self._selection,
            "check-in": self._check_in,
            "training-stage": self._stages,
            "delivery": self._delivery,
            "archive": self._archive,
            "evaluation": self._evaluation,
        }

    def deeds(self) -> Iterator[Deed | Decision]:
        """Everything that the people of the programme do. Raises `DemoFailed` where file and pack do not fit."""
        phases = kind_phases(self.pack, self.application.kind)
        for phase in phases:
            if phase.stage is None and phase.flow != "delivery" and phase.key not in self._days:
                raise DemoFailed(f"{self.sample.key}: the sample gives no days for the phase {phase.key}")
            yield from self._by_flow[phase.flow](phase, self._days.get(phase.key, {}))
        if unknown := sorted(set(self._days) - {phase.key for phase in phases}):
            raise DemoFailed(f"{self.sample.key}: {self.sample.policy} has no phase {', '.join(unknown)}")
        yield from self._refusals()
        if day := self.sample.raw.get("duties_opened"):
            words = ("开立常设事项", "the standing duties are opened")
            yield self.deed(day, _HOUR["apply"], 0, *words, self._open_duties)
        for one in self.sample.raw.get("documents", ()):
            yield self._paper(one["kind"], one["day"], one.get("session"), one.get("by"))
        for one in self.sample.raw.get("entries", ()):
            yield from self._entries(one)

    # ── who ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _holder(self, role: str, school: str | None = None) -> str:
        """Who acts in a role: at the school, at the host where the role has its seat there, else whoever holds it."""
        known = self.pack.roles.get(role)
        if school is not None:
            return self.world.holder(school, "contact")
        if role == "host-institution":
            return self.contact
        for person in self.world.people:
            seat = known is None or known.seat != "host" or person.organisation == self.sample.host
            if role in person.roles and seat:
                return person.name
        raise DemoFailed(f"{self.sample.key}: nobody of the sample holds the role {role}")

    def _holders(self, role: str) -> list[str]:
        """One holder of a role in each organisation that has one."""
        found = {person.organisation: person.name for person in reversed(self.world.people) if role in person.roles}
        return list(reversed(found.values())) or [self._holder(role)]

    # ── application, reviews ─────────────────────────────────────────────────────────────────────────────────────────

    def _application(self, phase: Phase, days: Days) -> Iterator[Deed | Decision]:
        del phase
        yield self.deed(days["applied"], _HOUR["apply"], 30, "提交项目申报书", "applies", self.apply)

    def _review(self, phase: Phase, days: Days) -> Iterator[Deed | Decision]:
        subject = phase.subject or phase.key
        chain = chain_for(self.pack, subject, self.application.host_kind, self.application.level)
        tiers = chain.tiers if chain else ()
        if len(days["decided"]) != len(tiers):
            raise DemoFailed(f"{self.sample.key}: {phase.key} has {len(tiers)} tiers, not {len(days['decided'])}")
        if subject == PLAN:
            words = ("报送实施方案", "implementation plan")
            yield self.deed(days["submitted"], _HOUR["document"], 0, *words, self.submit_plan(1))
        for number, (tier, day) in enumerate(zip(tiers, days["decided"], strict=True)):
            yield self._decision(subject, tier, day, number)

    def _decision(self, subject: str, tier: Tier, day: date, number: int) -> Decision:
        outcome = DecisionOutcome.FILE if tier.action == TierAction.FILE else DecisionOutcome.APPROVE
        moment = at(day, _HOUR["decision"], number)
        return Decision(moment, self.sample.key, subject, self._holder(tier.role), tier.action, outcome)

    # ── selection, start ─────────────────────────────────────────────────────────────────────────────────────────────

    def _selection(self, phase: Phase, days: Days) -> Iterator[Deed | Decision]:
        del phase
        for session in self.application.sessions:
            own = days.get(f"session-{session.number}", days)
            mine = [one for one in self.world.nominees[self.sample.key] if one.session == session.number]
            for number, step in enumerate(self.pack.selection.steps if self.pack.selection else ()):
                zh, en = self.session_words(session.number)
                told = own[step.key]
                words = (f"{zh} {step.name.zh}", f"{en}: {step.name.en}")
                day = told["from"] if step.key == "notice" else told
                for place, do in enumerate(self._step(step.key, step.role, session.number, mine, told)):
                    yield self.deed(day, _HOUR["selection"], 5 * number + place, *words, do)
            if all(step.key != "confirm" for step in (self.pack.selection.steps if self.pack.selection else ())):
                zh, en = self.session_words(session.number)
                words = (f"{zh} 名单确认", f"{en}: the list is confirmed")
                yield self.deed(own["confirm"], _HOUR["selection"], 30, *words, self.confirm(session.number))

    def _step(self, key: str, role: str, session: int, nominees: list[Nominee], told: Any) -> list[Do]:
        if key == "volunteer":
            return [self.volunteer(session, nominees)]
        if key == "recommend":
            return [self.recommend(session, nominees)]
        if key == "notice":
            return [self.post_notices(session, nominees, told["from"], told["to"])]
        if key == "review":
            return [self.review(session, who) for who in self._holders(role)]
        return [self.confirm(session)]

    def _check_in(self, phase: Phase, days: Days) -> Iterator[Deed | Decision]:
        if "budget-confirmed" in phase.closes_when:
            words = ("确认经费预算", "the budget is confirmed")
            yield self.deed(days["budget-confirmed"], _HOUR["document"], 30, *words, self.confirm_budget)
        for session in self.application.sessions:
            for condition in phase.closes_when:
                if condition.startswith("document:"):
                    yield self._paper(condition.removeprefix("document:"), days[condition], session.number)
            zh, en = self.session_words(session.number)
            first = min(stage.starts_on for stage in session.stages)
            yield self.deed(first, _HOUR["start"], 0, f"{zh} 开班报到", f"{en}: the start", self.start(session.number))

    def _refusals(self) -> Iterator[Deed]:
        """Starts that a rule refuses, by its clause or (no clause) by a setting of the office."""
        for one in self.sample.raw.get("refused", ()):
            do = self.refused_start(one.get("clause"), one["en"])
            yield self.deed(one["day"], _HOUR["start"], 30, one["zh"], one["en"], do)

    # ── training ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _stages(self, phase: Phase, days: Days) -> Iterator[Deed | Decision]:
        del days
        for session in self.application.sessions:
            yield from (deed for one in session.stages if one.key == phase.stage for deed in self._stage(session, one))
            for visit in session.schools:
                for one in visit.stages:
                    if one.key == phase.stage:
                        yield from self._stage(session, one, visit.name)

    def _delivery(self, phase: Phase, days: Days) -> Iterator[Deed | Decision]:
        del phase, days
        for session in self.application.sessions:
            for one in session.stages:
                yield from self._stage(session, one)

    def _stage(self, session: PlannedSession, stage: PlannedStage, school: str | None = None) -> Iterator[Deed]:
        zh, en = self.session_words(session.number)
        known = next((one.name.en for one in self.pack.stages if one.key == stage.key), stage.key)
        where, there = f"({school})" if school else "", f" at {school}" if school else ""
        begins = (f"{zh} {stage.name}{where}开始", f"{en}: {known}{there} begins")
        yield self.deed(stage.starts_on, _HOUR["start"], 10, *begins, self.open_stage(session, stage, school))
        ends = (f"{zh} {stage.name}{where}报送成果、登记参训、结束", f"{en}: {known}{there}: products, attendance, end")
        do = self.finish_stage(session, stage, school, stage.ends_on)
        yield self.deed(stage.ends_on, _HOUR["finish"], 30, *ends, do)

    # ── archive, evaluation ──────────────────────────────────────────────────────────────────────────────────────────

    def _archive(self, phase: Phase, days: Days) -> Iterator[Deed | Decision]:
        for condition in phase.closes_when:
            if condition.startswith("document:"):
                yield self._paper(condition.removeprefix("document:"), days[condition])

    def _evaluation(self, phase: Phase, days: Days) -> Iterator[Deed | Decision]:
        del phase
        for source in self.pack.evaluation.sources if self.pack.evaluation else ():
            told = days["scores"][source.key]
            words = (f"录入评分:{source.name.zh}", f"score: {source.name.en}")
            do = self.scores(self._holder(source.owner), {source.key: told["score"]})
            yield self.deed(told["day"], _HOUR["score"], 0, *words, do)
        words = ("考评办结", "the evaluation is closed")
        close = self.close_evaluation(self._holder("programme-office"))
        yield self.deed(days["closed"], _HOUR["score"], 30, *words, close)

    def _open_duties(self, acting: Acting) -> None:
        acting.command("duty", "open", self.sample.policy, who=self._holder("programme-office"))

    # ── documents and entries ────────────────────────────────────────────────────────────────────────────────────────

    def _paper(self, kind: str, day: date, session: int | None = None, role: str | None = None) -> Deed:
        name = document_of(self.pack, kind).name
        zh, en = self.session_words(session) if session else ("", "")
        words = (f"{zh} 报送{name.zh}".strip(), f"{en}: {name.en}" if en else name.en)
        who = self._holder(role) if role else None
        return self.deed(day, _HOUR["document"], 0, *words, self.document(kind, name.zh, session, who))

    def _entries(self, one: dict[str, Any]) -> Iterator[Deed]:
        """What is entered in a register on a day: once, at each school, or for each trainee."""
        register = register_of(self.pack, one["register"])
        places: list[dict[str, str]] = [{}]
        if one.get("per") == "school":
            places = [{"school": school} for school in one.get("schools", self._visited())]
        elif one.get("per") == "trainee":
            mine = [who for who in self.world.nominees[self.sample.key] if who.story != REFUSED]
            places = [{"trainee": who.name, "school": who.school} for who in mine]
        hour, by = one.get("hour", _HOUR["entry"]), role_name(self.pack, one["by"])
        words = (f"登记{register.name.zh}({by})", f"entry: {register.name.en}")

        def enter(acting: Acting) -> None:
            for here in places:
                self._enter(acting, one, here)

        yield self.deed(one["day"], hour, 45, *words, enter)

    def _visited(self) -> list[str]:
        return [visit.name for session in self.application.sessions for visit in session.schools]

    def _enter(self, acting: Acting, one: dict[str, Any], here: dict[str, str]) -> None:
        told = here | {"ref": self.ref(acting)} if self.sample.key in acting.programmes else dict(here)
        if "trainee" in told:
            told["trainee"] = acting.ref_of(told["trainee"])

        def said(text: object) -> str:
            words = str(text)
            for name, value in told.items():
                words = words.replace(f"{{{name}}}", value)
            if words.startswith("{person:") and words.endswith("}"):
                return acting.ref_of(words[len("{person:") : -1])
            return words

        fields = [f"{name}={said(value)}" for name, value in one.get("fields", {}).items()]
        about = one.get("about", "{ref}" if register_of(self.pack, one["register"]).about == "programme" else None)
        at_about = ("--about", said(about)) if about else ()
        reasons = [word for check, why in one.get("reasons", {}).items() for word in ("--reason", f"{check}={why}")]
        command = ("register", "add", self.sample.policy, one["register"], *fields, *at_about, *reasons)
        out = acting.command(*command, "--json", who=self._writer(one["by"], here))
        for mark in one.get("marks", ()):
            self._mark(acting, out, mark, here)

    def _writer(self, role: str, here: dict[str, str]) -> str:
        """Who writes: the trainee themselves, the school's contact, else whoever acts in the role."""
        if role in ("trainee", "teacher") and "trainee" in here:
            return here["trainee"]
        return self._holder(role, here.get("school") if role in ("school", "rural-school") else None)

    def _mark(self, acting: Acting, out: str, mark: dict[str, str], here: dict[str, str]) -> None:
        ref = json.loads(out)["ref"]
        acting.command("register", "mark", self.sample.policy, ref, mark["mark"], who=self._writer(mark["by"], here))
