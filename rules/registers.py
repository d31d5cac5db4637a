"""What may stand in a register, who may write it there and who marks it.

Decides whether an entry has the fields that the pack declares, in their types and words, whether this role records or
marks it, and whether it says again what was said once for all. Never records anything. Serves every `record` clause:
what a register holds is declared in the pack, so that none of them needs code of its own.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from models.values import Verdict, within_reach
from policies.lookup import role_name, word_name
from policies.mechanisms import SYSTEM, Mark, Register, RegisterField
from policies.problems import nearest
from policies.schema import Pack

SUBJECT = "subject"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
LONGEST = 4000
MOST_FIGURE = 10**15


class NotThis(ValueError):
    """A value that does not fit its field; the sentence says what is expected."""


def may_record(pack: Pack, register: Register, roles: Iterable[str]) -> Verdict:
    """Whether somebody with these roles records in this register."""
    return _allowed(pack, register, register.recorded_by, roles, register.key)


def _allowed(pack: Pack, register: Register, wanted: tuple[str, ...], roles: Iterable[str], key: str) -> Verdict:
    held = frozenset(roles)
    zh = "、".join(_role(pack, role, "zh-CN") for role in wanted)
    en = " or ".join(_role(pack, role, "en") for role in wanted)
    allowed = not held.isdisjoint(wanted)
    return Verdict(
        key=key,
        allowed=allowed,
        zh=f"“{register.name.zh}”由{zh}登记" + ("。" if allowed else ",您没有此角色。"),
        en=f"{register.name.en}: recorded by the {en}" + ("." if allowed else "; you do not hold that role."),
        basis=(register.basis,),
        facts={"register": register.key, "roles": sorted(held), "wanted": list(wanted)},
    )


def _role(pack: Pack, role: str, locale: str) -> str:
    if role == SYSTEM:
        return "the system" if locale == "en" else "系统"
    return role_name(pack, role, locale)


def next_mark(register: Register, done: Iterable[str]) -> Mark | None:
    """The mark that the entry waits for, or None where it is whole."""
    made = frozenset(done)
    return next((mark for mark in register.marks if mark.key not in made), None)


def may_mark(pack: Pack, register: Register, key: str, done: Iterable[str], roles: Iterable[str]) -> Verdict:
    """Whether somebody with these roles gives the entry this mark now; marks keep the order of the pack."""
    waits = next_mark(register, done)
    if waits is None or waits.key != key:
        zh = f"现在应办理“{waits.name.zh}”" if waits else "各项手续已办结"
        en = f"next comes: {waits.name.en}" if waits else "it has all its marks"
        return Verdict(
            key="mark-order",
            allowed=False,
            zh=f"“{register.name.zh}”{zh}。",
            en=f"{register.name.en}: {en}.",
            basis=(register.basis,),
            facts={"register": register.key, "mark": key},
        )
    return _allowed(pack, register, (waits.role,), roles, f"{register.key}.{key}")


def read_entry(
    pack: Pack, register: Register, given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The content as it is kept (plain JSON values), and a (field, what is wrong) pair for every fault."""
    fields = {field.key: field for field in register.fields}
    problems = [(key, f"is no field of {register.key}; {nearest(key, fields)}") for key in given if key not in fields]
    content: dict[str, Any] = {}
    for field in register.fields:
        value = given.get(field.key)
        if value is None or value == "" or value == []:
            if field.required:
                problems.append((field.key, f"is missing; give {expected(pack, field)}"))
            continue
        try:
            content[field.key] = _read(pack, field, value)
        except NotThis as error:
            problems.append((field.key, str(error)))
    return content, problems


def expected(pack: Pack, field: RegisterField) -> str:
    """What stands in a field, in a few words."""
    if field.choices:
        words = ", ".join(field.choices)
        return f"{'some' if field.type == 'choices' else 'one'} of {words}{' or another word' if field.open else ''}"
    return {
        "text": "a text",
        "whole": "a whole number",
        "number": "a number",
        "day": "a day such as 2026-03-23",
        "flag": "true or false",
        "choice": "a word",
        "choices": "words separated by commas",
        "person": "a person's number such as P-0001",
        "organisation": "an organisation's name",
    }[field.type]


def _read(pack: Pack, field: RegisterField, value: Any) -> Any:
    if field.type == "choices":
        words = [str(one).strip() for one in (value if isinstance(value, list | tuple) else str(value).split(","))]
        return [_word(pack, field, word) for word in dict.fromkeys(words) if word]
    if isinstance(value, list | tuple | dict):
        raise NotThis(f"one value is expected, not several; give {expected(pack, field)}")
    text = str(value).strip()
    if field.type == "flag":
        if str(value).lower() not in ("true", "false"):
            raise NotThis(f"{text!r} is not a flag; write true or false")
        return str(value).lower() == "true"
    if field.type == "day":
        return _day(text)
    if field.type in ("whole", "number"):
        return _figure(field, text)
    if field.type == "choice":
        return _word(pack, field, text)
    if len(text) > LONGEST:
        raise NotThis(f"is longer than {LONGEST} characters; attach a document instead")
    return text


def _day(text: str) -> str:
    try:
        given = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        given = None
    if given is None:
        raise NotThis(f"{text!r} is not a day; write it as 2026-03-23")
    try:
        return within_reach(given).isoformat()
    except ValueError as error:
        raise NotThis(str(error)) from None


def _figure(field: RegisterField, text: str) -> Any:
    try:
        figure = Decimal(text)
        if not figure.is_finite() or (field.type == "whole" and figure != figure.to_integral_value()):
            raise InvalidOperation
    except InvalidOperation:
        raise NotThis(f"{text!r} is not {'a whole number' if field.type == 'whole' else 'a number'}") from None
    if abs(figure) > MOST_FIGURE:
        raise NotThis(f"{text} is more than {MOST_FIGURE}")
    if field.least is not None and figure < field.least:
        raise NotThis(f"{text} is less than {field.least}")
    return int(figure) if field.type == "whole" else str(figure)


def _word(pack: Pack, field: RegisterField, word: str) -> str:
    """The pack's word: given as its key, or by its name in either language."""
    for choice in field.choices:
        if word in (choice, word_name(pack, choice), word_name(pack, choice, "en")):
            return choice
    if field.choices and not field.open:
        raise NotThis(f"{word!r} is not one of its words; {nearest(word, field.choices)}")
    return word


def identity(register: Register, subject: str, content: Mapping[str, Any]) -> str | None:
    """What no second entry may repeat: the subject and the unique fields; None where the register repeats freely."""
    if not register.unique:
        return None
    told = [str(content.get(key, "")) for key in register.unique if key != SUBJECT]
    return "|".join([register.key, subject, *told])
