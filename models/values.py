"""Plain values that cross rooms: verdicts, citations and the facts of what comes in.

A leaf: imports pydantic and our states only. Money in CNY yuan, hours in credit hours (学时), ratios 0-1.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from models.states import ApplicantKind, ProgrammeLevel

Text = Field(min_length=1, max_length=400)
MOST, MOST_MONEY, MOST_WORDS = 99_999, Decimal(10) ** 12, 2000
"""The most of anything that is counted, of money (CNY), and of characters in a reason."""
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)
"""Between which a person may give a day."""


def is_zone(name: str) -> bool:
    """Whether there is a time zone of that name."""
    try:
        return bool(ZoneInfo(name))
    except (KeyError, ValueError, OSError):
        return False


def one_line(text: str) -> str:
    """A text that stands in run names and mail subjects: without blanks around it, in one line, without invisible signs."""
    text = text.strip()
    if not text or not text.isprintable():
        raise ValueError("is blank or holds line breaks or invisible signs; write one plain line")
    return text


def within_reach(day: date) -> date:
    """A day that people may give: from 2000 to 2100, so that reckoning from it never leaves the calendar.

    Raises `ValueError`.
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"{day} lies outside the years {FIRST_DAY.year} to {LAST_DAY.year}; check the year")
    return day


def short_words(given: dict[str, Any]) -> dict[str, Any]:
    """Texts under their names, none of them longer than is read. Raises `Misplaced` at the first that is."""
    for name, told in given.items():
        if any(len(text) > MOST_WORDS for text in [name, *(told if isinstance(told, list) else [told])]):
            raise Misplaced((name,), f"is longer than {MOST_WORDS} characters; hand in a document instead")
    return given


Line = Annotated[str, AfterValidator(one_line)]
Day = Annotated[date, AfterValidator(within_reach)]
Short = Annotated[str, Field(max_length=400)]
Place = tuple[str | int, ...]


class Misplaced(ValueError):
    """A fault between several fields that is put right at one of them: `place` leads there from the checked value."""

    def __init__(self, place: Place, what: str) -> None:
        super().__init__(what)
        self.place = place


class Frozen(BaseModel):
    """A value that never changes after it was made and knows no unknown field."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Basis(Frozen):
    """What a verdict or a date rests on: a clause of a regulation, or a setting of the office (never dressed as law).

    `setting` is the id of the setting, or the office's reason in Chinese; `setting_en` is that reason in English.
    """

    clause: str | None = None
    setting: str | None = None
    setting_en: str | None = None
    adopted_from: str | None = None

    @property
    def label(self) -> str:
        """The clause id, or the setting marked as such."""
        return self.clause or f"office setting {self.setting}"

    @property
    def label_en(self) -> str:
        """The same for an English reader: the office's reason in English where it has one."""
        return self.clause or f"office setting {self.setting_en or self.setting}"


class Verdict(Frozen):
    """The answer of a rule: whether it is allowed, a sentence a person can act on, what it rests on and the facts used.

    `strength` is `block` or `warn`; a warned matter is allowed only with a reason (`reason_needed`).
    """

    key: str
    allowed: bool
    zh: str
    en: str
    basis: tuple[Basis, ...] = ()
    strength: Literal["block", "warn"] = "block"
    reason_needed: bool = False
    facts: dict[str, Any] = Field(default_factory=dict)

    def says(self, locale: str = "zh-CN") -> str:
        """The sentence in the reader's language."""
        return self.en if locale == "en" else self.zh


class Course(Frozen):
    """One course of the plan: hours in all and hours of on-site practice (学时)."""

    name: str = Text
    part: str = Field(min_length=1, max_length=60)
    hours: Decimal = Field(gt=0, le=MOST)
    practice: Decimal = Field(ge=0, le=MOST)
    ethics: bool = False
    five_educations: bool = False

    @model_validator(mode="after")
    def _practice_within_hours(self) -> "Course":
        if self.practice > self.hours:
            raise Misplaced(("practice",), f"practice hours ({self.practice}) exceed the course's hours ({self.hours})")
        return self


class Expert(Frozen):
    """Teaching experts of one origin and kind; `outside` is outside the municipality (市外)."""

    count: int = Field(gt=0, le=MOST)
    origin: Literal["outside", "inside"]
    kind: Literal["university", "teacher", "researcher", "principal", "official", "enterprise"]
    employer: str = Text
    title: Short | None = None


class BudgetLine(Frozen):
    """One line of the budget in CNY yuan, with how it was reckoned and who pays."""

    line: str = Text
    basis: Short
    amount: Decimal = Field(gt=0, le=MOST_MONEY, max_digits=18)
    norm: Short
    like: Short | None = None
    payer: Short


