"""Two packs side by side: which parts differ, what each said before and says after, and what a change reaches.

Decides how parts are matched (by their ids and keys, never by their place in the file) and which programmes a change can
reach: by kind, level and kind of applicant as the part names them, and by the days on which a dated value differs. Never
looks at a ledger; `ledger.reached` does.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from pydantic import BaseModel

from policies.dated import DatedValue, Name, Rule
from policies.schema import Chain, Pack, Sourced
from policies.teller import ZH, Teller

Span = tuple[date, date | None]
"""Days from the first up to and including the last; no last day where it holds on."""

_HEAD = ("source", "region", "region_code", "time_zone", "holds_from", "complete")
_NAMES = ("level_names", "kinds", "roles", "words")
_OUTSIDE = ("duties", "indicators", "facts", "hours", "words", "not_kept")
"""Blocks that reach no running programme: they speak of the office, of teachers, or of words only."""
_DATED = ("values", "exceptions")


@dataclass(frozen=True)
class Reach:
    """Which programmes a change can reach. An empty set of kinds, levels or applicants leaves it open; so do no spans."""

    programmes: bool = True
    kinds: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset()
    applicants: frozenset[str] = frozenset()
    spans: tuple[Span, ...] = ()

    def meets(self, kind: str, level: str, applicant: str, first: date, last: date) -> bool:
        """Whether it reaches a programme of this kind, level and applicant that runs on these days."""
        if not self.programmes or (self.kinds and kind not in self.kinds):
            return False
        if (self.levels and level not in self.levels) or (self.applicants and applicant not in self.applicants):
            return False
        return not self.spans or any(start <= last and (end is None or end >= first) for start, end in self.spans)


@dataclass(frozen=True)
class Change:
    """One part that differs: where it stands, its name, its clauses, what each pack says there (None: it has none)."""

    part: str
    name: str
    clauses: tuple[str, ...]
    before: Mapping[str, str] | None
    after: Mapping[str, str] | None
    reach: Reach = field(default_factory=Reach)


def compare(old: Pack, new: Pack, locale: str = ZH) -> list[Change]:
    """Every part that differs, in the order of the old pack, then of the new one."""
    mine, theirs = _parts(old), _parts(new)
    changes = []
    for place in dict.fromkeys((*mine, *theirs)):
        one, other = mine.get(place), theirs.get(place)
        before = None if one is None else _said(old, one, locale)
        after = None if other is None else _said(new, other, locale)
        if before == after:
            continue
        changes.append(
            Change(
                part=place,
                name=_name(Teller(new if other is not None else old, locale), other if other is not None else one),
                clauses=tuple(dict.fromkeys((*_clauses(one), *_clauses(other)))),
                before=None
                if before is None
                else {key: text for key, text in before.items() if _new(key, text, after)},
                after=None if after is None else {key: text for key, text in after.items() if _new(key, text, before)},
                reach=_reach(place, (old, one), (new, other)),
            )
        )
    return changes


def _new(key: str, text: str, other: Mapping[str, str] | None) -> bool:
    """Whether to show it: what differs, and all dated values, so that a new one stands beside the one before it."""
    return other is None or other.get(key) != text or key.startswith("values.")


# --- the parts of a pack ----------------------------------------------------------------------------------------------


def _parts(pack: Pack) -> dict[str, Any]:
    """Every part that is compared as one, by its place: the head, names, values, and the items of each block."""
    found: dict[str, Any] = {name: getattr(pack, name) for name in _HEAD}
    for block in _NAMES:
        found |= {f"{block}.{key}": held for key, held in getattr(pack, block).items()}
    for block in ("rules", "settings"):
        found |= {f"{block}.{key}": rule for key, rule in getattr(pack, block).items()}
    for name in Pack.model_fields:
        held = getattr(pack, name)
        if isinstance(held, tuple):
            found |= {f"{name}.{key}": item for key, item in _keyed(held)}
        elif isinstance(held, Sourced):
            found |= _split(name, held)
    return {place: held for place, held in found.items() if held is not None}


def _split(name: str, whole: Sourced) -> dict[str, Any]:
    """A block that is one part (selection, evaluation, travel) with the items of its lists told apart."""
    found: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for key in type(whole).model_fields:
        held = getattr(whole, key)
        if isinstance(held, tuple) and held and isinstance(held[0], BaseModel):
            found |= {f"{name}.{key}.{item_key}": item for item_key, item in _keyed(held)}
            own[key] = ()
    return {name: whole.model_copy(update=own), **found}


def _keyed(items: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Items with their keys; a second one with the same key gets its number, so that none is lost."""
    seen: dict[str, int] = {}
    for item in items:
        key = _key(item)
        seen[key] = seen.get(key, 0) + 1
        yield (key if seen[key] == 1 else f"{key}#{seen[key]}"), item


