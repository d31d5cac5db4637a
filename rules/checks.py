"""Whether what stands at a door meets the checks that the pack sets there.

Decides each check over plain facts with a closed list of operators: a `block` refuses, a `warn` asks for a recorded
reason or, where no reason is asked, is noted. Never weighs one check against another and holds no number itself. The
doors are the application, the implementation plan, a nomination and every register. Serves every clause of the kinds
application-check, curriculum-ratio, staffing-ratio, budget and ban that speaks of one act.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from models.values import Basis, Verdict
from policies.force import in_force
from policies.lookup import find, word_name
from policies.mechanisms import Check
from policies.schema import Pack

SHARE = Decimal("0.0001")
NO_REASONS: Mapping[str, str] = {}


class UnknownFact(ValueError):
    """A check of the pack counts something that does not stand at this door."""


@dataclass(frozen=True)
class _Found:
    """What a check came to: whether it holds, and in both languages what is there and what is asked."""

    holds: bool
    there: tuple[str, str]
    asked: tuple[str, str]
    facts: dict[str, Any]
    basis: tuple[Basis, ...] = ()


def at_door(
    pack: Pack,
    door: str,
    facts: Mapping[str, Any],
    on: date,
    *,
    reasons: Mapping[str, str] = NO_REASONS,
    acting_as: Iterable[str] | None = None,
) -> tuple[Verdict, ...]:
    """One verdict for each check of the pack at this door; `on` picks the numbers in force.

    `acting_as` are the roles of whoever stands at the door: a check of another's act does not apply. Without it every
    check applies. Raises UnknownFact where the pack counts something that is not there.
    """
    roles = None if acting_as is None else frozenset(acting_as)
    return tuple(
        judge(pack, check, facts, on, reasons=reasons)
        for check in pack.checks
        if door in check.subjects and applies(check, facts, roles)
    )


def applies(check: Check, facts: Mapping[str, Any], roles: frozenset[str] | None) -> bool:
    """Whether the check speaks of this act: of these roles, and of a case that its `when` describes."""
    if roles is not None and check.checked and roles.isdisjoint(check.checked):
        return False
    return all(plain(facts.get(fact)) == wanted for fact, wanted in check.when.items())


def judge(
    pack: Pack, check: Check, facts: Mapping[str, Any], on: date, *, reasons: Mapping[str, str] = NO_REASONS
) -> Verdict:
    """The verdict of one check. A warned check that does not hold is allowed with a reason under its key."""
    found = _OPERATORS[check.kind](pack, check, facts, on)
    strength = in_force(pack, check.strength)
    basis = tuple(dict.fromkeys((check.basis, *found.basis)))
    there_zh, there_en = found.there
    asked_zh, asked_en = found.asked

    def verdict(allowed: bool, zh: str, en: str, **more: Any) -> Verdict:
        return Verdict(
            key=check.key,
            allowed=allowed,
            zh=f"{check.name.zh}:{there_zh}{zh}",
            en=f"{check.name.en}: {there_en}{en}",
            basis=basis,
            strength=strength,
            reason_needed=not allowed and strength == "warn",
            facts=found.facts | more,
        )

    if found.holds:
        return verdict(True, f",符合{asked_zh}的要求。", f", {asked_en} as required.")
    below_zh, below_en = (f"低于 {asked_zh[3:].strip()}", f"below {asked_en[9:]}") if _is_least(check) else ("", "")
    short_zh = below_zh or f"不符合{asked_zh}的要求"
    short_en = below_en or f"{asked_en} is required"
    reason = reasons.get(check.key, "").strip()
    if strength == "warn" and reason:
        return verdict(True, f",{short_zh},已说明理由:{reason}", f", {short_en}; reason given: {reason}", reason=reason)
    if strength == "warn" and check.reason == "not-asked":
        return verdict(True, f",{short_zh};请留意,已记录。", f", {short_en}; noted, nothing is held up.", warned=True)
    todo_zh = "请调整,或填写理由" if strength == "warn" else "请调整后重新提交"
    todo_en = "change it or give a reason" if strength == "warn" else "change it and submit again"
    return verdict(False, f",{short_zh};{todo_zh}。", f", {short_en}; {todo_en}.")


def _is_least(check: Check) -> bool:
    return check.kind in ("ratio", "presence") and check.maximum is None


def warned(verdict: Verdict) -> bool:
    """Whether the verdict warns, with a reason or noted without one."""
    return verdict.strength == "warn" and (
        not verdict.allowed or bool(verdict.facts.get("warned") or verdict.facts.get("reason"))
    )


# --- facts ------------------------------------------------------------------------------------------------------------


def plain(value: Any) -> str:
    """A fact as it is compared: true and false in lower case, numbers without trailing zeros."""
    if isinstance(value, bool):
        return str(value).lower()
    return shown(value) if isinstance(value, Decimal) else "" if value is None else str(value)


def number(pack: Pack, check: Check, fact: str, facts: Mapping[str, Any]) -> Decimal:
    """A fact as a number. Raises UnknownFact where it is not there or is none."""
    value = facts.get(fact)
    try:
        if value is not None and not isinstance(value, bool | list | tuple | dict):
            return Decimal(str(value))
    except InvalidOperation:
        pass  # said below
    raise UnknownFact(
        f"pack {pack.pack}, check {check.key}: {fact!r} is not counted; counted are {', '.join(sorted(facts))}"
    )


def words_in(facts: Mapping[str, Any], fact: str) -> tuple[str, ...]:
    """A fact as words: a list as it stands, a single word as a list of one, nothing as none."""
    value = facts.get(fact)
    if value is None or value == "":
        return ()
    return tuple(plain(one) for one in value) if isinstance(value, list | tuple) else (plain(value),)


def shown(figure: Decimal) -> str:
    """A figure as people write it: no trailing zeros, no exponent."""
    text = format(figure, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: Decimal) -> str:
    """A share of one in percent.

    >>> percent(Decimal("0.5"))
    '50%'
    """
    return f"{shown(share * 100)}%"


# --- operators --------------------------------------------------------------------------------------------------------


def _limits(pack: Pack, check: Check, on: date) -> tuple[Decimal | None, Decimal | None, tuple[Basis, ...]]:
    """The least and the greatest in force on the day; None where the pack has none or it was repealed."""
    values: list[Decimal | None] = []
    basis: list[Basis] = []
    for rule_id in (check.minimum, check.maximum):
        found = find(pack, rule_id, on) if rule_id else None
        values.append(Decimal(str(found.value)) if found and found.value is not None else None)
        basis += [found.basis] if found else []
    return values[0], values[1], tuple(basis)


def _within(figure: Decimal, least: Decimal | None, greatest: Decimal | None, factor: Decimal = Decimal(1)) -> bool:
    return (least is None or figure >= least * factor) and (greatest is None or figure <= greatest * factor)


def _asked(least: str | None, greatest: str | None) -> tuple[str, str]:
    zh = [f"不少于 {least} "] * (least is not None) + [f"不超过 {greatest} "] * (greatest is not None)
    en = [f"at least {least}"] * (least is not None) + [f"at most {greatest}"] * (greatest is not None)
    return "、".join(zh), " and ".join(en)


def _ratio(pack: Pack, check: Check, facts: Mapping[str, Any], on: date) -> _Found:
    least, greatest, basis = _limits(pack, check, on)
    numerator = number(pack, check, check.numerator, facts)
    denominator = number(pack, check, check.denominator or "", facts)
    holds = denominator > 0 and _within(numerator, least, greatest, denominator)
    share = _share(numerator, denominator, least, holds)
    there = f"{shown(numerator)}/{shown(denominator)} = {percent(share)}"
    known = {"numerator": shown(numerator), "denominator": shown(denominator), "ratio": f"{share}"} | _named(
        least, greatest
    )
    asked = _asked(percent(least) if least is not None else None, percent(greatest) if greatest is not None else None)
    return _Found(holds, (there, there), asked, known, basis)


def _share(numerator: Decimal, denominator: Decimal, least: Decimal | None, holds: bool) -> Decimal:
    """The share for display; a share below the minimum never looks as if it reached it."""
    if denominator <= 0:
        return Decimal(0)
    share = (numerator / denominator).quantize(SHARE, ROUND_HALF_UP)
    if not holds and least is not None and share >= least:
        share = (numerator / denominator).quantize(SHARE, ROUND_DOWN)
    return share


def _named(least: Decimal | None, greatest: Decimal | None) -> dict[str, Any]:
    given = {"minimum": least, "maximum": greatest}
    return {name: shown(value) for name, value in given.items() if value is not None}


def _bounds(pack: Pack, check: Check, facts: Mapping[str, Any], on: date) -> _Found:
    least, greatest, basis = _limits(pack, check, on)
    figure = number(pack, check, check.numerator, facts)
    there = shown(figure)
    asked = _asked(shown(least) if least is not None else None, shown(greatest) if greatest is not None else None)
    return _Found(
        _within(figure, least, greatest), (there, there), asked, {"numerator": there} | _named(least, greatest), basis
    )


def _norm(pack: Pack, check: Check, facts: Mapping[str, Any], on: date) -> _Found:
    least, greatest, basis = _limits(pack, check, on)
    factor = Decimal(1)
    for fact in check.per:
        factor *= number(pack, check, fact, facts)
    figure = number(pack, check, check.numerator, facts)
    bounds = [shown(limit * factor) if limit is not None else None for limit in (least, greatest)]
    known = {"numerator": shown(figure), "factor": shown(factor)} | _named(least, greatest)
    there = shown(figure)
    return _Found(_within(figure, least, greatest, factor), (there, there), _asked(bounds[0], bounds[1]), known, basis)


def _labels(pack: Pack, words: Sequence[str]) -> tuple[str, str]:
    zh = "、".join(word_name(pack, word) for word in words)
    return zh or "(无)", ", ".join(word_name(pack, word, "en") for word in words) or "none"


def _required_set(pack: Pack, check: Check, facts: Mapping[str, Any], on: date) -> _Found:
    held = words_in(facts, check.numerator)
    found = find(pack, check.least, on) if check.least else None
    asked = int(str(found.value)) if found and found.value is not None else len(check.words)
    missing = [word for word in check.words if word not in held]
    words_zh, words_en = _labels(pack, check.words)
    zh, en = (f"包含{words_zh}", f"all of {words_en}")
    if asked < len(check.words):
        zh, en = f"至少包含其中 {asked} 项({words_zh})", f"at least {asked} of {words_en}"
    return _Found(
        len(check.words) - len(missing) >= asked,
        _labels(pack, held),
        (zh, en),
        {"held": list(held), "missing": missing, "asked": asked},
        (found.basis,) if found else (),
    )


def _first(pack: Pack, check: Check, facts: Mapping[str, Any], on: date) -> _Found:
    held = words_in(facts, check.numerator)
    zh, en = _labels(pack, check.words)
    holds = bool(held) and held[0] in check.words
    return _Found(holds, _labels(pack, held), (f"首先列出{zh}", f"first of all {en}"), {"held": list(held)})


def _one_of(pack: Pack, check: Check, facts: Mapping[str, Any], on: date) -> _Found:
    held = words_in(facts, check.numerator)
    others = [word for word in held if word not in check.words]
    zh, en = _labels(pack, check.words)
    return _Found(
        bool(held) and not others,
        _labels(pack, held),
        (f"限于{zh}", f"only {en}"),
        {"held": list(held), "others": others},
    )


def _none_of(pack: Pack, check: Check, facts: Mapping[str, Any], on: date) -> _Found:
    held = words_in(facts, check.numerator)
    hit = [word for word in held if word in check.words]
    zh, en = _labels(pack, check.words)
    return _Found(not hit, _labels(pack, held), (f"没有{zh}", f"none of {en}"), {"held": list(held), "hit": hit})


def _flag(pack: Pack, check: Check, facts: Mapping[str, Any], on: date) -> _Found:
    holds = plain(facts.get(check.numerator)) == "true"
    return _Found(holds, ("是", "yes") if holds else ("否", "no"), ("“是”", "a yes"), {check.numerator: holds})


def _given(pack: Pack, check: Check, facts: Mapping[str, Any], on: date) -> _Found:
    held = words_in(facts, check.numerator)
    holds = any(word.strip() for word in held)
    there = ("已填写", "given") if holds else ("未填写", "not given")
    return _Found(holds, there, ("须填写", "filling it in"), {"given": holds})


def _same(pack: Pack, check: Check, facts: Mapping[str, Any], on: date) -> _Found:
    one, other = plain(facts.get(check.numerator)), plain(facts.get(check.denominator or ""))
    there = f"{one or '—'}/{other or '—'}"
    return _Found(one == other, (there, there), ("两者一致", "the same on both sides"), {"one": one, "other": other})


def _among(pack: Pack, check: Check, facts: Mapping[str, Any], on: date) -> _Found:
    held, allowed = words_in(facts, check.numerator), words_in(facts, check.denominator or "")
    outside = [word for word in held if word not in allowed]
    zh, en = _labels(pack, allowed)
    return _Found(
        bool(held) and not outside,
        _labels(pack, held),
        (f"属于{zh}", f"one of {en}"),
        {"held": list(held), "outside": outside},
    )


_OPERATORS: Mapping[str, Callable[[Pack, Check, Mapping[str, Any], date], _Found]] = {
    "ratio": _ratio,
    "presence": _bounds,
    "bounds": _bounds,
    "norm": _norm,
    "required-set": _required_set,
    "first": _first,
    "one-of": _one_of,
    "none-of": _none_of,
    "flag": _flag,
    "given": _given,
    "same": _same,
    "among": _among,
}
