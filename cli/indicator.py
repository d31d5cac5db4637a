"""`songjiao indicator`, `fact` and `duty`: what is reported, numbers from outside, and what is owed outside programmes."""

from typing import Annotated

import typer

from cli.edge import REASON, Json, Key, MaybeWho, Who, acting, at_most, library, looking, told
from cli.language import both, say, spoken
from cli.output import as_data, line, listed
from cli.register import PackName
from cli.words import word

family = typer.Typer(no_args_is_help=True, help=both("指标:列出、查看、报送", "Indicators: list, show, deliver"))
facts = typer.Typer(no_args_is_help=True, help=both("外部数据:导入", "Facts from outside: import"))
duties = typer.Typer(no_args_is_help=True, help=both("常设事项:开立、列出", "Standing duties: open, list"))
IndicatorKey = Annotated[str, typer.Argument(metavar="INDICATOR", help=both("指标", "Indicator; see indicator list"))]
Year = Annotated[int | None, typer.Option("--year", min=1900, max=2200, help=both("年度", "Year"))]
Scope = Annotated[
    str | None,
    typer.Option("--scope", metavar="TEXT", help=both("单位、项目或人员", "Organisation, programme or person")),
]


def add_to(app: typer.Typer) -> None:
    """Put the families into the tree."""
    app.add_typer(family, name="indicator")
    app.add_typer(facts, name="fact")
    app.add_typer(duties, name="duty")


@family.command("list", help=both("列出指标及现值", "List the indicators with their figures"))
def list_indicators(pack: PackName, year: Year = None, as_json: Json = False) -> None:
    from ledger.indicators import report

    text = library().load(pack)
    with looking() as act:
        found = [(one, report(act, text, one.key, year=year).verdict) for one in text.indicators]
    rows = [
        {"indicator": one.key, "name": one.name.in_(spoken()), "clause": one.cites}
        | {name: verdict.facts[name] for name in ("numerator", "denominator", "value", "goal", "met", "by_year")}
        for one, verdict in found
    ]
    columns = {
        "indicator": say("指标", "indicator"),
        "name": say("名称", "name"),
        "value": say("现值", "value"),
        "goal": say("目标", "goal"),
        "by_year": say("年限", "by"),
        "clause": say("依据", "clause"),
    }
    listed(rows, columns, as_json, say("本政策没有指标", "this pack has no indicator"))


@family.command(help=both("显示一个指标", "Show an indicator with its figures and its clause"))
def show(
    pack: PackName, indicator: IndicatorKey, year: Year = None, scope: Scope = None, as_json: Json = False
) -> None:
    from ledger.indicators import report

    with looking() as act:
        found = report(act, library().load(pack), indicator, year=year, scope=scope)
    if as_json:
        as_data(found)
        return
    line(found.verdict.says(spoken()))
    for name, figure in found.verdict.facts.get("groups", {}).items():
        line(f"  {name}: {figure}")
    line("  " + say("依据:", "rests on: ") + say("、", ", ").join(basis.label for basis in found.verdict.basis))


@family.command(
    help=both("报送指标,存入不可更改的记录", "Deliver an indicator: its figures go into the chain of events")
)
def deliver(
    pack: PackName,
    indicator: IndicatorKey,
    who: Who,
    year: Year = None,
    scope: Scope = None,
    reason: Annotated[
        str, typer.Option("--reason", callback=at_most(REASON), help=both("未达目标的理由", "Why a goal is missed"))
    ] = "",
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.indicators import deliver as deliver_it

    text = library().load(pack)
    with acting(who, key) as act:
        done = deliver_it(act, text, indicator, year, scope, reason.removeprefix(f"{indicator}="))
    told(done, say("已报送。", "Delivered. ") + done.verdict.says(spoken()), as_json)


@facts.command("import", help=both("导入一项外部数据", "Bring in a number from outside, with its source"))
def import_one(
    pack: PackName,
    name: Annotated[str, typer.Argument(metavar="FACT", help=both("数据", "Fact that the pack declares"))],
    year: Annotated[int, typer.Argument(metavar="YEAR", min=1900, max=2200, help=both("年度", "Year"))],
    value: Annotated[str, typer.Argument(metavar="NUMBER", help=both("数值", "Number"))],
    source: Annotated[
        str, typer.Option("--source", callback=at_most(REASON), help=both("来源", "Where the number was taken from"))
    ],
    who: Who,
    scope: Scope = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.indicators import import_fact

    text = library().load(pack)
    with acting(who, key) as act:
        done = import_fact(act, text, name, year, value, source, scope)
    told(done, say(f"{name} {year}:已导入 {value}", f"{name} {year}: {value} brought in"), as_json)


@duties.command(
    "open",
    help=both("开立常设事项;以后各期自动开立", "Open the standing duties of a pack; later periods open by themselves"),
)
def open_now(pack: PackName, who: MaybeWho = None, key: Key = None, as_json: Json = False) -> None:
    from ledger.standing import open_duties

    text = library().load(pack)
    with acting(who, key) as act:
        done = open_duties(act, text)
    told(done, say(f"{pack}:开立 {done.ref} 项", f"{pack}: {done.ref} opened"), as_json)


@duties.command("list", help=both("列出常设事项", "List standing duties, the soonest first"))
def list_duties(
    pack: Annotated[str | None, typer.Argument(metavar="[PACK]", help=both("政策包", "Pack"))] = None,
    everything: Annotated[bool, typer.Option("--all", help=both("包括已办结的", "Also those that are met"))] = False,
    as_json: Json = False,
) -> None:
    from ledger.standing import duties_of
    from models.people import Organisation

    with looking() as act:
        rows = [
            {
                "duty": row.kind,
                "owed_by": act.session.get_one(Organisation, row.owed_by_id).name,
                "cause": row.cause,
                "due_on": row.due_on,
                "state": row.state if as_json else word(row.state),
                "rung": row.rung,
                "late_days": row.late_days,
                "clause": row.basis.get("clause"),
            }
            for row in duties_of(act, pack, only_open=not everything)
        ]
    columns = {
        "duty": say("事项", "duty"),
        "owed_by": say("责任单位", "owed by"),
        "due_on": say("期限", "due"),
        "state": say("状态", "state"),
        "clause": say("依据", "clause"),
    }
    listed(rows, columns, as_json, say("没有常设事项", "no standing duty"))
