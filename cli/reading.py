"""How an application or a plan is read from YAML: every fault at once, each with its place, in the reader's words.

Decides only whether the file can be read as such a thing; the pack and the ledger judge its content. A file that is no
UTF-8, larger than 1 MB, no YAML, has a key twice, an unknown field, a wrong type or days that go backwards changes
nothing.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cli.chinese import in_chinese
from cli.language import say, spoken
from models.values import Misplaced
from policies.problems import Path as Place
from policies.problems import dotted, nearest
from policies.reading import MOST_BYTES, Source, read_source

M = TypeVar("M", bound=BaseModel)
_EMPTY = ("", "~", "null")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_TODO_OF_PACKS = re.compile(
    r"; (a pack has at most|write a pack|keep one pack|a pack is flat|remove it; the schema).*$"
)


class CannotRead(Exception):
    """A file that cannot be taken; `problems` holds one line for each fault."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read(path: Path, model: type[M], further: Callable[[M], Iterable[tuple[Place, str]]] | None = None) -> M:
    """The value that a YAML file describes. Raises `CannotRead` with every fault.

    `further` looks at a whole value and names what else is wrong with it: a place in the file, and an English sentence.
    """
    if not path.is_file():
        missing = say("没有这个文件,请检查文件名", "there is no such file; check the name")
        folder = say("是文件夹,不是文件", "is a folder, not a file")
        raise CannotRead([f"{path.name}: {folder if path.is_dir() else missing}"])
    source = read_source(path)
    if source.content is None or source.problems:
        raise CannotRead([_of_source(source, number) for number in range(len(source.problems))])
    if not isinstance(source.content, dict):
        raise CannotRead(
            [f"{path.name}: {say('应为“字段: 内容”的形式', 'a mapping of fields is expected (field: value)')}"]
        )
    content = _without_empty(source.content)
    faults = {place: _no_day(given) for place, given in _take_wrong_days(content)}
    try:
        value = model.model_validate(content)
    except ValidationError as error:
        details = error.errors(include_url=False)
        for detail in details:
            place = (*detail["loc"], *_deeper(detail))
            if place not in faults and not _follows(detail, details):
                faults[place] = words_of(detail, model)
    else:
        if not faults:
            faults = {place: sentence(what) for place, what in (further(value) if further else ())}
        if not faults:
            return value
    raise CannotRead([_line(source, place, faults[place]) for place in sorted(faults, key=source.line)])


def _deeper(detail: ErrorDetails) -> Place:
    """Where inside the checked value a fault between several of its fields is put right."""
    error = detail.get("ctx", {}).get("error")
    return error.place if isinstance(error, Misplaced) else ()


def sentence(english: str) -> str:
    """An English sentence in the reader's language."""
    return english if spoken() == "en" else in_chinese(english)


def _of_source(source: Source, number: int) -> str:
    """A fault of the file itself, without the advice that is meant for the writers of packs."""
    problem = source.problems[number]
    if problem.what.startswith("the file has"):
        return f"{problem.file}: {say(f'文件超过 {MOST_BYTES} 字节', f'the file is larger than {MOST_BYTES} bytes')}"
    told = _TODO_OF_PACKS.sub("", f"{problem.what}; {problem.todo}")
    place = f"{problem.file}:{problem.line}" if problem.line else problem.file
    key = f" {problem.key}:" if problem.key else ""
    return f"{place}:{key} {told if spoken() == 'en' else in_chinese(told)}"


def _line(source: Source, place: Place, words: str) -> str:
    key = f" {dotted(place)}:" if place else ""
    return f"{source.file}:{source.line(place)}:{key} {words}"


def _without_empty(content: Any) -> Any:
    """A field without a value is not there: scalars come as text, so an empty one would pass for a name."""
    if isinstance(content, dict):
        return {
            key: _without_empty(item) for key, item in content.items() if not (isinstance(item, str) and item in _EMPTY)
        }
    if isinstance(content, list):
        return [_without_empty(item) for item in content]
    return content


