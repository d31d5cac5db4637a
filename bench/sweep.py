"""The sweep over deadlines: what a due one costs, however many others are open.

Run `python -m bench.sweep [--small] [--json FILE]`. Two ledgers, one with ten times as many open obligations as the other,
have as many due ones each: all at the rung where they go up to the next level and the programme office. Their sweeps
take turns, batch by batch, so that both meet the same machine; statements are counted at the driver. The same on
PostgreSQL, where it is installed. No Prefect takes part. Serves no clause of a regulation.
"""

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlmodel import col, select

from bench.figures import Findings, Given, Target, given, show
from bench.ground import NotMeasured
from bench.obligations import seed
from ledger.sweeping import BATCH, sweep
from models.act import SYSTEM
from models.documents import Obligation, RungFired
from models.states import ObligationState
from office.runtime.clock import move_clock
from office.runtime.database import engine_for, forget_engines
from office.runtime.migrate import open_ledger
from office.runtime.settings import Settings, settings
from office.runtime.transactions import reading, transaction
from tests.support.postgres import PostgresUnavailable, postgres_server

TARGETS = {
    "ratio_tenfold": Target(at_most=1.3),
    "statements_per_due": Target(),
    "ratio_tenfold_pg": Target(at_most=1.3),
    "write_10k_s": Target(at_most=60),
}
INDEX = "ix_obligation_next"
_WRITTEN = 10_000
_WARM_UP = 2
"""Batches that are swept before the clock runs: the first ones open files and fill caches."""


@dataclass(frozen=True)
class Size:
    """How many are open in the larger ledger, and how many of them are due in each."""

    open: int
    due: int


SIZES = {False: Size(1_000_000, 10_000), True: Size(20_000, 1_000)}


