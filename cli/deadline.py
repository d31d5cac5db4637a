"""`songjiao deadline`: what is owed by when; extending, waiving, stopping a clock, saying that one has seen it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cli.edge import REASON, Json, Key, MaybeWho, acting, at_most, day, local_day, looking, span, told
from cli.language import both, say, spoken
from cli.output import as_data, basis_words, complain, listed

if TYPE_CHECKING:
    import uuid

    from ledger.queries.standing import Awaited
    from models.act import Act

family = typer.Typer(
    no_args_is_help=True,
    help=both("时限:应办事项、延期、免报、中止计时", "Deadlines: what is owed; extend, waive, stop"),
)
SHORT = 8


def add_to(app: typer.Typer) -> None:
    """Put the family into the tree."""
    app.add_typer(family, name="deadline")


@family.command("list", help=both("列出应办事项,最早到期在前", "List what is owed, soonest first"))
def list_deadlines(
    due_within: Annotated[
        str | None,
        typer.Option(
            "--due-within",
            metavar="7d",
            help=both("只列此期限内到期和已逾期的", "Only what is overdue or due within this time"),
        ),
    ] = None,
    programme: Annotated[
        str | None, typer.Option("--programme", metavar="REF", help=both("只列这个项目", "Only of this programme"))
    ] = None,
    as_json: Json = False,
) -> None:
    from ledger.programmes import by_ref
    from ledger.queries.duties import standing_awaited
    from ledger.queries.standing import awaited

    days = span(due_within) if due_within else None
    with looking() as act:
        last = act.today + timedelta(days=days) if days is not None else None
        found = awaited(act, by_ref(act, programme) if programme else None, until=last)
        if not programme:
            found = sorted([*found, *standing_awaited(act, until=last)], key=lambda one: (str(one.until), str(one.id)))
        years = {one.until.year for one in found if one.until is not None}
        clocks = {one.id: _clock(one, act) for one in found}
    if as_json:
        as_data(found)
        return
    shown = [
        one.model_dump()
        | {
            "id": str(one.id)[-SHORT:],
            "programme": one.programme or say("常设事项", "standing duty"),
            "what": one.what_en if spoken() == "en" else one.what,
            "overdue_days": one.overdue_days or "",
            "by": basis_words(one.clause, None),
            "clock": clocks[one.id],
        }
        for one in found
    ]
    columns = {
        "id": say("编号", "id"),
        "programme": say("项目", "programme"),
        "what": say("事项", "what"),
        "organisation": say("责任单位", "owed by"),
        "until": say("期限", "until"),
        "overdue_days": say("逾期天数", "days overdue"),
        "by": say("依据", "by"),
    }
    if any(clocks.values()):
        columns["clock"] = say("计时", "clock")
    listed(shown, columns, False, say("没有应办事项", "nothing is owed"))
    _say_unpublished(years)


def _clock(one: "Awaited", act: "Act") -> str:
    """How the clock of a matter stands, where it is not simply running."""
    if one.clock:
        return say(one.clock, one.clock_en)
    if one.silenced_until is not None:
        until = local_day(one.silenced_until, act)
        return say(f"已知悉,{until}前不再提醒", f"seen; quiet until {until}")
    if one.opens_on is not None and one.opens_on > act.today:
        return say(f"{one.opens_on}起受理", f"taken from {one.opens_on} on")
    return ""


def _say_unpublished(years: set[int]) -> None:
    """Say so where a year's official calendar of holidays is not known: its working days are Monday to Friday so far."""
    from rules.workdays import official

    for year in sorted(year for year in years if not official(year)):
        complain(
            say(
                f"{year}年放假安排尚未公布(或本机尚未更新),工作日暂按周一至周五计算",
                f"the official calendar of {year} is not published (or not known here yet); working days count Monday to Friday",
            )
        )


