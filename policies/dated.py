"""A value of a pack and the days from which it holds: the smallest parts of a policy pack.

Knows how a dated value is written and typed by its unit. Never decides which value holds on a day: that is
`policies.lookup`.
"""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from policies.units import typed

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _iso_day(value: object) -> object:
    """Only a day written 2020-01-06: pydantic alone would read 20200106 as seconds since 1970."""
    if isinstance(value, str) and not _ISO_DAY.fullmatch(value):
        raise ValueError(f"{value!r} is not a day; write it as 2020-01-06")
    return value


def _plain_flag(value: object) -> object:
    """Only `true` and `false`: `no`, `off` and `n` are words in a pack, never flags."""
    if isinstance(value, str) and value not in ("true", "false"):
        raise ValueError(f"{value!r} is not a flag; write true or false")
    return value


Day = Annotated[date, BeforeValidator(_iso_day)]
Flag = Annotated[bool, BeforeValidator(_plain_flag)]


class Part(BaseModel):
    """A part of a pack; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Name(Part):
    """A name in both languages of the interface."""

    zh: str
    en: str

    def in_(self, locale: str) -> str:
        """The name in the reader's language."""
        return self.en if locale == "en" else self.zh


def _both(value: object) -> object:
    """A reason written as one text says the same in both languages."""
    return {"zh": value, "en": value} if isinstance(value, str) else value


Reason = Annotated[Name, BeforeValidator(_both)]

Scalar = bool | int | Decimal | str | None


class DatedValue(Part):
    """A value and the day from which it holds. `None` is a repeal and needs its clause too."""

    from_: Day = Field(alias="from")
    value: Scalar
    cites: str | None = None


class Condition(Part):
    """A fact of the programme and the value for which an exception holds."""

    fact: str
    equals: Scalar

    @model_validator(mode="before")
    @classmethod
    def _typed(cls, raw: Any) -> Any:
        """Read `equals` as a flag, a number or a word: a fact has no unit that would say which."""
        if isinstance(raw, dict) and isinstance(raw.get("equals"), str):
            return {**raw, "equals": typed(raw["equals"], None)}
        return raw


class ValueException(Part):
    """A named exception; if two fit one programme the rule refuses to decide and says so."""

    name: str
    when: Condition
    values: tuple[DatedValue, ...]


class Rule(Part):
    """A dated value with its meaning.

    Under `rules` every value cites a clause; under `settings` none does, `why` says what the office chose and
    `like` may name a clause of another region that it was modelled on.
    """

    says: Name
    unit: str
    counted_from: str | None = None
    direction: Literal["before", "after"] = "after"
    first_day: Literal["next_day", "same_day"] = "next_day"
    ends_on_closed_day: Literal["next_working_day", "keep"] = "keep"
    values: tuple[DatedValue, ...]
    exceptions: tuple[ValueException, ...] = ()
    reading: Reason | None = None
    why: Reason | None = None
    like: str | None = None
    adopted_from: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _typed(cls, raw: Any) -> Any:
        """Read the text of each value by the rule's unit (units.yaml); an ill-typed one stays text for the contract."""
        if not isinstance(raw, dict) or not isinstance(raw.get("unit"), str):
            return raw
        unit = raw["unit"]

        def read(values: Any) -> Any:
            if not isinstance(values, list | tuple):
                return values
            return [
                {**v, "value": typed(v["value"], unit)}
                if isinstance(v, dict) and isinstance(v.get("value"), str)
                else v
                for v in values
            ]

        taken = {**raw, "values": read(raw.get("values"))} if "values" in raw else dict(raw)
        if isinstance(raw.get("exceptions"), list | tuple):
            taken["exceptions"] = [
                {**e, "values": read(e["values"])} if isinstance(e, dict) and "values" in e else e
                for e in raw["exceptions"]
            ]
        return taken
