"""What waiting costs: thousands of programmes that wait for people, and a wake among them.

Run `python -m bench.idle [--small] [--json FILE]`. The office runs as `songjiao up` in processes of its own. First ten
programmes are woken; then thousands of copies of one of them are written into the ledger and into Prefect's database,
and some drawn by lot are woken the same way and then answered in their Resume form through Prefect's API: a copy that
was not as good as an original would fail there. Memory is the proportional set size of all Songjiao and Prefect
processes together, the highest seen while everybody waits. Linux only.
"""

import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.copies import copy_programme
from bench.figures import Findings, Given, Target, given, percentile, show
from bench.ground import Ground, NotMeasured, Watched, ground, until_true
from bench.processes import tells_shares, watch
from bench.wake import LOOK_SECONDS, wake
from ledger.audit import verify
from office.runtime.transactions import reading

TARGETS = {
    "programmes": Target(at_least=5000),
    "processes": Target(at_most=12),
    "pss_mb": Target(at_most=1200),
    "wake_ratio": Target(at_most=2),
}
_PATIENCE_SECONDS = 900.0


@dataclass(frozen=True)
class Size:
    """How many programmes wait, how many do so at first, how many are woken, and how long waiting is watched (seconds)."""

    programmes: int
    few: int
    woken: int
    watched_s: float


SIZES = {False: Size(5000, 10, 20, 75.0), True: Size(40, 2, 2, 3.0)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, answer the exit status: 1 only when nothing could be measured."""
    asked = given("idle", "What thousands of waiting programmes cost.", arguments)
    if not tells_shares():
        print("bench.idle could not measure: this system does not tell a process's share of memory", file=sys.stderr)
        return 1
    try:
        with ground() as here:
            found = measure(here, asked)
    except NotMeasured as trouble:
        print(f"bench.idle could not measure: {trouble}", file=sys.stderr)
        return 1
    show(found, asked)
    return 0


def measure(here: Ground, asked: Given) -> Findings:
    """All figures of this measurement. Raises `NotMeasured`."""
    size = SIZES[asked.small]
    refs = here.world.stand(size.few)
    *woken, original = refs
    with here.up() as running:
        running.all_wait(refs)
        _wake(running, woken[0], 1)
        acts = [(ref, tier) for tier in (1, 2) for ref in woken][1:]
        among_few = [_wake(running, ref, tier) for ref, tier in acts[: size.woken]]
        few = watch(here.settings, min(size.watched_s, 15.0))
    began = time.monotonic()
    copies = copy_programme(here.settings, original, size.programmes - size.few)
    copied_s = time.monotonic() - began
    _must_verify(here)
    lot = random.Random(20211).sample(copies, size.woken)
    began = time.monotonic()
    with here.up() as running:
        running.rest(_PATIENCE_SECONDS)
        rested_s = time.monotonic() - began
        many = watch(here.settings, size.watched_s)
        among_many = [_wake(running, ref, 1) for ref in lot]
        answered = [_answer(running, ref) for ref in lot]
    found = Findings("idle", targets=TARGETS)
    found.figures = {
        "programmes": float(size.programmes),
        "processes": float(many.processes),
        "pss_mb": many.pss_mb,
        "wake_ratio": percentile(among_many, 0.5) / percentile(among_few, 0.5),
    }
    found.details = {
        "wake_p50_s": percentile(among_many, 0.5),
        "wake_worst_s": max(among_many),
        "wake_p50_among_few_s": percentile(among_few, 0.5),
        "wake_worst_among_few_s": max(among_few),
        "form_answer_p50_s": percentile(answered, 0.5),
        "processes_with_few": float(few.processes),
        "pss_mb_with_few": few.pss_mb,
        "core_share": many.core_share,
        "core_share_with_few": few.core_share,
        "copying_s": copied_s,
        "start_to_rest_s": rested_s,
    }
    found.notes = [
        f"{size.few} programmes came there by the ledger's operations, {len(copies)} are copies; four waiting runs each.",
        f"{len(lot)} drawn by lot were woken by a decision, then answered in their Resume form through the API.",
        f"memory and processes: the highest seen in {size.watched_s:.0f} s of waiting, supervisor included.",
    ]
    return found


def _wake(running: Watched, ref: str, tier: int) -> float:
    seconds, _ = wake(running, ref, tier)
    running.rest(_PATIENCE_SECONDS)
    return seconds


def _answer(running: Watched, ref: str) -> float:
    """Fill in the Resume form of the second tier through the API; gives the seconds until the run waits for the third."""
    world, api = running.ground.world, running.api
    run_id, ready = world.runs(ref)["plan-review"], world.ready_tier(ref, 2)
    former = api.form_key(run_id, "tier:2")
    values = {"approver": ready.person_ref, "code": ready.code, "decision": "审核通过", "comment": ""}
    began = time.monotonic()
    answer = api.post(f"/flow_runs/{run_id}/resume", {"run_input": values})
    if answer.get("status") != "ACCEPT":
        raise NotMeasured(f"Prefect did not take the form of {ref}: {answer}")

    def again() -> bool:
        key = api.form_key(run_id, "tier:3")
        return key is not None and key != former

    until_true(again, f"{ref} waiting for tier 3", LOOK_SECONDS, _PATIENCE_SECONDS)
    seconds = time.monotonic() - began
    running.rest(_PATIENCE_SECONDS)
    return seconds


def _must_verify(here: Ground) -> None:
    with reading(here.settings) as act:
        checked = verify(act)
    if not checked.ok:
        raise NotMeasured(f"the audit chain does not verify after copying: {checked.why or checked.differences[:3]}")


if __name__ == "__main__":
    sys.exit(main())
