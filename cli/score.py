"""`songjiao score`: the scored evaluation, source by source, and its closing."""

from typing import Annotated

import typer

from cli.edge import Json, Key, Ref, Who, acting, looking, told
from cli.language import both, counted, say, spoken
from cli.output import as_data, line

family = typer.Typer(no_args_is_help=True, help=both("考评:评分、办结、查看", "Evaluation: enter, close, show"))


def add_to(app: typer.Typer) -> None:
    """Put the family into the tree."""
    app.add_typer(family, name="score")


@family.command(help=both("录入一项评分(0 至 100)", "Enter the score of one source, 0 to 100"))
def enter(
    ref: Ref,
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help=both("评分项,如 expert-inspection", "Source, such as expert-inspection")),
    ],
    value: Annotated[str, typer.Argument(metavar="VALUE", help=both("分数", "Score"))],
    who: Who,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.scoring import enter_score

    with acting(who, key) as act:
        done = enter_score(act, ref, source, value)
    told(done, say(f"{ref}:{source} {value} 分已录入", f"{ref}: {source} {value} entered"), as_json)


@family.command(
    help=both("办结考评:各项和档案齐全才能办结", "Close the score once every source and the archive are in")
)
def close(ref: Ref, who: Who, key: Key = None, as_json: Json = False) -> None:
    from ledger.scoring import close_evaluation

    with acting(who, key) as act:
        done = close_evaluation(act, ref)
    told(done, say(f"{ref}:考评得分 {done.total}", f"{ref}: scored {done.total}"), as_json)
    if not as_json:
        _show(ref)


@family.command(help=both("显示考评各项、权重和依据", "Show each part of the score with its weight and clause"))
def show(ref: Ref, as_json: Json = False) -> None:
    from ledger.programmes import by_ref
    from ledger.scoring import late_filings, sheet_of

    if not as_json:
        _show(ref)
        return
    with looking() as act:
        programme = by_ref(act, ref)
        sheet = sheet_of(act, programme)
        late, days = late_filings(act, programme)
        as_data(
            {
                "ref": programme.ref,
                "total": sheet.total,
                "missing": list(sheet.missing),
                "late_documents": late,
                "late_days": days,
                "parts": [
                    {
                        "source": part.source,
                        "name": part.name.in_(spoken()),
                        "weight": part.weight,
                        "value": part.value,
                        "points": part.points,
                        "clause": part.basis.clause,
                    }
                    for part in sheet.parts
                ],
            }
        )


def _show(ref: str) -> None:
    from cli.failures import label
    from ledger.packs import pack_of
    from ledger.programmes import by_ref
    from ledger.scoring import late_filings, sheet_of

    with looking() as act:
        programme = by_ref(act, ref)
        pack, sheet = pack_of(act, programme), sheet_of(act, programme)
        late, days = late_filings(act, programme)
    for part in sheet.parts:
        line(f"{part.name.in_(spoken())}: {part.value} × {part.weight} = {part.points} [{label(part.basis)}]")
    names = {one.key: one.name.in_(spoken()) for one in (pack.evaluation.sources if pack.evaluation else ())}
    for source in sheet.missing:
        line(f"{names.get(source, source)}: " + say("尚未评分", "not entered yet"))
    if late:
        line(
            say(
                f"迟交材料 {late} 份,共 {days} 天,计入档案资料一项",
                f"{counted(late, 'document')} came late, {counted(days, 'day')} in all; counted in the archive part",
            )
        )
    line(
        say("总分", "total")
        + f": {sheet.total if sheet.total is not None else say('各项齐全后得出', 'once every source is in')}"
    )
