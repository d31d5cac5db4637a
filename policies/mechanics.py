"""Whether the mechanisms of a pack hold together: what a register, indicator, duty, computation, bar or check names exists.

Decides references only: roles, registers with their fields, words with their names, rules with their units, doors,
ladders. Each fault is said with its place; the rules decide what the mechanisms mean.
"""

from collections.abc import Iterator

from policies.mechanisms import SYSTEM, Check, Count, Register
from policies.problems import Finding, Path, nearest
from policies.schema import Pack, StageRecord
from policies.valuing import DAY_UNITS, FIXED_DAY, SPAN_UNITS

DOORS = ("application", "implementation-plan", "nomination")
NOMINATION_FACTS = (
    "teacher",
    "school",
    "programme.kind",
    "programme.level",
    "programmes_this_year",
    "hours_this_term",
    "fits",
    "conflicts",
    "grounds",
)
"""What the ledger counts about a nominee for the checks at the door `nomination`."""
ENTRY, ENDED = "entry.recorded_on", "programme.ended"
PERIODS = ("period.starts_on", "period.ends_on")
_NUMBER_KINDS = ("ratio", "presence", "bounds", "norm")
_WORD_KINDS = ("required-set", "first", "one-of", "none-of")
_PAIR_KINDS = ("ratio", "same", "among")

RuleUse = tuple[str, Path, tuple[str, ...]]


def rule_uses(pack: Pack) -> Iterator[RuleUse]:
    """Every rule or setting that a mechanism reads: its id, where, and the units it may count in (none: any)."""
    for number, check in enumerate(pack.checks):
        at: Path = ("checks", number)
        units = ("ratio",) if check.kind == "ratio" else ("item",) if check.kind == "presence" else ()
        for name in ("minimum", "maximum"):
            yield from _use(getattr(check, name), (*at, name), *units)
        yield from _use(check.least, (*at, "least"), "item")
    for number, indicator in enumerate(pack.indicators):
        at = ("indicators", number)
        yield from _use(indicator.goal, (*at, "goal"), *(("ratio",) if indicator.denominator else ()))
        yield from _use(indicator.by_year, (*at, "by_year"), "calendar_year")
        yield from _use(indicator.begins, (*at, "begins"), "start_day")
    for number, duty in enumerate(pack.duties):
        at = ("duties", number)
        yield from _use(duty.every, (*at, "every"), "month", "year")
        yield from _use(duty.begins, (*at, "begins"), "start_day")
        yield from _use(duty.due, (*at, "due"), *SPAN_UNITS, FIXED_DAY)
        yield from _use(duty.times, (*at, "times"), "item")
        yield from _use(duty.stop_budget, (*at, "stop_budget"), *DAY_UNITS)
    for number, computation in enumerate(pack.computations):
        yield from _use(computation.rule, ("computations", number, "rule"))
    for number, bar in enumerate(pack.bars):
        yield from _use(bar.years, ("bars", number, "years"), "year")
    for number, hours in enumerate(pack.hours):
        yield from _use(hours.begins, ("hours", number, "begins"), "start_day")
    for number, stage in enumerate(pack.stages):
        for place, record in enumerate(stage.requires):
            yield from _use(record.least, ("stages", number, "requires", place, "least"), "item")


def _use(rule_id: str | None, path: Path, *units: str) -> Iterator[RuleUse]:
    if rule_id is not None:
        yield rule_id, path, units


def mechanism_findings(pack: Pack) -> Iterator[Finding]:
    """Every fault of the mechanisms."""
    registers = {register.key: register for register in pack.registers}
    yield from _registers(pack)
    yield from _actors(pack)
    for number, check in enumerate(pack.checks):
        yield from _check(pack, check, registers, ("checks", number))
    for number, indicator in enumerate(pack.indicators):
        at: Path = ("indicators", number)
        yield from _count(pack, indicator.numerator, registers, (*at, "numerator"))
        if indicator.denominator is not None:
            yield from _count(pack, indicator.denominator, registers, (*at, "denominator"))
        if indicator.group_by is not None and indicator.numerator.register_ is not None:
            yield from _field(registers, indicator.numerator.register_, indicator.group_by, (*at, "group_by"))
        if indicator.strength == "warn" and indicator.goal is None:
            yield Finding((*at, "goal"), "it warns without a goal", "name the rule of the goal, or report only")
    yield from _duties(pack, registers)
    yield from _bars(pack, registers)
    for number, stage in enumerate(pack.stages):
        for place, record in enumerate(stage.requires):
            yield from _stage_record(record, registers, ("stages", number, "requires", place))


