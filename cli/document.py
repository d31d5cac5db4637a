"""`songjiao document` and `songjiao plan`: documents come in, in versions, on time or late.

An implementation plan comes as a YAML file, so that its figures can be checked; its signed page is a document beside
it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.edge import SCANS, Json, Key, Ref, SessionNumber, Who, acting, keep_file, looking, told
from cli.language import both, counted, say
from cli.output import listed, when

if TYPE_CHECKING:
    import uuid

    from ledger.filings import Stored
    from models.act import Act
    from policies.schema import DocumentKind, Pack

family = typer.Typer(no_args_is_help=True, help=both("材料:报送与查看", "Documents: submit and list"))
plans = typer.Typer(no_args_is_help=True, help=both("实施方案:报送", "Implementation plans: submit"))
PLAN = "implementation-plan"
Page = Annotated[
    Path | None,
    typer.Option(
        "--page", metavar="FILE", help=both("签字盖章页(pdf、jpg、png)", "Signed and stamped page (pdf, jpg, png)")
    ),
]


def add_to(app: typer.Typer) -> None:
    """Put both families into the tree."""
    app.add_typer(family, name="document")
    app.add_typer(plans, name="plan")


@family.command(help=both("报送材料;实施方案用 YAML 文件", "Submit a document; the implementation plan comes as YAML"))
def submit(
    ref: Ref,
    kind: Annotated[
        str,
        typer.Argument(metavar="KIND", help=both("材料种类,如 archive-documents", "Kind, such as archive-documents")),
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help=both("文件", "File"))],
    who: Who,
    session: SessionNumber = None,
    page: Page = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.delivery import submit_document
    from ledger.packs import pack_of
    from ledger.programmes import by_ref

    if kind == PLAN:
        _submit_plan(ref, file, page, who, key, as_json)
        return
    with looking() as act:
        spec = kind_of(pack_of(act, by_ref(act, ref)), kind)
    stored = keep_file(file, spec.formats)
    with acting(who, key) as act:
        done = submit_document(act, ref, kind, stored, session)
        late = _late_days(act, done.id)
    name = say(spec.name.zh, spec.name.en)
    told(
        done,
        say(f"{ref}:已收到{name}", f"{ref}: {name} received")
        + (say(f"(迟交 {late} 天)", f" ({counted(late, 'day')} late)") if late else ""),
        as_json,
    )


def kind_of(pack: "Pack", kind: str, among: Sequence[str] = ()) -> "DocumentKind":
    """The kind of document with this key. Raises `CannotRead` with the kinds there are, the nearest first.

    `among` names those that may be handed in here, where not every kind of the pack is.
    """
    from cli.reading import CannotRead
    from policies.problems import nearest_first

    known = {one.key: one for one in pack.documents}
    if kind in known:
        return known[kind]
    names = {key: (known[key].name.zh, known[key].name.en) for key in (among or known)}
    lines = [f"  {key}  {say(*names[key])}" for key in nearest_first(kind, names)]
    told = say(f"{pack.pack} 没有材料种类 {kind};可用:", f"{pack.pack} has no document kind {kind}; there are:")
    raise CannotRead([f"KIND: {told}", *lines])


def _late_days(act: "Act", filing: "uuid.UUID | None") -> int:
    from models.documents import Filing

    row = act.session.get(Filing, filing)
    return row.late_days if row else 0


def _submit_plan(ref: str, file: Path, page: Path | None, who: str, key: str | None, as_json: bool) -> None:
    from cli.reading import read
    from ledger.errors import BadInput
    from ledger.review import submit_plan
    from models.values import Plan

    if file.suffix.lower() not in (".yaml", ".yml"):
        raise BadInput([("FILE", "a plan comes as a YAML file; send the signed page with --page")])
    plan = read(file, Plan)
    stored: Stored | None = keep_file(page, SCANS) if page else None
    with acting(who, key) as act:
        done = submit_plan(act, ref, plan, stored)
    told(
        done,
        say(f"{ref}:实施方案已受理,进入审核", f"{ref}: the implementation plan is taken in and under review"),
        as_json,
    )


@plans.command(
    "submit", help=both("报送实施方案(同 document submit REF implementation-plan)", "Submit the implementation plan")
)
def submit_the_plan(
    ref: Ref,
    file: Annotated[Path, typer.Argument(metavar="FILE.yaml", help=both("实施方案(YAML,UTF-8)", "Plan (YAML, UTF-8)"))],
    who: Who,
    page: Page = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    _submit_plan(ref, file, page, who, key, as_json)


@family.command("list", help=both("列出项目的材料", "List the documents of a programme"))
def list_documents(ref: Ref, as_json: Json = False) -> None:
    from sqlmodel import col, select

    from ledger.packs import pack_of
    from ledger.programmes import by_ref
    from models.documents import Document, Filing
    from models.people import Organisation

    with looking() as act:
        programme = by_ref(act, ref)
        names = {one.key: say(one.name.zh, one.name.en) for one in pack_of(act, programme).documents}
        rows = act.session.exec(
            select(Filing, Document, Organisation.name)
            .join(Document, col(Document.id) == col(Filing.document_id))
            .join(Organisation, col(Organisation.id) == col(Filing.organisation_id))
            .where(Filing.programme_id == programme.id)
            .order_by(col(Filing.id))
        ).all()
        found: list[dict[str, Any]] = [
            {
                "kind": filing.kind,
                "version": filing.version,
                "file_name": filing.file_name,
                "organisation": where,
                "covers": filing.covers,
                "late_days": filing.late_days,
                "size": document.size,
                "media_type": document.media_type,
                "sha256": document.sha256,
                "submitted_at": filing.submitted_at,
            }
            for filing, document, where in rows
        ]
        shown = (
            found
            if as_json
            else [
                one
                | {
                    "kind": names.get(one["kind"], one["kind"]),
                    "submitted_at": when(one["submitted_at"], act.zone),
                    "late_days": one["late_days"] or "",
                }
                for one in found
            ]
        )
    columns = {
        "kind": say("材料", "document"),
        "version": say("版次", "version"),
        "file_name": say("文件", "file"),
        "organisation": say("报送单位", "from"),
        "submitted_at": say("报送时间", "submitted"),
        "late_days": say("迟交天数", "days late"),
    }
    listed(shown, columns, as_json, say("还没有材料", "no document is recorded"))
