"""`songjiao calendar`: what is due, as a calendar that people subscribe to, and as a file."""

from pathlib import Path
from typing import Annotated

import typer

from cli.edge import Json, Key, MaybeWho, acting, looking, office
from cli.language import both, say
from cli.output import as_data, line

family = typer.Typer(no_args_is_help=True, help=both("日历:订阅地址、停用、导出", "Calendars: address, revoke, export"))
PersonOption = Annotated[
    str | None, typer.Option("--person", metavar="P-0001", help=both("谁的日历", "Whose calendar: a person's"))
]
BodyOption = Annotated[
    str | None,
    typer.Option("--organisation", metavar="NAME", help=both("哪个单位的日历", "Whose calendar: an organisation's")),
]


def add_to(app: typer.Typer) -> None:
    """Put the family into the tree."""
    app.add_typer(family, name="calendar")


@family.command(help=both("给出订阅地址(保密;同一人的地址不变)", "Give the secret address; it stays the same"))
def url(
    person: PersonOption = None,
    organisation: BodyOption = None,
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from uuid_utils.compat import uuid7

    from ledger.feeds import hash_of, open_feed
    from office.calendar_feed import address, token_of

    fresh = uuid7()
    with acting(who, key) as act:
        done = open_feed(act, fresh, hash_of(token_of(office(), fresh)), person, organisation)
    assert done.id is not None
    where = address(office(), done.id)
    if as_json:
        as_data({"url": where})
    else:
        line(where)


@family.command(help=both("停用订阅地址", "Revoke the address: it answers nobody any more"))
def revoke(
    person: PersonOption = None,
    organisation: BodyOption = None,
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.feeds import revoke_feed

    with acting(who, key) as act:
        done = revoke_feed(act, person, organisation)
    if as_json:
        as_data(done)
    else:
        line(say("已停用", "revoked"))


@family.command(help=both("导出为 .ics 文件", "Write it as an .ics file"))
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE.ics", help=both("文件", "File to write"))],
    person: PersonOption = None,
    organisation: BodyOption = None,
    as_json: Json = False,
) -> None:
    from ledger.errors import BadInput
    from ledger.feeds import calendar_for
    from office.calendar_feed import as_icalendar, base_of

    with looking() as act:
        found = calendar_for(act, person, organisation)
    try:
        file.write_bytes(as_icalendar(found, base_of(office())))
    except OSError as trouble:
        raise BadInput([("file", f"{file}: cannot be written ({trouble.strerror}); choose another place")]) from None
    if as_json:
        as_data({"file": str(file), "entries": len(found.due)})
    else:
        line(say(f"{file}:{len(found.due)} 项", f"{file}: {len(found.due)} due"))
