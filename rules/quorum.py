"""How many must agree in a tier, and what they have said together so far.

Decides whether the voices heard settle a tier, and how: one, all, m of n, or one per group. Nobody has two voices; one
that stands in for an absent person is that person's. Never asks who may speak: that is `rules.approval`. Serves the
`quorum` of a pack's tiers.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from models.states import DecisionOutcome

Kind = Literal["one", "all", "m-of-n", "one-per-group"]
_AGREED = (DecisionOutcome.APPROVE, DecisionOutcome.FILE)


@dataclass(frozen=True)
class Voice:
    """What was said in one seat."""

    seat: Hashable
    outcome: DecisionOutcome


def settled(
    kind: Kind,
    seats: Mapping[Hashable, frozenset[str]],
    voices: Sequence[Voice],
    *,
    least: int = 1,
    groups: Sequence[str] = (),
) -> DecisionOutcome | None:
    """How the tier is decided by the voices so far, or None while more are needed.

    `seats` are those who are asked, each with the groups that they can speak for. One that disagrees settles `all` and
    `one-per-group` at once, since agreement cannot come about any more; `m-of-n` waits until too few are left to agree.
    Where fewer than `least` people are asked, all of them must agree. A return goes before a rejection: it leaves a way.

    >>> asked = {"甲": frozenset(), "乙": frozenset(), "丙": frozenset()}
    >>> settled("m-of-n", asked, [Voice("甲", DecisionOutcome.APPROVE)], least=2) is None
    True
    """
    heard = {voice.seat: voice.outcome for voice in voices}
    agreed = [seat for seat, outcome in heard.items() if outcome in _AGREED]
    against = [outcome for outcome in heard.values() if outcome not in _AGREED]
    if kind == "one":
        return voices[0].outcome if voices else None
    if kind == "m-of-n":
        asked = len(seats.keys() | heard.keys())
        needed = min(max(least, 1), asked)
        if len(agreed) >= needed:
            return heard[agreed[0]]
        return _mildest(against) if asked - len(against) < needed else None
    if against:
        return _mildest(against)
    if kind == "all":
        return heard[agreed[0]] if agreed and seats.keys() <= heard.keys() else None
    return heard[agreed[0]] if agreed and _each_has_one(groups, agreed, seats) else None


def _mildest(against: Sequence[DecisionOutcome]) -> DecisionOutcome:
    return DecisionOutcome.RETURN if DecisionOutcome.RETURN in against else against[0]


def _each_has_one(groups: Sequence[str], agreed: Sequence[Hashable], seats: Mapping[Hashable, frozenset[str]]) -> bool:
    """Whether each group has a person of its own among those who agreed; nobody speaks for two."""
    speaks_for: dict[Hashable, str] = {}

    def find(group: str, tried: set[Hashable]) -> bool:
        for seat in agreed:
            if seat in tried or group not in seats.get(seat, frozenset()):
                continue
            tried.add(seat)
            if seat not in speaks_for or find(speaks_for[seat], tried):
                speaks_for[seat] = group
                return True
        return False

    return all(find(group, set()) for group in groups)
