"""The files of `songjiao approval decide --all-of`: rows of programme, one-time code, decision, comment and matter.

CSV (comma, semicolon or tab; with or without heads, in either language) or YAML. Decides only whether they can be read.
"""

import csv
import sys
from pathlib import Path

from pydantic import BaseModel

from cli.edge import piped
from cli.language import say
from cli.reading import CannotRead

_MOST_BYTES = 1_000_000
_CODE_DIGITS = 8
_COLUMNS = {
    **{name: name for name in ("ref", "code", "decision", "comment", "subject")},
    "programme": "ref",
    "项目编号": "ref",
    "项目": "ref",
    "验证码": "code",
    "决定": "decision",
    "审核决定": "decision",
    "意见": "comment",
    "审核意见": "comment",
    "事项": "subject",
}
DECISIONS = {
    "approve": ("approve", "同意", "审核同意", "审核通过", "签字盖章", "同意立项"),
    "return": ("return", "退回", "退回修改"),
    "reject": ("reject", "不予通过"),
    "file": ("file", "备案", "予以备案"),
}


class Row(BaseModel):
    """One line of a file: the programme, and what is known for its step."""

    line: int
    ref: str
    subject: str = ""
    code: str = ""
    decision: str = ""
    comment: str = ""


def padded(code: str) -> str:
    """A code as it was sent: a spreadsheet drops the noughts in front."""
    code = "".join(code.split())
    return code.zfill(_CODE_DIGITS) if code.isdecimal() else code


def read_rows(path: Path) -> list[Row]:
    """The rows of a CSV or YAML file (`-`: standard input). Raises `CannotRead` naming file and line."""
    name = "-" if str(path) == "-" else path.name
    if name == "-":
        rows = _of_csv(name, piped(lambda: sys.stdin.read(_MOST_BYTES)))
    elif not path.is_file():
        raise CannotRead(
            [
                say(
                    f"{name}: 没有这个文件,也不是条件(如 tier=centre)",
                    f"{name}: no such file, and no filter (tier=centre)",
                )
            ]
        )
    elif path.suffix.lower() in (".yaml", ".yml"):
        rows = _of_yaml(path)
    else:
        rows = _of_csv(name, _text(path))
    faults = [_fault(name, row) for row in rows]
    if any(faults) or not rows:
        raise CannotRead([fault for fault in faults if fault] or [f"{name}: {say('没有内容', 'is empty')}"])
    return [row.model_copy(update={"code": padded(row.code) if row.code else ""}) for row in rows]


def _text(path: Path) -> str:
    if path.stat().st_size > _MOST_BYTES:
        raise CannotRead([f"{path.name}: {say('超过 1 MB', 'is larger than 1 MB')}"])
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CannotRead([f"{path.name}: {say('不是 UTF-8 编码', 'is not UTF-8; save it as such')}"]) from None


def _fault(name: str, row: Row) -> str | None:
    if not row.ref:
        return f"{name}:{row.line}: {say('缺少项目编号', 'the programme is missing (ref)')}"
    if row.decision and all(row.decision not in words for words in DECISIONS.values()):
        allowed = ", ".join(DECISIONS)
        what = say(f"决定“{row.decision}”无法识别,可用", f"decision {row.decision!r} is none of")
        return f"{name}:{row.line}: {what} {allowed}"
    return None


def _of_csv(name: str, text: str) -> list[Row]:
    first = text.partition("\n")[0]
    mark = next((mark for mark in ("\t", ";", ",") if mark in first), ",")
    cells = [
        (number, [cell.strip() for cell in row])
        for number, row in enumerate(csv.reader(text.splitlines(), delimiter=mark), 1)
    ]
    cells = [(number, row) for number, row in cells if any(row) and not row[0].startswith("#")]
    if not cells:
        return []
    heads = ["ref", "code", "decision", "comment", "subject"]
    if cells[0][1][0].lower() in _COLUMNS:
        number, given = cells.pop(0)
        unknown = [cell for cell in given if cell.lower() not in _COLUMNS]
        if unknown:
            what = say(f"栏目“{unknown[0]}”无法识别,可用", f"unknown column {unknown[0]!r}; known are")
            raise CannotRead([f"{name}:{number}: {what} {', '.join(heads)}"])
        heads = [_COLUMNS[cell.lower()] for cell in given]
    return [Row(line=number, **dict(zip(heads, row, strict=False))) for number, row in cells]


def _of_yaml(path: Path) -> list[Row]:
    from policies.reading import read_source

    source = read_source(path)
    if source.problems:
        raise CannotRead([str(problem) for problem in source.problems])
    found, faults = [], []
    entries = source.content if isinstance(source.content, list) else []
    for number, entry in enumerate(entries):
        place = source.line((number,))
        given = {"ref": entry} if isinstance(entry, str) else entry
        if not isinstance(given, dict) or any(
            key not in _COLUMNS or not isinstance(value, str) for key, value in given.items()
        ):
            what = say("应为项目编号,或", "a ref is expected, or")
            faults.append(f"{path.name}:{place}: {what} ref, code, decision, comment, subject")
            continue
        found.append(Row(line=place, **{_COLUMNS[key]: value.strip() for key, value in given.items()}))
    if faults or not isinstance(source.content, list):
        raise CannotRead(faults or [f"{path.name}: {say('应为列表', 'a list is expected')}"])
    return found