def _registers(pack: Pack) -> Iterator[Finding]:
    for number, register in enumerate(pack.registers):
        path: Path = ("registers", number)
        fields = [field.key for field in register.fields]
        for place, key in enumerate(fields):
            if key in fields[:place]:
                yield Finding((*path, "fields", place), f"the field {key!r} stands here a second time", "keep one")
        for place, field in enumerate(register.fields):
            at = (*path, "fields", place)
            if field.type in ("choice", "choices") and not field.choices:
                yield Finding((*at, "choices"), f"a {field.type} without words", "list them under `choices`")
            if field.choices and field.type not in ("choice", "choices"):
                yield Finding((*at, "choices"), f"a {field.type} has no words", "make it a choice, or remove them")
            for word in field.choices:
                if word not in pack.words:
                    yield Finding(
                        (*at, "choices"), f"{word!r} has no name", f"add it under `words`: {word}: {{zh: …, en: …}}"
                    )
        for place, key in enumerate(register.unique):
            if key not in (*fields, "subject"):
                yield Finding((*path, "unique", place), f"no field {key!r}", nearest(key, (*fields, "subject")))


def _actors(pack: Pack) -> Iterator[Finding]:
    """Roles named by the mechanisms stand under `roles` (or are the system)."""
    named: list[tuple[Path, str]] = []
    for block, names in (
        ("registers", ("recorded_by",)),
        ("facts", ("imported_by",)),
        ("indicators", ("reported_by", "reported_to")),
        ("computations", ("worked_out_by",)),
        ("bars", ("decided_by",)),
        ("checks", ("checked",)),
    ):
        for number, part in enumerate(getattr(pack, block)):
            for name in names:
                named += [((block, number, name, place), role) for place, role in enumerate(getattr(part, name))]
            if isinstance(part, Register):
                named += [((block, number, "marks", place, "role"), mark.role) for place, mark in enumerate(part.marks)]
    named += [(("duties", number, "owed_by"), duty.owed_by) for number, duty in enumerate(pack.duties)]
    named += [
        (("stages", number, "requires", place, "recorded_by"), record.recorded_by)
        for number, stage in enumerate(pack.stages)
        for place, record in enumerate(stage.requires)
    ]
    for path, role in named:
        if role != SYSTEM and role not in pack.roles:
            yield Finding(path, f"no role {role!r} stands under `roles`", nearest(role, (*pack.roles, SYSTEM)))


def _check(pack: Pack, check: Check, registers: dict[str, Register], path: Path) -> Iterator[Finding]:
    for place, door in enumerate(check.subjects):
        key = door.removeprefix("register:")
        if door not in DOORS and (key == door or key not in registers):
            known = (*DOORS, *(f"register:{one}" for one in registers))
            yield Finding((*path, "subjects", place), f"there is no door {door!r}", nearest(door, known))
        elif key != door:
            for name, fact in (("numerator", check.numerator), ("denominator", check.denominator)):
                if fact is not None and fact not in check.facts and not fact.startswith(("programme.", "subject.")):
                    yield from _field(registers, key, fact, (*path, name))
        elif door == "nomination" and check.numerator not in (*NOMINATION_FACTS, *check.facts):
            yield Finding(
                (*path, "numerator"), f"{check.numerator!r} is not counted", nearest(check.numerator, NOMINATION_FACTS)
            )
    if (check.kind in _PAIR_KINDS) != (check.denominator is not None):
        yield Finding(
            path,
            f"a {check.kind} {'needs a' if check.kind in _PAIR_KINDS else 'has no'} denominator",
            "correct the check",
        )
    if check.kind in _NUMBER_KINDS and check.minimum is None and check.maximum is None:
        yield Finding(path, f"a {check.kind} needs a number", "name its rule under `minimum` or `maximum`")
    if (check.kind in _WORD_KINDS) != bool(check.words):
        yield Finding(path, f"a {check.kind} {'needs' if check.kind in _WORD_KINDS else 'has no'} words", "correct it")
    for place, word in enumerate(check.words):
        if word not in pack.words:
            yield Finding((*path, "words", place), f"{word!r} has no name", "add it under `words` with zh and en")
    for name, count in check.facts.items():
        yield from _count(pack, count, registers, (*path, "facts", name))


