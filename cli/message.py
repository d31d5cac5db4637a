"""`songjiao message`: what the outbox holds, and how a message reads. Sending is the dispatcher's work."""

from typing import Annotated, Any

import typer

from cli.deadline import SHORT, ending
from cli.edge import Json, looking, office
from cli.language import both, say
from cli.output import as_data, complain, line, listed, when
from cli.words import word

family = typer.Typer(no_args_is_help=True, help=both("消息:查看与预览", "Messages: list and preview"))


def add_to(app: typer.Typer) -> None:
    """Put the family into the tree."""
    app.add_typer(family, name="message")


@family.command("list", help=both("列出消息,最新在前", "List messages, newest first"))
def list_messages(
    programme: Annotated[
        str | None, typer.Option("--programme", metavar="REF", help=both("只列这个项目", "Only of this programme"))
    ] = None,
    state: Annotated[
        str | None,
        typer.Option("--state", help=both("只列这一状态,如 given-up", "Only in this state, such as given-up")),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help=both("最多几条", "At most so many"))] = 50,
    as_json: Json = False,
) -> None:
    from sqlmodel import col, select

    from ledger.programmes import by_ref
    from models.office import Message
    from models.people import Organisation, Person
    from models.programme import Programme

    with looking() as act:
        query = (
            select(Message, Person.ref, Organisation.name, Programme.ref)
            .join(Person, col(Person.id) == col(Message.person_id), isouter=True)
            .join(Organisation, col(Organisation.id) == col(Message.organisation_id), isouter=True)
            .join(Programme, col(Programme.id) == col(Message.programme_id), isouter=True)
        )
        if programme is not None:
            query = query.where(Message.programme_id == by_ref(act, programme).id)
        if state is not None:
            query = query.where(Message.state == state)
        rows = act.session.exec(query.order_by(col(Message.id).desc()).limit(limit)).all()
        found: list[dict[str, Any]] = [
            {
                "id": row.id,
                "kind": row.kind,
                "to": person or body,
                "programme": ref,
                "state": row.state,
                "tries": row.tries,
                "repeated": row.repeated,
                "created_at": row.created_at,
                "sent_at": row.sent_at,
                "error": row.error,
            }
            for row, person, body, ref in rows
        ]
        shown = [
            one
            | {
                "id": str(one["id"])[-SHORT:],
                "state": word(one["state"]),
                "created_at": when(one["created_at"], act.zone),
            }
            for one in found
        ]
    if as_json:
        as_data(found)
        return
    columns = {
        "id": say("编号", "id"),
        "created_at": say("时间", "time"),
        "kind": say("种类", "kind"),
        "to": say("收件", "to"),
        "programme": say("项目", "programme"),
        "state": say("状态", "state"),
        "error": say("原因", "error"),
    }
    listed(shown, columns, False, say("没有消息", "no message is recorded"))


@family.command(help=both("预览消息全文(不含验证码)", "Show a message as it reads, without its code"))
def preview(
    number: Annotated[str, typer.Argument(metavar="ID", help=both("编号,见 message list", "Id, see message list"))],
    as_json: Json = False,
) -> None:
    from sqlmodel import select

    from models.office import Message
    from office.preview import preview as reads

    with looking() as act:
        told = reads(act, ending(number, act.session.exec(select(Message.id)).all(), "message"), office().templates_dir)
    if as_json:
        as_data(told)
        return
    line(told.subject)
    line()
    line(told.body)
    for note in told.notes:
        complain(note)
