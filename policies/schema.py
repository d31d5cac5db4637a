"""What a policy pack may say: the shape of `policies/<region>-<year>.yaml`.

A pack is the regulation as data. Every value carries its unit, the day from which it holds and the clause it comes
from; a number that no clause gives stands under `settings` and is shown as an office setting. This module knows the
shape only: `policies.loader` reads files, resolves adoption and checks every citation.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from models.states import ApplicantKind, ProgrammeLevel, Rung, TierAction
from policies.dated import Condition as Condition
from policies.dated import DatedValue as DatedValue
from policies.dated import Day as Day
from policies.dated import Flag as Flag
from policies.dated import Name as Name
from policies.dated import Part as Part
from policies.dated import Reason as Reason
from policies.dated import Rule as Rule
from policies.dated import Scalar as Scalar
from policies.dated import ValueException as ValueException
from policies.mechanisms import Bar as Bar
from policies.mechanisms import Check as Check
from policies.mechanisms import Computation as Computation
from policies.mechanisms import Count as Count
from policies.mechanisms import Duty as Duty
from policies.mechanisms import ImportedFact as ImportedFact
from policies.mechanisms import Indicator as Indicator
from policies.mechanisms import NotKept as NotKept
from policies.mechanisms import Register as Register
from policies.mechanisms import RegisterField as RegisterField
from policies.sourced import Sourced as Sourced


class Role(Part):
    """A role: its label, its level, and whether it sits in the host institution itself or in an organisation of that
    kind. With `head` whoever holds it is the head of the body they hold it in: what a ladder says to the head reaches them."""

    name: Name
    seat: Literal["host", "organisation", "office"] = "organisation"
    level: ProgrammeLevel | None = None
    head: bool = False


class Quorum(Part):
    """How many must agree in a tier: one (who is first decides), all, at least the rule `least`, or one per group.

    `groups` are roles in the deciding organisation; each needs the consent of a person of its own.
    """

    kind: Literal["one", "all", "m-of-n", "one-per-group"] = "one"
    least: str | None = None
    groups: tuple[str, ...] = ()


class Silence(Sourced):
    """What the law says an unanswered tier means once its time is over. It needs its clause: no office may set it."""

    means: Literal["approve"]


class Tier(Sourced):
    """One tier of an approval chain: who, what they do, how many must agree, and whether silence means consent."""

    role: str
    action: TierAction
    marks: tuple[Literal["signature", "seal"], ...] = ()
    decision_days: str
    quorum: Quorum = Quorum()
    on_silence: Silence | None = None


class Chain(Sourced):
    """An approval chain of a subject for a kind of applicant at some levels, its tiers in order."""

    subject: Literal["application", "award", "implementation-plan"]
    applicant_kinds: tuple[ApplicantKind, ...]
    levels: tuple[ProgrammeLevel, ...]
    on_return: Literal["first-tier", "returning-tier"] = "first-tier"
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)]


class Phase(Sourced):
    """A phase of the lifecycle: which flow carries it, for what it runs, and after which phases it opens.

    `per` says whether one runs for the programme, for each session (期/班) or for each school of each session. A phase
    for the programme opens when its predecessors have closed in all sessions, or with `opens_on: first` in the first.
    A predecessor that this kind of programme does not have falls away (`policies.lookup.kind_phases`).
    """

    key: str
    name: Name
    flow: str
    per: Literal["programme", "session", "school"] = "programme"
    subject: str | None = None
    stage: str | None = None
    opens_after: tuple[str, ...] = ()
    opens_on: Literal["all", "first"] = "all"
    closes_when: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


class Product(Sourced):
    """What a stage must yield before it closes: a kind of document, from whom, how many.

    `per: trainee` asks for as many as the stage has trainees (a school may hand them in together), `per: school` for as
    many as it has schools. `blocks: false` is asked for and chased but does not hold the stage open.
    """

    document: str
    owed_by: str
    per: Literal["stage", "school", "trainee"] = "stage"
    minimum: int = 1
    blocks: Flag = True


class StageDuty(Sourced):
    """What a party owes in a stage, told to it when the stage opens."""

    role: str
    says: Name


class StageRecord(Sourced):
    """An entry that a stage needs before it closes: of which register, how many, and what they must cover together.

    `covers` maps a field of the register to the words that the stage's entries must hold between them (`least` of them,
    a rule; else all). `blocks: false` is asked for and does not hold the stage open.
    """

    key: str
    name: Name
    register_: str = Field(alias="register")
    recorded_by: str
    per: Literal["stage", "school", "trainee"] = "stage"
    minimum: int = 1
    covers: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    least: str | None = None
    blocks: Flag = True


class Stage(Sourced):
    """A stage of send-teaching with its owner, duties, products and the entries that it needs."""

    key: str
    number: int
    name: Name
    owners: tuple[str, ...]
    duties: tuple[StageDuty, ...] = ()
    products: tuple[Product, ...] = ()
    requires: tuple[StageRecord, ...] = ()


class DocumentKind(Sourced):
    """A kind of document that people hand in."""

    key: str
    name: Name
    formats: tuple[str, ...] = ("pdf", "docx", "xlsx", "zip", "jpg", "png", "txt")


class ObligationKind(Sourced):
    """Something owed by a day: what, by whom, created when, due when, and what meets it.

    `opens_with` names the event that creates it: `<phase>.opened`, `<phase>.closed`, `step.opened` or
    `<subject>.returned`; `register:<key>` opens one with each entry about the programme; there is one per
    target (`per`), so the same event of a second session finds that of the
    programme there, and one for each return. `due` names the rule or setting that gives the day; for `per: step`,
    `due` and `owed_by` are the word `tier`: the step's tier names both. `met_by` is a document kind, `phase:<key>`
    (that phase closes), `correction:<subject>`, `act:<name>` or `register:<key>` (an entry about the programme; with
    `covers: trainees` one about each of them). A recurring one is due every `every` days (a setting)
    from the first to the last day on which sessions take place. `not_before` (a rule) gives the first day on which it may
    be met, `late: refused` closes the window with the due day; `stop_budget` (a rule) says for how many days in all the
    office may stop its clock, where a clause bounds it.
    """

    key: str
    name: Name
    owed_by: str
    per: Literal["programme", "session", "school", "step"] = "programme"
    opens_with: str
    due: str
    met_by: str
    ladder: str
    hardness: Literal["soft", "hard"] = "hard"
    every: str | None = None
    covers: Literal["once", "trainees"] = "once"
    kinds: tuple[str, ...] = ()
    not_before: str | None = None
    late: Literal["accepted", "refused"] = "accepted"
    stop_budget: str | None = None


class LadderRung(Part):
    """One rung: so many days before (negative) or after the due day, to whom, and what it is called.

    `to` holds `owner`, `head` (the owing organisation's head), `organisation` (its contacts), `next-level` (its parent),
    `programme-office`.
    """

    days: int
    rung: Rung
    to: tuple[Literal["owner", "head", "organisation", "next-level", "programme-office"], ...]


class Ladder(Sourced):
    """An escalation ladder, its rungs in order of days."""

    key: str
    rungs: tuple[LadderRung, ...]


class ScoreSource(Sourced):
    """One source of the scored evaluation: who enters it, and the rule that gives its weight (ratio 0-1)."""

    key: str
    name: Name
    owner: str
    weight: str


class Evaluation(Sourced):
    """How a programme is scored: sources on a scale 0-100, weighted; rounded once, at the end."""

    sources: tuple[ScoreSource, ...]
    decimals: str


class SelectionStep(Sourced):
    """A step of the trainee selection in order: `volunteer`, `recommend`, `notice`, `review`, `confirm`."""

    key: Literal["volunteer", "recommend", "notice", "review", "confirm"]
    role: str
    name: Name


class Eligibility(Sourced):
    """A test that each nominated teacher must stand: `ban`, `repeat`, `rural-school`, `target-group`."""

    key: Literal["ban", "repeat", "rural-school", "target-group"]
    strength: Literal["block", "warn"]
    kinds: tuple[str, ...] = ()


class Selection(Sourced):
    """How trainees are selected."""

    steps: tuple[SelectionStep, ...]
    eligibility: tuple[Eligibility, ...] = ()
    notice_days: str | None = None


class Ban(Sourced):
    """A ban: what brings it about, for how many years (a rule id), at which levels."""

    key: str
    trigger: Literal["returned"]
    years: str
    levels: tuple[ProgrammeLevel, ...]


class HoursDuty(Sourced):
    """Credit hours that a teacher must collect (a rule id) within a number of years (a rule id).

    Periods run from `begins` (a setting such as 2021-01-01, or 09-01 for school years; without it calendar years). Only
    hours of these `activities`, `levels` or with this `account` count, all where none is named; one hour may serve
    several minima and is held once.
    """

    key: str
    name: Name
    minimum: str
    years: str
    begins: str | None = None
    activities: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    account: str | None = None
    collected_by: str = "teacher"


class Travel(Sourced):
    """What a trainee's school pays for travel: in full, or for programmes of these levels longer than `more_than`
    training days only the return fare and the meal allowance of `meal_days` days (both rule ids)."""

    levels: tuple[ProgrammeLevel, ...]
    more_than: str
    meal_days: str
    full: str | None = None
    paid_by: str = "school"


class Adoption(Part):
    """Parts of another pack taken over for some kinds of programme, with a map of roles and of levels.

    `parts` holds `stages` (with the documents that they ask for), `selection.<step>` and `travel`; or, without `kinds`,
    mechanisms by block and key (`checks.veto`, `bars.institute-disqualified`) with what they work with. A role that is
    not in the map keeps its key and must be one of this pack's own.
    """

    pack: str
    parts: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    roles: dict[str, str] = Field(default_factory=dict)
    levels: dict[ProgrammeLevel, ProgrammeLevel] = Field(default_factory=dict)
    because: Name


class Pack(Part):
    """One region's regulation as data (see the module docstring).

    With `binding: false` the text is no law (an article, a proposal): what would block only warns, until the pack of a
    region adopts the part.
    """

    pack: str
    source: str
    region: Name
    region_code: str
    time_zone: str
    holds_from: Day
    holds_from_because: Reason | None = None
    level_names: dict[ProgrammeLevel, Name]
    kinds: dict[str, Name]
    roles: dict[str, Role]
    adopts: tuple[Adoption, ...] = ()
    rules: dict[str, Rule] = Field(default_factory=dict)
    settings: dict[str, Rule] = Field(default_factory=dict)
    approval: tuple[Chain, ...] = ()
    phases: tuple[Phase, ...] = ()
    stages: tuple[Stage, ...] = ()
    documents: tuple[DocumentKind, ...] = ()
    obligations: tuple[ObligationKind, ...] = ()
    ladders: tuple[Ladder, ...] = ()
    evaluation: Evaluation | None = None
    checks: tuple[Check, ...] = ()
    selection: Selection | None = None
    bans: tuple[Ban, ...] = ()
    hours: tuple[HoursDuty, ...] = ()
    travel: Travel | None = None
    words: dict[str, Name] = Field(default_factory=dict)
    registers: tuple[Register, ...] = ()
    facts: tuple[ImportedFact, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    duties: tuple[Duty, ...] = ()
    computations: tuple[Computation, ...] = ()
    bars: tuple[Bar, ...] = ()
    not_kept: tuple[NotKept, ...] = ()
    complete: Flag = False
    binding: Flag = True

    def snapshot(self) -> dict[str, Any]:
        """The pack as plain JSON data, to be pinned on a programme."""
        return self.model_dump(mode="json", by_alias=True)
