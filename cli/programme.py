"""`songjiao programme`: apply, correct, list, show, explain; the budget and a moved start."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import programme_pages as pages
from cli.edge import (
    REASON,
    Json,
    Key,
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
from cli.output import as_data, line, listed
from cli.words import word

if TYPE_CHECKING:
    from models.act import Act
    from models.values import Application
    from policies.problems import Path as Place

family = typer.Typer(no_args_is_help=True, help=both("项目:申报、查看、延期", "Programmes: apply, look, postpone"))
ApplicationFile = Annotated[
    Path, typer.Argument(metavar="FILE.yaml", help=both("项目申报书(YAML,UTF-8)", "Application (YAML, UTF-8)"))
]


def add_to(app: typer.Typer) -> None:
    """Put the family into the tree."""
    app.add_typer(family, name="programme")


@family.command(help=both("提交项目申报书", "Apply to carry out a programme"))
def apply(
    file: ApplicationFile,
    who: Who,
    policy: Annotated[
        str | None,
        typer.Option("--policy", help=both("政策包(默认用申报书所写)", "Pack; the application's own otherwise")),
    ] = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from cli.reading import read
    from ledger.programmes import apply as apply_for
    from models.values import Application

    if policy is not None:
        _must_be_pack(policy)
    application = read(file, Application, lambda one: _unknown_to_packs(one, policy))
    pack = library().resolve(policy or application.policy, application.kind)
    with acting(who, key) as act:
        done = apply_for(act, application, pack)
        checks = _checks(act, str(done.ref))
    told(done, say(f"已受理:{done.ref} {application.title}", f"taken in: {done.ref} {application.title}"), as_json)
    if not as_json:
        for check in checks:
            line(f"  {check}")


def _must_be_pack(name: str) -> None:
    """Raises `BadInput` for a pack that this office does not have."""
    from ledger.errors import BadInput
    from policies.problems import nearest

    names = library().names()
    if name not in names:
        raise BadInput([("--policy", f"there is no pack {name}; {nearest(name, names)}")])


def _unknown_to_packs(application: "Application", policy: str | None) -> Iterator["tuple[Place, str]"]:
    """The pack and the kind of programme that the application names and nobody knows, each at its own line."""
    from policies.problems import nearest

    names, name = library().names(), policy or application.policy
    if name not in names:
        yield ("policy",), f"there is no pack {name}; {nearest(name, names)}"
        return
    from rules.admission import before_force, declared_facts

    pack = library().load(name)
    if early := before_force(pack, application.starts_on):
        yield ("starts_on",), early
    if application.kind not in pack.kinds:
        yield ("kind",), f"{name} has no kind of programme {application.kind}; {nearest(application.kind, pack.kinds)}"
    asked = declared_facts(pack)
    for fact in application.declared:
        if fact not in asked:
            yield ("declared", fact), f"no check of {name} asks for {fact!r}; {nearest(fact, asked)}"


def _before_its_pack(application: "Application", ref: str) -> Iterator["tuple[Place, str]"]:
    """A first day before the pack of this programme holds."""
    from ledger.packs import pack_of
    from ledger.programmes import by_ref
    from rules.admission import before_force

    with looking() as act:
        if early := before_force(pack_of(act, by_ref(act, ref)), application.starts_on):
            yield ("starts_on",), early


def _checks(act: "Act", ref: str) -> list[str]:
    """What the checks of the latest application said."""
    from cli.failures import label
    from ledger.chains import latest
    from ledger.programmes import by_ref
    from models.values import Verdict

    submission = latest(act, by_ref(act, ref), "application")
    verdicts = [Verdict.model_validate(one) for one in (submission.verdicts if submission else [])]
    return [f"{v.says(spoken())} [{', '.join(label(basis) for basis in v.basis)}]" for v in verdicts]


@family.command(help=both("退回后提交修改后的申报书", "Send the corrected application after a return"))
def correct(ref: Ref, file: ApplicationFile, who: Who, key: Key = None, as_json: Json = False) -> None:
    from cli.reading import read
    from ledger.review import correct_application
    from models.values import Application

    application = read(file, Application, lambda one: _before_its_pack(one, ref))
    with acting(who, key) as act:
        done = correct_application(act, ref, application)
    told(done, say(f"{ref}:修改稿已受理", f"{ref}: the corrected application is taken in"), as_json)


@family.command("list", help=both("列出项目", "List programmes"))
def list_programmes(
    state: Annotated[
        str | None, typer.Option("--state", help=both("只列这一状态,如 running", "Only in this state, such as running"))
    ] = None,
    as_json: Json = False,
) -> None:
    with looking() as act:
        found = [one for one in pages.programmes(act) if state in (None, one["state"])]
    shown = found if as_json else [one | {"state": word(one["state"]), "level": word(one["level"])} for one in found]
    columns = {
        "ref": say("编号", "ref"),
        "title": say("名称", "title"),
        "level": say("级别", "level"),
        "host": say("承训机构", "host"),
        "state": say("状态", "state"),
        "starts_on": say("开始", "starts"),
        "ends_on": say("结束", "ends"),
        "places": say("名额", "places"),
    }
    listed(shown, columns, as_json, say("还没有项目", "no programme is recorded"))


@family.command(help=both("显示项目的全部信息", "Show all of a programme"))
def show(ref: Ref, as_json: Json = False) -> None:
    with looking() as act:
        found = pages.programme_page(act, ref)
        if as_json:
            as_data(found)
        else:
            pages.print_programme(found, act.zone)


@family.command(
    help=both(
        "说明项目办到哪一步、在等谁、依据什么、接下来怎样",
        "Say where it stands, who is awaited, by which clause, and what follows",
    )
)
def explain(ref: Ref, as_json: Json = False) -> None:
    from cli.failures import quote
    from ledger.queries.standing import explain as standing_of

    with looking() as act:
        standing = standing_of(act, ref, lambda clause: quote(clause) or "")
        if as_json:
            as_data(standing)
        else:
            pages.print_standing(act, standing)


@family.command(
    help=both(
        "延期或提前开班:各日期随之变动",
        "Move the start of a session to a later day, or to an earlier one; every derived date moves with it",
    )
)
def postpone(
    ref: Ref,
    to: Annotated[str, typer.Option("--to", metavar="DAY", help=both("新的开班日期", "New first day"))],
    reason: Annotated[str, typer.Option("--reason", callback=at_most(REASON), help=both("事由", "Reason"))],
    who: Who,
    session: SessionNumber = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from ledger.programmes import postpone_start

    until = day(to)
    with acting(who, key) as act:
        done = postpone_start(act, ref, session_number(act, ref, session), until, reason)
    told(done, say(f"{ref}:改于 {until} 开班", f"{ref}: the start is moved to {until}"), as_json)


@family.command("confirm-budget", help=both("确认经费已落实", "Record that the funding is secured"))
def confirm_budget(ref: Ref, who: Who, key: Key = None, as_json: Json = False) -> None:
    from ledger.programmes import confirm_budget as confirm

    with acting(who, key) as act:
        done: Any = confirm(act, ref)
    told(done, say(f"{ref}:经费已确认", f"{ref}: the funding is confirmed"), as_json)
