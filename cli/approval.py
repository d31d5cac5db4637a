"""`songjiao approval`: which steps wait for a decision, deciding one, and a fresh code.

The decision is the same ledger operation as in the Resume form: it asks for the person and the one-time code. A clerk
may record the stamped page of a head who never logs in (代录), in the clerk's own name and code.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.edge import (
    COMMENT,
    SCANS,
    Json,
    Key,
    MaybeRef,
    MaybeWho,
    Ref,
    Who,
    acting,
    at_most,
    keep_file,
    looking,
    told,
    unseen,
)
from cli.language import both, say, spoken
from cli.output import as_data, complain, line, listed, when
from cli.words import word

if TYPE_CHECKING:
    import uuid

    from ledger.review import Decided
    from models.act import Act

family = typer.Typer(
    no_args_is_help=True, help=both("审核:待办、办理、重发验证码", "Approvals: what waits, decide, fresh codes")
)
_SETTING = "office setting "
Subject = Annotated[
    Literal["application", "award", "implementation-plan"] | None,
    typer.Option("--subject", help=both("哪一项(同时有几项待审时须指明)", "Which matter, where several wait")),
]


def add_to(app: typer.Typer) -> None:
    """Put the family into the tree."""
    app.add_typer(family, name="approval")


@family.command("list", help=both("列出等待决定的环节", "List the steps that wait for a decision"))
def list_approvals(
    person: Annotated[
        str | None,
        typer.Option(
            "--person", metavar="P-0001", help=both("只列此人可以办理的", "Only those this person is asked to decide")
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    from sqlmodel import select

    from ledger.people import person as person_of
    from ledger.queries.standing import waiting_steps
    from models.review import OneTimeCode

    with looking() as act:
        found = waiting_steps(act)
        if person is not None:
            who = person_of(act, person)
            asked = set(act.session.exec(select(OneTimeCode.step_id).where(OneTimeCode.person_id == who.id)).all())
            found = [step for step in found if step.step_id in asked]
        shown = [
            step.model_dump()
            | {
                "subject": word(step.subject),
                "tier": f"{step.tier}/{step.tiers}",
                "action": word(step.action),
                "since": when(step.since, act.zone),
                "until": step.until or "",
                "clause": step.clause or say("本办公室设置", "office setting"),
            }
            for step in found
        ]
    columns = {
        "programme": say("项目", "programme"),
        "title": say("简称", "title"),
        "subject": say("事项", "matter"),
        "tier": say("级次", "tier"),
        "organisation": say("审核单位", "organisation"),
        "action": say("办理", "action"),
        "since": say("送达", "since"),
        "until": say("期限", "until"),
        "clause": say("依据", "by"),
    }
    if as_json:
        as_data(found)
    else:
        listed(shown, columns, False, say("没有等待决定的环节", "no step waits for a decision"))


@family.command(help=both("作出审核决定;--all-of 一次办理多项", "Decide a step, or with --all-of many"))
def decide(
    who: Who,
    ref: MaybeRef = None,
    decision: Annotated[
        Literal["approve", "return", "reject", "file"] | None,
        typer.Option("--decision", help=both("同意、退回修改、不予通过、备案", "What is decided")),
    ] = None,
    all_of: Annotated[
        str | None,
        typer.Option(
            "--all-of",
            metavar="FILTER|FILE",
            help=both(
                "一次办理多项:条件(如 tier=centre,subject=plan,programme=CQ-2025-*,until=2026-03-31),"
                "或 ref,code 名单文件(CSV、YAML,- 为标准输入)",
                "Many at once: a filter (tier=centre,subject=plan,programme=CQ-2025-*,until=2026-03-31), "
                "or a file of ref,code rows (CSV, YAML, - for standard input)",
            ),
        ),
    ] = None,
    codes: Annotated[
        Path | None,
        typer.Option(
            "--codes",
            metavar="FILE",
            help=both("--all-of 为条件时:ref,code 名单文件", "With a filter: a file of ref,code rows"),
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=both("只列出将办理的环节", "Only list what would be decided"))
    ] = False,
    code: Annotated[
        str | None,
        typer.Option(
            "--code",
            envvar="SONGJIAO_CODE",
            help=both(
                "消息中的一次性验证码;不写则询问(写在命令里,同机的人看得到)",
                "One-time code of the message; asked for otherwise (on the command line others on the machine see it)",
            ),
        ),
    ] = None,
    comment: Annotated[
        str,
        typer.Option(
            "--comment",
            callback=at_most(COMMENT),
            help=both("审核意见;退回和不予通过须写明", "Comment; a return or a rejection needs one"),
        ),
    ] = "",
    subject: Subject = None,
    on_behalf_of: Annotated[
        str | None,
        typer.Option(
            "--on-behalf-of",
            metavar="NAME",
            help=both("代录:签字的负责人姓名", "Recorded on behalf: name of the head who signed"),
        ),
    ] = None,
    scan: Annotated[
        Path | None,
        typer.Option(
            "--scan",
            metavar="FILE",
            help=both("代录:签字盖章页扫描件(pdf、jpg、png)", "Recorded on behalf: scan of the stamped page"),
        ),
    ] = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.review import decide_step
    from models.states import DecisionOutcome

    if all_of is not None:
        if ref is not None or code is not None:
            raise typer.BadParameter(
                say("--all-of 不与项目编号或 --code 同用", "--all-of goes with neither a programme nor --code")
            )
        from cli.bulk import Asked, decide_all

        decide_all(
            Asked(
                who=who,
                all_of=all_of,
                codes=codes,
                decision=decision,
                comment=comment,
                subject=subject,
                on_behalf_of=on_behalf_of,
                scan=scan,
                key=key,
                dry_run=dry_run,
                as_json=as_json,
            )
        )
        return
    if ref is None or decision is None or codes is not None or dry_run:
        raise typer.BadParameter(
            say(
                "请写明项目编号和 --decision;一次办理多项用 --all-of(--codes、--dry-run 只与它同用)",
                "name the programme and --decision; many at once: --all-of (only there: --codes, --dry-run)",
            )
        )
    stored = keep_file(scan, SCANS) if scan else None
    with looking() as act:  # whoever names an unknown programme or person is not asked for a code
        _step(act, ref, subject, key)
    given = code if code is not None else unseen(say("验证码:", "code: "))
    with acting(None, key) as act:
        person = _with_person(act, who)
        done = decide_step(
            person, _step(act, ref, subject, key), who, given, DecisionOutcome(decision), comment, on_behalf_of, stored
        )
    if as_json:
        as_data(done)
    elif done.accepted:
        line(f"{ref}: {_said(done)}")
    if not done.accepted:
        complain(_said(done))
        raise typer.Exit(1)


def _said(done: "Decided") -> str:
    """What came of a decision, with what it rests on."""
    told = (done.basis_en if spoken() == "en" else None) or done.basis
    resting = [basis.replace(_SETTING, say("本办公室设置:", "office setting: "), 1) for basis in told]
    return say(done.zh, done.en) + (f" [{', '.join(resting)}]" if resting else "")


def _with_person(act: "Act", who: str) -> "Act":
    """The act in this person's name where there is one; the operation itself refuses, and records, an unknown one."""
    from dataclasses import replace

    from ledger.errors import NotFound
    from ledger.people import person

    try:
        return replace(act, actor=replace(act.actor, person_id=person(act, who).id))
    except NotFound:
        return act


def _step(act: "Act", ref: str, subject: str | None, key: str | None) -> "uuid.UUID":
    """The step that waits; under a key that was used before, the one decided then, so that the answer is the same."""
    from uuid import UUID

    from sqlmodel import select

    from ledger.review import step_to_decide
    from models.office import ActKey

    known = act.session.exec(select(ActKey).where(ActKey.key == key)).first() if key else None
    if known is not None and known.operation == "decide-step" and known.answer.get("step_id"):
        return UUID(known.answer["step_id"])
    return step_to_decide(act, ref, subject).id


@family.command("send-code", help=both("重发验证码;原验证码作废", "Send a fresh code; the one before stops working"))
def send_code(
    ref: Ref,
    to: Annotated[str, typer.Option("--to", metavar="P-0001", help=both("发给谁", "To whom"))],
    subject: Subject = None,
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.review import send_code_again, waiting_step

    with acting(who, key) as act:
        done = send_code_again(act, waiting_step(act, ref, subject).id, to)
    told(done, say(f"已向 {done.ref} 重发验证码", f"a fresh code is on its way to {done.ref}"), as_json)
