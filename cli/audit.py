"""`songjiao audit`: proves the chain of events, or names its first broken link."""

from typing import Annotated

import typer

from cli.edge import Json, looking
from cli.language import both, say
from cli.output import as_data, complain, line

family = typer.Typer(no_args_is_help=True, help=both("审计:核验事件链", "Audit: verify the chain of events"))


def add_to(app: typer.Typer) -> None:
    """Put the family into the tree."""
    app.add_typer(family, name="audit")


@family.callback()
def _group() -> None:
    """Keeps `verify` a command of its own while it is the only one."""


@family.command(
    help=both("核验事件链是否完整、未被改动", "Verify that no event was changed, removed or put in between")
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
                f"{found.count} 个事件,链完整;链头 {found.head}",
                f"{found.count} events, the chain is whole; head {found.head}",
            )
        )
    else:
        why = sentence(found.why or "")
        complain(
            say(f"链在第 {found.broken_at} 个事件处断开:{why}", f"the chain breaks at event {found.broken_at}: {why}")
        )
    if not found.ok:
        raise typer.Exit(1)
