"""How a check, a register, an indicator, a duty, a computation or a bar of one pack comes to hold in another.

Decides what a mechanism cannot work without: the registers and facts that it counts, the rules with their values, the
words and the ladder. What the pack has itself under that key stays its own. This is how clauses of a text that binds
nobody take effect: a region's pack adopts them, and what warned there refuses here.
"""

from collections.abc import Callable, Iterator
from typing import Any

from policies.mechanics import rule_uses
from policies.mechanisms import Bar, Check, Computation, Count, Duty, Indicator, Register
from policies.schema import Pack

BLOCKS = ("checks", "registers", "facts", "indicators", "duties", "computations", "bars")

Stamp = Callable[[Any], Any]


def is_mechanism(part: str) -> bool:
    """Whether the part of an adoption names a mechanism, such as bars.institute-disqualified."""
    block, _, key = part.partition(".")
    return block in BLOCKS and bool(key)


def mechanisms_of(pack: Pack) -> list[str]:
    """Every mechanism of a pack, as an adoption names it."""
    return [f"{block}.{one.key}" for block in BLOCKS for one in getattr(pack, block)]


def bring(pack: Pack, other: Pack, part: str, stamp: Stamp) -> Pack:
    """The pack with this mechanism of the other and everything that it works with; as it was where it has one itself."""
    block, _, key = part.partition(".")
    if any(one.key == key for one in getattr(pack, block)):
        return pack
    found = next((one for one in getattr(other, block) if one.key == key), None)
    if found is None:
        return pack
    pack = pack.model_copy(update={block: (*getattr(pack, block), stamp(found))})
    pack = _values(pack, other, block, found, stamp)
    pack = _words(pack, other, found)
    if isinstance(found, Duty) and found.ladder not in [ladder.key for ladder in pack.ladders]:
        ladders = stamp(tuple(ladder for ladder in other.ladders if ladder.key == found.ladder))
        pack = pack.model_copy(update={"ladders": (*pack.ladders, *ladders)})
    for needed in _needs(found):
        pack = bring(pack, other, needed, stamp)
    return pack


def _values(pack: Pack, other: Pack, block: str, found: Any, stamp: Stamp) -> Pack:
    """With the rules and settings that the mechanism reads."""
    nothing: dict[str, Any] = dict.fromkeys((*BLOCKS, "hours", "stages"), ())
    alone = other.model_copy(update=nothing | {block: (found,)})
    rules, settings = dict(pack.rules), dict(pack.settings)
    for rule_id, _, _ in rule_uses(alone):
        if rule_id in rules or rule_id in settings:
            continue
        if rule_id in other.rules:
            rules[rule_id] = stamp(other.rules[rule_id])
        elif rule_id in other.settings:
            settings[rule_id] = stamp(other.settings[rule_id])
    return pack.model_copy(update={"rules": rules, "settings": settings})


def _words(pack: Pack, other: Pack, found: Any) -> Pack:
    used: list[str] = []
    if isinstance(found, Register):
        used += [word for field in found.fields for word in field.choices]
    if isinstance(found, Check | Computation):
        used += found.words
    if isinstance(found, Computation):
        used += [*found.table, *found.table.values()]
    names = {word: other.words[word] for word in used if word in other.words and word not in pack.words}
    return pack.model_copy(update={"words": pack.words | names}) if names else pack


def _needs(found: Any) -> Iterator[str]:
    """The registers and facts without which the mechanism does not work."""
    doors: tuple[str | None, ...] = ()
    counts: tuple[Count | None, ...] = ()
    if isinstance(found, Check):
        doors, counts = found.subjects, tuple(found.facts.values())
    elif isinstance(found, Indicator):
        counts = (found.numerator, found.denominator)
    elif isinstance(found, Duty):
        doors = (found.opens_with, found.met_by)
    elif isinstance(found, Bar):
        doors = found.bars
        yield f"registers.{found.register_}"
        if found.lifted_by is not None:
            yield f"registers.{found.lifted_by}"
    for door in doors:
        if door is not None and door.startswith("register:"):
            yield f"registers.{door.removeprefix('register:')}"
    for count in counts:
        if count is not None and count.register_ is not None:
            yield f"registers.{count.register_}"
        if count is not None and count.fact is not None:
            yield f"facts.{count.fact}"
