"""`songjiao approval reassign|take-back|absent|back|absences`: who decides instead of whom, and a decision taken back.

The ledger asks who may do so; here is only the door. Who takes a decision back gives the code that it was made with.
"""

from typing import Annotated

import typer

from cli.approval import Subject, family
from cli.edge import REASON, Json, Key, MaybeWho, Ref, Who, acting, at_most, day, looking, told, unseen
from cli.language import both, say, spoken
from cli.output import as_data, complain, line, listed

Reason = Annotated[str, typer.Option("--reason", callback=at_most(REASON), help=both("事由", "Reason"))]
Whom = Annotated[str, typer.Argument(metavar="P-0001", help=both("人员编号", "The person's number"))]


def add_to(app: typer.Typer) -> None:
    """Nothing of its own: the commands stand under `approval`, made when this module is read."""


@family.command(help=both("转交:把待办环节交给另一人办理", "Hand a step that waits to another person"))
def reassign(
    ref: Ref,
    to: Annotated[str, typer.Option("--to", metavar="P-0001", help=both("交给谁", "To whom"))],
    reason: Reason,
    away_from: Annotated[
        str | None,
        typer.Option("--from", metavar="P-0002", help=both("从谁手中(不写则全部)", "From whom (all, without it)")),
    ] = None,
    subject: Subject = None,
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.handing import reassign_step
    from ledger.review import waiting_step

    with acting(who, key) as act:
        done = reassign_step(act, waiting_step(act, ref, subject).id, to, reason, away_from)
    told(done, say(f"{ref}:已转交 {done.ref}", f"{ref}: handed to {done.ref}"), as_json)


@family.command(
    "take-back", help=both("撤回自己的决定(下一级办理之前)", "Take your decision back (before the next tier acts)")
)
def take_back(
    ref: Ref,
    who: Who,
    reason: Reason,
    code: Annotated[
        str | None,
        typer.Option(
            "--code",
            envvar="SONGJIAO_CODE",
            help=both("作出决定时所用的验证码;不写则询问", "The code it was made with; asked for otherwise"),
        ),
    ] = None,
    subject: Subject = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.handing import decided_by
    from ledger.handing import take_back as take_decision_back

    with looking() as act:
        step_id = decided_by(act, ref, who, subject).id
    given = code if code is not None else unseen(say("验证码:", "code: "))
    with acting(who, key) as act:
        done = take_decision_back(act, step_id, who, given, reason)
    sentence = done.en if spoken() == "en" else done.zh
    if as_json:
        as_data(done)
    elif done.accepted:
        line(f"{ref}: {sentence}")
    if not done.accepted:
        complain(sentence)
        raise typer.Exit(1)


@family.command(help=both("请假代理:谁在何时由谁代办", "Somebody is away and another stands in for them"))
def absent(
    whom: Whom,
    substitute: Annotated[str, typer.Option("--substitute", metavar="P-0002", help=both("由谁代办", "Who stands in"))],
    from_on: Annotated[str, typer.Option("--from", metavar="2026-03-02", help=both("从哪一天", "From which day"))],
    until_on: Annotated[
        str, typer.Option("--until", metavar="2026-03-13", help=both("至哪一天(含)", "Until which day"))
    ],
    reason: Annotated[str, typer.Option("--reason", callback=at_most(REASON), help=both("事由", "Reason"))] = "",
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.absences import set_absence

    first, last = day(from_on), day(until_on)
    with acting(who, key) as act:
        done = set_absence(act, whom, substitute, first, last, reason)
    zh = f"{done.ref} {first}至{last}由 {substitute} 代办"
    told(done, say(zh, f"{done.ref} is away {first} to {last}; {substitute} stands in"), as_json)


@family.command(help=both("请假结束", "Somebody is back"))
def back(whom: Whom, who: MaybeWho = None, key: Key = None, as_json: Json = False) -> None:
    from ledger.absences import end_absence

    with acting(who, key) as act:
        done = end_absence(act, whom)
    told(done, say(f"{done.ref} 已返岗,代办结束", f"{done.ref} is back; nobody stands in any more"), as_json)


@family.command(help=both("谁请假、由谁代办", "Who is away and who stands in"))
def absences(as_json: Json = False) -> None:
    from ledger.absences import absences as all_absences

    with looking() as act:
        found = all_absences(act)
    if as_json:
        as_data(found)
        return
    columns = {
        "ref": say("编号", "number"),
        "name": say("姓名", "name"),
        "from_on": say("从", "from"),
        "until_on": say("至", "until"),
        "substitute": say("代办人", "substitute"),
        "reason": say("事由", "reason"),
    }
    listed([one.model_dump() for one in found], columns, False, say("没有人请假", "nobody is away"))
