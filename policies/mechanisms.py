"""The mechanisms that a clause can be kept by without code of its own: what a pack may declare of each.

Registers (what must be recorded), indicators (what is reported), standing duties (what recurs outside a programme),
computations (what is worked out), bars (what an entry shuts out), checks (what a door asks). Knows the shape only: the
rules of the same names decide, `policies.mechanics` looks whether everything that is named exists.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from models.states import ProgrammeLevel
from policies.dated import Flag, Name, Part
from policies.sourced import Sourced

SYSTEM = "system"
"""The role of what the software does by itself."""

FieldType = Literal["text", "whole", "number", "day", "flag", "choice", "choices", "person", "organisation"]


class RegisterField(Part):
    """One field of a register. `choices` are words of the pack that may stand in it; `open` lets in others (等) as well.

    A `person` is a number such as P-0001, an `organisation` its name; both must be known to the ledger.
    """

    key: str
    name: Name
    type: FieldType = "text"
    required: Flag = True
    choices: tuple[str, ...] = ()
    open: Flag = False
    least: Decimal | None = None


class Mark(Part):
    """A mark that an entry gets from a role after it was recorded: checked, approved, filed, read. In the order given."""

    key: str
    name: Name
    role: str


class Register(Sourced):
    """An act that must be recorded: what is written down about what, by whom, how often, with what evidence.

    `about` says what an entry speaks of. `unique` names the fields that no second entry about the same may repeat
    (`subject` alone: one entry about each). `marks` are what an entry still needs to be whole.
    """

    key: str
    name: Name
    recorded_by: Annotated[tuple[str, ...], Field(min_length=1)]
    about: Literal["programme", "organisation", "person", "region"] = "organisation"
    fields: Annotated[tuple[RegisterField, ...], Field(min_length=1)]
    evidence: Literal["none", "optional", "required"] = "optional"
    unique: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    how_often: Name | None = None


class Count(Part):
    """How a number is found: entries of a register, an imported fact, or what the ledger itself holds.

    Entries that fit `where` are counted, or summed over the field `sum`, or counted apart by `distinct`. `match` keeps
    the entries whose field equals that of the entry at the door (or whose subject does: `subject`).
    """

    register_: str | None = Field(default=None, alias="register")
    fact: str | None = None
    ledger: (
        Literal["programmes", "places", "nominations", "confirmed-trainees", "finished-trainees", "returned"] | None
    ) = None
    where: dict[str, str] = Field(default_factory=dict)
    match: tuple[str, ...] = ()
    sum: str | None = None
    distinct: str | None = None


class ImportedFact(Sourced):
    """A number that comes from outside (a payroll, a head count), by whom it is brought in, for which period."""

    key: str
    name: Name
    unit: str
    imported_by: Annotated[tuple[str, ...], Field(min_length=1)]


class Indicator(Sourced):
    """A target or a report: a numerator, and a denominator where it is a share, over a scope and a period.

    `goal` names the rule that holds the goal, `by_year` the rule of the year by which it is to be reached. `group_by`
    sorts the report by a field; `shows: quotient` tells a cost of each rather than a share. A year runs from `begins` (a
    setting such as 09-01) or from 1 January. `strength: warn` says so where the goal is missed.
    """

    key: str
    name: Name
    reported_by: Annotated[tuple[str, ...], Field(min_length=1)]
    reported_to: tuple[str, ...] = ()
    numerator: Count
    denominator: Count | None = None
    goal: str | None = None
    goal_is: Literal["at-least", "at-most", "more-than"] = "at-least"
    shows: Literal["share", "quotient"] = "share"
    by_year: str | None = None
    per: Literal["region", "organisation", "programme", "person"] = "region"
    period: Literal["all", "year"] = "all"
    begins: str | None = None
    group_by: str | None = None
    strength: Literal["report", "warn"] = "report"


class Duty(Sourced):
    """Something owed outside a programme, again in every period or once after an entry of a register.

    `every` names a rule in months, `begins` a setting such as 09-01 or 2021-01-01 from which periods run; or
    `opens_with: register:<key>` opens one after each entry (that fits `where`), `opens_with: programme.ended` after each
    programme. `due` counts from period.starts_on, period.ends_on, entry.recorded_on or programme.ended_on, or is a fixed
    day; one in years ends on the corresponding day. `met_by` is `register:<key>` (entries that fit `met_where`; `times` of
    them, a rule; with `covers: trainees` one about each of them) or `hours:<key>`. Owed by each organisation of the kind
    `owed_by` (of a role that sits in the host: by each host), or by each person who holds that role (`per: person`).
    `stop_budget` (a rule) says for how many days in all its clock may stand.
    """

    key: str
    name: Name
    owed_by: str
    per: Literal["organisation", "person"] = "organisation"
    every: str | None = None
    begins: str | None = None
    opens_with: str | None = None
    where: dict[str, str] = Field(default_factory=dict)
    due: str
    met_by: str
    met_where: dict[str, str] = Field(default_factory=dict)
    times: str | None = None
    covers: Literal["once", "trainees"] = "once"
    ladder: str
    hardness: Literal["soft", "hard"] = "hard"
    stop_budget: str | None = None


Formula = Literal[
    "scope",
    "all-present",
    "rate",
    "sum",
    "mean",
    "weighted-sum",
    "rank",
    "lowest",
    "share-of",
    "product",
    "at-least",
    "table",
    "day-after",
    "draw",
    "deduct",
    "apportion",
]


class Computation(Sourced):
    """Something worked out by a named formula from facts, rules and words; docs/add-a-region.md says what each takes.

    `worked_out_by` are the roles that draw it up, or `system`.
    """

    key: str
    name: Name
    formula: Formula
    worked_out_by: Annotated[tuple[str, ...], Field(min_length=1)]
    inputs: tuple[str, ...]
    rule: str | None = None
    words: tuple[str, ...] = ()
    table: dict[str, str] = Field(default_factory=dict)
    rounding: Literal["floor", "ceil", "half-up"] = "half-up"
    levels: tuple[ProgrammeLevel, ...] = ()


class Bar(Sourced):
    """What an entry of a register shuts out: whoever its field `on` names may not pass the doors in `bars`.

    `where` says which entries bar. It holds from the entry's day field `starts` (or its day) for `years` (a rule), or until
    the entry is annulled or an entry of `lifted_by` (that fits `lifted_where`) names the same subject later. `bars` are
    doors: application, implementation-plan, nomination, `register:<key>`; `of` is the fact there that is compared. With
    `when` (facts at the door, such as programme.level) it shuts them out of some cases only.
    """

    key: str
    name: Name
    register_: str = Field(alias="register")
    where: dict[str, str] = Field(default_factory=dict)
    on: str
    starts: str | None = None
    years: str | None = None
    lifted_by: str | None = None
    lifted_where: dict[str, str] = Field(default_factory=dict)
    bars: Annotated[tuple[str, ...], Field(min_length=1)]
    of: str
    when: dict[str, str] = Field(default_factory=dict)
    decided_by: Annotated[tuple[str, ...], Field(min_length=1)]


class Check(Sourced):
    """A check at a door, over the facts that stand there.

    Doors (`subjects`): application, implementation-plan, nomination, `register:<key>`. `ratio`: numerator / denominator at
    least the rule `minimum` (at most `maximum`). `presence`, `bounds`: the number itself. `required-set`: the list holds
    all `words` (or `least` of them); `first`: it begins with one of them; `one-of`, `none-of`: only these, none of these.
    `flag`: it is true. `given`: it is filled in. `same`: it equals the fact `denominator`; `among`: it is in that list.
    `norm`: at most `maximum` times the facts in `per`. A `warn` asks for a reason, or with `reason: not-asked` is noted.
    `checked` are the roles whose act is checked (none: everybody's). `facts` are counted for the check.
    """

    key: str
    name: Name
    kind: Literal[
        "ratio",
        "presence",
        "bounds",
        "required-set",
        "first",
        "one-of",
        "none-of",
        "flag",
        "given",
        "same",
        "among",
        "norm",
    ]
    subjects: Annotated[tuple[str, ...], Field(min_length=1)]
    numerator: str
    denominator: str | None = None
    minimum: str | None = None
    maximum: str | None = None
    words: tuple[str, ...] = ()
    least: str | None = None
    per: tuple[str, ...] = ()
    when: dict[str, str] = Field(default_factory=dict)
    facts: dict[str, Count] = Field(default_factory=dict)
    checked: tuple[str, ...] = ()
    strength: Literal["block", "warn"]
    reason: Literal["asked", "not-asked"] = "asked"


class NotKept(Part):
    """A clause that software cannot keep as strongly as it asks: why, and what is done or recorded instead.

    `instead` names, where there is one, the key of the part that records it.
    """

    clause: str
    why: Name
    instead: Name
    kept_as: Literal["block", "warn", "remind-escalate", "compute", "record", "report", "none"] = "none"


__all__ = [
    "SYSTEM",
    "Bar",
    "Check",
    "Computation",
    "Count",
    "Duty",
    "Formula",
    "ImportedFact",
    "Indicator",
    "Mark",
    "NotKept",
    "Register",
    "RegisterField",
]
