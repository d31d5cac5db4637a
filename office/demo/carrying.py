"""What people do in every region's programme: apply, hand in, recommend, review, begin and end a stage, score.

Each is one deed of one person, by command; whose it is and on which day says the road. What a stage yields is read
from the pack. Decides nothing: each line is somebody's deed.
"""

from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import yaml

from models.values import PlannedSession, PlannedStage
from office.demo.acting import Acting
from office.demo.deeds import Deed, at
from office.demo.samples import Sample
from office.demo.world import Nominee, World
from office.runtime.settings import REPOSITORY
from policies.loader import Library
from policies.lookup import document_of, stage_of
from policies.schema import Pack, Product

Do = Callable[[Acting], None]


@lru_cache
def pack_for(policy: str, kind: str) -> Pack:
    """The pack under which the sample programmes of a kind run."""
    return Library(REPOSITORY / "policies").resolve(policy, kind)


class Carrying:
    """The deeds of one sample programme, whatever its region."""

    def __init__(self, sample: Sample, world: World) -> None:
        self.sample, self.world = sample, world
        self.contact = world.holder(sample.host, "contact")
        self.application = sample.application
        self.pack = pack_for(sample.policy, self.application.kind)

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

    # ── application, plan, documents ─────────────────────────────────────────────────────────────────────────────────

    def apply(self, acting: Acting) -> None:
        """The host applies, by file."""
        file = self._yaml(acting, "application", self.application)
        acting.command("programme", "apply", file, "--policy", self.sample.policy, who=self.contact)
        acting.programmes[self.sample.key] = acting.looking.programme(self.application.title)

    def plan_file(self, acting: Acting, name: str, *, sealed: bool = True) -> Any:
        """The implementation plan as a file."""
        return self._yaml(acting, f"plan-{name}", self.sample.plan(sealed=sealed))

    def submit_plan(self, version: int) -> Do:
        """The host sends its plan, with the signed page."""

        def submit(acting: Acting) -> None:
            file = self.plan_file(acting, str(version))
            page = acting.scan(f"{self.sample.key}-plan-page-{version}.pdf")
            acting.command(
                "document", "submit", self.ref(acting), "implementation-plan", file, "--page", page, who=self.contact
            )

        return submit

    def _yaml(self, acting: Acting, name: str, value: Any) -> Any:
        file = acting.settings.root / "papers" / f"{self.sample.key}-{name}.yaml"
        content = value.model_dump(mode="json", exclude_none=True)
        file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
        return file

    def document(self, kind: str, words: str, session: int | None = None, who: str | None = None) -> Do:
        """A document of the programme, or of a session."""

        def hand_in(acting: Acting) -> None:
            name = f"{self.sample.key}-{kind}{f'-{session}' if session else ''}.txt"
            file = acting.paper(name, f"{self.application.title}\n{words}")
            at_session = ("--session", session) if session else ()
            acting.command("document", "submit", self.ref(acting), kind, file, *at_session, who=who or self.contact)

        return hand_in

    def refused_start(self, clause: str | None, what: str, session: int = 1) -> Do:
        """The host wants to start, and a rule refuses it: by this clause, or by a setting of the office."""

        def start(acting: Acting) -> None:
            command = ("session", "start", self.ref(acting), "--session", session)
            acting.refused(self.ref(acting), what, clause, *command, who=self.contact, matter="start")

        return start

    def confirm_budget(self, acting: Acting) -> None:
        """The host confirms that the funds are there."""
        acting.command("programme", "confirm-budget", self.ref(acting), who=self.contact)

    # ── selection ────────────────────────────────────────────────────────────────────────────────────────────────────

    def volunteer(self, session: int, nominees: Sequence[Nominee]) -> Do:
        """Teachers enrol themselves; nobody does it for them."""

        def enrol(acting: Acting) -> None:
            for one in nominees:
                acting.command("trainee", "volunteer", self.ref(acting), "--session", session, who=one.name)

        return enrol

    def recommend(self, session: int, nominees: Sequence[Nominee]) -> Do:
        """Each school recommends teachers of its own."""

        def name_them(acting: Acting) -> None:
            for school in dict.fromkeys(one.school for one in nominees):
                teachers = [acting.ref_of(one.name) for one in nominees if one.school == school]
                words = ("trainee", "recommend", self.ref(acting), *teachers, "--session", session)
                acting.command(*words, who=self.world.holder(school, "contact"))

        return name_them

    def post_notices(self, session: int, nominees: Sequence[Nominee], first: date, last: date) -> Do:
        """Each school posts its list."""

        def post(acting: Acting) -> None:
            for school in dict.fromkeys(one.school for one in nominees):
                days = ("--from", first, "--to", last)
                words = ("trainee", "notice", self.ref(acting), "--session", session, "--school", school, *days)
                acting.command(*words, who=self.world.holder(school, "contact"))

        return post

    def review(self, session: int, who: str, left_out: Sequence[Nominee] = ()) -> Do:
        """Whoever reviews the nominations sends them on."""

        def send_on(acting: Acting) -> None:
            leave = [word for one in left_out for word in ("--leave-out", acting.ref_of(one.name))]
            acting.command("trainee", "review", self.ref(acting), "--session", session, *leave, who=who)

        return send_on

    def confirm(self, session: int) -> Do:
        """The host confirms the list."""

        def do(acting: Acting) -> None:
            acting.command("trainee", "confirm", self.ref(acting), "--session", session, who=self.contact)

        return do

    # ── training ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def start(self, session: int) -> Do:
        """The session starts."""

        def do(acting: Acting) -> None:
            acting.command("session", "start", self.ref(acting), "--session", session, who=self.contact)

        return do

    def worker(self) -> str:
        """Who records the stages: the training team, or the host where there is none."""
        return self.world.holder(self.sample.team, "training-team") if self.sample.team else self.contact

    def open_stage(self, session: PlannedSession, stage: PlannedStage, school: str | None) -> Do:
        """A stage begins."""

        def begin(acting: Acting) -> None:
            acting.command("stage", "open", self.ref(acting), *_place(session, stage, school), who=self.worker())

        return begin

    def finish_stage(self, session: PlannedSession, stage: PlannedStage, school: str | None, on: date) -> Do:
        """A stage's products come in, who took part is recorded, and it ends on that day."""

        def finish(acting: Acting) -> None:
            for product, where in self._products(session, stage, school):
                self._hand_in(acting, session, stage, school, product, where, on)
            place = _place(session, stage, school)
            acting.command("stage", "attend", self.ref(acting), *place, who=self.worker())
            acting.command("stage", "close", self.ref(acting), *place, who=self.worker())

        return finish

    def _products(
        self, session: PlannedSession, stage: PlannedStage, school: str | None
    ) -> list[tuple[Product, str | None]]:
        """What a stage yields by the pack, and from which school (None: once for the stage)."""
        if all(one.key != stage.key for one in self.pack.stages):
            return []
        schools = [school] if school else [visit.name for visit in session.schools]
        return [
            (product, where)
            for product in stage_of(self.pack, stage.key).products
            for where in ((None,) if product.per == "stage" else schools)
        ]

    def _hand_in(
        self,
        acting: Acting,
        session: PlannedSession,
        stage: PlannedStage,
        school: str | None,
        product: Product,
        where: str | None,
        on: date,
    ) -> None:
        kind, name = product.document, document_of(self.pack, product.document).name.zh
        if where is None and product.owed_by == "training-team":
            who = self.worker()
        else:
            who = self.world.holder(where or school or session.schools[0].name, "contact")
        covers = self.present(session.number, where, on) if where and product.per == "trainee" else 1
        words = f"{stage.name} {f'{where} ' if where else ''}{name} {school or ''}"
        file = acting.paper(f"{self.sample.key}-{session.number}-{stage.key}-{kind}.txt", words)
        at_school = ("--school", school) if school else ()
        place = (stage.key, kind, file, "--session", session.number, *at_school, "--covers", covers)
        acting.command("stage", "product", self.ref(acting), *place, who=who)

    def present(self, session: int, school: str, on: date) -> int:
        """How many trainees of a school are still there on a day."""
        del on
        nominees = self.world.nominees[self.sample.key]
        return sum(one.session == session and one.school == school and not one.story for one in nominees)

    # ── evaluation ───────────────────────────────────────────────────────────────────────────────────────────────────

    def scores(self, who: str, values: dict[str, Any]) -> Do:
        """Somebody enters the scores that are theirs to give."""

        def enter(acting: Acting) -> None:
            for source, value in values.items():
                acting.command("score", "enter", self.ref(acting), source, value, who=who)

        return enter

    def close_evaluation(self, who: str) -> Do:
        """The result is closed."""

        def close(acting: Acting) -> None:
            acting.command("score", "close", self.ref(acting), who=who)

        return close


def _place(session: PlannedSession, stage: PlannedStage, school: str | None) -> tuple[object, ...]:
    return (stage.key, "--session", session.number, *(("--school", school) if school else ()))