@dataclass
class Swept:
    """What the batches of one ledger took: seconds and statements each, and how many rungs they climbed."""

    seconds: list[float]
    statements: list[int]
    fired: int = 0

    @property
    def seconds_per_due(self) -> float:
        """Seconds for each due one, without the first batches."""
        return sum(self.seconds[_WARM_UP:]) / (self.fired * len(self.seconds[_WARM_UP:]) / len(self.seconds))

    @property
    def statements_per_due(self) -> float:
        """Statements for each due one."""
        return sum(self.statements) / self.fired


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, answer the exit status: 1 only when nothing could be measured."""
    asked = given("sweep", "What a due deadline costs, however many others are open.", arguments)
    try:
        found = measure(asked)
    except NotMeasured as trouble:
        print(f"bench.sweep could not measure: {trouble}", file=sys.stderr)
        return 1
    finally:
        forget_engines()
        settings.cache_clear()
    show(found, asked)
    return 0


def measure(asked: Given) -> Findings:
    """All figures of this measurement. Raises `NotMeasured`."""
    size = SIZES[asked.small]
    found = Findings("sweep", targets=TARGETS)
    few, many = _both_sizes(size, [None, None], found, "SQLite")
    found.figures["ratio_tenfold"] = many.seconds_per_due / few.seconds_per_due
    found.figures["statements_per_due"] = many.statements_per_due
    try:
        with postgres_server() as server, server.database() as one, server.database() as two:
            few_pg, many_pg = _both_sizes(size, [one, two], found, "PostgreSQL")
            found.figures["ratio_tenfold_pg"] = many_pg.seconds_per_due / few_pg.seconds_per_due
            _tell_more(found, "pg_", few_pg, many_pg)
            forget_engines()
        found.notes.append("PostgreSQL ran without fsync; SQLite waits for the disk at each commit, as in an office.")
    except PostgresUnavailable as reason:
        found.notes.append(f"ratio_tenfold_pg was not measured: {reason}")
    found.figures["write_10k_s"] = sum(many.seconds) * _WRITTEN / many.fired
    _tell_more(found, "", few, many)
    if asked.small:
        found.notes.append(f"{size.open:,} open and {size.due:,} due; write_10k_s is that time scaled to 10,000.")
    return found


def _tell_more(found: Findings, prefix: str, few: Swept, many: Swept) -> None:
    found.details |= {
        f"{prefix}ms_per_due_few": few.seconds_per_due * 1000,
        f"{prefix}ms_per_due_many": many.seconds_per_due * 1000,
        f"{prefix}statements_per_due_few": few.statements_per_due,
        f"{prefix}statements_per_due_many": many.statements_per_due,
    }


def _both_sizes(size: Size, urls: Sequence[str | None], found: Findings, name: str) -> tuple[Swept, Swept]:
    """Sweep everything that is due in the smaller and the larger ledger, in turns."""
    with ExitStack() as stack:
        begun = time.perf_counter()
        few, many = (
            stack.enter_context(_office(url, count, size.due))
            for url, count in zip(urls, (size.open // 10, size.open), strict=True)
        )
        found.notes.append(
            f"{name}: {size.open // 10:,} and {size.open:,} open ones, {size.due:,} due in each, "
            f"recorded in {time.perf_counter() - begun:.0f} s; {_plan(many)}."
        )
        taken = (Swept([], []), Swept([], []))
        more = True
        while more:
            more = False
            for office, swept in zip((few, many), taken, strict=True):
                more = _batch(office, swept) or more
        for office, swept in zip((few, many), taken, strict=True):
            _must_be_all(office, swept, size.due)
    return taken


@contextmanager
def _office(url: str | None, count: int, due: int) -> Iterator[Settings]:
    """A ledger of its own with so many open obligations, its clock at ten on a workday."""
    with tempfile.TemporaryDirectory(prefix="songjiao-bench-") as folder:
        office = Settings(data_dir=Path(folder) / "data", database_url=url, prefect_port=0, _env_file=None)  # type: ignore[call-arg]
        open_ledger(office, demo=True)
        move_clock(office, datetime.fromisoformat("2026-03-10T10:00:00+08:00"), frozen=True)
        seed(office, count, due)
        yield office
        engine_for(office.ledger_url).dispose()


def _batch(office: Settings, swept: Swept) -> bool:
    """One sweep as the deadline watch does it; answers whether more is due."""
    count = 0

    def one(*_: Any) -> None:
        nonlocal count
        count += 1

    engine = engine_for(office.ledger_url)
    event.listen(engine, "before_cursor_execute", one)
    begun = time.perf_counter()
    try:
        with transaction(SYSTEM, office=office) as act:
            done = sweep(act, BATCH)
    finally:
        event.remove(engine, "before_cursor_execute", one)
    if done.fired:
        swept.seconds.append(time.perf_counter() - begun)
        swept.statements.append(count)
        swept.fired += done.fired
    return done.more


def _must_be_all(office: Settings, swept: Swept, due: int) -> None:
    with reading(office) as act:
        escalated = len(act.session.exec(select(RungFired.id).where(RungFired.rung == "escalate")).all())
    if not swept.fired == escalated == due:
        raise NotMeasured(f"{due} were due, {swept.fired} were swept and {escalated} escalated")


def _plan(office: Settings) -> str:
    """How the database finds what is due. Raises `NotMeasured` where it does not use the index."""
    engine = engine_for(office.ledger_url)
    query = (
        select(Obligation)
        .where(
            Obligation.state == ObligationState.OPEN,
            col(Obligation.next_at) <= datetime.fromisoformat("2026-03-10T02:00:00+00:00"),
        )
        .order_by(col(Obligation.next_at), col(Obligation.id))
        .limit(BATCH)
    )
    compiled = query.compile(engine, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    with engine.connect() as connection:
        lines = [str(row[-1]).strip() for row in connection.execute(text(f"{explain} {compiled}"))]
    shown = next((line for line in lines if INDEX in line), None)
    if shown is None:
        raise NotMeasured(f"the sweep's query does not use {INDEX}: {'; '.join(lines)}")
    return f"plan: {shown}"


if __name__ == "__main__":
    sys.exit(main())
