"""`songjiao policy diff`: two packs as a table of clauses and parts, old and new, and the programmes that each concerns."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.edge import Json, NoLedger, library, looking, office
from cli.language import both, counted, say, spoken
from cli.output import as_data, complain, line, table

if TYPE_CHECKING:
    from ledger.reached import Running
    from policies.comparing import Change
    from policies.schema import Pack

_MOST_SHOWN = 5
Which = both("政策包名称或文件", "Name of a pack, or a file")


def add_to(family: typer.Typer) -> None:
    """Put the command into `policy`."""
    family.command(
        "diff",
        help=both(
            "对照两个政策包(或同一文件的两个版本):逐条新旧内容、涉及的在办项目",
            "Compare two packs (or two versions of a file): each part old and new, and the running programmes it concerns",
        ),
    )(diff)


def diff(
    old: Annotated[str, typer.Argument(metavar="A", help=Which)],
    new: Annotated[str, typer.Argument(metavar="B", help=Which)],
    as_json: Json = False,
) -> None:
    """Print the table."""
    from policies.comparing import compare

    before, after = _read(old), _read(new)
    changes = compare(before, after, spoken())
    running = _running(before)
    touched = [_touched(change, running) for change in changes]
    if as_json:
        as_data(
            {
                "before": before.pack,
                "after": after.pack,
                "ledger": running is not None,
                "changes": [
                    {
                        "part": change.part,
                        "name": change.name,
                        "clauses": change.clauses,
                        "before": change.before,
                        "after": change.after,
                        "programmes": refs,
                    }
                    for change, refs in zip(changes, touched, strict=True)
                ],
            }
        )
        return
    _show(changes, touched)
    _tell(changes, running)


def _read(given: str) -> "Pack":
    """A pack by its name, or from a file: there a copy may bear another name than the pack."""
    from ledger.errors import BadInput
    from policies.clauses import register
    from policies.loader import Library

    path = Path(given)
    if path.is_dir():
        raise BadInput([(given, "is a folder; name a pack or a file")])
    if path.suffix not in (".yaml", ".yml") and not path.is_file():
        return library().load(given)
    own = path.resolve().parent
    return Library(own if register(own).is_file() else office().policies_dir).load_version(path)


def _running(pack: "Pack") -> "list[Running] | None":
    """The programmes under the old pack; None where there is no ledger to ask."""
    from ledger.reached import running_under

    try:
        with looking() as act:
            return running_under(act, [pack.pack])
    except NoLedger:
        return None


def _touched(change: "Change", running: "list[Running] | None") -> list[str] | None:
    if running is None:
        return None
    return [
        one.ref
        for one in running
        if change.reach.meets(one.kind, one.level, one.applicant_kind, one.starts_on, one.ends_on)
    ]


def _show(changes: "list[Change]", touched: list[list[str] | None]) -> None:
    heads = [
        say("条款", "clause"),
        say("内容", "part"),
        say("原", "old"),
        say("新", "new"),
        say("涉及的在办项目", "running programmes"),
    ]
    rows = [
        [
            ", ".join(change.clauses) or _no_clause(change.part),
            f"{change.name} ({change.part})" if change.name else change.part,
            _words(change.before),
            _words(change.after),
            _refs(refs),
        ]
        for change, refs in zip(changes, touched, strict=True)
    ]
    table(heads, rows, say("两者内容相同", "the two say the same"))


def _no_clause(part: str) -> str:
    return say("本办公室设置", "office setting") if part.startswith("settings.") else "—"


def _words(said: Mapping[str, str] | None) -> str:
    if said is None:
        return say("(没有)", "(not there)")
    return "; ".join(f"{key}: {text}" if key else text for key, text in said.items()) or "—"


def _refs(refs: list[str] | None) -> str:
    if refs is None:
        return "?"
    more = say(f"等{len(refs)}个", f" and {len(refs) - _MOST_SHOWN} more") if len(refs) > _MOST_SHOWN else ""
    return (", ".join(refs[:_MOST_SHOWN]) + more) or "—"


def _tell(changes: "list[Change]", running: "list[Running] | None") -> None:
    if running is None:
        complain(
            say(
                "还没有台账,未能查对在办项目(songjiao up 建立台账)",
                "there is no ledger yet, so running programmes were not looked up (songjiao up makes one)",
            )
        )
    elif changes:
        many = counted(len(changes), "difference")
        under = counted(len(running), "running programme")
        line(
            say(
                f"共 {len(changes)} 处不同;在办项目 {len(running)} 个。在办项目沿用立项时的政策包,除非另行转入。",
                f"{many}; {under} under the old one. Each keeps the pack that it started under until it is moved.",
            )
        )
