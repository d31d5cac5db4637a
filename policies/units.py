"""The closed list of units in which a pack may state a value (units.yaml), and how text is read in each.

Decides the type of a value from its unit. Never lets YAML guess: `no`, `on`, `1:30` and `2020-01-06` are text until a
unit says otherwise.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

UNITS_FILE = Path(__file__).with_name("units.yaml")
_INTEGER = re.compile(r"-?\d{1,12}")
_DECIMAL = re.compile(r"-?\d{1,12}\.\d{1,12}")


@dataclass(frozen=True)
class Unit:
    """A unit: its names, the type of its values, their least and greatest, the clause parameters stated in it, and
    the English of a single one.
    """

    key: str
    zh: str
    en: str
    type: Literal["integer", "decimal", "day", "text"]
    least: Decimal | None
    greatest: Decimal | None
    parameters: tuple[str, ...]
    one: str


@cache
def units() -> dict[str, Unit]:
    """Every unit by its key."""
    raw = yaml.load(UNITS_FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return {
        key: Unit(
            key=key,
            zh=entry["zh"],
            en=entry["en"],
            type=entry["type"],
            least=Decimal(str(entry["least"])) if "least" in entry else None,
            greatest=Decimal(str(entry["greatest"])) if "greatest" in entry else None,
            parameters=tuple(entry.get("parameters", ())),
            one=entry.get("one", entry["en"]),
        )
        for key, entry in raw.items()
    }


def typed(text: str, unit: str | None) -> bool | int | Decimal | str | None:
    """A pack's text read in a unit: `null` is a repeal, whole numbers and decimals by the unit's type, else text.

    Without a unit (the fact of an exception) flags and numbers are recognised by their shape. Text that does not fit
    its unit stays text; `policies.contract` refuses it with its line.

    >>> typed("7", "calendar_day"), typed("0.5", "ratio"), typed("no", "choice")
    (7, Decimal('0.5'), 'no')
    """
    if text == "null":
        return None
    if unit is None:
        if text in ("true", "false"):
            return text == "true"
        if _INTEGER.fullmatch(text):
            return int(text)
        return Decimal(text) if _DECIMAL.fullmatch(text) else text
    known = units().get(unit)
    if known is None or known.type in ("text", "day"):
        return text
    if known.type == "integer":
        return int(text) if _INTEGER.fullmatch(text) else text
    return Decimal(text) if _INTEGER.fullmatch(text) or _DECIMAL.fullmatch(text) else text


def misfit(value: bool | int | Decimal | str | None, unit: str) -> str | None:
    """Why a value does not fit its unit, or None where it does (a repeal always does)."""
    known = units().get(unit)
    if known is None or value is None:
        return None
    if known.key == "start_day":
        return None if _is_start(value) else f"{value!r} is not a first day such as 09-01 or 2021-01-01"
    if known.type == "text":
        return None if isinstance(value, str) and value else "a text is expected"
    if known.type == "day":
        return None if _is_day(value) else f"{value!r} is not a day such as 2023-11-20"
    if isinstance(value, bool | str):
        whole = known.type == "integer"
        return f"{value!r} is not a whole number" if whole else f"{value!r} is not a number such as 0.5"
    if known.type == "integer" and not isinstance(value, int):
        return f"{value} is not a whole number"
    if known.least is not None and value < known.least:
        return f"{value} is less than {known.least}"
    if known.greatest is not None and value > known.greatest:
        return f"{value} is more than {known.greatest}"
    return None


def _is_start(value: bool | int | Decimal | str) -> bool:
    """Whether a value is a day of every year (never 29 February) or a whole day of the calendar."""
    return _is_day(f"1970-{value}" if isinstance(value, str) and len(value) == 5 else value)


def _is_day(value: bool | int | Decimal | str) -> bool:
    """Whether a value is a day of the calendar as it is written in a pack."""
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
