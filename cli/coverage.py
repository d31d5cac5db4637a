"""`songjiao policy coverage`: every clause with what keeps it, how strongly that is proven, and the cases that show it."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.edge import Json, library
from cli.failures import tell_of_broken
from cli.language import both, counted, say
from cli.output import as_data, line, table

if TYPE_CHECKING:
    from ledger.proof.account import Account
    from ledger.proof.probe import Red


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
    changed: Annotated[
        bool,
        typer.Option(
            "--changed",
            help=both(
                "逐条抽去规则、换掉办理人,看在哪一关变红",
                "Take out each clause's rule and swap its actor, and see at which door it turns red",
            ),
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Print the account; exits with 1 where a clause is missing, or stays green under a change."""
    from ledger.proof.account import account

    if changed:
        _changed(pack, as_json)
        return
    found = account(library(), None if pack is None else [pack])
    if as_json:
        as_data(found)
    else:
        _show(found)
    if found.missing:
        raise typer.Exit(1)


def _changed(pack: str | None, as_json: bool) -> None:
    from ledger.proof.mutations import turned

    packs = library()
    usable, broken = packs.survey() if pack is None else ([packs.load(pack)], {})
    rows = turned(packs, [one.pack for one in usable])
    if as_json:
        as_data([row.model_dump() for row in rows])
    else:
        heads = [say("条款", "clause"), say("抽去规则", "rule left out"), say("换掉办理人", "another actor")]
        table(heads, [[row.id, _where(row.left_out), _where(row.another_actor)] for row in rows])
        proven = sum(row.proven for row in rows)
        line(
            say(
                f"共 {len(rows)} 条:两种改动都在关口变红的 {proven} 条",
                f"{counted(len(rows), 'clause')}: {proven} turn red at a door under both changes",
            )
        )
    tell_of_broken(broken)
    if any(row.left_out is None or row.another_actor is None for row in rows):
        raise typer.Exit(1)


_DOORS = {
    "verdict": ("规则裁定", "a rule's verdict"),
    "ledger": ("台账办理", "the ledger's operation"),
    "sweep": ("到期扫描", "the sweep"),
    "entry": ("登记", "a register's entry"),
    "indicator": ("指标", "an indicator"),
    "text": ("仅见于文本", "the text alone"),
}


def _where(red: "Red | None") -> str:
    if red is None:
        return say("仍为绿", "still green")
    zh, en = _DOORS[red.at]
    return say(zh, en)


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
