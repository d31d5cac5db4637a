"""`songjiao organisation`: the authorities, institutes, schools, universities and teams that take part."""

from typing import Annotated, Any

import typer

from cli.channels import address_of, sealed
from cli.edge import Json, Key, MaybeWho, acting, library, looking, told
from cli.failures import tell_of_broken
from cli.language import both, say
from cli.output import listed
from cli.roles import level_of, role_label
from cli.words import word

family = typer.Typer(no_args_is_help=True, help=both("单位:登记与查看", "Organisations: add and list"))
OF_THE_HOUSE = ("contact", "head", "clerk", "programme-office", "school", "university", "other-institution")


def add_to(app: typer.Typer) -> None:
    """Put the family into the tree."""
    app.add_typer(family, name="organisation")


def must_be_role(field: str, role: str) -> None:
    """A kind of organisation or a role must be one that a pack knows: a slip of the pen would reach nobody, silently.

    Raises `BadInput` with the nearest word, or with all of them where none is near.
    """
    from ledger.errors import BadInput
    from policies.problems import nearest

    packs, broken = library().survey()
    known = {key for pack in packs for key in pack.roles} | set(OF_THE_HOUSE)
    if role not in known:
        tell_of_broken(broken)
        raise BadInput([(field, f"{role} is no role or kind of organisation here; {nearest(role, known, most=None)}")])


Fallback = Annotated[
    str | None,
    typer.Option(
        "--fallback",
        metavar="URL",
        help=both(
            "备用通道:其他方式都失败时使用(加密保存;- 为另行输入)", "For when every other way failed; - asks for it"
        ),
    ),
]
Quiet = Annotated[
    str | None,
    typer.Option(
        "--quiet", metavar="HH:MM-HH:MM", help=both("免扰时段,空串为取消", "Quiet hours; empty takes them away")
    ),
]
Channel = Annotated[
    str | None,
    typer.Option(
        "--channel",
        metavar="URL",
        help=both("Apprise 消息通道地址(加密保存;- 为另行输入)", "Apprise address, kept encrypted; - asks for it"),
    ),
]


@family.command(help=both("登记单位", "Add an organisation"))
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help=both("单位全称", "Full name"))],
    kind: Annotated[
        str,
        typer.Option(
            "--kind",
            help=both("单位类别,如 county-education-authority、school", "Kind: a role of the packs, or school …"),
        ),
    ],
    parent: Annotated[str | None, typer.Option("--parent", help=both("上级单位名称", "Name of the body above"))] = None,
    level: Annotated[str | None, typer.Option("--level", help=both("层级", "Level: municipal, county …"))] = None,
    rural: Annotated[bool, typer.Option("--rural", help=both("乡村学校", "A rural school"))] = False,
    channel: Channel = None,
    sample: Annotated[bool, typer.Option("--sample", help=both("标为示例", "Mark as a sample"))] = False,
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.people import add_organisation

    must_be_role("--kind", kind)
    address = address_of(channel, "--channel")
    with acting(who, key) as act:
        done = add_organisation(act, name, kind, parent, level, rural, sealed(address) or None, sample)
    told(done, say(f"已登记:{name}", f"added: {name}"), as_json)


@family.command(help=both("更改消息通道和免扰时段", "Change how an organisation's group is reached"))
def change(
    name: Annotated[str, typer.Argument(metavar="NAME", help=both("单位全称", "Full name"))],
    channel: Channel = None,
    fallback: Fallback = None,
    quiet: Quiet = None,
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.reach import change_organisation

    first, second = address_of(channel, "--channel"), address_of(fallback, "--fallback")
    with acting(who, key) as act:
        done = change_organisation(act, name, sealed(first), sealed(second), quiet)
    told(done, say(f"已更改:{name}", f"changed: {name}"), as_json)


@family.command("list", help=both("列出单位", "List organisations"))
def list_organisations(
    kind: Annotated[str | None, typer.Option("--kind", help=both("只列这一类别", "Only of this kind"))] = None,
    as_json: Json = False,
) -> None:
    from sqlmodel import col, select

    from models.people import Organisation

    with looking() as act:
        rows = act.session.exec(select(Organisation).order_by(col(Organisation.id))).all()
        names = {row.id: row.name for row in rows}
        found: list[dict[str, Any]] = [
            {
                "name": row.name,
                "kind": row.kind,
                "parent": names.get(row.parent_id) if row.parent_id else None,
                "level": row.level,
                "rural": row.rural,
                "has_channel": row.channel is not None,
                "has_fallback": row.fallback is not None,
                "quiet_hours": row.quiet_hours,
                "sample": row.sample,
            }
            for row in rows
            if kind in (None, row.kind)
        ]
    shown = (
        found
        if as_json
        else [
            one
            | {
                "kind": role_label(one["kind"]),
                "rural": say("是", "yes") if one["rural"] else "",
                "level": word(one["level"] or level_of(one["kind"])),
            }
            for one in found
        ]
    )
    columns = {
        "name": say("单位", "name"),
        "kind": say("类别", "kind"),
        "parent": say("上级", "parent"),
        "level": say("层级", "level"),
        "rural": say("乡村", "rural"),
    }
    if not any(one["level"] for one in shown):
        del columns["level"]
    listed(shown, columns, as_json, say("还没有登记单位", "no organisation is recorded"))
