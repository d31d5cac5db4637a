"""`songjiao status`: whether the office runs, whether its watches look in time, and what waits or stands where it should not.

Exit status 1 when the office does not run or a part of it is down, a watch is silent, something has waited too long, or
the last audit found something: so a monitor of the house can call it. Without `--json` one line for each.
"""

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

import typer

from cli.edge import Json, looking
from cli.edge import office as office_settings
from cli.language import both, say, spoken
from cli.output import as_data, line, when

if TYPE_CHECKING:
    from ledger.queries.backlog import Backlog
    from ledger.watching import WatchView
    from office.state_file import OfficeState

NAMES = {"deadline-watch": ("时限督办", "deadline watch"), "hourly-audit": ("整点核查", "hourly audit")}
PARTS = {
    "server": ("Prefect 服务", "Prefect server"),
    "engine": ("预热引擎", "warm engine"),
    "worker": ("执行器", "worker"),
    "dispatcher": ("消息发送", "dispatcher"),
}


def add_to(app: typer.Typer) -> None:
    """Put the command into the tree."""
    app.command(
        "status",
        help=both(
            "本办公室是否在运行、监视是否按时、有何积压、核查发现了什么;有异常时返回 1",
            "Whether the office runs, its watches look in time, what waits and what was found; 1 when something is amiss",
        ),
    )(status)


def status(as_json: Json = False) -> None:
    from ledger.queries.backlog import open_wakes, unsent
    from ledger.watching import watches
    from office.state_file import lives, running_office

    now = datetime.now(UTC)
    state = running_office(office_settings())
    if state is not None and not lives(state.pid):
        state = None  # left behind by one that was killed
    children = {name: lives(pid) for name, pid in state.children.items()} if state else {}
    with looking() as act:
        found, messages, wakes, zone = watches(act, now), unsent(act, now), open_wakes(act, now), act.zone
    in_order = (
        state is not None
        and state.ready
        and all(children.values())
        and not messages.stuck
        and not wakes.stuck
        and not any(one.silent or one.found for one in found)
    )
    if as_json:
        shown = (
            {name: {"pid": state.children[name], "lives": alive} for name, alive in children.items()} if state else {}
        )
        running = (
            {"ready": state.ready, "pid": state.pid, "engine": state.engine, "ui_url": state.ui_url} if state else {}
        )
        as_data(
            {
                "in_order": in_order,
                "office": {"runs": state is not None, **running, "children": shown},
                "watches": found,
                "messages": messages,
                "wakes": wakes,
            }
        )
    else:
        for text in (
            *_of_office(state, children),
            *(text for one in found for text in _of_watch(one, zone, state is not None)),
            _of_backlog(say("到期未发的消息", "messages due and unsent"), messages),
            _of_backlog(say("未处理的运行唤醒", "open wakes"), wakes),
        ):
            line(text)
    if not in_order:
        raise typer.Exit(1)


def _of_office(state: "OfficeState | None", children: dict[str, bool]) -> list[str]:
    if state is None:
        return [
            say(
                "办公室:没有运行,期限无人督办、消息不发送;请用 songjiao up 启动",
                "office: does not run; no deadline is watched and no message sent. Start it with songjiao up",
            )
        ]
    if not state.ready:
        return [say(f"办公室:正在启动(进程 {state.pid})", f"office: is starting (process {state.pid})")]
    lines = [say(f"办公室:运行中(进程 {state.pid})", f"office: runs (process {state.pid})")]
    for name, alive in children.items():
        called = say(*PARTS.get(name, (name, name)))
        told = say("运行中", "runs") if alive else say("没有运行", "does not run")
        lines.append(say(f"  {called}:{told}", f"  {called}: {told}"))
    if state.engine == "stock":
        lines.append(say("  运行按 Prefect 原有方式启动(stock)", "  flow runs start Prefect's own way (stock)"))
    return lines


def _of_watch(one: "WatchView", zone: tzinfo, running: bool) -> list[str]:
    name, since = say(*NAMES[one.name]), when(one.looked_at, zone)
    if one.looked_at is None:
        told = say(f"{name}:尚未运行", f"{name}: has not run yet")
    elif one.silent:
        told = say(f"{name}:自{since}起没有运行", f"{name}: has not run since {since}")
    elif not running:
        told = say(f"{name}:上次 {since}", f"{name}: last {since}")
    else:
        told = say(f"{name}:正常(上次 {since})", f"{name}: in order (last {since})")
    return [told, *(f"  {finding.words()[spoken() == 'en']}" for finding in one.found)]


def _of_backlog(name: str, backlog: "Backlog") -> str:
    if backlog.oldest_seconds is None:
        return say(f"{name}:无", f"{name}: none")
    age = _length(backlog.oldest_seconds)
    much = say(",滞留", ", stuck") if backlog.stuck else ""
    return say(
        f"{name}:{backlog.count} 条,最早的已等 {age}{much}", f"{name}: {backlog.count}, the oldest for {age}{much}"
    )


def _length(seconds: int) -> str:
    """A length of time as people say it, in its largest fitting unit."""
    for size, zh, en in ((86_400, "天", "d"), (3_600, "小时", "h"), (60, "分钟", "min")):
        if seconds >= size:
            return say(f"{seconds // size} {zh}", f"{seconds // size} {en}")
    return say(f"{seconds} 秒", f"{seconds} s")
