"""`songjiao message`: what the outbox holds, how a message reads, sending one again, checking the office's own words.

Sending itself is the dispatcher's work. Addresses of channels and one-time codes are never shown.
"""

from pathlib import Path
from typing import Annotated

import typer

from cli.deadline import SHORT, ending
from cli.edge import Json, Key, MaybeWho, acting, looking, office, told
from cli.failures import sentence
from cli.language import both, say, spoken
from cli.output import as_data, complain, line, listed, when
from cli.words import word

family = typer.Typer(
    no_args_is_help=True, help=both("消息:查看、预览、重发与检查", "Messages: list, preview, resend, check")
)
STATES = (
    *("queued", "bundled", "sending", "sent", "delivered", "given-up", "cancelled"),
    *("failed-for-now", "failed-for-good"),
)
Number = Annotated[str, typer.Argument(metavar="ID", help=both("编号,见 message list", "Id, see message list"))]


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
        typer.Option("--state", help=both("只列这一状态,如 failed-for-good", "Only in this state, as failed-for-good")),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help=both("最多几条", "At most so many"))] = 50,
    as_json: Json = False,
) -> None:
    from ledger.errors import BadInput
    from ledger.programmes import by_ref
    from ledger.queries.messages import messages
    from office.wording import kind_name

    english = spoken() == "en"
    if state is not None and state not in STATES:
        raise BadInput([("--state", f"{state!r} is not one of {', '.join(STATES)}")])
    with looking() as act:
        found = messages(act, by_ref(act, programme) if programme is not None else None, state, limit)
        shown = [
            one.model_dump()
            | {
                "id": str(one.id)[-SHORT:],
                "kind": one.kind if english else kind_name(one.kind, "zh-CN"),
                "delivery": word(one.delivery),
                "created_at": when(one.created_at, act.zone),
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
        "delivery": say("状态", "state"),
        "error": say("原因", "error"),
    }
    listed(shown, columns, False, say("没有消息", "no message is recorded"))


@family.command(help=both("预览消息全文(不含验证码)", "Show a message as it reads, without its code"))
def preview(number: Number, as_json: Json = False) -> None:
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
        complain(sentence(note))


@family.command(help=both("重发一条消息", "Send a message once more"))
def resend(number: Number, who: MaybeWho = None, key: Key = None, as_json: Json = False) -> None:
    from sqlmodel import select

    from ledger.reach import resend as send_again
    from models.office import Message

    with acting(who, key) as act:
        done = send_again(act, ending(number, act.session.exec(select(Message.id)).all(), "message"))
    told(done, say(f"{number}:已排入重发", f"{number}: queued once more"), as_json)


@family.command(help=both("检查本办公室的模板和消息通道", "Check the office's own templates and its channels"))
def check(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER", help=both("模板文件夹,默认为 SONGJIAO_TEMPLATES_DIR", "Templates; as set by default")
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    from office.wording import channel_faults, template_faults

    where = folder or office().templates_dir
    faults = template_faults(where) if where is not None else []
    if folder is None:
        with looking() as act:
            faults += channel_faults(act, office())
    if as_json:
        as_data({"folder": str(where) if where else None, "faults": faults})
    elif not faults:
        line(say("没有发现问题", "no fault was found"))
    else:
        for fault in faults:
            complain(sentence(fault))
    if faults:
        raise typer.Exit(1)
