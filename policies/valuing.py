"""Whether the dated values of a pack hold together: units, order of dates, gaps, exceptions, anchors.

Decides for each rule and setting that there is a value on every day from which the pack holds, typed by its unit, in
ascending order of days, and that no two named exceptions can fit the same programme where that can be proved.
"""

import re
from collections.abc import Iterator

from policies.problems import Finding, Path, nearest
from policies.schema import DatedValue, Pack, Rule
from policies.units import misfit, units

ANCHORS = (
    "programme.starts_on",
    "programme.ends_on",
    "programme.ended_on",
    "session.starts_on",
    "session.ends_on",
    "session.ended_on",
    "stage.starts_on",
    "stage.ends_on",
    "step.opened_on",
    "award.closed_on",
    "submission.returned_on",
    "period.starts_on",
    "period.ends_on",
    "entry.recorded_on",
)
FACTS = ("programme.kind", "programme.level", "host.kind")
DAY_UNITS = ("calendar_day", "working_day")
SPAN_UNITS = (*DAY_UNITS, "year")
"""Units in which a day lies so long after another; years end on the corresponding day."""
FIXED_DAY = "fixed_day"
_RULE_ID = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)+")


def value_findings(pack: Pack) -> Iterator[Finding]:
    """Everything that is wrong with the values under `rules` and `settings`."""
    for block, rules in (("rules", pack.rules), ("settings", pack.settings)):
        for rule_id, rule in rules.items():
            path: Path = (block, rule_id)
            if not _RULE_ID.fullmatch(rule_id):
                yield Finding(
                    path, f"{rule_id!r} is no id", "use lowercase words with dots, such as closing.archive.due"
                )
            if block == "settings" and rule_id in pack.rules:
                yield Finding(path, f"{rule_id!r} stands under `rules` too", "keep it in one of the two")
            yield from _rule(pack, rule, path)


def _rule(pack: Pack, rule: Rule, path: Path) -> Iterator[Finding]:
    if rule.unit not in units():
        yield Finding((*path, "unit"), f"unknown unit {rule.unit!r}", nearest(rule.unit, units()))
    if rule.counted_from is not None:
        if rule.counted_from not in ANCHORS:
            yield Finding(
                (*path, "counted_from"),
                f"nothing is recorded as {rule.counted_from!r}",
                nearest(rule.counted_from, ANCHORS),
            )
        elif rule.unit in units() and rule.unit not in SPAN_UNITS:
            yield Finding((*path, "unit"), f"{rule.unit} counts no days", "use calendar_day or working_day")
    if not rule.values:
        yield Finding((*path, "values"), "there is no value", "add at least one with `from` and `value`")
    elif rule.values[0].from_ > pack.holds_from:
        yield Finding(
            (*path, "values", 0, "from"),
            f"there is no value from {pack.holds_from} (holds_from) to {rule.values[0].from_}",
            "begin with the day on which the pack holds",
        )
    yield from _dated(rule, rule.values, (*path, "values"))
    names: set[str] = set()
    conditions: dict[tuple[str, str], str] = {}
    for number, exception in enumerate(rule.exceptions):
        at = (*path, "exceptions", number)
        if exception.name in names:
            yield Finding((*at, "name"), f"a second exception {exception.name!r}", "give each its own name")
        names.add(exception.name)
        if exception.when.fact not in FACTS:
            yield Finding(
                (*at, "when", "fact"), f"no fact {exception.when.fact!r} is known", nearest(exception.when.fact, FACTS)
            )
        condition = (exception.when.fact, repr(exception.when.equals))
        if condition in conditions:
            yield Finding(
                (*at, "when"),
                f"{exception.name!r} and {conditions[condition]!r} fit the same programmes",
                "join the two, or narrow one",
            )
        conditions.setdefault(condition, exception.name)
        if exception.values and exception.values[0].from_ > pack.holds_from:
            yield Finding(
                (*at, "values", 0, "from"),
                f"{exception.name!r} has no value from {pack.holds_from} (holds_from) to {exception.values[0].from_}",
                "begin with the day on which the pack holds, and the value of everybody else",
            )
        elif not exception.values:
            yield Finding((*at, "values"), "there is no value", "add at least one with `from` and `value`")
        yield from _dated(rule, exception.values, (*at, "values"))


def _dated(rule: Rule, values: tuple[DatedValue, ...], path: Path) -> Iterator[Finding]:
    before: DatedValue | None = None
    for number, value in enumerate(values):
        why = misfit(value.value, rule.unit)
        if why is not None:
            yield Finding((*path, number, "value"), f"{why} (unit {rule.unit})", "correct the value or the unit")
        if before is not None and value.from_ <= before.from_:
            yield Finding(
                (*path, number, "from"),
                f"{value.from_} does not come after {before.from_}",
                "put the days in ascending order",
            )
        before = value
