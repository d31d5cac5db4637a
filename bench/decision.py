"""How soon the next person knows: from a decision to the next approver's message accepted by an SMTP server.

Run `python -m bench.decision [--small] [--json FILE]`. The act is the ledger operation, called in this process as the
command line calls it, in an office whose runs are woken by each decision meanwhile. Measured one after the other, many
at once, and one after the other again while Prefect's server is stopped. Beside it stands the floor: a bare commit and
a bare SMTP hand-over on the same disk to the same mailbox. Serves CQ2021-2.3 in so far as it times it.
"""

import smtplib
import sqlite3
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from bench.figures import Findings, Given, Target, given, percentile, show
from bench.ground import Ground, NotMeasured, Running, ground
from bench.world import TIERS, Ready

TARGETS = {
    "p50_s": Target(at_most=0.1),
    "p95_s": Target(at_most=0.25),
    "per_s": Target(at_least=40),
    "p50_down_s": Target(at_most=0.1),
}
_CALLERS = 8
"""How many decide at the same moment: threads of one process, each with a connection of its own."""

_PATIENCE_SECONDS = 120.0
_DRAIN_SECONDS = 1800.0
"""How long the runs may take to wait again, on a machine that does other things as well."""


@dataclass(frozen=True)
class Size:
    """How many decisions: one after the other (half of them on a programme's first tier), and at once."""

    one_by_one: int
    at_once: int


SIZES = {False: Size(100, 200), True: Size(4, 6)}


@dataclass(frozen=True)
class Timed:
    """A decision: how long the act took, and how long until the next approver's message was accepted, in seconds."""

    act_s: float
    told_s: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, answer the exit status: 1 only when nothing could be measured."""
    asked = given("decision", "From a decision to the next approver's message, accepted by an SMTP server.", arguments)
    try:
        with ground() as here:
            found = measure(here, asked)
    except (NotMeasured, TimeoutError) as trouble:
        print(f"bench.decision could not measure: {trouble}", file=sys.stderr)
        return 1
    show(found, asked)
    return 0


def measure(here: Ground, asked: Given) -> Findings:
    """All figures of this measurement. Raises `NotMeasured`, `TimeoutError`."""
    size = SIZES[asked.small]
    found = Findings("decision", targets=TARGETS)
    pairs = size.one_by_one // 2
    refs = here.standing(1 + pairs + size.at_once)
    warm_up, one_by_one, at_once = refs[0], refs[1 : pairs + 1], refs[pairs + 1 :]
    with here.opened() as running:
        running.rest()
        _one_after_another(running, [warm_up])
        running.rest()
        timed = _one_after_another(running, one_by_one)
        running.rest(_DRAIN_SECONDS)
        seconds, acts = _at_once(running, at_once)
        running.rest(_DRAIN_SECONDS)
        running.office.hold("server")
        down = _one_after_another(running, at_once[:pairs], tiers=(2,))
        running.office.restart("server")
    commit, hand_over = _floor(here, 20 if asked.small else 100)
    found.figures = {
        "p50_s": percentile([one.told_s for one in timed], 0.5),
        "p95_s": percentile([one.told_s for one in timed], 0.95),
        "per_s": len(at_once) / seconds,
        "p50_down_s": percentile([one.told_s for one in down], 0.5),
    }
    found.details = {
        "act_p50_s": percentile([one.act_s for one in timed], 0.5),
        "act_p95_s": percentile([one.act_s for one in timed], 0.95),
        "worst_s": max(one.told_s for one in timed),
        "p95_down_s": percentile([one.told_s for one in down], 0.95),
        "acts_per_s_at_once": len(at_once) / acts,
        "floor_commit_p50_s": commit,
        "floor_smtp_p50_s": hand_over,
    }
    found.notes = [
        f"{len(timed)} one after the other, {len(at_once)} at once by {_CALLERS} callers.",
        f"{len(down)} one after the other with Prefect's server stopped.",
        "act: the operation with its commit.",
        "floor: a row committed to SQLite with synchronous=FULL; a message of that size over a new SMTP connection.",
    ]
    return found


def _one_after_another(running: Running, refs: Sequence[str], tiers: Sequence[int] = (1, 2)) -> list[Timed]:
    """Decide tier by tier, each only when the message of the one before has come."""
    timed = []
    for ref in refs:
        for tier in tiers:
            timed.append(_decide(running, ref, tier))
    return timed


def _decide(running: Running, ref: str, tier: int) -> Timed:
    world, sink = running.ground.world, running.ground.sink
    ready, next_mail = world.ready_tier(ref, tier), world.mails[TIERS[tier]]
    so_far = len(sink.arrived(next_mail))
    began = time.monotonic()
    world.decide(ready)
    acted = time.monotonic()
    arrival = sink.await_more(next_mail, so_far + 1, _PATIENCE_SECONDS)[-1]
    return Timed(acted - began, arrival.at - began)


def _at_once(running: Running, refs: Sequence[str]) -> tuple[float, float]:
    """Decide the first tier of all at once. Gives the seconds until the last next approver's message was accepted, and
    until the last act was done."""
    world, sink = running.ground.world, running.ground.sink
    readies: list[Ready] = [world.ready_tier(ref, 1) for ref in refs]
    next_mail = world.mails[TIERS[1]]
    so_far = len(sink.arrived(next_mail))
    with ThreadPoolExecutor(_CALLERS) as callers:
        began = time.monotonic()
        list(callers.map(world.decide, readies))
        acted = time.monotonic()
    arrivals = sink.await_more(next_mail, so_far + len(refs), _PATIENCE_SECONDS)[so_far:]
    return max(one.at for one in arrivals) - began, acted - began


def _floor(here: Ground, count: int) -> tuple[float, float]:
    """What no decision can do without: the median of a bare commit, and of a bare SMTP hand-over, in seconds."""
    return _commit_p50(here.settings.root / "floor.db", count), _smtp_p50(here, count)


def _commit_p50(file: Path, count: int) -> float:
    taken = []
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE row (text TEXT)")
        for number in range(count):
            began = time.monotonic()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO row VALUES (?)", [f"{number:01000d}"])
            connection.execute("COMMIT")
            taken.append(time.monotonic() - began)
    return percentile(taken, 0.5)


def _smtp_p50(here: Ground, count: int) -> float:
    size = here.sink.last_size or 2000
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "floor@songjiao.test", "floor@songjiao.test", "floor"
    message.set_content("x" * 60 + "\n" + ("x" * 70 + "\n") * (size // 71))
    taken = []
    for _ in range(count):
        began = time.monotonic()
        with smtplib.SMTP(here.sink.host, here.sink.port, timeout=30) as connection:
            connection.send_message(message)
            taken.append(time.monotonic() - began)
    return percentile(taken, 0.5)


if __name__ == "__main__":
    sys.exit(main())
