"""`songjiao policy new`: the commented skeleton of a region's pack, to be filled in and checked."""

from pathlib import Path
from typing import Annotated

import typer

from cli.language import both, say, spoken
from cli.output import line


def add_to(family: typer.Typer) -> None:
    """Put the command into `policy`."""
    family.command(
        "new",
        help=both("写出新地区政策包的带注释骨架", "Write the commented skeleton of a new region's pack"),
    )(new)


def new(
    region: Annotated[
        str,
        typer.Argument(metavar="REGION", help=both("地区和年份,如 yunxi-2026", "Region and year, such as yunxi-2026")),
    ],
    into: Annotated[
        Path, typer.Option("--into", metavar="FOLDER", help=both("写到哪个文件夹", "Folder to write into"))
    ] = Path(),
) -> None:
    """Write the file; an existing one is never written over."""
    from ledger.errors import BadInput
    from policies.skeleton import NAME, skeleton

    if not NAME.fullmatch(region):
        raise BadInput(
            [("REGION", f"{region!r} is no name of a pack; write region and year in small letters, such as yunxi-2026")]
        )
    if not into.is_dir():
        raise BadInput([("--into", f"{into} is no folder; make it first")])
    path = into / f"{region}.yaml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(skeleton(region, spoken()))
    except FileExistsError:
        raise BadInput([("REGION", f"{path} is there already; it is not written over")]) from None
    line(
        say(
            f"已写出 {path};填写标有 <…> 之处,再运行 songjiao policy check {path}",
            f"{path} is written; fill in the places marked <…>, then run songjiao policy check {path}",
        )
    )
