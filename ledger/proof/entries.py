"""Entries for the probes: content that a register takes, made from its own declaration and from the worked cases.

Decides nothing: where the checks at a register's door ask for something, the case that passes there says what.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ledger.proof.world import World
from ledger.registers import record_entry
from models.act import Act
from models.programme import Programme
from models.register import RegisterEntry
from policies.force import in_force
from policies.mechanisms import Count, Register, RegisterField
from policies.schema import Pack
from policies.worked import Case

DIGEST = "0" * 64


def sample(world: World, pack: Pack, register: Register, cases: Iterable[Case], number: int = 0) -> dict[str, Any]:
    """Content that the register takes: each field in its type, and what the case that passes at its door gives."""
    content = {field.key: _value(world, field, number) for field in register.fields}
    for case in cases:
        if case.given.get("door") == f"register:{register.key}" and not _refuses(case):
            fields = {field.key: field for field in register.fields}
            given = {key: value for key, value in case.given["facts"].items() if key in fields}
            return content | {key: value for key, value in given.items() if not _names(fields[key])}
    return content


def _refuses(case: Case) -> bool:
    return bool(case.expect.get("refused") or case.expect.get("noted"))


def _names(field: RegisterField) -> bool:
    return field.type in ("person", "organisation")


def _value(world: World, field: RegisterField, number: int) -> Any:
    """A value in the field's type; `number` makes texts, days and figures of several entries differ."""
    least = max(1, int(field.least or 1))
    return {
        "text": f"示例{number}",
        "whole": least + number,
        "number": str(least + number),
        "day": world.now.date().isoformat(),
        "flag": "true",
        "choice": field.choices[number % len(field.choices)] if field.choices else "",
        "choices": list(field.choices),
        "person": world.teachers[number % len(world.teachers)],
        "organisation": world.organisation_of("host-institution").name,
    }[field.type]


def fitting(content: Mapping[str, Any], count: Count, register: Register) -> dict[str, Any]:
    """The content as the count's `where` asks for it."""
    types = {field.key: field.type for field in register.fields}
    wanted = {key: [word] if types.get(key) == "choices" else word for key, word in count.where.items()}
    return {**content, **wanted}


def about(world: World, register: Register, programme: Programme | None, number: int = 0) -> str | None:
    """What an entry of this register speaks of, as a person would name it."""
    if register.about == "programme":
        return programme.ref if programme else None
    if register.about == "person":
        return world.teachers[number % len(world.teachers)]
    if register.about == "organisation":
        return world.organisation_of("school" if "school" in world.roles else "host-institution").name
    return None


def write(
    world: World,
    act: Act,
    pack: Pack,
    register: Register,
    content: Mapping[str, Any],
    programme: Programme | None,
    number: int = 0,
) -> RegisterEntry:
    """Write an entry through the ledger's own operation, with evidence where the register asks for it."""
    from ledger.filings import Stored

    evidence = None
    if register.evidence == "required":
        evidence = Stored(sha256=DIGEST, size=1, media_type="application/pdf", file_name="示例.pdf")
    done = record_entry(
        act, pack, register.key, content, about(world, register, programme, number), None, evidence, reasons_for(pack)
    )
    return world.session.get_one(RegisterEntry, done.id)


def reasons_for(pack: Pack) -> dict[str, str]:
    """A reason for every check that asks for one, so that a probe of something else is not held up."""
    return {check.key: "示例理由" for check in pack.checks if in_force(pack, check.strength) == "warn"}
