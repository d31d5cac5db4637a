"""Things that are worked out: each by a named formula over facts, the pack's numbers and its words.

Decides results only. Never takes a missing part as zero and rounds once, as the pack says. A result that excludes or
is not whole is a verdict that does not allow. Serves every `compute` clause that has no mechanism of its own.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from models.values import Basis, Verdict
from policies.lookup import find, role_name, word_name
from policies.mechanisms import SYSTEM, Computation
from policies.schema import Pack
from rules.checks import percent, plain, shown, words_in

_ROUNDING = {"floor": ROUND_FLOOR, "ceil": ROUND_CEILING, "half-up": ROUND_HALF_UP}


class MissingInput(ValueError):
    """A formula was not given one of the facts that its pack names."""


Result = tuple[bool, str, str, dict[str, Any]]


def may_work_out(pack: Pack, what: Computation, roles: Iterable[str]) -> Verdict:
    """Whether somebody with these roles works this out (`system`: the software does so by itself)."""
    held = frozenset(roles)
    allowed = not held.isdisjoint(what.worked_out_by)
    zh = "、".join("系统" if role == SYSTEM else role_name(pack, role) for role in what.worked_out_by)
    en = " or ".join("system" if role == SYSTEM else role_name(pack, role, "en") for role in what.worked_out_by)
    return Verdict(
        key=what.key,
        allowed=allowed,
        zh=f"“{what.name.zh}”由{zh}计算" + ("。" if allowed else ",您没有此角色。"),
        en=f"{what.name.en}: worked out by the {en}" + ("." if allowed else "; you do not hold that role."),
        basis=(what.basis,),
        facts={"roles": sorted(held)},
    )


def work_out(pack: Pack, what: Computation, facts: Mapping[str, Any], on: date) -> Verdict:
    """The result under `facts["result"]`, with a sentence; raises MissingInput where a fact is not given."""
    for name in what.inputs:
        if name not in facts:
            raise MissingInput(
                f"pack {pack.pack}, {what.key}: {name!r} is not given; it needs {', '.join(what.inputs)}"
            )
    found = find(pack, what.rule, on) if what.rule else None
    number = Decimal(str(found.value)) if found and found.value is not None and _is_number(found.value) else None
    allowed, zh, en, known = _FORMULAS[what.formula](pack, what, facts, number)
    basis: tuple[Basis, ...] = (what.basis, *((found.basis,) if found else ()))
    return Verdict(
        key=what.key,
        allowed=allowed,
        zh=f"{what.name.zh}:{zh}。",
        en=f"{what.name.en}: {en}.",
        basis=tuple(dict.fromkeys(basis)),
        facts=known,
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _decimal(facts: Mapping[str, Any], name: str) -> Decimal:
    return Decimal(plain(facts[name]))


def _numbers(value: Any) -> dict[str, Decimal]:
    items = value.items() if isinstance(value, Mapping) else enumerate(value)
    return {str(key): Decimal(plain(item)) for key, item in items if item is not None and plain(item) != ""}


def _rounded(what: Computation, figure: Decimal) -> Decimal:
    return figure.quantize(Decimal(1), _ROUNDING[what.rounding])


def _named(pack: Pack, words: Iterable[str], locale: str) -> str:
    return (", " if locale == "en" else "、").join(word_name(pack, word, locale) for word in words)


def _scope(pack: Pack, what: Computation, facts: Mapping[str, Any], number: Decimal | None) -> Result:
    held = words_in(facts, what.inputs[0])
    outside = [word for word in held if word not in what.words]
    inside = bool(held) and not outside
    zh, en = _named(pack, held, "zh-CN"), _named(pack, held, "en")
    return (
        inside,
        f"{zh}{'在适用范围内' if inside else '不在适用范围内'}",
        f"{en} {'is within' if inside else 'is outside'} the scope",
        {"result": inside, "outside": outside},
    )


def _all_present(pack: Pack, what: Computation, facts: Mapping[str, Any], number: Decimal | None) -> Result:
    held = words_in(facts, what.inputs[0])
    missing = [word for word in what.words if word not in held]
    if not missing:
        return True, "各部分齐全", "every part is there", {"result": True, "missing": []}
    zh, en = _named(pack, missing, "zh-CN"), _named(pack, missing, "en")
    return False, f"缺{zh},不得办结", f"{en} missing, it stays open", {"result": False, "missing": missing}


def _rate(pack: Pack, what: Computation, facts: Mapping[str, Any], number: Decimal | None) -> Result:
    numerator, denominator = _decimal(facts, what.inputs[0]), _decimal(facts, what.inputs[1])
    if denominator == 0:
        return False, "尚无基数,暂不计算", "there is no base yet", {"result": None}
    share = (numerator / denominator).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    text = f"{shown(numerator)}/{shown(denominator)} = {percent(share)}"
    reached = number is None or numerator >= number * denominator
    return reached, text, text, {"result": shown(share)}


def _sum(pack: Pack, what: Computation, facts: Mapping[str, Any], number: Decimal | None) -> Result:
    total = sum(_numbers(facts[what.inputs[0]]).values(), Decimal(0))
    reached = number is None or total >= number
    return reached, f"合计 {shown(total)}", f"{shown(total)} in all", {"result": shown(total)}


def _mean(pack: Pack, what: Computation, facts: Mapping[str, Any], number: Decimal | None) -> Result:
    """The mean of the latest figures: as many as the rule says, all without one."""
    figures = list(_numbers(facts[what.inputs[0]]).values())
    if number is not None:
        figures = figures[-int(number) :]
    if not figures:
        return False, "尚无数据", "no figures yet", {"result": None}
    mean = (sum(figures, Decimal(0)) / len(figures)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return (
        True,
        f"近 {len(figures)} 项平均 {shown(mean)}",
        f"mean of the last {len(figures)} is {shown(mean)}",
        {"result": shown(mean), "counted": len(figures)},
    )


def _weighted(pack: Pack, what: Computation, facts: Mapping[str, Any], number: Decimal | None) -> Result:
    figures, weights = _numbers(facts[what.inputs[0]]), {key: Decimal(text) for key, text in what.table.items()}
    missing = [key for key in weights if key not in figures]
    if missing:
        zh, en = _named(pack, missing, "zh-CN"), _named(pack, missing, "en")
        return False, f"缺{zh},不得办结", f"{en} missing, it stays open", {"result": None, "missing": missing}
    total = sum((weight * figures[key] for key, weight in weights.items()), Decimal(0))
    total = total.quantize(Decimal("0.1"), _ROUNDING[what.rounding])
    return True, f"{shown(total)} 分", shown(total), {"result": shown(total)}


def _rank(pack: Pack, what: Computation, facts: Mapping[str, Any], number: Decimal | None) -> Result:
    """From the best to the last; equal figures share a place. With a rule only so many are named."""
    figures = _numbers(facts[what.inputs[0]])
    order = sorted(figures, key=lambda key: (-figures[key], key))
    if number is not None:
        order = order[: int(number)]
    places = {key: 1 + sum(other > figures[key] for other in figures.values()) for key in order}
    text = ", ".join(f"{places[key]} {key}" for key in order)
    return bool(order), text or "尚无数据", text or "no figures yet", {"result": order, "places": places}


def _lowest(pack: Pack, what: Computation, facts: Mapping[str, Any], number: Decimal | None) -> Result:
    """The last of a ranking: the rule's share of all, rounded; nobody is named where a tie would cross the line."""
    figures = _numbers(facts[what.inputs[0]])
    many = int(_rounded(what, (number or Decimal(0)) * len(figures)))
    order = sorted(figures, key=lambda key: (figures[key], key))
    line = figures[order[many - 1]] if many else None
    tied = [key for key in order[many:] if line is not None and figures[key] == line]
    sure = [key for key in order[:many] if not tied or figures[key] != line]
    told = ", ".join(sure)
    zh = f"{len(figures)} 人中末位 {many} 人:{told or '无'}" + (f";{'、'.join(tied)}等并列,由人决定" if tied else "")
    en = f"last {many} of {len(figures)}: {told or 'nobody'}" + ("; a tie is for people to decide" if tied else "")
    return not many, zh, en, {"result": sure, "count": many, "tied": tied}


