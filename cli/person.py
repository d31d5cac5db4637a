"""`songjiao person` and `songjiao role`: who there is, and who acts in which role. Names are masked in lists."""

from typing import Annotated, Any

import typer

from cli.channels import address_of, sealed
from cli.edge import Json, Key, MaybeWho, acting, looking, told
from cli.language import both, say
from cli.organisation import Channel, Fallback, Quiet, must_be_role
from cli.output import listed, masked
from cli.roles import role_label

family = typer.Typer(no_args_is_help=True, help=both("人员:登记与查看", "People: add and list"))
roles = typer.Typer(no_args_is_help=True, help=both("角色:授予", "Roles: give"))
In = Annotated[str, typer.Option("--in", metavar="ORGANISATION", help=both("所在单位名称", "Name of the organisation"))]
Names = Annotated[
    bool, typer.Option("--names", help=both("显示全名(默认隐去)", "Show names in full; they are masked otherwise"))
]


def add_to(app: typer.Typer) -> None:
    """Put both families into the tree."""
    app.add_typer(family, name="person")
    app.add_typer(roles, name="role")


@family.command(help=both("登记人员", "Add a person"))
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help=both("姓名", "Name"))],
    home: In,
    role: Annotated[
        list[str] | None, typer.Option("--role", help=both("在该单位的角色,可多次给出", "Role there; may be repeated"))
    ] = None,
    email: Annotated[str | None, typer.Option("--email", help=both("邮箱", "Mail address"))] = None,
    channel: Channel = None,
    locale: Annotated[
        str | None, typer.Option("--locale", help=both("消息语言:zh-CN 或 en", "Language of messages: zh-CN or en"))
    ] = None,
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.people import add_person

    for one in role or []:
        must_be_role("--role", one)
    address = address_of(channel, "--channel")
    with acting(who, key) as act:
        done = add_person(act, name, home, tuple(role or ()), email, sealed(address) or None, locale or "zh-CN")
    told(done, say(f"已登记:{done.ref}", f"added: {done.ref}"), as_json)


@family.command(help=both("更改联系方式、免扰时段和汇总", "Change how a person is reached"))
def change(
    person: Annotated[str, typer.Argument(metavar="PERSON", help=both("人员编号", "Number of the person"))],
    email: Annotated[
        str | None, typer.Option("--email", help=both("邮箱,空串为取消", "Mail address; empty takes it away"))
    ] = None,
    channel: Channel = None,
    fallback: Fallback = None,
    quiet: Quiet = None,
    digest: Annotated[
        str | None,
        typer.Option(
            "--digest",
            metavar="HH:MM",
            help=both("不急的消息每日此时合为一封,空串为取消", "Hour of the daily digest; empty ends it"),
        ),
    ] = None,
    locale: Annotated[
        str | None, typer.Option("--locale", help=both("消息语言:zh-CN 或 en", "Language of messages: zh-CN or en"))
    ] = None,
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.reach import change_person

    first, second = address_of(channel, "--channel"), address_of(fallback, "--fallback")
    with acting(who, key) as act:
        done = change_person(act, person, email, sealed(first), sealed(second), quiet, digest, locale)
    told(done, say(f"已更改:{done.ref}", f"changed: {done.ref}"), as_json)


@family.command("list", help=both("列出人员", "List people"))
def list_people(
    home: Annotated[
        str | None, typer.Option("--in", metavar="ORGANISATION", help=both("只列这个单位", "Only of this organisation"))
    ] = None,
    names: Names = False,
    as_json: Json = False,
) -> None:
    from sqlmodel import col, select

    from ledger.people import organisation
    from models.people import Organisation, Person, RoleAssignment

    with looking() as act:
        query = select(Person, Organisation.name).join(
            Organisation, col(Organisation.id) == col(Person.organisation_id)
        )
        if home is not None:
            query = query.where(Person.organisation_id == organisation(act, home).id)
        people = act.session.exec(query.order_by(Person.ref)).all()
        held: dict[object, list[str]] = {}
        for given in act.session.exec(select(RoleAssignment).order_by(col(RoleAssignment.id))).all():
            held.setdefault(given.person_id, []).append(given.role)
        found: list[dict[str, Any]] = [
            {
                "ref": person.ref,
                "name": person.name if names else masked(person.name),
                "organisation": where,
                "roles": held.get(person.id, []),
                "email": person.email if names or not person.email else "***",
                "has_channel": person.channel is not None,
                "has_fallback": person.fallback is not None,
                "quiet_hours": person.quiet_hours,
                "digest_at": person.digest_at,
                "locale": person.locale,
                "active": person.active,
            }
            for person, where in people
        ]
    shown = (
        found if as_json else [one | {"roles": say("、", ", ").join(map(role_label, one["roles"]))} for one in found]
    )
    columns = {
        "ref": say("编号", "number"),
        "name": say("姓名", "name"),
        "organisation": say("单位", "organisation"),
        "roles": say("角色", "roles"),
        "email": say("邮箱", "mail"),
    }
    listed(shown, columns, as_json, say("还没有登记人员", "nobody is recorded"))


@roles.command(help=both("授予角色", "Give a person a role in an organisation"))
def give(
    person: Annotated[str, typer.Argument(metavar="PERSON", help=both("人员编号", "Number of the person"))],
    role: Annotated[str, typer.Argument(metavar="ROLE", help=both("角色", "Role"))],
    home: In,
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.people import give_role

    must_be_role("ROLE", role)
    with acting(who, key) as act:
        done = give_role(act, person, home, role)
    told(done, say(f"{done.ref} 在{home}担任{role_label(role)}({role})", f"{done.ref} holds {role} in {home}"), as_json)
