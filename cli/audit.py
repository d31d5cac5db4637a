"""`songjiao audit`: proves the chain of events and the rows that they speak of, or names what was altered."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.edge import Json, looking
from cli.language import both, counted, say
from cli.output import as_data, complain, line
from cli.words import word

if TYPE_CHECKING:
    from ledger.agreement import Difference

family = typer.Typer(no_args_is_help=True, help=both("审计:核验事件链", "Audit: verify the chain of events"))


def add_to(app: typer.Typer) -> None:
    """Put the family into the tree."""
    app.add_typer(family, name="audit")


@family.callback()
def _group() -> None:
    """Keeps `verify` a command of its own while it is the only one."""


@family.command(
    help=both(
        "核验事件链是否完整、台账是否与事件一致",
        "Verify that no event was changed, removed or put in, and that the ledger says what its events say",
    )
)
def verify(
    head: Annotated[
        str | None,
        typer.Option(
            "--head",
            metavar="HASH",
            help=both("以前记下的链头,核验它仍在链上", "A head noted earlier: it must still be in the chain"),
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    from cli.failures import sentence
    from ledger.audit import verify as walk

    with looking() as act:
        found = walk(act, head)
    if as_json:
        as_data(found)
    elif found.ok:
        line(
            say(
                f"{found.count} 个事件,链完整,台账与事件一致;链头 {found.head}",
                f"{counted(found.count, 'event')}, the chain is whole and the ledger agrees with it; head {found.head}",
            )
        )
    elif found.differences:
        for one in found.differences:
            complain(_differs(one))
    else:
        why = sentence(found.why or "")
        complain(
            why
            if found.broken_at is None
            else say(
                f"链在第 {found.broken_at} 个事件处断开:{why}", f"the chain breaks at event {found.broken_at}: {why}"
            )
        )
    if not found.ok:
        raise typer.Exit(1)


_KINDS = {
    "decision": ("审核决定", "decision"),
    "submission": ("报送内容", "submission"),
    "document": ("材料", "document"),
    "product": ("阶段成果", "stage product"),
    "score": ("评分", "score"),
    "result": ("考评结果", "result"),
    "obligation": ("应办事项", "obligation"),
    "programme": ("项目", "programme"),
    "session": ("期(班)", "session"),
    "stage": ("阶段", "stage"),
}
_OF = {"decision": ("第{}版 第{}级", "version {} tier {}"), "submission": ("第{}版", "version {}")}


def _differs(one: "Difference") -> str:
    """One altered row in the reader's words: which, in which field, what it says and what its event says."""
    zh, en = _KINDS.get(one.kind, (one.kind, one.kind))
    first, *more = one.of or [""]
    named = say(*_OF[one.kind]).format(*more) if one.kind in _OF else " ".join(more)
    what = " ".join(part for part in (one.programme, say(zh, en), word(first), named) if part)
    if one.row is None:
        told = say(f"台账中没有了,事件 {one.number} 记有此项", f"is gone; event {one.number} tells of it")
    elif one.event is None:
        told = say("没有任何事件记载", "no event tells of it")
    else:
        event = say(f"事件 {one.number} ", f"event {one.number}") if one.number else say("事件", "the events")
        told = say(
            f"{one.field} 台账为“{one.row}”,{event}记为“{one.event}”",
            f"{one.field} is “{one.row}”, {event} {'says' if one.number else 'say'} “{one.event}”",
        )
    return f"{what}: {told}"