def _share_of(pack: Pack, what: Computation, facts: Mapping[str, Any], number: Decimal | None) -> Result:
    base = _decimal(facts, what.inputs[0])
    share = _rounded(what, base * (number or Decimal(0)))
    taken = _decimal(facts, what.inputs[1]) if len(what.inputs) > 1 else None
    within = taken is None or taken <= share
    zh = f"{shown(base)} 的 {percent(number or Decimal(0))} 为 {shown(share)}"
    en = f"{percent(number or Decimal(0))} of {shown(base)} is {shown(share)}"
    if taken is not None:
        zh, en = f"{zh},已用 {shown(taken)}", f"{en}, {shown(taken)} taken"
    return within, zh, en, {"result": shown(share)}


def _product(pack: Pack, what: Computation, facts: Mapping[str, Any], number: Decimal | None) -> Result:
    factors = [_decimal(facts, name) for name in what.inputs]
    total = math.prod(factors, start=number if number is not None else Decimal(1))
    return True, shown(total), shown(total), {"result": shown(total)}


def _at_least(pack: Pack, what: Computation, facts: Mapping[str, Any], number: Decimal | None) -> Result:
    figure, least = _decimal(facts, what.inputs[0]), number or Decimal(0)
    lacking = max(Decimal(0), least - figure)
    known = {"result": shown(figure), "lacking": shown(lacking)}
    return lacking == 0, f"{shown(figure)},应有 {shown(least)}", f"{shown(figure)} of {shown(least)}", known