def _key(item: Any) -> str:
    if isinstance(item, Chain):
        return f"{item.subject}.{'+'.join(item.applicant_kinds)}.{'+'.join(item.levels)}"
    for name in ("key", "document", "role", "pack", "clause", "name", "days", "from_"):
        held = getattr(item, name, None)
        if isinstance(held, str | int | date):
            return str(held)
    return "part"


def _clauses(part: Any) -> tuple[str, ...]:
    """Every clause that a part rests on, with those of the parts in it."""
    found: list[str] = []
    if isinstance(part, Sourced):
        found += part.clauses
    if isinstance(part, Rule):
        found += [value.cites for value in part.values if value.cites]
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            held = getattr(part, name)
            for item in held if isinstance(held, tuple) else ():
                found += _clauses(item)
    return tuple(dict.fromkeys(found))


def _name(teller: Teller, part: Any) -> str:
    if isinstance(part, Name):
        return part.in_(teller.locale)
    if isinstance(part, Chain):
        return teller.chain(part).label
    for name in ("name", "says"):
        held = getattr(part, name, None)
        if isinstance(held, Name):
            return held.in_(teller.locale)
    role = getattr(part, "role", None)
    return teller.role(role) if isinstance(role, str) else ""


# --- what a part says -------------------------------------------------------------------------------------------------


def _said(pack: Pack, part: Any, locale: str) -> dict[str, str]:
    """What a part says, field by field in plain text; a dated value under its first day."""
    return dict(_leaves(Teller(pack, locale), part, "", part if isinstance(part, Rule) else None))


def _leaves(teller: Teller, value: Any, at: str, rule: Rule | None) -> Iterator[tuple[str, str]]:
    if value is None or value == () or value == {}:
        return
    if isinstance(value, Name):
        yield at, value.in_(teller.locale)
    elif isinstance(value, DatedValue) and rule is not None:
        told = teller.one_value(rule, value)
        yield at, f"{told} [{value.cites}]" if value.cites else told
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _leaves(teller, getattr(value, name), f"{at}.{name}".strip("."), rule)
    elif isinstance(value, tuple) and isinstance(value[0], BaseModel):
        items = list(_keyed(value))
        if len(items) > 1 and not isinstance(value[0], DatedValue):
            yield f"{at} (→)", " → ".join(key for key, _ in items)
        for key, item in items:
            yield from _leaves(teller, item, f"{at}.{key}".strip("."), rule)
    elif isinstance(value, tuple):
        yield at, ", ".join(str(item) for item in value)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(teller, item, f"{at}.{key}".strip("."), rule)
    else:
        yield at, str(value)


# --- what a change reaches --------------------------------------------------------------------------------------------


