"""`songjiao status`: whether the office's watches look in time, and what the last hourly audit found.

Exit status 1 when a watch is silent or something stands where it should not: so a monitor of the house can call it.
"""

from datetime import UTC, datetime

import typer

from cli.edge import Json, looking
from cli.language import both, say, spoken
from cli.output import as_data, line, when

NAMES = {"deadline-watch": ("时限督办", "deadline watch"), "hourly-audit": ("整点核查", "hourly audit")}


def add_to(app: typer.Typer) -> None:
    """Put the command into the tree."""
    app.command(
        "status", help=both("监视是否按时运行、核查发现了什么", "Whether the watches look in time, and what was found")
    )(status)


def status(as_json: Json = False) -> None:
    from ledger.watching import watches

    with looking() as act:
        found = watches(act, datetime.now(UTC))
        lines = []
        for one in found:
            name = say(*NAMES[one.name])
            if one.looked_at is None:
                lines.append(say(f"{name}:尚未运行", f"{name}: has not run yet"))
            elif one.silent:
                since = when(one.looked_at, act.zone)
                lines.append(say(f"{name}:自{since}起没有运行", f"{name}: has not run since {since}"))
            else:
                since = when(one.looked_at, act.zone)
                lines.append(say(f"{name}:正常(上次 {since})", f"{name}: in order (last {since})"))
            lines += [f"  {one_found.words()[spoken() == 'en']}" for one_found in one.found]
    if as_json:
        as_data(found)
    else:
        for text in lines:
            line(text)
    if any(one.silent or one.found for one in found):
        raise typer.Exit(1)
