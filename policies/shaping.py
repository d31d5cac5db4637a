"""How plain text data becomes a `Pack`, and how each misfit is said in words.

Decides nothing about meaning: it applies the schema and turns every validation error into a finding with its place,
what is wrong, what was expected and the nearest valid word. All of them at once, never only the first.
"""

from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from policies.problems import Finding, Path, nearest
from policies.schema import Pack

_KINDS = {dict: "a mapping (key: value)", list: "a list", str: "a text", type(None): "nothing"}


def shape(content: Any) -> tuple[Pack | None, list[Finding]]:
    """The pack, or None and every misfit."""
    try:
        return Pack.model_validate(content), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        return None, [_finding(detail) for detail in details if not _follows(detail, details)]


def _follows(detail: ErrorDetails, others: list[ErrorDetails]) -> bool:
    """Whether a list only seems empty because its items are faulty, which is said already."""
    at = detail["loc"]
    return detail["type"] == "too_short" and any(
        len(other["loc"]) > len(at) and other["loc"][: len(at)] == at for other in others
    )


def _finding(detail: ErrorDetails) -> Finding:
    path: Path = tuple(detail["loc"])
    kind, context = detail["type"], detail.get("ctx", {})
    given = detail.get("input")
    last = path[-1] if path else ""
    if kind == "extra_forbidden" and given in (None, "") and not str(last).isascii():
        return Finding(
            path, f"{last!r} stands alone", "a comma inside {…} ends a text: put the text in quotes, or write ，"
        )
    if kind == "extra_forbidden":
        return Finding(path, f"unknown key {last!r}", nearest(str(last), _keys_at(path[:-1])))
    if kind == "missing":
        return Finding(path, f"the key {last!r} is missing", "add it")
    if kind in ("literal_error", "enum"):
        words = [word.strip().strip("'") for word in str(context.get("expected", "")).replace(" or ", ", ").split(",")]
        if path and path[-1] == "[key]":
            path = path[:-1]
        return Finding(path, f"{_said(given)} is not allowed here", nearest(str(given), words))
    if kind == "value_error":
        message = str(context.get("error", detail["msg"]))
        what, _, todo = message.partition("; ")
        return Finding(path, what, todo or "correct it")
    if kind in ("int_parsing", "int_type", "int_from_float"):
        return Finding(path, f"{_said(given)} is not a whole number", "write one, such as 7")
    if kind.startswith("date"):
        return Finding(path, f"{_said(given)} is not a day of the calendar", "write one, such as 2020-01-06")
    if kind == "bool_parsing":
        return Finding(path, f"{_said(given)} is not a flag", "write true or false")
    if kind == "string_type":
        return Finding(path, f"a text is expected, not {_said(given)}", "write a text")
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return Finding(path, f"a mapping is expected, not {_said(given)}", "write it as {key: value}")
    if kind in ("tuple_type", "list_type"):
        return Finding(path, f"a list is expected, not {_said(given)}", "write it as [a, b]")
    if kind == "too_short":
        return Finding(path, "the list is empty", "name at least one")
    return Finding(path, f"{_said(given)}: {detail['msg']}", "correct it")


def _said(given: Any) -> str:
    return repr(given) if isinstance(given, str) else _KINDS.get(type(given), repr(given))


def _keys_at(path: Path) -> list[str]:
    """The keys that the schema knows at a place."""
    model = _model_at(path)
    if model is None:
        return []
    return [field.alias or name for name, field in model.model_fields.items() if name != "adopted_from"]


def _model_at(path: Path) -> type[BaseModel] | None:
    found: Any = Pack
    for part in path:
        found = _inside(found, part)
    return _as_model(found)


def _inside(annotation: Any, part: str | int) -> Any:
    model = _as_model(annotation)
    if model is not None:
        field = next((f for name, f in model.model_fields.items() if part in (name, f.alias)), None)
        return field.annotation if field else None
    for option in _options(annotation):
        if get_origin(option) is tuple and isinstance(part, int):
            return get_args(option)[0]
        if get_origin(option) is dict and isinstance(part, str):
            return get_args(option)[1]
    return None


def _as_model(annotation: Any) -> type[BaseModel] | None:
    for option in _options(annotation):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option
    return None


def _options(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
