"""Whether the words, fields and numbers that a mechanism names fit the registers and rules that it names them of.

Decides over values inside references: a word that a closed choice does not hold would never be counted, weights that do
not sum to 1 would shift every score, an entry asked of a role that may not record it would keep a stage open for ever.
`policies.mechanics` looks whether what is referred to exists at all.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation

from policies.mechanisms import Check, Computation, Count, Register
from policies.problems import Finding, Path, nearest
from policies.schema import Pack, StageRecord

Registers = Mapping[str, Register]
_NEEDS_WORDS = ("scope", "all-present")
_NEEDS_TABLE = ("table", "weighted-sum")
_NEEDS_RULE = ("lowest", "share-of", "at-least", "day-after", "deduct")
_INPUTS = {"rate": 2, "draw": 3, "deduct": 2}
_FLAGS = ("true", "false")


def fitting_findings(pack: Pack) -> Iterator[Finding]:
    """Every word, field and number that does not fit what it is said of."""
    registers: Registers = {register.key: register for register in pack.registers}
    for path, count in _counts(pack):
        if count.register_ is not None:
            yield from _where(registers, count.register_, count.where, (*path, "where"))
            yield from _summed(registers, count, path)
    for number, duty in enumerate(pack.duties):
        opens, met = _register(duty.opens_with), _register(duty.met_by)
        yield from _where(registers, opens, duty.where, ("duties", number, "where"))
        yield from _where(registers, met, duty.met_where, ("duties", number, "met_where"))
        yield from _of_each(registers, met, duty.covers, ("duties", number, "covers"))
        if duty.met_by.startswith("hours:") and duty.per != "person":
            yield Finding(("duties", number, "per"), "hours are collected by persons", "write `per: person`")
    for number, owed in enumerate(pack.obligations):
        yield from _of_each(registers, _register(owed.met_by), owed.covers, ("obligations", number, "covers"))
    for number, bar in enumerate(pack.bars):
        yield from _where(registers, bar.register_, bar.where, ("bars", number, "where"))
        yield from _where(registers, bar.lifted_by or "", bar.lifted_where, ("bars", number, "lifted_where"))
        yield from _starts(registers, bar.register_, bar.starts, ("bars", number, "starts"))
    for number, check in enumerate(pack.checks):
        yield from _check(registers, check, ("checks", number))
    for number, what in enumerate(pack.computations):
        yield from _computation(pack, what, ("computations", number))
    for number, stage in enumerate(pack.stages):
        for place, record in enumerate(stage.requires):
            yield from _recorded(pack, registers, record, ("stages", number, "requires", place))


def _register(matter: str | None) -> str:
    kind, _, key = (matter or "").partition(":")
    return key if kind == "register" else ""


def _counts(pack: Pack) -> Iterator[tuple[Path, Count]]:
    for number, indicator in enumerate(pack.indicators):
        yield ("indicators", number, "numerator"), indicator.numerator
        if indicator.denominator is not None:
            yield ("indicators", number, "denominator"), indicator.denominator
    for number, check in enumerate(pack.checks):
        for name, count in check.facts.items():
            yield ("checks", number, "facts", name), count


def _where(registers: Registers, key: str, where: Mapping[str, str], path: Path) -> Iterator[Finding]:
    """A word that picks entries is one that may stand in its field; `policies.mechanics` looks whether the field exists."""
    register = registers.get(key)
    if register is None:
        return
    fields = {field.key: field for field in register.fields}
    for name, wanted in where.items():
        field = fields.get(name)
        if field is None:
            continue
        if field.choices and not field.open and wanted not in field.choices:
            yield Finding((*path, name), f"{wanted!r} never stands in the field {name}", nearest(wanted, field.choices))
        elif field.type == "flag" and wanted not in _FLAGS:
            yield Finding((*path, name), f"{wanted!r} never stands in the field {name}", "write true or false")


def _summed(registers: Registers, count: Count, path: Path) -> Iterator[Finding]:
    register = registers.get(count.register_ or "")
    field = next((one for one in register.fields if one.key == count.sum), None) if register else None
    if field is not None and field.type not in ("number", "whole"):
        yield Finding((*path, "sum"), f"{field.key} is a {field.type}, no number", "sum a field of the type number")


def _starts(registers: Registers, key: str, starts: str | None, path: Path) -> Iterator[Finding]:
    register = registers.get(key)
    if register is None or starts is None:
        return
    days = [field.key for field in register.fields if field.type == "day"]
    if starts not in days:
        yield Finding(path, f"the register {key} has no day {starts!r}", nearest(starts, days))


def _of_each(registers: Registers, key: str, covers: str, path: Path) -> Iterator[Finding]:
    """What is asked of each trainee is recorded with the trainee."""
    register = registers.get(key)
    if covers != "trainees":
        return
    if register is None:
        yield Finding(path, "only entries of a register can cover the trainees", "meet it by `register:<key>`")
    elif all(field.type != "person" for field in register.fields):
        yield Finding(
            path, f"the register {key} does not name a person", "give it a field of the type person, or write once"
        )


def _check(registers: Registers, check: Check, path: Path) -> Iterator[Finding]:
    for door in check.subjects:
        register = registers.get(_register(door))
        if register is None:
            continue
        for name in check.when:
            known = {field.key for field in register.fields} | set(check.facts)
            if name not in known and not name.startswith(("programme.", "subject")):
                yield Finding(
                    (*path, "when", name), f"the register {register.key} has no field {name!r}", nearest(name, known)
                )
        yield from _where(registers, register.key, check.when, (*path, "when"))
        field = next((one for one in register.fields if one.key == check.numerator), None)
        if field is not None and field.choices and not field.open:
            for place, word in enumerate(check.words):
                if word not in field.choices:
                    yield Finding(
                        (*path, "words", place),
                        f"{word!r} never stands in the field {field.key}",
                        nearest(word, field.choices),
                    )


def _computation(pack: Pack, what: Computation, path: Path) -> Iterator[Finding]:
    needed = _INPUTS.get(what.formula, 1)
    if len(what.inputs) < needed:
        yield Finding(
            (*path, "inputs"),
            f"{what.formula} works with {needed} input{'s' if needed > 1 else ''}, {len(what.inputs)} named",
            "name the facts that it is worked out from",
        )
    if what.formula in _NEEDS_WORDS and not what.words:
        yield Finding((*path, "words"), f"{what.formula} compares with a list of words", "list them under `words`")
    if what.formula in _NEEDS_TABLE and not what.table:
        yield Finding((*path, "table"), f"{what.formula} reads a table", "write it under `table`")
    if what.formula in _NEEDS_RULE and what.rule is None:
        yield Finding((*path, "rule"), f"{what.formula} needs a number", "name its rule under `rule`")
    for place, word in enumerate(what.words):
        if word not in pack.words:
            yield Finding((*path, "words", place), f"{word!r} has no name", "add it under `words` with zh and en")
    for key in what.table:
        if key not in pack.words:
            yield Finding((*path, "table", key), f"{key!r} has no name", "add it under `words` with zh and en")
    if what.formula == "weighted-sum" and what.reading is None:
        yield from _weights(what.table, (*path, "table"))


def _weights(table: Mapping[str, str], path: Path) -> Iterator[Finding]:
    total = Decimal(0)
    for key, text in table.items():
        try:
            total += Decimal(text)
        except InvalidOperation:
            yield Finding((*path, key), f"{text!r} is no weight", "write a share of one, such as 0.4")
            return
    if table and total != 1:
        yield Finding(
            path, f"the weights sum to {total}", "they must sum to 1, or say under `reading` how the clause was read"
        )


def _recorded(pack: Pack, registers: Registers, record: StageRecord, path: Path) -> Iterator[Finding]:
    """An entry that a stage waits for can be written, by the role that it asks, with the words that it must cover."""
    register = registers.get(record.register_)
    if register is None:
        return
    if register.about != "programme":
        yield Finding(
            (*path, "register"),
            f"{register.key} is about a {register.about}, so no entry of it belongs to a stage: it would never close",
            "take a register that is `about: programme`",
        )
    if record.recorded_by in pack.roles and record.recorded_by not in register.recorded_by:
        yield Finding(
            (*path, "recorded_by"),
            f"{record.recorded_by} does not record in {register.key}, so the stage would never close",
            nearest(record.recorded_by, register.recorded_by),
        )
    for key, words in record.covers.items():
        yield from _covered(register, key, words, (*path, "covers", key))


def _covered(register: Register, key: str, words: Iterable[str], path: Path) -> Iterator[Finding]:
    field = next((one for one in register.fields if one.key == key), None)
    if field is None or not field.choices or field.open:
        return
    for word in words:
        if word not in field.choices:
            yield Finding(path, f"{word!r} never stands in the field {key}", nearest(word, field.choices))
