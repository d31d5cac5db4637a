"""`songjiao policy coverage`: every clause with what keeps it, how strongly that is proven, and the cases that show it."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.edge import Json, library
from cli.language import both, say
from cli.output import as_data, line, table

if TYPE_CHECKING:
    from ledger.proof.account import Account


def add_to(family: typer.Typer) -> None:
    """Put the command into `policy`."""
    family.command(
        "coverage",
        help=both(
            "逐条核对:每条由什么落实、实测力度、示例",
            "Prove each clause: what keeps it, how strongly, and by which cases",
        ),
    )(coverage)


def coverage(
    pack: Annotated[
        str | None,
        typer.Argument(metavar="[PACK]", help=both("政策包;不写则核对全部条款", "Pack; all clauses without it")),
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the account."""
    from ledger.proof.account import account

    found = account(library(), None if pack is None else [pack])
    if as_json:
        as_data(found)
    else:
        _show(found)


def _show(found: "Account") -> None:
    heads = [
        say("条款", "clause"),
        say("要求", "asked"),
        say("落实", "kept"),
        say("由何落实", "kept by"),
        say("示例", "cases"),
        say("说明", "note"),
    ]
    rows = [
        [row.id, row.strength_asked, row.strength_kept or "—", ", ".join(row.rules), len(row.cases), row.note]
        for row in found.clauses
    ]
    table(heads, rows)
    line(
        say(
            f"共 {found.total} 条:落实 {found.kept},弱于要求 {found.weaker},缺 {found.missing}",
            f"{found.total} clauses: {found.kept} kept, {found.weaker} weaker, {found.missing} missing",
        )
    )
