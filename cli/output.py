"""How answers look: lines, tables and JSON on stdout, everything that is not an answer on stderr.

On a terminal a table is drawn; elsewhere its rows are separated by tabs, so that other programs can cut them. Control
characters in recorded texts are not sent to anyone's terminal.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from cli.language import say

_CONTROL = dict.fromkeys([*range(32), 127, *range(128, 160), *range(8234, 8239), *range(8294, 8298)], " ")
_IN_A_TEXT = {number: there for number, there in _CONTROL.items() if number != 0x0A}


def line(text: str = "") -> None:
    """Say something on stdout."""
    print(text.translate(_IN_A_TEXT))


def complain(text: str) -> None:
    """Say something on stderr."""
    print(text.translate(_IN_A_TEXT), file=sys.stderr)


def as_data(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(plain(value), ensure_ascii=False, indent=2))


def plain(value: Any) -> Any:
    """A value as JSON data: days and moments in ISO, numbers that are exact as text."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    return str(value)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], empty: str | None = None) -> None:
    """Print rows under their heads; `empty` is said where there are none."""
    cells = [["" if cell is None else str(cell).translate(_CONTROL).strip() for cell in row] for row in rows]
    if not cells:
        complain(empty or say("没有记录", "nothing is recorded"))
        return
    if not sys.stdout.isatty():
        for row in [list(heads), *cells]:
            print("\t".join(row))
        return
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*heads, box=SIMPLE, pad_edge=False)
    for row in cells:
        drawn.add_row(*(Text(cell) for cell in row))
    Console().print(drawn)


def listed(items: Sequence[Any], columns: Mapping[str, str], as_json: bool, empty: str | None = None) -> None:
    """Print values as a table of some of their fields, or whole as JSON. `columns` maps a field to its head."""
    if as_json:
        as_data(list(items))
        return
    read = [item if isinstance(item, Mapping) else vars(item) for item in items]
    table(list(columns.values()), [[row[name] for name in columns] for row in read], empty)


def when(moment: datetime | None, zone: tzinfo) -> str:
    """A moment as the office's clock shows it, to the minute."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") if moment else ""


def masked(name: str) -> str:
    """A name as it may stand in a list: its first character only.

    >>> masked("王小明"), masked("示例·何老师")
    ('王**', '示例·何**')
    """
    front, dot, rest = name.rpartition("·") if name.startswith("示例") else ("", "", name)
    return f"{front}{dot}{rest[:1]}{'*' * max(1, len(rest) - 1)}"


def basis_words(
    clause: str | None, setting: str | None, adopted_from: str | None = None, setting_en: str | None = None
) -> str:
    """What something rests on: a clause, or a setting of the office, never dressed as law."""
    reason = say(setting or "", setting_en or setting or "")
    told = clause or (say("本办公室设置", "office setting") + (f" {reason}" if reason else ""))
    return told + say(f"(沿用 {adopted_from})", f" (adopted from {adopted_from})") if adopted_from else told