@family.command(help=both("项目办免除一项应办事项", "The programme office waives something that is owed"))
def waive(
    number: Annotated[str, typer.Argument(metavar="ID", help=both("编号,见 deadline list", "Id, see deadline list"))],
    reason: Annotated[str, typer.Option("--reason", callback=at_most(REASON), help=both("事由", "Reason"))],
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.deadlines import waive as waive_matter

    with acting(who, key) as act:
        done = waive_matter(act, _meant(act, number), reason)
    told(done, say(f"{number}:已免报", f"{number}: waived"), as_json)


Reason = Annotated[str, typer.Option("--reason", callback=at_most(REASON), help=both("事由", "Reason"))]
Matter = Annotated[str, typer.Argument(metavar="ID", help=both("编号,见 deadline list", "Id, see deadline list"))]


@family.command(help=both("项目办延期:到这一天(含)为止", "The programme office extends a deadline to a day (included)"))
def extend(
    number: Matter,
    until: Annotated[str, typer.Option("--until", metavar="2026-03-23", help=both("延至哪一天", "Until which day"))],
    reason: Reason,
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.deadlines import extend as extend_matter

    last = day(until)
    with acting(who, key) as act:
        done = extend_matter(act, _meant(act, number), last, reason)
    told(done, say(f"{number}:延期至 {done.due_on}", f"{number}: extended until {done.due_on}"), as_json)


@family.command(help=both("项目办中止计时,至多若干天", "The programme office stops a clock, for some days at most"))
def stop(
    number: Matter,
    reason: Reason,
    at_most: Annotated[
        str | None,
        typer.Option(
            "--at-most",
            metavar="10d",
            help=both("累计至多中止几天;用完自动恢复", "For how many days in all; then it runs again by itself"),
        ),
    ] = None,
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.deadlines import stop as stop_clock

    budget = span(at_most) if at_most else None
    with acting(who, key) as act:
        done = stop_clock(act, _meant(act, number), reason, budget)
    left = (done.stop_budget or 0) - done.stopped_days
    told(done, say(f"{number}:计时已中止,尚可中止{left}天", f"{number}: stopped; {left} days are left"), as_json)


@family.command(help=both("项目办恢复计时", "The programme office lets a stopped clock run again"))
def resume(
    number: Matter,
    reason: Annotated[str, typer.Option("--reason", callback=at_most(REASON), help=both("事由", "Reason"))] = "",
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.deadlines import resume as resume_clock

    with acting(who, key) as act:
        done = resume_clock(act, _meant(act, number), reason)
    told(done, say(f"{number}:恢复计时,期限 {done.due_on}", f"{number}: runs again, due {done.due_on}"), as_json)


@family.command(
    help=both("责任人标记知悉:数日内不再提醒、催办", "Whoever owes it has seen it: no reminder for some days")
)
def acknowledge(
    number: Matter,
    days: Annotated[
        str | None,
        typer.Option("--days", metavar="2d", help=both("几个工作日(至多)", "For how many working days (at most)")),
    ] = None,
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.deadlines import acknowledge as acknowledge_matter

    asked = span(days) if days else None
    with acting(who, key) as act:
        done = acknowledge_matter(act, _meant(act, number), asked)
        assert done.silenced_until is not None
        until = local_day(done.silenced_until, act)
    told(done, say(f"{number}:已知悉,{until}前不再提醒", f"{number}: seen; quiet until {until}"), as_json)


@family.command(help=both("一项期限的变动:谁、何故、到何时", "What was done to a deadline: who, why, until when"))
def history(number: Matter, as_json: Json = False) -> None:
    from ledger.deadlines import changes

    with looking() as act:
        found = changes(act, _meant(act, number))
    names = {
        "extended": say("延期", "extended"),
        "stopped": say("中止计时", "stopped"),
        "resumed": say("恢复计时", "resumed"),
        "waived": say("免报", "waived"),
        "acknowledged": say("知悉", "seen"),
    }
    if as_json:
        as_data(found)
        return
    columns = {
        "on": say("日期", "on"),
        "change": say("变动", "change"),
        "until_on": say("延至", "until"),
        "days": say("天数", "days"),
        "by": say("办理人", "by"),
        "why": say("事由", "reason"),
    }
    shown = [
        {name: "" if value is None else value for name, value in one.model_dump().items()}
        | {"change": names[one.change]}
        for one in found
    ]
    listed(shown, columns, False, say("没有变动", "nothing was changed"))


def _meant(act: "Act", number: str) -> "uuid.UUID":
    """The matter of a programme, or the standing duty, whose id ends so. Raises `NotFound` for none, or more than one."""
    from sqlalchemy import String, cast, func
    from sqlmodel import col, select

    from models.documents import Obligation
    from models.register import StandingDuty

    wanted = number.strip().lower().replace("-", "")
    if not wanted.isalnum():
        return ending(number, (), "deadline")
    found: list[uuid.UUID] = []
    for table in (Obligation, StandingDuty):
        spelled = func.replace(cast(col(table.id), String), "-", "")
        found += act.session.exec(select(table.id).where(spelled.endswith(wanted)).limit(2)).all()
    return ending(number, found, "deadline")


def ending(number: str, known: "Iterable[uuid.UUID]", what: str) -> "uuid.UUID":
    """The one of the ids that ends so: the last characters are enough, since ids made at one moment begin alike."""
    from ledger.errors import NotFound

    wanted = number.strip().lower().replace("-", "")
    rows = [one for one in known if len(wanted) >= SHORT and one.hex.endswith(wanted)]
    if len(rows) != 1:
        raise NotFound(f"there is no {what} {number}; see songjiao {what} list")
    return rows[0]
