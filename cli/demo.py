"""`songjiao demo`: a whole programme year on a moved clock, acted out through this very command line and the Resume
forms.
"""

from pathlib import Path
from typing import Annotated

import typer

from cli.language import both, spoken


def add_to(app: typer.Typer) -> None:
    """Put the command into the tree."""
    app.command(
        "demo", help=both("演示:在移动的时钟上走完一个项目年度", "Run a whole programme year on a moved clock")
    )(demo)


def demo(
    region: Annotated[
        str,
        typer.Option(
            "--region", metavar="REGION", help=both("演示的地区,如 chongqing", "Region of the demo, such as chongqing")
        ),
    ] = "chongqing",
    keep: Annotated[
        bool, typer.Option("--keep", help=both("结束后保留服务,供查看", "Leave the server up to look around"))
    ] = False,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help=both("把报告写成 JSON", "Write the report as JSON"))
    ] = None,
    programmes: Annotated[
        str,
        typer.Option(
            "--programmes",
            metavar="S01,U01",
            help=both("只演示该地区的这几个示例项目", "Only these samples of the region"),
        ),
    ] = "",
) -> None:
    from cli.main import run
    from office.demo.performance import Options, main

    chosen = tuple(dict.fromkeys(key.strip().upper() for key in programmes.split(",") if key.strip()))
    raise typer.Exit(main(Options(region, chosen, keep, report, spoken()), run))
