"""The people of a measurement and what they do: programmes of a school that stand at the first tier of their plan's
review.

Everything is done by the ledger's own operations, as the command line calls them. All names are marked 示例 (sample).
Decides nothing; serves no clause of a regulation.
"""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from sqlmodel import col, select

from ledger.people import add_organisation, add_person
from ledger.programmes import apply
from ledger.review import Decided, decide_step, step_to_decide, submit_plan
from models.act import SYSTEM, Act, Actor
from models.programme import Phase, Programme
from models.review import ApprovalStep, OneTimeCode
from models.states import ApplicantKind, DecisionOutcome, Door, ProgrammeLevel, StepState
from models.values import Application, BudgetLine, Course, Expert, Plan, PlannedSession, PlannedStage
from office.runtime.settings import Settings
from office.runtime.transactions import reading, transaction
from policies.loader import Library

COUNTY, INSTITUTE = "county-education-authority", "county-teacher-development-institute"
COMMISSION, CENTRE = "municipal-education-commission", "municipal-teacher-development-centre"
HOST, OFFICE = "school", "programme-office"
POLICY, KIND = "chongqing-2021", "blended"
APPLICATION, AWARD, PLAN = "application", "award", "implementation-plan"

# Who decides the plan's tiers, in order: the third one files.
TIERS = (INSTITUTE, CENTRE, COMMISSION)

_BODIES = (
    (COMMISSION, "示例市教育委员会", None),
    (OFFICE, "示例市教师培训项目办", COMMISSION),
    (CENTRE, "示例市教师发展中心", COMMISSION),
    (COUNTY, "示例区教育委员会", COMMISSION),
    (INSTITUTE, "示例区教师进修学院", COUNTY),
    (HOST, "示例实验小学", COUNTY),
)
_COURSES = (
    Course(name="师德案例", part="第一期", hours=Decimal(8), practice=Decimal(0), ethics=True),
    Course(name="课堂观摩(含五育并举)", part="第一期", hours=Decimal(16), practice=Decimal(16), five_educations=True),
)
_EXPERTS = (
    Expert(count=1, origin="outside", kind="university", employer="示例东江师范大学"),
    Expert(count=3, origin="inside", kind="researcher", employer="示例云溪区教师进修学院"),
)


@dataclass(frozen=True)
class Ready:
    """A decision that can be made at once: on what, by whom, with the code from their message."""

    programme_ref: str
    kind: str
    person_ref: str
    code: str
    outcome: DecisionOutcome


