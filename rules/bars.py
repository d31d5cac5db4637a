"""What recorded findings shut out: an entry of a register bars whoever it names from the doors that the pack says.

Decides whether somebody is barred on a day, from when and up to which day (that day included). An annulled entry bars
nobody, and a later entry of the register that lifts the bar ends it. Never finds anybody guilty: the entry is an act of
the role that decides. Serves CQ2021-4.3, 6.3 and the bans and losses of qualification of other regions.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from models.values import Verdict
from policies.force import in_force
from policies.lookup import find, find_or_none
from policies.mechanisms import Bar, Count
from policies.schema import Pack
from rules.bans import corresponding_day
from rules.checks import plain
from rules.indicators import EntryFact, fits

SUBJECT = "subject"


@dataclass(frozen=True)
class Barred:
    """A bar that an entry brought about: from its first day up to and including its last (None: open-ended)."""

    entry: EntryFact
    starts_on: date
    ends_on: date | None


def barring(pack: Pack, bar: Bar, subject: str, entries: Iterable[EntryFact], on: date) -> Barred | None:
    """The longest bar on this subject that holds on the day, or None."""
    listed = tuple(entries)
    lifts = Count(register_=bar.lifted_by, where=bar.lifted_where)
    lifted = [entry.on for entry in listed if bar.lifted_by and fits(lifts, entry) and _named(bar, entry) == subject]
    found: list[Barred] = []
    for entry in listed:
        if not fits(Count(register_=bar.register_, where=bar.where), entry) or _named(bar, entry) != subject:
            continue
        starts = _starts(bar, entry)
        if bar.years and not _in_force(pack, bar.years, starts):
            continue  # the text did not hold yet, or no more: what happened then bars nobody
        ends = _ends(pack, bar, starts)
        if starts <= on and (ends is None or on <= ends) and not any(starts <= day <= on for day in lifted):
            found.append(Barred(entry, starts, ends))
    return max(found, key=lambda one: one.ends_on or date.max) if found else None


def _named(bar: Bar, entry: EntryFact) -> str:
    return entry.subject if bar.on == SUBJECT else plain(entry.content.get(bar.on))


def _starts(bar: Bar, entry: EntryFact) -> date:
    told = entry.content.get(bar.starts) if bar.starts else None
    return date.fromisoformat(str(told)) if told else entry.on


def _in_force(pack: Pack, rule_id: str, on: date) -> bool:
    found = find_or_none(pack, rule_id, on)
    return found is not None and found.value is not None


def _ends(pack: Pack, bar: Bar, starts: date) -> date | None:
    found = find(pack, bar.years, starts) if bar.years else None
    if found is None or found.value is None:
        return None
    return corresponding_day(starts, int(str(found.value)))


def may_pass(
    pack: Pack,
    door: str,
    facts: Mapping[str, Any],
    entries: Iterable[EntryFact],
    on: date,
    reasons: Mapping[str, str] | None = None,
) -> tuple[Verdict, ...]:
    """One verdict for each bar of the pack at this door; `facts` name who stands there (`host`, `teacher`, a field).

    Where the text of the pack does not bind, a bar warns: it is passed with a reason under its key, or noted at a door
    that takes no reasons.
    """
    listed = tuple(entries)
    return tuple(
        _verdict(
            bar,
            plain(facts.get(bar.of)),
            barring(pack, bar, plain(facts.get(bar.of)), listed, on),
            in_force(pack, "block"),
            reasons.get(bar.key, "").strip() if reasons is not None else None,
        )
        for bar in pack.bars
        if door in bar.bars and all(plain(facts.get(fact)) == wanted for fact, wanted in bar.when.items())
    )


def _verdict(
    bar: Bar, subject: str, barred: Barred | None, strength: Literal["block", "warn"], reason: str | None
) -> Verdict:
    facts: dict[str, Any] = {
        "subject": subject,
        "barred_until": None,
        "barred": barred is not None,
        "decided_by": list(bar.decided_by),
    }
    if barred is None:
        return Verdict(
            key=bar.key,
            allowed=True,
            zh=f"{bar.name.zh}:无此情形。",
            en=f"{bar.name.en}: nothing stands against it.",
            basis=(bar.basis,),
            strength=strength,
            facts=facts,
        )
    until = barred.ends_on.isoformat() if barred.ends_on else None
    zh = f"至 {until}(含当日)" if until else "未经恢复"
    en = f"up to and including {until}" if until else "until it is lifted"
    facts |= {"barred_until": until, "starts_on": barred.starts_on.isoformat()}
    if strength == "warn":
        noted = reason is None
        facts |= {"reason": reason} if reason else {"warned": True} if noted else {}
        todo = (f"已说明理由:{reason}", f"reason given: {reason}") if reason else ("请填写理由。", "give a reason.")
        if noted:
            todo = ("请留意,已记录。", "noted, nothing is held up.")
        return Verdict(
            key=bar.key,
            allowed=bool(reason) or noted,
            zh=f"{bar.name.zh}:{subject} 自 {barred.starts_on} 起{zh}不宜办理(原文不具约束力);{todo[0]}",
            en=f"{bar.name.en}: {subject} is advised against from {barred.starts_on} {en} (the text binds nobody); "
            f"{todo[1]}",
            basis=(bar.basis,),
            strength=strength,
            reason_needed=reason == "",
            facts=facts,
        )
    return Verdict(
        key=bar.key,
        allowed=False,
        zh=f"{bar.name.zh}:{subject} 自 {barred.starts_on} 起{zh}不得办理。如认定有误,可申请撤销该登记。",
        en=f"{bar.name.en}: {subject} is barred from {barred.starts_on} {en}. If the finding is wrong, ask for its "
        "annulment.",
        basis=(bar.basis,),
        strength=strength,
        facts=facts,
    )