def _count(pack: Pack, count: Count, registers: dict[str, Register], path: Path) -> Iterator[Finding]:
    sources = [one for one in (count.register_, count.fact, count.ledger) if one is not None]
    if len(sources) != 1:
        yield Finding(path, f"it counts {len(sources)} things", "name one of `register`, `fact` and `ledger`")
    if count.register_ is not None:
        if count.register_ not in registers:
            yield Finding((*path, "register"), f"no register {count.register_!r}", nearest(count.register_, registers))
            return
        for name in (*count.where, *count.match, *(one for one in (count.sum, count.distinct) if one)):
            if name != "subject":
                yield from _field(registers, count.register_, name, path)
    if count.fact is not None and count.fact not in [fact.key for fact in pack.facts]:
        keys = [fact.key for fact in pack.facts]
        yield Finding((*path, "fact"), f"no fact {count.fact!r} stands under `facts`", nearest(count.fact, keys))


def _field(registers: dict[str, Register], register: str, key: str, path: Path) -> Iterator[Finding]:
    if register not in registers:
        return  # said where the register is named
    fields = [field.key for field in registers[register].fields]
    if key not in (*fields, "subject"):
        yield Finding(path, f"the register {register} has no field {key!r}", nearest(key, (*fields, "subject")))


def _duties(pack: Pack, registers: dict[str, Register]) -> Iterator[Finding]:
    known = (*(f"register:{key}" for key in registers), *(f"hours:{duty.key}" for duty in pack.hours))
    ladders = [ladder.key for ladder in pack.ladders]
    for number, duty in enumerate(pack.duties):
        path: Path = ("duties", number)
        if (duty.every is None) == (duty.opens_with is None):
            yield Finding(path, "it recurs (`every`) or follows an entry (`opens_with`)", "give one of the two")
        if duty.opens_with is not None and duty.opens_with not in (*known, ENDED):
            yield Finding(
                (*path, "opens_with"), f"nothing is {duty.opens_with!r}", nearest(duty.opens_with, (*known, ENDED))
            )
        if duty.where and duty.opens_with is not None:
            for key in duty.where:
                yield from _field(registers, duty.opens_with.removeprefix("register:"), key, (*path, "where"))
        elif duty.where:
            yield Finding((*path, "where"), "nothing that recurs is picked by an entry", "take `where` out")
        for key in duty.met_where:
            yield from _field(registers, duty.met_by.removeprefix("register:"), key, (*path, "met_where"))
        if duty.met_by not in known:
            yield Finding((*path, "met_by"), f"nothing is {duty.met_by!r}", nearest(duty.met_by, known))
        if duty.ladder not in ladders:
            yield Finding((*path, "ladder"), f"no ladder {duty.ladder!r}", nearest(duty.ladder, ladders))
        rule = pack.rules.get(duty.due) or pack.settings.get(duty.due)
        anchors = PERIODS if duty.every else (f"{ENDED}_on",) if duty.opens_with == ENDED else (ENTRY,)
        if rule is not None and rule.unit != FIXED_DAY and str(rule.counted_from) not in anchors:
            yield Finding(
                (*path, "due"), f"{duty.due} counts from {rule.counted_from}", f"count from {' or '.join(anchors)}"
            )


def _bars(pack: Pack, registers: dict[str, Register]) -> Iterator[Finding]:
    for number, bar in enumerate(pack.bars):
        path: Path = ("bars", number)
        for name, key in (("register", bar.register_), ("lifted_by", bar.lifted_by)):
            if key is not None and key not in registers:
                yield Finding((*path, name), f"no register {key!r}", nearest(key, registers))
            elif key is not None and bar.on != "subject":
                yield from _field(registers, key, bar.on, (*path, "on"))
        for lifter, wanted in ((bar.register_, bar.where), (bar.lifted_by, bar.lifted_where)):
            for name in wanted if lifter in registers else ():
                yield from _field(registers, str(lifter), name, path)
        if bar.lifted_where and bar.lifted_by is None:
            yield Finding((*path, "lifted_where"), "nothing lifts it", "name the register under `lifted_by`")
        for place, door in enumerate(bar.bars):
            key = door.removeprefix("register:")
            if door not in DOORS and (key == door or key not in registers):
                known = (*DOORS, *(f"register:{one}" for one in registers))
                yield Finding((*path, "bars", place), f"there is no door {door!r}", nearest(door, known))


def _stage_record(record: StageRecord, registers: dict[str, Register], path: Path) -> Iterator[Finding]:
    if record.register_ not in registers:
        yield Finding((*path, "register"), f"no register {record.register_!r}", nearest(record.register_, registers))
        return
    for key in record.covers:
        yield from _field(registers, record.register_, key, (*path, "covers"))
