"""A deadline day: many decisions at once, until all their runs wait again in Prefect.

Run `python -m bench.burst [--small] [--json FILE]`. The same flow on the same server and data under three sides in
turn: the stock process worker as Prefect delivers it, the warm engine, the stock worker asking each second. The stock
sides take fewer decisions and their throughput is compared as it is, a second counting the same; the warm engine is
compared with the faster of the two.
"""

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from bench.figures import Findings, Given, Target, given, show
from bench.ground import (
    PATIENCE_SECONDS,
    STOCK_1S,
    STOCK_DEFAULT,
    WARM,
    Ground,
    NotMeasured,
    Running,
    ground,
    until_true,
)
from bench.processes import cpu_seconds

TARGETS = {"per_s": Target(), "ratio_stock": Target(at_least=6)}
_CALLERS = 8
_LOOK_SECONDS = 0.25
_PATIENCE_SECONDS = 900.0


@dataclass(frozen=True)
class Size:
    """How many decisions at once on the warm side, and on each stock side."""

    warm: int
    stock: int


SIZES = {False: Size(200, 20), True: Size(6, 2)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, answer the exit status: 1 only when nothing could be measured."""
    asked = given("burst", "Many decisions at once, until all runs wait again in Prefect.", arguments)
    try:
        with ground() as here:
            found = measure(here, asked)
    except NotMeasured as trouble:
        print(f"bench.burst could not measure: {trouble}", file=sys.stderr)
        return 1
    show(found, asked)
    return 0


def measure(here: Ground, asked: Given) -> Findings:
    """All figures of this measurement. Raises `NotMeasured`."""
    size = SIZES[asked.small]
    refs = here.standing(1 + size.warm + 2 * size.stock)
    warm_up, refs = refs[0], refs[1:]
    slow, fast, quick = refs[: size.stock], refs[size.stock : size.stock + size.warm], refs[-size.stock :]
    with here.opened() as running:
        running.rest()
        burst(running, [warm_up], 1)
        running.take(STOCK_DEFAULT)
        default = burst(running, slow, 1)
        running.take(WARM)
        first = burst(running, fast, 1)
        running.take(STOCK_1S)
        one = burst(running, quick, 1)
        running.take(WARM)
        second = burst(running, fast, 2)
    per_s = (first.count + second.count) / (first.seconds + second.seconds)
    found = Findings("burst", {"per_s": per_s, "ratio_stock": per_s / max(default.per_s, one.per_s)}, TARGETS)
    for name, one_burst in {"first": first, "second": second, "stock_default": default, "stock_1s": one}.items():
        found.details |= {f"{name}_per_s": one_burst.per_s, f"{name}_cpu_s": one_burst.cpu_s}
    found.notes = [
        f"{size.warm} decisions at once, twice, by {_CALLERS} callers; {size.stock} on each stock side, scaled.",
        "ratio_stock is against the faster of the two stock sides; the goal is 10.",
        "cpu: processor time of all the office's processes per decision.",
    ]
    return found


@dataclass(frozen=True)
class Burst:
    """How long many decisions at once took, and the processor time of the office's processes for each, in seconds."""

    count: int
    seconds: float
    cpu_s: float

    @property
    def per_s(self) -> float:
        """Decisions a second."""
        return self.count / self.seconds


def burst(running: Running, refs: Sequence[str], tier: int) -> Burst:
    """Decide a tier of all at once; gives what it took until every run waited for the next tier.

    That each has its new form is looked at after the clock has stopped: hundreds of questions take a while.
    """
    world, api = running.ground.world, running.api
    run_ids = {world.runs(ref)["plan-review"] for ref in refs}
    former = {run_id: api.form_key(run_id) for run_id in run_ids}
    readies = [world.ready_tier(ref, tier) for ref in refs]
    waiting = ("phase:plan-review", f"tier:{tier + 1}")
    before = api.count(*waiting, kinds=("PAUSED",))
    before_s = cpu_seconds(running.ground.settings)
    began = time.monotonic()
    with ThreadPoolExecutor(_CALLERS) as callers:
        list(callers.map(world.decide, readies))
    until_true(
        lambda: api.count(*waiting, kinds=("PAUSED",)) >= before + len(refs) and api.moving() == 0,
        f"{len(refs)} runs waiting again",
        _LOOK_SECONDS,
        _PATIENCE_SECONDS,
    )
    seconds = time.monotonic() - began
    cpu_s = (cpu_seconds(running.ground.settings) - before_s) / len(refs)
    for run_id in run_ids:
        asked = partial(_new_form, running, run_id, waiting, former[run_id])
        until_true(asked, f"the new form of the run {run_id}", _LOOK_SECONDS, PATIENCE_SECONDS)
    running.rest()
    return Burst(len(refs), seconds, cpu_s)


def _new_form(running: Running, run_id: str, tags: tuple[str, ...], former: str | None) -> bool:
    key = running.api.form_key(run_id, *tags)
    return key is not None and key != former


if __name__ == "__main__":
    sys.exit(main())