def _table(pack: Pack, what: Computation, facts: Mapping[str, Any], number: Decimal | None) -> Result:
    key = plain(facts[what.inputs[0]])
    value = what.table.get(key)
    if value is None:
        zh, en = word_name(pack, key), word_name(pack, key, "en")
        return False, f"{zh}不在对应表内", f"{en} is not in the table", {"result": None}
    zh, en = _named(pack, [key, value], "zh-CN"), _named(pack, [key, value], "en")
    return True, zh.replace("、", " → "), en.replace(", ", " → "), {"result": value}


def _day_after(pack: Pack, what: Computation, facts: Mapping[str, Any], number: Decimal | None) -> Result:
    """So many years (or days, by the rule's unit) after a day; allowed up to and including that day (second input)."""
    from rules.bans import corresponding_day

    start, count = date.fromisoformat(plain(facts[what.inputs[0]])), int(number or 0)
    rule = pack.rules.get(what.rule or "") or pack.settings.get(what.rule or "")
    until = corresponding_day(start, count) if rule and rule.unit == "year" else start + timedelta(days=count)
    within = len(what.inputs) < 2 or date.fromisoformat(plain(facts[what.inputs[1]])) <= until
    return within, f"至 {until}(含当日)", f"up to and including {until}", {"result": until.isoformat()}


def _draw(pack: Pack, what: Computation, facts: Mapping[str, Any], number: Decimal | None) -> Result:
    """A day between two days that nobody can foretell without the seed, the same for the same seed."""
    first, last = (date.fromisoformat(plain(facts[name])) for name in what.inputs[:2])
    level = plain(facts.get("level"))
    if what.levels and level not in what.levels:
        return False, "本层级不适用", "not for this level", {"result": None}
    if last < first:
        return False, "日期有误", "the days are the wrong way round", {"result": None}
    digest = hashlib.sha256(plain(facts[what.inputs[2]]).encode()).digest()
    day = first + timedelta(days=int.from_bytes(digest[:8], "big") % ((last - first).days + 1))
    return True, f"{day}(不事先告知)", f"{day} (not told beforehand)", {"result": day.isoformat()}


def _deduct(pack: Pack, what: Computation, facts: Mapping[str, Any], number: Decimal | None) -> Result:
    """A score less the rule's points for each case (second input), never below zero; allowed while nothing is taken."""
    figure, cases = _decimal(facts, what.inputs[0]), _decimal(facts, what.inputs[1])
    taken = cases * (number or Decimal(0))
    left = max(Decimal(0), figure - taken)
    zh = f"{shown(figure)} 分,{shown(cases)} 起扣 {shown(taken)} 分,余 {shown(left)} 分"
    en = f"{shown(figure)} less {shown(taken)} for {shown(cases)}: {shown(left)}"
    return taken == 0, zh, en, {"result": shown(left), "taken": shown(taken)}


def _apportion(pack: Pack, what: Computation, facts: Mapping[str, Any], number: Decimal | None) -> Result:
    """Whole places by the product of the other inputs (figures by name), the last of them up to the rule's number.

    By the largest remainder; of equal remainders the larger share comes first, then the name. Whoever lacks a figure
    gets nothing before it is known: then nothing is shared out.
    """
    total, bases = int(_decimal(facts, what.inputs[0])), [_numbers(facts[name]) for name in what.inputs[1:]]
    names = sorted(set().union(*bases))
    missing = [name for name in names if any(name not in base for base in bases)]
    if missing:
        told = ", ".join(missing)
        return False, f"{told}缺数据,暂不分配", f"figures of {told} are missing", {"result": None, "missing": missing}
    if number is not None and bases:
        bases[-1] = {name: min(figure, number) for name, figure in bases[-1].items()}
    weights = {name: math.prod((base[name] for base in bases), start=Decimal(1)) for name in names}
    whole = sum(weights.values(), Decimal(0))
    if whole <= 0:
        return False, "尚无基数,暂不分配", "there is no base yet", {"result": None}
    exact = {name: total * weight / whole for name, weight in weights.items()}
    places = {name: int(figure) for name, figure in exact.items()}
    order = sorted(names, key=lambda name: (places[name] - exact[name], -exact[name], name))
    for name in order[: total - sum(places.values())]:
        places[name] += 1
    text = ", ".join(f"{name} {many}" for name, many in places.items())
    return True, text, text, {"result": {name: str(many) for name, many in places.items()}}


_FORMULAS: Mapping[str, Callable[[Pack, Computation, Mapping[str, Any], Decimal | None], Result]] = {
    "scope": _scope,
    "all-present": _all_present,
    "rate": _rate,
    "sum": _sum,
    "mean": _mean,
    "weighted-sum": _weighted,
    "rank": _rank,
    "lowest": _lowest,
    "share-of": _share_of,
    "product": _product,
    "at-least": _at_least,
    "table": _table,
    "day-after": _day_after,
    "draw": _draw,
    "apportion": _apportion,
    "deduct": _deduct,
}
