"""`songjiao trainee` and `songjiao ban`: the way into a session, step by step, and out of it.

Names are masked in lists.
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.edge import (
    REASON,
    Json,
    Key,
    MaybeWho,
    Ref,
    SessionNumber,
    Who,
    acting,
    at_most,
    day,
    library,
    looking,
    session_number,
    told,
)
from cli.language import both, say, spoken
from cli.output import as_data, line, listed, masked
from cli.person import Names
from cli.words import of_trainee

if TYPE_CHECKING:
    from ledger.selection import Selected

family = typer.Typer(
    no_args_is_help=True,
    help=both("学员:报名、推荐、公示、审核、确认、退回", "Trainees: enrol, recommend, post, review, confirm, remove"),
)
bans = typer.Typer(no_args_is_help=True, help=both("限制参训", "Bans"))
Teacher = Annotated[str, typer.Argument(metavar="PERSON", help=both("学员的人员编号", "Number of the trainee"))]
OneSchool = Annotated[str, typer.Option("--school", help=both("学校名称", "Name of the school"))]
Reason = Annotated[str, typer.Option("--reason", callback=at_most(REASON), help=both("事由", "Reason"))]


def add_to(app: typer.Typer) -> None:
    """Put both families into the tree."""
    app.add_typer(family, name="trainee")
    app.add_typer(bans, name="ban")


@family.command(help=both("教师本人自愿报名", "Enrol of one's own will; nobody can do it for a teacher"))
def volunteer(ref: Ref, who: Who, session: SessionNumber = None, key: Key = None, as_json: Json = False) -> None:
    from ledger.selection import volunteer as enrol

    with acting(who, key) as act:
        done = enrol(act, ref, session_number(act, ref, session))
    told(done, say(f"{done.ref} 已自愿报名", f"{done.ref} has enrolled"), as_json)


@family.command(help=both("学校择优推荐本校已报名的教师", "A school recommends teachers of its own who have enrolled"))
def recommend(
    ref: Ref,
    teachers: Annotated[
        list[str], typer.Argument(metavar="PERSON...", help=both("教师的人员编号", "Numbers of the teachers"))
    ],
    who: Who,
    session: SessionNumber = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.selection import recommend as put_forward

    with acting(who, key) as act:
        done = put_forward(act, ref, session_number(act, ref, session), tuple(teachers))
    _told(done, say(f"已推荐 {done.taken} 人", f"{done.taken} recommended"), as_json)


def _told(done: "Selected", sentence: str, as_json: bool) -> None:
    if as_json:
        as_data(done)
        return
    line(sentence)
    for ref, why, basis in done.refused:
        line(f"  {ref}: {why} [{basis}]")
    for ref, why, basis, check in done.waiting:
        line(f"  {ref}: {why} [{basis}]" + say(f";用 --reason {ref}:{check}=… 说明", f"; say --reason {ref}:{check}=…"))


@family.command(help=both("学校公示推荐名单", "A school posts its list so that objections can be made"))
def notice(
    ref: Ref,
    school: OneSchool,
    from_on: Annotated[str, typer.Option("--from", metavar="DAY", help=both("公示首日", "First day"))],
    to_on: Annotated[str, typer.Option("--to", metavar="DAY", help=both("公示末日(含)", "Last day, included"))],
    who: Who,
    session: SessionNumber = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.selection import post_notice

    first, last = day(from_on), day(to_on)
    with acting(who, key) as act:
        done = post_notice(act, ref, session_number(act, ref, session), school, first, last)
    told(done, say(f"{school}:{first} 至 {last} 公示", f"{school}: posted from {first} to {last}"), as_json)


@family.command("object", help=both("对公示名单提出异议", "Object to a posted list"))
def object_to(
    ref: Ref,
    school: OneSchool,
    reason: Reason,
    session: SessionNumber = None,
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.selection import object_to as objection

    with acting(who, key) as act:
        done = objection(act, ref, session_number(act, ref, session), school, reason)
    told(done, say("异议已记录", "the objection is recorded"), as_json)


@family.command(
    help=both("区县审核并报送学员名单", "A county reviews the nominations of its schools and sends them on")
)
def review(
    ref: Ref,
    who: Who,
    session: SessionNumber = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(
            "--leave-out",
            metavar="P-0001",
            help=both("此次不审核的人员,可多次给出", "Not reviewed now; may be repeated"),
        ),
    ] = None,
    reason: Annotated[
        list[str] | None,
        typer.Option(
            "--reason",
            metavar="P-0001:CHECK=TEXT",
            help=both("说明理由,可多次给出", "Reason for a check that asks for one; may be repeated"),
        ),
    ] = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from cli.register import pairs
    from ledger.selection import review as review_nominations

    reasons = pairs(reason, "--reason")
    with acting(who, key) as act:
        done = review_nominations(act, ref, session_number(act, ref, session), tuple(leave_out or ()), reasons)
    _told(
        done,
        say(
            f"审核报送 {done.taken} 人,不符合条件 {len(done.refused)} 人",
            f"{done.taken} reviewed and sent on, {len(done.refused)} refused",
        ),
        as_json,
    )


@family.command(help=both("承训机构确认学员名单", "The host confirms the list"))
def confirm(ref: Ref, who: Who, session: SessionNumber = None, key: Key = None, as_json: Json = False) -> None:
    from ledger.selection import confirm_list

    with acting(who, key) as act:
        done = confirm_list(act, ref, session_number(act, ref, session))
    _told(done, say(f"已确认 {done.taken} 人", f"{done.taken} confirmed"), as_json)


@family.command(
    "return",
    help=both("退回学员:立即生效,按规定限制参训", "Remove a trainee from the programme; a ban follows by the pack"),
)
def return_trainee(
    ref: Ref,
    teacher: Teacher,
    cause: Annotated[str, typer.Option("--cause", callback=at_most(REASON), help=both("退回原因", "Why"))],
    heard: Annotated[
        str,
        typer.Option(
            "--heard", callback=at_most(REASON), help=both("学员的申辩意见", "What the trainee said when heard")
        ),
    ],
    who: Who,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.selection import return_trainee as remove

    with acting(who, key) as act:
        done = remove(act, ref, teacher, cause, heard)
    told(done, say(f"{done.ref} 已退回学校", f"{done.ref} is removed from the programme"), as_json)


@family.command(
    "break-off",
    help=both("登记经批准的中途退出(不限制参训)", "Record that a trainee breaks off with leave; no ban follows"),
)
def break_off(ref: Ref, teacher: Teacher, reason: Reason, who: Who, key: Key = None, as_json: Json = False) -> None:
    from ledger.selection import break_off as leave

    with acting(who, key) as act:
        done = leave(act, ref, teacher, reason)
    told(done, say(f"{done.ref} 已登记中途退出", f"{done.ref} breaks off with leave"), as_json)


@family.command("list", help=both("列出学员", "List the trainees of a programme"))
def list_trainees(ref: Ref, session: SessionNumber = None, names: Names = False, as_json: Json = False) -> None:
    from sqlmodel import col, select

    from ledger.packs import pack_of
    from ledger.programmes import by_ref, session_of
    from models.people import Organisation, Person
    from models.programme import ProgrammeSession
    from models.training import Nomination
    from policies.lookup import basis_label

    with looking() as act:
        programme = by_ref(act, ref)
        query = (
            select(Nomination, Person, Organisation.name, ProgrammeSession.number)
            .join(Person, col(Person.id) == col(Nomination.person_id))
            .join(Organisation, col(Organisation.id) == col(Nomination.school_id))
            .join(ProgrammeSession, col(ProgrammeSession.id) == col(Nomination.session_id))
            .where(Nomination.programme_id == programme.id)
        )
        if session is not None:
            query = query.where(Nomination.session_id == session_of(act, programme, session).id)
        rows = act.session.exec(query.order_by(col(ProgrammeSession.number), col(Nomination.id))).all()
        found: list[dict[str, Any]] = [
            {
                "ref": person.ref,
                "name": person.name if names else masked(person.name),
                "school": school,
                "session": number,
                "state": row.state,
                "refusal": row.refusal,
                "basis": row.refusal_basis,
            }
            for row, person, school, number in rows
        ]
        pack = pack_of(act, programme)
    shown = (
        found
        if as_json
        else [
            one
            | {"state": of_trainee(one["state"]), "basis": one["basis"] and basis_label(pack, one["basis"], spoken())}
            for one in found
        ]
    )
    columns = {
        "ref": say("编号", "number"),
        "name": say("姓名", "name"),
        "school": say("学校", "school"),
        "session": say("期", "session"),
        "state": say("状态", "state"),
        "refusal": say("不符合条件的原因", "why refused"),
        "basis": say("依据", "by"),
    }
    listed(shown, columns, as_json, say("还没有人报名", "nobody has enrolled"))


@bans.command("record", help=both("补录以前的限制参训", "Take over a ban from before Songjiao"))
def record_ban(
    teacher: Teacher,
    policy: Annotated[str, typer.Option("--policy", help=both("政策包", "Pack"))],
    returned_on: Annotated[
        str, typer.Option("--returned-on", metavar="DAY", help=both("退回日期", "Day of the removal"))
    ],
    cause: Annotated[str, typer.Option("--cause", callback=at_most(REASON), help=both("原因", "Why"))],
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.selection import record_ban as take_over

    since = day(returned_on)
    with acting(who, key) as act:
        done = take_over(act, teacher, library().load(policy), since, cause)
    told(done, say(f"{done.ref} 的限制参训已登记", f"the ban of {done.ref} is recorded"), as_json)


@family.command(
    "took-part",
    help=both("补录以前参加过的培训(重复参训据此判断)", "Take over a training from before Songjiao"),
)
def took_part(
    teacher: Teacher,
    kind: Annotated[str, typer.Option("--kind", help=both("项目类型,如 send-teaching", "Kind, such as send-teaching"))],
    subject: Annotated[str, typer.Option("--subject", callback=at_most(REASON), help=both("学科", "Subject"))],
    title: Annotated[
        str, typer.Option("--title", callback=at_most(REASON), help=both("项目名称", "Title of the programme"))
    ],
    ended_on: Annotated[str, typer.Option("--ended-on", metavar="DAY", help=both("结束日期", "Its last day"))],
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.selection import record_past_training

    last = day(ended_on)
    with acting(who, key) as act:
        done = record_past_training(act, teacher, kind, subject, title, last)
    told(done, say(f"{done.ref} 的培训经历已登记", f"the past training of {done.ref} is recorded"), as_json)
