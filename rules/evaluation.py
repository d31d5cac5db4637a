"""The scored evaluation: four sources on a scale of 0 to 100, weighted by the pack.

Decides each part's points and the total in decimal arithmetic, rounded once at the end. Never closes, re-weights or
takes as zero while a source is missing (CQ2021-9.3).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from models.values import Basis
from policies.lookup import find
from policies.schema import Name, Pack

LOWEST, HIGHEST = Decimal(0), Decimal(100)


class ScoreRefused(ValueError):
    """A score that the evaluation cannot take: off the scale, or from a source that the pack does not know."""


@dataclass(frozen=True)
class ScorePart:
    """One source's part: its weight (ratio 0-1), its score (0-100), and weight times score, unrounded."""

    source: str
    name: Name
    weight: Decimal
    value: Decimal
    points: Decimal
    basis: Basis


@dataclass(frozen=True)
class ScoreSheet:
    """The parts that are in, the total (None while a source is missing) and the missing sources in the pack's order."""

    parts: tuple[ScorePart, ...]
    total: Decimal | None
    missing: tuple[str, ...]


def score(pack: Pack, values: Mapping[str, Decimal], on: date) -> ScoreSheet:
    """The score from the sources' values under the weights in force on the day.

    Raises ScoreRefused for a value outside 0 to 100 and for a source that the pack does not have.
    """
    evaluation = pack.evaluation
    sources = evaluation.sources if evaluation else ()
    _refuse_unfit(pack, values, {source.key for source in sources})
    parts: list[ScorePart] = []
    missing: list[str] = []
    for source in sources:
        value = values.get(source.key)
        if value is None:
            missing.append(source.key)
            continue
        found = find(pack, source.weight, on)
        weight = Decimal(str(found.value))
        parts.append(
            ScorePart(
                source=source.key,
                name=source.name,
                weight=weight,
                value=value,
                points=weight * value,
                basis=found.basis,
            )
        )
    if evaluation is None or missing:
        return ScoreSheet(parts=tuple(parts), total=None, missing=tuple(missing))
    decimals = int(str(find(pack, evaluation.decimals, on).value))
    total = sum((part.points for part in parts), Decimal(0)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return ScoreSheet(parts=tuple(parts), total=total, missing=())


def _refuse_unfit(pack: Pack, values: Mapping[str, Decimal], known: set[str]) -> None:
    for key, value in values.items():
        if key not in known:
            raise ScoreRefused(
                f"pack {pack.pack}: there is no score source {key!r}; it knows {', '.join(sorted(known)) or 'none'}"
            )
        if not (value.is_finite() and LOWEST <= value <= HIGHEST):  # NaN compares with nothing
            raise ScoreRefused(f"{key}: {value} is not a score; give a number from {LOWEST} to {HIGHEST}")
