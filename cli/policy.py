"""`songjiao policy`: the packs of this office, what they say, whether a file is one, and the words of a clause."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import coverage, policy_cases, policy_diff, policy_new
from cli.edge import Json, library, office
from cli.failures import fault, tell_of_broken
from cli.language import both, counted, say, spoken
from cli.output import as_data, complain, line, listed

if TYPE_CHECKING:
    from policies.teller import Section

family = typer.Typer(
    no_args_is_help=True,
    help=both("政策包:条款、数值与办公室设置", "Policy packs: clauses, values and office settings"),
)


def add_to(app: typer.Typer) -> None:
    """Put the family into the tree."""
    coverage.add_to(family)
    policy_diff.add_to(family)
    policy_new.add_to(family)
    policy_cases.add_to(family)
    app.add_typer(family, name="policy")


@family.command("list", help=both("列出政策包", "List the packs"))
def list_packs(as_json: Json = False) -> None:
    """List every pack; name each fault of those that cannot be used on stderr, and exit with 1 where there is one."""
    packs, broken = library().survey()
    found: list[dict[str, Any]] = [
        {
            "pack": pack.pack,
            "region": pack.region.in_(spoken()),
            "holds_from": pack.holds_from.isoformat(),
            "kinds": ", ".join(pack.kinds)
            if as_json
            else say("、", ", ").join(k.in_(spoken()) for k in pack.kinds.values()),
            "adopts": ", ".join(adoption.pack for adoption in pack.adopts),
            "problems": [],
        }
        for pack in packs
    ]
    for name, problems in broken.items():
        many = say(f"不能使用:有 {len(problems)} 处错误", f"cannot be used: {counted(len(problems), 'problem')}")
        found.append(
            {
                "pack": name,
                "region": "",
                "holds_from": "",
                "kinds": "" if as_json else many,
                "adopts": "",
                "problems": [vars(one) for one in problems],
            }
        )
    found.sort(key=lambda row: str(row["pack"]))
    columns = {
        "pack": say("政策包", "pack"),
        "region": say("地区", "region"),
        "holds_from": say("施行", "holds from"),
        "kinds": say("项目类型", "kinds"),
        "adopts": say("沿用", "adopts from"),
    }
    listed(found, columns, as_json)
    for problems in broken.values():
        for problem in problems:
            complain(fault(problem))
    if broken:
        raise typer.Exit(1)


@family.command(help=both("显示一个政策包的全部内容及依据", "Show what a pack says, each value with its clause"))
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help=both("政策包名称", "Name of the pack"))],
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", help=both("项目类型;连同沿用部分一起显示", "Kind of programme: with what is adopted for it")
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    from policies.show import describe

    pack = library().resolve(name, kind) if kind else library().load(name)
    if as_json:
        as_data(pack.snapshot())
        return
    for section in describe(pack, spoken()):
        _print(section)


def _print(section: "Section") -> None:
    line(section.title)
    for entry in section.lines:
        line(f"  {entry.label}: {entry.text}" + (f" [{entry.basis}]" if entry.basis else ""))
        if entry.note:
            line(f"      {entry.note}")
    line()


@family.command(help=both("检查政策包文件", "Check the files of packs"))
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=both("政策包文件", "Files to check"))],
    as_json: Json = False,
) -> None:
    from policies.clauses import register
    from policies.loader import check_file

    faults = []
    for file in files:
        own = file.resolve().parent
        problems = check_file(file, own if register(own).is_file() else office().policies_dir)
        faults += problems
        if as_json:
            continue
        for problem in problems:
            complain(fault(problem))
        line(
            f"{file.name}: "
            + (
                say(f"有 {len(problems)} 处错误", counted(len(problems), "problem"))
                if problems
                else say("没有错误", "no problem")
            )
        )
    if as_json:
        as_data([vars(problem) for problem in faults])
    if faults:
        raise typer.Exit(1)


@family.command(
    help=both("显示条款原文、理解和使用之处", "Show a clause: its words, its reading, and where packs rest on it")
)
def explain(
    clause: Annotated[
        str,
        typer.Argument(
            metavar="CLAUSE", help=both("条款编号,见 policy show", "The clause's id, as policy show gives it")
        ),
    ],
    as_json: Json = False,
) -> None:
    from policies.clauses import clauses
    from policies.explaining import explain_clause
    from policies.show import uses

    register = clauses(office().policies_dir)
    packs, broken = library().survey()
    sections = explain_clause(register, clause, packs, spoken())
    tell_of_broken(broken)
    if as_json:
        found = register[clause]
        used = {pack.pack: list(uses(pack, clause)) for pack in packs}
        as_data(
            {
                "id": found.id,
                "source": found.source,
                "title": found.title,
                "article": found.article,
                "quote": found.quote,
                "rule": found.rule,
                "ambiguity": found.ambiguity,
                "used_by": {name: parts for name, parts in used.items() if parts},
            }
        )
        return
    for section in sections:
        _print(section)
