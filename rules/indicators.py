"""What an indicator comes to: a numerator over a denominator, beside its goal and the year of that goal.

Decides numbers from entries, imported facts and counts that the ledger holds, all given. Never rounds before the end
and never divides by nothing: without a denominator's figure the value is open. Serves every `report` clause and the
targets of the plans.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from models.values import Basis, Verdict
from policies.lookup import find, role_name
from policies.mechanisms import SYSTEM, Count, Indicator
from policies.schema import Pack
from rules.checks import percent, plain, shown

SUBJECT = "subject"
CENT = Decimal("0.01")
_REACHED: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "at-least": operator.ge,
    "at-most": operator.le,
    "more-than": operator.gt,
}
_THAN: Mapping[str, tuple[str, str]] = {
    "at-least": ("不少于", "at least"),
    "at-most": ("不超过", "at most"),
    "more-than": ("超过", "more than"),
}


@dataclass(frozen=True)
class EntryFact:
    """An entry of a register as the rules see it: its day, what it speaks of, who wrote it, and its content."""

    register: str
    on: date
    subject: str = ""
    recorded_by: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)


def fits(count: Count, entry: EntryFact, beside: EntryFact | None = None) -> bool:
    """Whether an entry is counted: its register, its `where`, and (`match`) what it shares with the entry beside it."""
    if entry.register != count.register_:
        return False
    for key, wanted in count.where.items():
        held = entry.content.get(key)
        if wanted not in ([plain(one) for one in held] if isinstance(held, list) else [plain(held)]):
            return False
    for key in count.match if beside is not None else ():
        mine = entry.subject if key == SUBJECT else plain(entry.content.get(key))
        theirs = beside.subject if beside and key == SUBJECT else plain(beside.content.get(key)) if beside else ""
        if mine != theirs:
            return False
    return True


def counted(count: Count, entries: Iterable[EntryFact], beside: EntryFact | None = None) -> Decimal:
    """How many entries fit, the sum of one of their fields, or how many different values it has (or subjects)."""
    fitting = [entry for entry in entries if fits(count, entry, beside)]
    if count.sum is not None:
        return sum((Decimal(plain(entry.content.get(count.sum)) or "0") for entry in fitting), Decimal(0))
    if count.distinct is not None:
        return Decimal(len({_told(entry, count.distinct) for entry in fitting}))
    return Decimal(len(fitting))


def _told(entry: EntryFact, key: str) -> str:
    return entry.subject if key == SUBJECT else plain(entry.content.get(key))


def grouped(indicator: Indicator, entries: Iterable[EntryFact]) -> dict[str, Decimal]:
    """The numerator sorted by the field of `group_by`, in the order of its words; empty without one."""
    if indicator.group_by is None:
        return {}
    groups: dict[str, list[EntryFact]] = {}
    for entry in entries:
        if fits(indicator.numerator, entry):
            groups.setdefault(_told(entry, indicator.group_by), []).append(entry)
    return {word: counted(indicator.numerator, groups[word]) for word in sorted(groups)}


def may_report(pack: Pack, indicator: Indicator, roles: Iterable[str]) -> Verdict:
    """Whether somebody with these roles delivers this indicator."""
    held = frozenset(roles)
    allowed = not held.isdisjoint(indicator.reported_by)
    zh = "、".join("系统" if role == SYSTEM else role_name(pack, role) for role in indicator.reported_by)
    en = " or ".join(role if role == SYSTEM else role_name(pack, role, "en") for role in indicator.reported_by)
    return Verdict(
        key=indicator.key,
        allowed=allowed,
        zh=f"“{indicator.name.zh}”由{zh}报告" + ("。" if allowed else ",您没有此角色。"),
        en=f"{indicator.name.en}: reported by the {en}" + ("." if allowed else "; you do not hold that role."),
        basis=(indicator.basis,),
        facts={"roles": sorted(held)},
    )


def indicate(
    pack: Pack,
    indicator: Indicator,
    numerator: Decimal,
    denominator: Decimal | None,
    on: date,
    groups: Mapping[str, Decimal] | None = None,
    reason: str = "",
) -> Verdict:
    """The indicator on a day: allowed unless it warns and misses its goal without a reason.

    Facts: `numerator`, `denominator`, `value` (open while nothing is known), `goal`, `met` (None while open), `by_year`.
    """
    reason = reason.strip()
    divides = indicator.denominator is not None
    is_share = divides and indicator.shows == "share"
    value = numerator if not divides else numerator / denominator if denominator else None
    if value is not None and divides and not is_share:
        value = value.quantize(CENT, ROUND_HALF_UP)
    goal, basis = _in_force(pack, indicator.goal, on)
    year, of_year = _in_force(pack, indicator.by_year, on)
    met = None if value is None or goal is None else _REACHED[indicator.goal_is](value, goal)
    facts: dict[str, Any] = {
        "numerator": shown(numerator),
        "denominator": shown(denominator) if denominator is not None else None,
        "value": _figure(value, is_share),
        "goal": shown(goal) if goal is not None else None,
        "met": met,
        "by_year": shown(year) if year is not None else None,
    }
    if groups:
        facts["groups"] = {word: shown(figure) for word, figure in groups.items()}
    there = _shown(value, is_share)
    zh, en = f"{indicator.name.zh}:{there[0]}", f"{indicator.name.en}: {there[1]}"
    if divides:
        zh, en = f"{zh}({_of(numerator, denominator)})", f"{en} ({_of(numerator, denominator)})"
    if goal is not None:
        than_zh, than_en = _THAN[indicator.goal_is]
        asked = percent(goal) if is_share else shown(goal)
        by_zh, by_en = (f"{shown(year)}年前", f" by {shown(year)}") if year is not None else ("", "")
        zh += f",目标{by_zh}{than_zh} {asked}"
        en += f", goal{by_en} {than_en} {asked}"
    warns = indicator.strength == "warn" and met is False
    if warns:
        zh += f",未达到;{f'已说明理由:{reason}' if reason else '请说明理由并整改'}"
        en += f", missed; {f'reason given: {reason}' if reason else 'give the reason and what is done'}"
    return Verdict(
        key=indicator.key,
        allowed=not warns or bool(reason),
        zh=zh + "。",
        en=en + ".",
        basis=tuple(dict.fromkeys((indicator.basis, *basis, *of_year))),
        strength="warn" if indicator.strength == "warn" else "block",
        reason_needed=warns and not reason,
        facts=facts | ({"reason": reason} if reason else {}),
    )


def _in_force(pack: Pack, rule_id: str | None, on: date) -> tuple[Decimal | None, tuple[Basis, ...]]:
    found = find(pack, rule_id, on) if rule_id else None
    if found is None or found.value is None:
        return None, ()
    return Decimal(str(found.value)), (found.basis,)


def _figure(value: Decimal | None, is_share: bool) -> str | None:
    if value is None:
        return None
    return shown(value.quantize(Decimal("0.000001"), ROUND_HALF_UP)) if is_share else shown(value)


def _shown(value: Decimal | None, is_share: bool) -> tuple[str, str]:
    if value is None:
        return "尚无数据", "no figures yet"
    text = percent(value.quantize(Decimal("0.0001"), ROUND_HALF_UP)) if is_share else shown(value)
    return text, text


def _of(numerator: Decimal, denominator: Decimal | None) -> str:
    return f"{shown(numerator)}/{shown(denominator) if denominator is not None else '?'}"