def _reach(place: str, old: tuple[Pack, Any], new: tuple[Pack, Any]) -> Reach:
    block = place.partition(".")[0]
    if block in _OUTSIDE:
        return Reach(programmes=False)
    held = [(pack, part) for pack, part in (old, new) if part is not None]
    if block in ("rules", "settings"):
        return _reach_of_rule(place.partition(".")[2], old, new)
    if block == "kinds":
        return Reach(kinds=frozenset({place.partition(".")[2]}))
    if block == "level_names":
        return Reach(levels=frozenset({place.partition(".")[2]}))
    if block == "registers" and all(part.about != "programme" for _, part in held):
        return Reach(programmes=False)
    return _joined([_of_part(part) for _, part in held])


def _of_part(part: Any) -> Reach:
    def told(name: str) -> frozenset[str]:
        return frozenset(str(one) for one in getattr(part, name, ()) or ())

    when = getattr(part, "when", None)
    narrowed = when if isinstance(when, dict) else {}
    kinds, levels = narrowed.get("programme.kind"), narrowed.get("programme.level")
    return Reach(
        kinds=frozenset({kinds}) if kinds else told("kinds"),
        levels=frozenset({levels}) if levels else told("levels"),
        applicants=told("applicant_kinds"),
    )


def _joined(reaches: Iterable[Reach]) -> Reach:
    """What one or the other reaches; where one leaves kinds open, both together do."""
    inside = [one for one in reaches if one.programmes]
    if not inside:
        return Reach(programmes=False)

    def union(name: str) -> frozenset[str]:
        sets: list[frozenset[str]] = [getattr(one, name) for one in inside]
        return frozenset().union(*sets) if all(sets) else frozenset()

    return Reach(kinds=union("kinds"), levels=union("levels"), applicants=union("applicants"))


def _reach_of_rule(rule_id: str, old: tuple[Pack, Any], new: tuple[Pack, Any]) -> Reach:
    """A value reaches what its readers reach, on the days on which it differs."""
    readers: list[Reach] = []
    for pack, part in (old, new):
        if part is not None:
            readers += [_reach_of_reader(place, held) for place, held in _readers(pack, rule_id)]
    reach = _joined(readers) if readers else Reach()  # what the code reads by its id holds for every programme
    spans = _spans(old[1], new[1])
    return Reach(reach.programmes, reach.kinds, reach.levels, reach.applicants, spans)


def _reach_of_reader(place: str, part: Any) -> Reach:
    return Reach(programmes=False) if place.partition(".")[0] in _OUTSIDE else _of_part(part)


def _readers(pack: Pack, rule_id: str) -> Iterator[tuple[str, Any]]:
    for place, part in _parts(pack).items():
        if isinstance(part, Sourced) and _names(part, rule_id):
            yield place, part


def _names(part: BaseModel, rule_id: str) -> bool:
    for name in type(part).model_fields:
        held = getattr(part, name)
        if held == rule_id:
            return True
        for item in held if isinstance(held, tuple) else (held,):
            if isinstance(item, BaseModel) and _names(item, rule_id):
                return True
    return False


def _spans(one: Any, other: Any) -> tuple[Span, ...]:
    """The days on which two versions of a rule differ; none told where they differ on every day."""
    if not isinstance(one, Rule) or not isinstance(other, Rule):
        return ()
    same_shape = _without_values(one) == _without_values(other) and one.exceptions == other.exceptions
    if not same_shape:
        return ()
    days = sorted({value.from_ for value in (*one.values, *other.values)})
    found: list[Span] = []
    for number, day in enumerate(days):
        if _on(one, day) == _on(other, day):
            continue
        end = days[number + 1] - timedelta(days=1) if number + 1 < len(days) else None
        found.append((day, end))
    return tuple(found)


def _without_values(rule: Rule) -> dict[str, Any]:
    told = ("says", "reading", "why", "like", *_DATED)
    return {name: getattr(rule, name) for name in type(rule).model_fields if name not in told}


def _on(rule: Rule, day: date) -> object:
    begun = [value for value in rule.values if value.from_ <= day]
    return max(begun, key=lambda value: value.from_).value if begun else None
