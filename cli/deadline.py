"""`songjiao deadline`: what is owed by when, and waiving one of them (免报)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cli.edge import Json, Key, MaybeWho, acting, looking, span, told
from cli.language import both, say, spoken
from cli.output import as_data, basis_words, listed

if TYPE_CHECKING:
    import uuid

    from models.act import Act

family = typer.Typer(no_args_is_help=True, help=both("时限:应办事项、免报", "Deadlines: what is owed, waive"))
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
    from ledger.queries.standing import awaited

    days = span(due_within) if due_within else None
    with looking() as act:
        found = awaited(act, by_ref(act, programme) if programme else None)
        last = act.today + timedelta(days=days) if days is not None else None
        found = [one for one in found if last is None or (one.until is not None and one.until <= last)]
    if as_json:
        as_data(found)
        return
    shown = [
        one.model_dump()
        | {
            "id": str(one.id)[-SHORT:],
            "what": one.what_en if spoken() == "en" else one.what,
            "overdue_days": one.overdue_days or "",
            "by": basis_words(one.clause, None),
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
    listed(shown, columns, False, say("没有应办事项", "nothing is owed"))


@family.command(help=both("项目办免除一项应办事项", "The programme office waives something that is owed"))
def waive(
    number: Annotated[str, typer.Argument(metavar="ID", help=both("编号,见 deadline list", "Id, see deadline list"))],
    reason: Annotated[str, typer.Option("--reason", help=both("事由", "Reason"))],
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.obligations import waive as waive_obligation

    with acting(who, key) as act:
        done = waive_obligation(act, _meant(act, number), reason)
    told(done, say(f"{number}:已免报", f"{number}: waived"), as_json)


def _meant(act: "Act", number: str) -> "uuid.UUID":
    """The obligation whose id ends so. Raises `NotFound` where there is none, or more than one."""
    from sqlmodel import select

    from models.documents import Obligation

    return ending(number, act.session.exec(select(Obligation.id)).all(), "deadline")


def ending(number: str, known: "Iterable[uuid.UUID]", what: str) -> "uuid.UUID":
    """The one of the ids that ends so: the last characters are enough, since ids made at one moment begin alike."""
    from ledger.errors import NotFound

    wanted = number.strip().lower().replace("-", "")
    rows = [one for one in known if len(wanted) >= SHORT and one.hex.endswith(wanted)]
    if len(rows) != 1:
        raise NotFound(f"there is no {what} {number}; see songjiao {what} list")
    return rows[0]
