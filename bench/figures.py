"""What a measurement tells: its figures beside what they must reach, as a table for people and as JSON for machines.

Decides nothing: a figure that misses its target is printed as it came out. Serves no clause of a regulation.
"""

import argparse
import json
import math
import os
import platform
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

_PACKAGES = ("prefect", "sqlalchemy", "sqlmodel", "pydantic", "fastapi", "uvicorn")


@dataclass(frozen=True)
class Target:
    """What a figure must reach: `at_most` or `at_least`, in the figure's own unit."""

    at_most: float | None = None
    at_least: float | None = None

    def words(self) -> str:
        """The target as it stands in the table."""
        if self.at_most is not None:
            return f"at most {self.at_most:g}"
        return f"at least {self.at_least:g}" if self.at_least is not None else ""

    def met(self, figure: float) -> bool:
        """Whether a figure reaches it."""
        return (self.at_most is None or figure <= self.at_most) and (self.at_least is None or figure >= self.at_least)


@dataclass
class Findings:
    """What one measurement found: the named figures, the details behind them, and how it was measured."""

    name: str
    figures: dict[str, float] = field(default_factory=dict)
    targets: Mapping[str, Target] = field(default_factory=dict)
    details: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Given:
    """What was asked for on the command line, and how busy the machine was then (load average of the last minute)."""

    small: bool
    json: Path | None
    load: float


def given(name: str, words: str, arguments: Sequence[str] | None = None) -> Given:
    """Read a measurement's arguments; leaves with exit status 2 for wrong ones."""
    parser = argparse.ArgumentParser(prog=f"python -m bench.{name}", description=words)
    parser.add_argument("--small", action="store_true", help="a few of each, to see that it works; not for comparing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    found = parser.parse_args(arguments)
    # Told to stop, it stops the office that it has started and leaves no folder behind.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    return Given(found.small, found.json, os.getloadavg()[0])


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the values do not exceed. Raises `ValueError` without any.

    >>> percentile([4.0, 1.0, 3.0, 2.0], 0.5)
    2.0
    """
    if not values:
        raise ValueError("a percentile of nothing")
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def versions() -> dict[str, str]:
    """Which Python and which libraries were measured."""
    return {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES}


def show(found: Findings, asked: Given) -> None:
    """Print the table; write the JSON where a file is named."""
    notes = [*found.notes, f"Load average of the machine when it began: {asked.load:.1f}."]
    small = ", small: only to see that it works" if asked.small else ""
    table = Table(title=f"bench/{found.name}, {cores()} cores{small}", title_justify="left")
    for heading in ("figure", "measured", "must be", ""):
        table.add_column(heading, justify="left" if heading in ("figure", "") else "right")
    for name, figure in found.figures.items():
        target = found.targets.get(name)
        wanted = target.words() if target else ""
        judged = target is not None and wanted and not asked.small  # a few of each prove nothing
        table.add_row(name, _plain(figure), wanted, ("reached" if target.met(figure) else "missed") if judged else "")
    for name, figure in found.details.items():
        table.add_row(f"  {name}", _plain(figure), "", "")
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 110)
    console.print(table)
    for note in notes:
        console.print(f"  {note}", highlight=False)
    if asked.json is not None:
        content = {"figures": found.figures, "versions": versions(), "cores": cores()}
        extra = {"details": found.details, "notes": notes}
        asked.json.write_text(json.dumps(content | extra, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _plain(figure: float) -> str:
    return f"{figure:,.0f}" if figure == int(figure) and abs(figure) >= 10 else f"{figure:,.3f}"