class PlannedStage(Frozen):
    """A stage or part of the delivery as planned; hours are credit hours per trainee."""

    key: str = Field(min_length=1, max_length=40)
    name: str = Field(min_length=1, max_length=60)
    starts_on: Day
    ends_on: Day
    place: str = Field(default="", max_length=100)
    hours: Decimal = Field(default=Decimal(0), ge=0, le=MOST)

    @model_validator(mode="after")
    def _dates_ascend(self) -> "PlannedStage":
        if self.ends_on < self.starts_on:
            raise Misplaced(("ends_on",), f"{self.name}: ends on {self.ends_on}, before it begins on {self.starts_on}")
        return self


class SchoolVisit(Frozen):
    """A rural school of a send-teaching programme with its places and its own stages (2 and 3 run per school)."""

    name: str = Text
    trainees: int = Field(gt=0, le=MOST)
    stages: tuple[PlannedStage, ...] = ()


class PlannedSession(Frozen):
    """A session (期) or class (班) of the programme with its places, schools and stages or parts."""

    number: int = Field(gt=0, le=10_000)
    name: str = Field(min_length=1, max_length=100)
    places: int = Field(gt=0, le=MOST)
    county: Short | None = None
    schools: tuple[SchoolVisit, ...] = ()
    stages: tuple[PlannedStage, ...]

    @model_validator(mode="after")
    def _takes_place(self) -> "PlannedSession":
        if not self.stages and not any(school.stages for school in self.schools):
            raise Misplaced(("stages",), f"{self.name} has no stage; plan at least one")
        return self


class Application(Frozen):
    """An application to carry out a programme (项目申报书), as it comes in at any door.

    Names of organisations refer to organisations that the ledger knows. Dates are days in the pack's time zone.
    `declared` holds what the pack's checks ask beyond courses and experts (topics, methods, …), by the check's fact.
    """

    title: Line = Field(min_length=1, max_length=200)
    short: Line = Field(min_length=1, max_length=40)
    policy: str = Field(min_length=1, max_length=60)
    kind: str = Field(min_length=1, max_length=40)
    level: ProgrammeLevel
    subject: str = Field(min_length=1, max_length=100)
    theme: Line = Text
    host: str = Text
    host_kind: ApplicantKind
    team: Short | None = None
    starts_on: Day
    ends_on: Day
    places: int = Field(gt=0, le=MOST)
    sessions: tuple[PlannedSession, ...] = Field(min_length=1)
    courses: tuple[Course, ...] = Field(min_length=1)
    experts: tuple[Expert, ...] = Field(min_length=1)
    budget: tuple[BudgetLine, ...] = Field(min_length=1)
    budget_total: Decimal = Field(gt=0, le=MOST_MONEY, max_digits=18)
    reasons: Annotated[dict[str, str], AfterValidator(short_words)] = Field(default_factory=dict)
    declared: Annotated[dict[str, str | list[str]], AfterValidator(short_words)] = Field(default_factory=dict)
    sample: bool = False

    @model_validator(mode="after")
    def _whole(self) -> "Application":
        if self.ends_on < self.starts_on:
            raise Misplaced(("ends_on",), f"{self.ends_on} is before starts_on {self.starts_on}")
        total = sum((line.amount for line in self.budget), Decimal(0))
        if total != self.budget_total:
            raise Misplaced(("budget_total",), f"{self.budget_total} is not the sum of the budget's lines ({total})")
        places = sum(session.places for session in self.sessions)
        if places != self.places:
            raise Misplaced(("places",), f"{self.places} is not the sum over the sessions ({places})")
        for place, session, stage in self._planned():
            if stage.starts_on < self.starts_on or stage.ends_on > self.ends_on:
                raise Misplaced(
                    (*place, "starts_on" if stage.starts_on < self.starts_on else "ends_on"),
                    f"{session.name} {stage.name}: {stage.starts_on} to {stage.ends_on} lies outside the programme "
                    f"({self.starts_on} to {self.ends_on})",
                )
        return self

    def _planned(self) -> Iterator[tuple[Place, PlannedSession, PlannedStage]]:
        """Every planned stage with its place in the application."""
        for number, session in enumerate(self.sessions):
            here: Place = ("sessions", number)
            yield from (((*here, "stages", at), session, stage) for at, stage in enumerate(session.stages))
            for which, school in enumerate(session.schools):
                there = (*here, "schools", which, "stages")
                yield from (((*there, at), session, stage) for at, stage in enumerate(school.stages))


class Plan(Frozen):
    """An implementation plan (实施方案): target group and numbers, not names; courses and experts as they will be.

    `signed` and `sealed` say what the signature page shows (CQ2021-2.6 asks other institutions for both).
    """

    target_group: str = Text
    numbers: int = Field(gt=0, le=MOST)
    courses: tuple[Course, ...] = Field(min_length=1)
    experts: tuple[Expert, ...] = Field(min_length=1)
    signed: bool = False
    sealed: bool = False
    reasons: Annotated[dict[str, str], AfterValidator(short_words)] = Field(default_factory=dict)
    declared: Annotated[dict[str, str | list[str]], AfterValidator(short_words)] = Field(default_factory=dict)
