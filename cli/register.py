"""`songjiao register`: what must be recorded is written into the registers that the packs declare, and found again."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.edge import REASON, Json, Key, MaybeWho, Who, acting, at_most, day, keep_file, library, looking, told
from cli.language import both, say, spoken
from cli.output import as_data, line, listed

if TYPE_CHECKING:
    from models.act import Act
    from policies.mechanisms import Register
    from policies.schema import Pack

family = typer.Typer(
    no_args_is_help=True, help=both("登记簿:登记、查看、办理、撤销", "Registers: record, list, mark, annul")
)
EVIDENCE = ("pdf", "docx", "xlsx", "zip", "jpg", "png", "txt")
PackName = Annotated[
    str, typer.Argument(metavar="PACK", help=both("政策包,如 chongqing-2021", "Pack, such as chongqing-2021"))
]
RegisterKey = Annotated[
    str,
    typer.Argument(metavar="REGISTER", help=both("登记簿,见 register list PACK", "Register; see register list PACK")),
]
About = Annotated[
    str | None,
    typer.Option(
        "--about",
        metavar="TEXT",
        help=both("项目编号、单位名称或人员编号", "Programme, organisation or person it speaks of"),
    ),
]


def add_to(app: typer.Typer) -> None:
    """Put the family into the tree."""
    app.add_typer(family, name="register")


def pairs(given: list[str] | None, option: str) -> dict[str, str]:
    """`field=value` pairs. Raises `BadInput` for one without a `=`."""
    from ledger.errors import BadInput

    found: dict[str, str] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise BadInput([(option, f"{text!r} is no pair; write field=value")])
        found[name.strip()] = value.strip()
    return found


def _register(pack: "Pack", key: str) -> "Register":
    from ledger.errors import NotFound
    from policies.problems import nearest

    for register in pack.registers:
        if register.key == key:
            return register
    raise NotFound(f"{pack.pack} has no register {key!r}; {nearest(key, [one.key for one in pack.registers])}")


@family.command(help=both("登记一项;字段写作 字段=内容", "Record an entry; fields are given as field=value"))
def add(
    pack: PackName,
    register: RegisterKey,
    who: Who,
    fields: Annotated[
        list[str] | None, typer.Argument(metavar="FIELD=VALUE...", help=both("字段=内容", "Field and value"))
    ] = None,
    about: About = None,
    on: Annotated[
        str | None, typer.Option("--on", metavar="DAY", help=both("发生日期,默认今天", "The day; today otherwise"))
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", help=both("佐证材料", "Evidence"))] = None,
    reason: Annotated[
        list[str] | None, typer.Option("--reason", metavar="CHECK=TEXT", help=both("说明理由", "Reason for a check"))
    ] = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.registers import record_entry

    text = library().load(pack)
    spec = _register(text, register)
    content, reasons = pairs(fields, "FIELD=VALUE"), pairs(reason, "--reason")
    stored = keep_file(file, EVIDENCE) if file else None
    with acting(who, key) as act:
        done = record_entry(act, text, register, content, about, day(on) if on else None, stored, reasons)
        noted = _noted(act, done.id)
    name = spec.name.in_(spoken())
    told(done, say(f"{name}:已登记 {done.ref}", f"{name}: recorded as {done.ref}"), as_json)
    if not as_json:
        for sentence in noted:
            line(f"  {sentence}")


def _noted(act: "Act", entry: Any) -> list[str]:
    """What the checks at the door warned of without refusing."""
    from models.register import RegisterEntry

    row = act.session.get(RegisterEntry, entry)
    given = row.verdicts if row else []
    return [one["en" if spoken() == "en" else "zh"] for one in given if one["facts"].get("warned")]


@family.command(
    "list", help=both("列出登记簿,或一个登记簿中的登记", "List the registers of a pack, or the entries of one")
)
def list_entries(
    pack: PackName,
    register: Annotated[
        str | None, typer.Argument(metavar="[REGISTER]", help=both("登记簿", "Register whose entries are listed"))
    ] = None,
    about: About = None,
    as_json: Json = False,
) -> None:
    text = library().load(pack)
    if register is None:
        _list_registers(text, as_json)
        return
    spec = _register(text, register)
    from ledger.entries import entries_of, marks_of

    with looking() as act:
        rows: list[dict[str, Any]] = [
            {
                "ref": row.ref,
                "on": row.happened_on,
                "about": row.subject,
                "content": row.content,
                "marks": marks_of(act, row),
                "clause": row.clause,
            }
            for row in entries_of(act, text, spec.key, subject=about)
        ]
    shown = (
        rows
        if as_json
        else [one | {"content": _told(text, spec, one["content"]), "marks": "、".join(one["marks"])} for one in rows]
    )
    columns = {
        "ref": say("编号", "ref"),
        "on": say("日期", "day"),
        "about": say("对象", "about"),
        "content": say("内容", "content"),
        "marks": say("已办", "marks"),
    }
    listed(shown, columns, as_json, say("还没有登记", "nothing is recorded"))


def _told(pack: "Pack", register: "Register", content: dict[str, Any]) -> str:
    """An entry's content with the names of its fields and words."""
    from policies.lookup import word_name

    names = {field.key: field.name.in_(spoken()) for field in register.fields}

    def words(value: Any) -> str:
        several = value if isinstance(value, list) else [value]
        return say("、", ", ").join(
            say("是", "yes")
            if one is True
            else say("否", "no")
            if one is False
            else word_name(pack, str(one), spoken())
            for one in several
        )

    return say(";", "; ").join(f"{names.get(key, key)}: {words(value)}" for key, value in content.items())


