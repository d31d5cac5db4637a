"""`songjiao policy cases`: the worked cases of a pack, answered by the rules that the office uses."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.edge import Json, library
from cli.failures import sentence
from cli.language import both, counted, say
from cli.output import as_data, complain, line

if TYPE_CHECKING:
    from policies.schema import Pack
    from policies.worked import Case


def add_to(family: typer.Typer) -> None:
    """Put the command into `policy`."""
    family.command(
        "cases",
        help=both("用办公室所用规则逐条回答示例", "Answer a pack's worked cases with the rules that the office uses"),
    )(cases)


def cases(
    pack_name: Annotated[str, typer.Argument(metavar="NAME", help=both("政策包名称", "Name of the pack"))],
    as_json: Json = False,
) -> None:
    """Say of each case that is not answered as it expects where it stands, what it expects and what the rules answer.

    Exits with 1 where there is one.
    """
    from policies.worked import worked

    pack, found = library().load(pack_name), worked(library().directory, pack_name)
    faults = [(f"{one.file}:{one.line}", "", sentence(one.what), sentence(one.todo)) for one in found.problems]
    faults += [(f"{case.file}:{case.line}", case.name, *told) for case in found.cases if (told := _fault(pack, case))]
    if as_json:
        keys = ("where", "case", "what", "todo")
        as_data({"cases": len(found.cases), "problems": [dict(zip(keys, one, strict=True)) for one in faults]})
    else:
        for where, name, what, todo in faults:
            words = f"{what}{say(';', '; ')}{todo}"
            complain(": ".join(part for part in (where, name, words) if part))
        line(
            say(
                f"共 {len(found.cases)} 个示例,{len(faults)} 个不符",
                f"{counted(len(found.cases), 'case')}, {len(faults)} not as expected",
            )
        )
    if faults:
        raise typer.Exit(1)


def _fault(pack: "Pack", case: "Case") -> tuple[str, str] | None:
    """What is wrong with a case and what to do about it; None where it is answered as it expects."""
    from policies.lookup import UnknownId
    from policies.problems import PackError
    from rules.cases import NoQuestion, answer, right

    try:
        asked = library().resolve(pack.pack, case.kind) if case.kind else pack
        found = answer(asked, case)
    except (NoQuestion, UnknownId, PackError, ValueError, LookupError) as error:
        return sentence(_words(error)), say("请改正 given 或 expect", "correct `given` or `expect`")
    if right(case, found):
        return None
    if found.answers != dict(case.expect):
        return (
            say(
                f"应为 {_shown(case.expect)},规则答复 {_shown(found.answers)}",
                f"it expects {_shown(case.expect)}, the rules answer {_shown(found.answers)}",
            ),
            say("请改正示例或政策包", "correct the case or the pack"),
        )
    rests = ", ".join(dict.fromkeys([*(str(one.clause or one.setting) for one in found.basis), *found.kept]))
    named = ", ".join(case.cites) or str(case.setting)
    return (
        say(f"答复的依据是 {rests},不是 {named}", f"the answer rests on {rests}, not on {named}"),
        say("请改正 cites 或 setting", "correct `cites` or `setting`"),
    )


def _words(error: Exception) -> str:
    """An error's own words; of a pack's faults the first, without the place in its file."""
    from policies.problems import PackError

    return error.problems[0].what if isinstance(error, PackError) else str(error)


def _shown(answers: object) -> str:
    return str(answers).replace("{", "").replace("}", "").replace("'", "") or "—"