def _take_wrong_days(content: Any, place: Place = ()) -> list[tuple[Place, str]]:
    """Take out the days that are not written 2026-03-23: a bare number would be read as seconds since 1970."""
    found: list[tuple[Place, str]] = []
    if isinstance(content, list):
        for number, item in enumerate(content):
            found += _take_wrong_days(item, (*place, number))
    if isinstance(content, dict):
        for key, item in list(content.items()):
            if key.endswith("_on") and isinstance(item, str) and not _is_day(item):
                found.append(((*place, key), content.pop(key)))
            else:
                found += _take_wrong_days(item, (*place, key))
    return found


def _follows(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """Whether a list only counts as too short because of a fault in one of its items."""
    place = detail["loc"]
    return detail["type"] == "too_short" and any(
        len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in details
    )


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text)) and date.fromisoformat(text) is not None
    except ValueError:
        return False


def _no_day(given: object) -> str:
    return say(f"{given} 不是日期,请写成 2026-03-23", f"{given} is not a day; write it as 2026-03-23")


def words_of(error: ErrorDetails, model: type[BaseModel]) -> str:
    """What is wrong with a field, in the reader's language."""
    kind, context, given = error["type"], error.get("ctx", {}), error.get("input")
    last = error["loc"][-1] if error["loc"] else ""
    if kind == "missing":
        return say("缺少此项,请补上", "is missing; add it")
    if kind == "extra_forbidden":
        advice = nearest(str(last), _fields(model, tuple(error["loc"][:-1])))
        return say(f"没有这一项;{_chosen(advice)}", f"there is no such field; {advice}")
    if kind in ("enum", "literal_error"):
        options = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
        return say(f"{given} 不可用,可选:{options}", f"{given} is not possible; choose one of: {options}")
    if kind == "value_error":
        return sentence(str(context.get("error", error["msg"])))
    if kind in ("greater_than", "greater_than_equal"):
        least = context.get("gt", context.get("ge"))
        more = kind == "greater_than"
        return say(
            f"{given} 应{'大于' if more else '不小于'} {least}",
            f"{given} is not {'more than' if more else 'at least'} {least}",
        )
    if kind in ("less_than", "less_than_equal"):
        most = context.get("lt", context.get("le"))
        return say(f"{given} 超过上限 {most}", f"{given} is more than {most}")
    if kind == "string_too_long":
        most = context.get("max_length")
        return say(f"超过 {most} 个字", f"is longer than {most} characters")
    if kind in ("string_too_short", "too_short"):
        return say("不能为空", "may not be empty")
    return _of_type(kind, given)


def _of_type(kind: str, given: object) -> str:
    shown = given if isinstance(given, str | int | float | date) else "…"
    for beginning, zh, en in (
        ("decimal_max", "位数过多", "has too many digits"),
        ("int_", "应为整数,如 40", "is not a whole number; write one such as 40"),
        ("decimal_", "应为数字,如 48000 或 0.5", "is not a number; write one such as 48000 or 0.5"),
        ("finite_", "应为数字,如 48000 或 0.5", "is not a number; write one such as 48000 or 0.5"),
        ("bool_", "应为 true 或 false", "is not a flag; write true or false"),
    ):
        if kind.startswith(beginning):
            return say(f"{shown} {zh}", f"{shown} {en}")
    if kind.startswith("date_"):
        return _no_day(shown)
    if kind in ("string_type", "string_sub_type"):
        return say("应为一段文字", "a text is expected")
    if kind in ("tuple_type", "list_type"):
        return say("应为列表,每项前写 -", "a list is expected; begin each item with -")
    if kind in ("model_type", "model_attributes_type", "dict_type", "mapping_type"):
        return say("应为“字段: 内容”的形式", "fields are expected (field: value)")
    return say(f"{shown} 不可用", f"{shown} cannot be used")


def _chosen(advice: str) -> str:
    return in_chinese(advice)


def _fields(model: type[BaseModel], place: Place) -> list[str]:
    """The fields that are known at a place."""
    found: Any = model
    for part in place:
        options = [found, *get_args(found)] if get_origin(found) is not tuple else list(get_args(found))
        if isinstance(part, int):
            found = next((o for o in options if isinstance(o, type)), None)
        else:
            owner = next((o for o in options if isinstance(o, type) and issubclass(o, BaseModel)), None)
            field = owner.model_fields.get(part) if owner else None
            found = field.annotation if field else None
    return list(found.model_fields) if isinstance(found, type) and issubclass(found, BaseModel) else []