def _list_registers(pack: "Pack", as_json: bool) -> None:
    from policies.lookup import role_name

    rows = [
        {
            "register": one.key,
            "name": one.name.in_(spoken()),
            "about": one.about,
            "recorded_by": list(one.recorded_by)
            if as_json
            else say("、", ", ").join(role_name(pack, role, spoken()) for role in one.recorded_by),
            "fields": [field.key for field in one.fields] if as_json else ", ".join(field.key for field in one.fields),
            "clause": one.cites,
        }
        for one in pack.registers
    ]
    columns = {
        "register": say("登记簿", "register"),
        "name": say("名称", "name"),
        "recorded_by": say("登记单位", "recorded by"),
        "fields": say("字段", "fields"),
        "clause": say("依据", "clause"),
    }
    listed(rows, columns, as_json, say("本政策没有登记簿", "this pack has no register"))


@family.command(help=both("显示一项登记,或一个登记簿的字段", "Show an entry (R-000001), or the fields of a register"))
def show(
    pack: PackName,
    what: Annotated[str, typer.Argument(metavar="REF|REGISTER", help=both("登记编号或登记簿", "Entry or register"))],
    as_json: Json = False,
) -> None:
    text = library().load(pack)
    if not what.upper().startswith("R-"):
        _show_register(text, _register(text, what), as_json)
        return
    from ledger.entries import entry_of, marks_of

    with looking() as act:
        row = entry_of(act, what)
        found = row.model_dump(mode="json") | {"marks": marks_of(act, row)}
    if as_json:
        as_data(found)
        return
    spec = _register(text, found["register_key"])
    line(f"{found['ref']} {spec.name.in_(spoken())} {found['happened_on']} {found['subject']}")
    line(f"  {_told(text, spec, found['content'])}")
    if found["annulled_because"]:
        line("  " + say(f"已撤销:{found['annulled_because']}", f"annulled: {found['annulled_because']}"))
    for verdict in found["verdicts"]:
        line(f"  {verdict['en' if spoken() == 'en' else 'zh']}")
    line("  " + say(f"依据:{spec.basis.label}", f"rests on: {spec.basis.label}"))


def _show_register(pack: "Pack", register: "Register", as_json: bool) -> None:
    from policies.lookup import role_name
    from rules.registers import expected

    if as_json:
        as_data(register)
        return
    line(f"{register.name.in_(spoken())} [{register.basis.label}]")
    by = say("、", ", ").join(role_name(pack, role, spoken()) for role in register.recorded_by)
    line("  " + say(f"由{by}登记", f"recorded by: {by}"))
    if register.how_often:
        line(f"  {register.how_often.in_(spoken())}")
    for field in register.fields:
        need = "" if field.required else say("(可不填)", " (may be left out)")
        line(f"  {field.key} {field.name.in_(spoken())}{need}: {expected(pack, field)}")
    for mark in register.marks:
        line(
            "  "
            + say(
                f"登记后由{role_name(pack, mark.role)}{mark.name.zh}",
                f"then {mark.name.en} by the {role_name(pack, mark.role, 'en')}",
            )
        )


@family.command(help=both("办理登记的下一手续(审核、备案、签收)", "Give an entry its next mark (checked, filed, read)"))
def mark(
    pack: PackName,
    ref: Annotated[str, typer.Argument(metavar="REF", help=both("登记编号,如 R-000001", "Entry, such as R-000001"))],
    mark_key: Annotated[str, typer.Argument(metavar="MARK", help=both("手续", "Mark; see register show"))],
    who: Who,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.registers import mark_entry

    text = library().load(pack)
    with acting(who, key) as act:
        done = mark_entry(act, text, ref, mark_key)
    told(done, say(f"{done.ref}:已办理 {mark_key}", f"{done.ref}: {mark_key} done"), as_json)


@family.command(help=both("撤销一项登记并说明理由", "Annul an entry, with the reason"))
def annul(
    pack: PackName,
    ref: Annotated[str, typer.Argument(metavar="REF", help=both("登记编号,如 R-000001", "Entry, such as R-000001"))],
    why: Annotated[str, typer.Option("--why", callback=at_most(REASON), help=both("理由", "Reason"))],
    who: MaybeWho = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.registers import annul_entry

    text = library().load(pack)
    with acting(who, key) as act:
        done = annul_entry(act, text, ref, why)
    told(done, say(f"{done.ref}:已撤销", f"{done.ref}: annulled"), as_json)
