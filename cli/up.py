"""`songjiao up`: the office for real use, until Ctrl-C."""

from typing import Annotated, Literal

import typer

from cli.edge import office
from cli.language import both, say, spoken
from cli.output import complain, line


def add_to(app: typer.Typer) -> None:
    """Put the command into the tree."""
    app.command(
        "up", help=both("启动:服务、执行器、消息发送,直到 Ctrl-C", "Run server, worker and dispatcher until Ctrl-C")
    )(up)


def up(
    engine: Annotated[
        Literal["warm", "stock"] | None,
        typer.Option(
            "--engine",
            help=both(
                "流程运行的启动方式:warm 预热(缺省),stock 由 Prefect 每次新起进程",
                "How flow runs start: warm (the default), or stock, a fresh process of Prefect's own for each",
            ),
        ),
    ] = None,
) -> None:
    from ledger.runs import break_foreign_leases
    from models.act import SYSTEM
    from office.children import OfficeError
    from office.runtime.migrate import open_ledger
    from office.runtime.transactions import transaction
    from office.steps import step, trouble
    from office.supervisor import Office
    from office.until_told import Supervisor

    settings = office()
    if engine is not None:
        settings = settings.model_copy(update={"engine": engine})

    def ready(running: Office) -> None:
        line(say(f"已就绪:{running.ui_url}", f"ready: {running.ui_url}"))
        line(
            say(
                f"登录口令是 songjiao: 加上 {settings.root / 'prefect.auth'} 里的内容",
                f"the password of the UI is songjiao: followed by what stands in {settings.root / 'prefect.auth'}",
            )
        )
        if settings.smtp_url is None:
            complain(
                say(
                    "没有设置 SONGJIAO_SMTP_URL:消息先存着,不发送", "SONGJIAO_SMTP_URL is not set: messages stay queued"
                )
            )

    def prepare() -> None:
        open_ledger(settings)
        if settings.database_url is None:  # an embedded ledger is this data folder's, and its lock is ours
            with transaction(SYSTEM, office=settings) as act:
                break_foreign_leases(act)

    english = spoken() == "en"

    def tell(words: str) -> None:
        line(step(words, english=english))

    try:
        Supervisor(settings, before_start=prepare, on_ready=ready, say=tell).run()
    except OfficeError as error:
        complain(trouble(str(error), english=english))
        raise typer.Exit(3) from None