@dataclass
class World:
    """The bodies of one county and their people. `refs` are the numbers people type, by the kind of their body."""

    office: Settings
    refs: dict[str, str] = field(default_factory=dict)
    ids: dict[str, uuid.UUID] = field(default_factory=dict)
    mails: dict[str, str] = field(default_factory=dict)

    @classmethod
    def build(cls, office: Settings) -> "World":
        """Record bodies and people in an empty ledger."""
        world = cls(office)
        names = {kind: name for kind, name, _ in _BODIES}
        for kind, name, above in _BODIES:
            roles = ("host-institution", "contact") if kind == HOST else (kind,)
            with transaction(SYSTEM, office=office) as act:
                add_organisation(act, name, kind, parent=names[above] if above else None, sample=True)
            world.mails[kind] = f"{kind}@songjiao.test"
            with transaction(SYSTEM, office=office) as act:
                done = add_person(act, f"示例人员·{name}", name, roles, email=world.mails[kind])
            assert done.ref is not None
            assert done.id is not None
            world.refs[kind], world.ids[kind] = done.ref, done.id
        return world

    def stand(self, count: int, first: int = 1) -> list[str]:
        """Bring `count` programmes to the first tier of their plan's review; gives their refs."""
        pack = Library(self.office.policies_dir).resolve(POLICY, KIND)
        refs = []
        for number in range(first, first + count):
            with transaction(self._actor(HOST), office=self.office) as act:
                ref = str(apply(act, _application(act, f"示例{number:05d}"), pack).ref)
            self.decide(self.ready(ref, APPLICATION, COUNTY), APPLICATION)
            self.decide(self.ready(ref, AWARD, COMMISSION), AWARD)
            plan = Plan(target_group="示例小学教师", numbers=20, courses=_COURSES, experts=_EXPERTS)
            with transaction(self._actor(HOST), office=self.office) as act:
                submit_plan(act, ref, plan)
            refs.append(ref)
        return refs

    def ready(self, ref: str, subject: str, kind: str, outcome: DecisionOutcome = DecisionOutcome.APPROVE) -> Ready:
        """Everything that the decision on a programme's open step needs. Raises `LookupError` where none is open."""
        with reading(self.office) as act:
            found = act.session.exec(
                select(ApprovalStep.id, OneTimeCode.nonce)
                .join(OneTimeCode, col(OneTimeCode.step_id) == col(ApprovalStep.id))
                .join(Programme, col(Programme.id) == col(ApprovalStep.programme_id))
                .where(
                    Programme.ref == ref,
                    ApprovalStep.subject == subject,
                    ApprovalStep.state == StepState.OPEN,
                    OneTimeCode.person_id == self.ids[kind],
                )
            ).first()
            if found is None:
                raise LookupError(f"{ref}: no step of {subject} waits for {kind}")
            step_id, nonce = found
            return Ready(ref, kind, self.refs[kind], act.code_of(step_id, self.ids[kind], nonce), outcome)

    def ready_tier(self, ref: str, tier: int) -> Ready:
        """The decision on a tier (from 1) of the plan's review."""
        return self.ready(ref, PLAN, TIERS[tier - 1], DecisionOutcome.APPROVE if tier < 3 else DecisionOutcome.FILE)

    def decide(self, ready: Ready, subject: str = PLAN) -> None:
        """Make the decision as `songjiao approval decide` does. Raises `RuntimeError` when it is not accepted."""
        with transaction(self._actor(ready.kind), office=self.office) as act:
            step = step_to_decide(act, ready.programme_ref, subject)
            done: Decided = decide_step(act, step.id, ready.person_ref, ready.code, ready.outcome)
        if not done.accepted:
            raise RuntimeError(f"{ready.programme_ref}: {done.en}")

    def runs(self, ref: str) -> dict[str, str]:
        """The runs of a programme by the key of their phase; `lifecycle` is the programme's own. One that is not
        started yet is left out."""
        with reading(self.office) as act:
            programme = act.session.exec(select(Programme).where(Programme.ref == ref)).one()
            phases = act.session.exec(select(Phase).where(Phase.programme_id == programme.id)).all()
            found = {phase.key: phase.run_id for phase in phases} | {"lifecycle": programme.run_id}
            return {key: str(run_id) for key, run_id in found.items() if run_id is not None}

    def open_phases(self, ref: str) -> int:
        """How many phases of a programme are open: each has a run that waits."""
        with reading(self.office) as act:
            query = select(Phase.id).join(Programme, col(Programme.id) == col(Phase.programme_id))
            return len(act.session.exec(query.where(Programme.ref == ref, Phase.state == "open")).all())

    def _actor(self, kind: str) -> Actor:
        return Actor(door=Door.CLI, person_id=self.ids[kind])


def _application(act: Act, short: str) -> Application:
    """An application (示例) for 20 places, ninety days from now: no deadline of its plan falls due while we measure."""
    first = act.today + timedelta(days=90)
    last = first + timedelta(days=2)
    names = {kind: name for kind, name, _ in _BODIES}
    part = PlannedStage(key="part-1", name="集中培训", starts_on=first, ends_on=last, hours=Decimal(24))
    session = PlannedSession(number=1, name="第一期", places=20, county=names[COUNTY], stages=(part,))
    return Application(
        title=f"{short}课堂提问培训",
        short=short,
        policy=POLICY,
        kind=KIND,
        level=ProgrammeLevel.MUNICIPAL,
        subject="小学数学",
        theme="课堂提问",
        host=names[HOST],
        host_kind=ApplicantKind.SCHOOL,
        starts_on=first,
        ends_on=last,
        places=20,
        sessions=(session,),
        courses=_COURSES,
        experts=_EXPERTS,
        budget=(
            BudgetLine(line="培训费", basis="20人", amount=Decimal(8000), norm="office-setting", payer="programme"),
        ),
        budget_total=Decimal(8000),
        sample=True,
    )
