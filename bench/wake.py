"""How soon Prefect shows it: from a decision to the phase's run waiting again for the next tier, name, tags and form in
place.

Run `python -m bench.wake [--small] [--json FILE]`. The end is seen from outside, by Prefect's API: Suspended, the next
tier in the tags, a new form whose schema is saved. The same flow on the same server and data under three sides that
take turns: the warm engine, the stock process worker as Prefect delivers it, and the stock worker asking each second.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bench.figures import Findings, Given, Target, given, percentile, show
from bench.ground import (
    PATIENCE_SECONDS,
    STOCK_1S,
    STOCK_DEFAULT,
    WARM,
    Ground,
    NotMeasured,
    Running,
    Side,
    Watched,
    ground,
    until_true,
)
from bench.processes import cpu_seconds

TARGETS = {
    "p50_s": Target(at_most=0.6),
    "p95_s": Target(at_most=1.5),
    "ratio_default": Target(at_least=12),
    "ratio_1s": Target(at_least=5),
}
LOOK_SECONDS = 0.1
"""How often we look from outside. Each look is a request that the wake competes with; it adds half of this to a wake."""


@dataclass(frozen=True)
class Size:
    """How many wakes each side is measured by, and in how many turns."""

    warm: int
    stock_default: int
    stock_1s: int
    turns: int


SIZES = {False: Size(30, 9, 15, 3), True: Size(2, 1, 1, 1)}


@dataclass
class Wakes:
    """What a side's wakes took, in seconds: each in all and by its parts as Prefect's own states tell them, and the
    processor time of all of them together.
    """

    seconds: list[float] = field(default_factory=list)
    parts: list[dict[str, float]] = field(default_factory=list)
    cpu_s: float = 0.0

    def p50(self) -> float:
        """The median."""
        return percentile(self.seconds, 0.5)

    def part_p50(self, name: str) -> float:
        """The median of a part."""
        return percentile([parts[name] for parts in self.parts if name in parts], 0.5)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, answer the exit status: 1 only when nothing could be measured."""
    asked = given("wake", "From a decision to the phase's run waiting again in Prefect.", arguments)
    try:
        with ground() as here:
            found = measure(here, asked)
    except NotMeasured as trouble:
        print(f"bench.wake could not measure: {trouble}", file=sys.stderr)
        return 1
    show(found, asked)
    return 0


def measure(here: Ground, asked: Given) -> Findings:
    """All figures of this measurement. Raises `NotMeasured`."""
    size = SIZES[asked.small]
    counts = {WARM: size.warm, STOCK_DEFAULT: size.stock_default, STOCK_1S: size.stock_1s}
    warm_ups = 0 if asked.small else len(counts) * size.turns
    refs = here.standing(1 + (sum(counts.values()) + warm_ups + 1) // 2)
    measured = {side: Wakes() for side in counts}
    with here.opened() as running:
        running.rest()
        wake(running, refs[0], 1)
        acts = ((ref, tier) for ref in refs[1:] for tier in (1, 2))
        for _ in range(size.turns):
            for side, count in counts.items():
                running.take(side)
                running.rest()
                if warm_ups:
                    wake(running, *next(acts))
                _some(running, measured[side], acts, count // size.turns)
    return _findings(measured)


def _some(running: Running, into: Wakes, acts: Iterator[tuple[str, int]], count: int) -> None:
    before = cpu_seconds(running.ground.settings)
    for _ in range(count):
        seconds, parts = wake(running, *next(acts))
        into.seconds.append(seconds)
        into.parts.append(parts)
        running.rest()
    into.cpu_s += cpu_seconds(running.ground.settings) - before


def wake(running: Watched, ref: str, tier: int) -> tuple[float, dict[str, float]]:
    """Decide a tier and wait until the run waits for the next one. Gives the seconds, in all and by part."""
    world, api = running.ground.world, running.api
    run_id, ready = world.runs(ref)["plan-review"], world.ready_tier(ref, tier)
    former = until_true(lambda: api.form_key(run_id), f"the form of {ref}", 0.2, PATIENCE_SECONDS)
    began_at, began = time.time(), time.monotonic()
    world.decide(ready)

    def again() -> bool:
        key = api.form_key(run_id, f"tier:{tier + 1}")
        return key is not None and key != former

    until_true(again, f"{ref} waiting for tier {tier + 1}", LOOK_SECONDS, PATIENCE_SECONDS)
    seconds = time.monotonic() - began
    return seconds, _parts(api.states(run_id), began_at, began_at + seconds)


def _parts(states: list[dict[str, Any]], began_at: float, ended_at: float) -> dict[str, float]:
    """Where the time went: until scheduled, taken by the worker, running, suspended, and seen with its form."""
    parts: dict[str, float] = {}
    last = began_at
    for state in states:
        at = datetime.fromisoformat(state["timestamp"]).timestamp()
        if at >= began_at:
            name = f"to_{state['name'].lower()}_s"
            parts[name] = parts.get(name, 0.0) + at - last
            last = at
    return parts | {"to_form_seen_s": ended_at - last}


def _findings(measured: dict[Side, Wakes]) -> Findings:
    warm, default, one = measured[WARM], measured[STOCK_DEFAULT], measured[STOCK_1S]
    found = Findings("wake", targets=TARGETS)
    found.figures = {
        "p50_s": warm.p50(),
        "p95_s": percentile(warm.seconds, 0.95),
        "ratio_default": default.p50() / warm.p50(),
        "ratio_1s": one.p50() / warm.p50(),
    }
    found.details = {
        "stock_default_p50_s": default.p50(),
        "stock_default_p95_s": percentile(default.seconds, 0.95),
        "stock_1s_p50_s": one.p50(),
        "stock_1s_p95_s": percentile(one.seconds, 0.95),
    }
    found.details |= {
        "warm_cpu_s": warm.cpu_s / len(warm.seconds),
        "stock_default_cpu_s": default.cpu_s / len(default.seconds),
        "stock_1s_cpu_s": one.cpu_s / len(one.seconds),
    }
    names = list(warm.parts[0])
    found.details |= {f"warm_{name}": warm.part_p50(name) for name in names}
    found.details |= {f"stock_1s_{name}": one.part_p50(name) for name in names if any(name in p for p in one.parts)}
    found.notes = [
        "; ".join(f"{side.name}: {len(wakes.seconds)} wakes" for side, wakes in measured.items()) + "; in turns,"
        " ratios of medians.",
        f"Looked from outside every {LOOK_SECONDS:g} s; the parts are Prefect's own state times, medians.",
        "cpu: processor time of all the office's processes per wake, our looking included.",
    ]
    return found


if __name__ == "__main__":
    sys.exit(main())
