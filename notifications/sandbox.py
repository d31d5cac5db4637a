"""The narrow room in which templates run: facts, `if`, `for` and a few filters; no calls, no attributes of Python, no
files.

An office may put its own wording beside the built-in one, so a template is input like any other. What it may not do is
refused with a sentence (`TemplateRefused`); it never reaches the machine, and never makes a message without end.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from jinja2 import ChainableUndefined, Template, TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifications.labels import label

SECTIONS = ("subject", "body", "short", "basis")
SOURCE_LIMIT = 64_000
TEXT_LIMIT = 100_000
_HEADING = re.compile(r"^\[([a-z]+)\][ \t]*$", re.MULTILINE)
_ZH_WEEKDAYS = "一二三四五六日"
_EN_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EN_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NOT_STATED = {"zh-CN": "（未注明）", "en": "(not stated)"}
_KEPT_FILTERS = ("default", "first", "int", "join", "last", "length", "lower", "round", "select", "trim", "upper")


class TemplateRefused(Exception):
    """A template that cannot be used; the text says which file, what is wrong and what to do."""


def clean(value: str, *, lines: bool = False) -> str:
    """A fact's text without control and direction characters; on one line unless `lines`.

    Prevents a fact from adding a mail header, a line that looks like ours, or text that reads backwards.
    """
    kept = []
    for character in value.replace("\r\n", "\n").replace("\r", "\n"):
        if character == "\n" and lines:
            kept.append(character)
        elif character in "\u2028\u2029\x85" or character.isspace():
            kept.append(" ")
        elif unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn"):
            kept.append(character)
    text = "".join(kept)
    if lines:
        return "\n".join(line.rstrip() for line in text.split("\n")).strip()
    return " ".join(text.split())


def sections(source: str) -> dict[str, str]:
    """The sections of a template file: what follows each line such as `[subject]`. Raises `TemplateRefused`."""
    found: dict[str, str] = {}
    parts = _HEADING.split(source)
    if parts[0].strip():
        raise TemplateRefused("text stands before the first section; begin with a line [subject]")
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        if name not in SECTIONS:
            raise TemplateRefused(f"[{name}] is no section; use [subject], [body] and [short]")
        if name in found:
            raise TemplateRefused(f"[{name}] stands twice; keep one of them")
        found[name] = text.strip("\n")
    return found


def render(source: str, facts: Mapping[str, Any], locale: str) -> str:
    """A section filled in with facts; what no fact says reads 未注明. Raises `TemplateRefused`."""
    if len(source) > SOURCE_LIMIT:
        raise TemplateRefused(f"is longer than {SOURCE_LIMIT} characters; shorten it")
    try:
        text = _compiled(source, locale).render(dict(facts))
    except SecurityError as error:
        raise TemplateRefused(
            f"does what a template may not do ({error}); use facts, if, for and filters only"
        ) from None
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        where = f"line {line}: " if line else ""
        raise TemplateRefused(f"{where}{error}; correct it, or remove the file to have the built-in wording") from None
    except Exception as error:  # an override's own arithmetic: whatever it raises is a fault of the wording
        raise TemplateRefused(f"cannot be filled in ({type(error).__name__}: {error})") from None
    if len(text) > TEXT_LIMIT:
        raise TemplateRefused(f"makes a text of more than {TEXT_LIMIT} characters; shorten it")
    return re.sub(r"\n{3,}", "\n\n", text).strip()


@lru_cache(maxsize=512)
def _compiled(source: str, locale: str) -> Template:
    environment = _environment(locale)
    _refuse_what_runs_away(environment.parse(source))
    return environment.from_string(source)


class _Closed(ImmutableSandboxedEnvironment):
    """No attribute of a Python object is reached, nothing is called, nothing is multiplied or formatted into bulk."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, ChainableUndefined):
            return not attr.startswith("_")
        return isinstance(obj, LoopContext) and attr in ("index", "index0", "first", "last", "length")

    def is_safe_callable(self, obj: Any) -> bool:
        return False

    def unsafe_undefined(self, obj: Any, attribute: str) -> Any:
        raise SecurityError(f"the attribute {attribute} is not available in templates")

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        raise SecurityError(f"the operator {operator} is not available in templates")


def _refuse_what_runs_away(tree: nodes.Template) -> None:
    for kind in (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Macro, nodes.CallBlock):
        if next(tree.find_all(kind), None) is not None:
            raise SecurityError(f"{kind.__name__.lower()} is not available in templates")
    for loop in tree.find_all(nodes.For):
        if loop.recursive or any(inner is not loop for inner in loop.find_all(nodes.For)):
            raise SecurityError("a loop inside a loop is not available in templates")


@lru_cache
def _environment(locale: str) -> _Closed:
    class Missing(ChainableUndefined):
        """A fact that was not given: visible to the reader, false in an `if`, never a crash."""

        def __str__(self) -> str:
            return _NOT_STATED.get(locale, _NOT_STATED["zh-CN"])

    environment = _Closed(undefined=Missing, autoescape=False, trim_blocks=True, lstrip_blocks=True)
    environment.globals = {}
    own: dict[str, Callable[..., Any]] = {
        "day": lambda value: _day(value, locale, short=False),
        "short_day": lambda value: _day(value, locale, short=True),
        "several": lambda value: (
            value if isinstance(value, list | tuple) else ()
        ),  # a loop over what is no list says nothing
        "indented": lambda value: "\n".join(f"  {line}".rstrip() for line in str(value).split("\n")),
    }
    for table in ("action", "outcome", "phase", "kind"):
        own[f"{table}_label"] = _labelled(table, locale)
    environment.filters = {name: environment.filters[name] for name in _KEPT_FILTERS} | own
    return environment


def _labelled(table: str, locale: str) -> Callable[[Any], Any]:
    def of(value: Any) -> Any:
        return label(table, value, locale) if isinstance(value, str) else value

    return of


def _day(value: Any, locale: str, *, short: bool) -> str:
    if not isinstance(value, str):
        return str(value)
    try:
        on = datetime.fromisoformat(value).date() if len(value) > 10 else date.fromisoformat(value)
    except ValueError:
        return value
    if locale == "en":
        return f"{on.day} {_EN_MONTHS[on.month - 1]}" + (
            f" {on.year} ({_EN_WEEKDAYS[on.weekday()]})" if not short else ""
        )
    return (
        (f"{on.year}年" if not short else "")
        + f"{on.month}月{on.day}日"
        + (f"（周{_ZH_WEEKDAYS[on.weekday()]}）" if not short else "")
    )
