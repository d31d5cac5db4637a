"""`songjiao stage` and `songjiao session`: the start of a session, its stages, attendance, products, their end."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.document import kind_of
from cli.edge import Json, Key, Ref, School, SessionNumber, Who, acting, day, keep_file, looking, session_number, told
from cli.language import both, counted, say
from cli.output import listed
from cli.words import word

family = typer.Typer(
    no_args_is_help=True, help=both("阶段:开展、参训、成果、结束", "Stages: open, attend, hand in, close")
)
sessions = typer.Typer(no_args_is_help=True, help=both("期(班):开班", "Sessions: start"))
StageKey = Annotated[
    str,
    typer.Argument(
        metavar="STAGE", help=both("阶段,如 stage-1;见 stage list", "Stage, such as stage-1; see stage list")
    ),
]
On = Annotated[
    str | None, typer.Option("--on", metavar="DAY", help=both("实际日期,默认今天", "Actual day; today otherwise"))
]
Absent = Annotated[
    list[str] | None,
    typer.Option("--absent", metavar="P-0001", help=both("缺席人员,可多次给出", "Who was absent; may be repeated")),
]


def add_to(app: typer.Typer) -> None:
    """Put both families into the tree."""
    app.add_typer(family, name="stage")
    app.add_typer(sessions, name="session")


@sessions.command(
    help=both("开班报到;未到者由替补递补", "The session starts today; places of the absent go to alternates")
)
def start(
    ref: Ref, who: Who, session: SessionNumber = None, absent: Absent = None, key: Key = None, as_json: Json = False
) -> None:
    from ledger.delivery import start_session

    with acting(who, key) as act:
        number = session_number(act, ref, session)
        done = start_session(act, ref, number, tuple(absent or ()))
    told(done, say(f"{ref}:第{number}期已开班", f"{ref}: session {number} has started"), as_json)


@family.command("list", help=both("列出各阶段", "List the stages of a programme"))
def list_stages(ref: Ref, as_json: Json = False) -> None:
    from ledger.filings import products
    from ledger.programmes import by_ref
    from ledger.stages import stage_rows
    from models.people import Organisation
    from models.programme import ProgrammeSession

    with looking() as act:
        found: list[dict[str, Any]] = [
            {
                "session": act.session.get_one(ProgrammeSession, row.session_id).number,
                "key": row.key,
                "name": row.name,
                "school": act.session.get_one(Organisation, row.school_id).name if row.school_id else None,
                "state": row.state,
                "planned_from": row.planned_from,
                "planned_to": row.planned_to,
                "actual_from": row.actual_from,
                "actual_to": row.actual_to,
                "hours": row.hours,
                "products": dict(products(act, row)),
            }
            for row in stage_rows(act, by_ref(act, ref).id)
        ]
    shown = found if as_json else [one | {"state": word(one["state"])} for one in found]
    columns = {
        "session": say("期", "session"),
        "key": say("阶段", "stage"),
        "name": say("名称", "name"),
        "school": say("学校", "school"),
        "state": say("状态", "state"),
        "planned_from": say("计划开始", "planned from"),
        "planned_to": say("计划结束", "planned to"),
        "actual_from": say("实际开始", "from"),
        "actual_to": say("实际结束", "to"),
        "hours": say("学时", "hours"),
    }
    listed(shown, columns, as_json)


@family.command("open", help=both("登记阶段的实际开始", "Record the actual first day of a stage"))
def open_(
    ref: Ref,
    stage: StageKey,
    who: Who,
    session: SessionNumber = None,
    school: School = None,
    on: On = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.delivery import open_stage

    first = day(on) if on else None
    with acting(who, key) as act:
        done = open_stage(act, ref, stage, session_number(act, ref, session), school, first)
    told(done, say(f"{ref} {stage}:已开始", f"{ref} {stage}: begun"), as_json)


@family.command(help=both("登记参训人员和学时", "Record who took part, with the credit hours"))
def attend(
    ref: Ref,
    stage: StageKey,
    who: Who,
    session: SessionNumber = None,
    school: School = None,
    absent: Absent = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.delivery import attend as record_attendance

    with acting(who, key) as act:
        done = record_attendance(act, ref, stage, session_number(act, ref, session), school, tuple(absent or ()))
    told(
        done,
        say(
            f"{ref} {stage}:{done.trainees} 人参训,共 {done.hours} 学时",
            f"{ref} {stage}: {done.trainees} took part, {counted(done.hours, 'hour')} in all",
        ),
        as_json,
    )


@family.command(help=both("报送阶段成果", "Hand in a product of a stage"))
def product(
    ref: Ref,
    stage: StageKey,
    kind: Annotated[str, typer.Argument(metavar="KIND", help=both("成果种类", "Kind of document"))],
    file: Annotated[Path, typer.Argument(metavar="FILE", help=both("文件", "File"))],
    who: Who,
    session: SessionNumber = None,
    school: School = None,
    covers: Annotated[
        int,
        typer.Option(
            "--covers", min=1, max=100_000, help=both("合并报送时代表几名学员", "For how many trainees it stands")
        ),
    ] = 1,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.delivery import hand_in_product
    from ledger.packs import pack_of
    from ledger.programmes import by_ref

    with looking() as act:
        number = session_number(act, ref, session)
        pack = pack_of(act, by_ref(act, ref))
        yields = [one.document for known in pack.stages if known.key == stage for one in known.products]
        spec = kind_of(pack, kind, yields)
    stored = keep_file(file, spec.formats)
    with acting(who, key) as act:
        done = hand_in_product(act, ref, stage, number, kind, stored, school, covers)
    told(done, say(f"{ref} {stage}:已收到{spec.name.zh}", f"{ref} {stage}: {spec.name.en} received"), as_json)


@family.command(
    help=both("结束阶段;成果和参训登记齐全才能结束", "Close a stage once its products and attendance are in")
)
def close(
    ref: Ref,
    stage: StageKey,
    who: Who,
    session: SessionNumber = None,
    school: School = None,
    on: On = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.delivery import close_stage

    last = day(on) if on else None
    with acting(who, key) as act:
        done = close_stage(act, ref, stage, session_number(act, ref, session), school, last)
    told(done, say(f"{ref} {stage}:已结束", f"{ref} {stage}: closed"), as_json)
