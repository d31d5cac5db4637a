"""The register of clauses: what each id says, with its Chinese quote (regulations/clauses.yaml).

An office that keeps packs in a folder of its own has a register of its own there; the one that Songjiao brings is read
behind it. Decides nothing; it answers "does this clause exist" at once and "what does it say" by reading the register
when first asked. A register that cannot be read stops what needs its contents (`PackError`), never a message that only
quotes it. Never changes a quote: `policies/regulations/check_clauses.py` holds them against the source texts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from policies.problems import PackError, Problem

SHIPPED = Path(__file__).resolve().parent
"""The folder of the packs that Songjiao brings, with their register and their cases."""
_ID_LINE = re.compile(r"^- id: '?([A-Z]+\d{4}[A-Z]?-[0-9A-Z.]+)'?\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Clause:
    """One clause: its id, source and article, the quote, the rule in English, and the reading of what is left open."""

    id: str
    source: str
    article: str
    quote: str
    rule: str
    kind: str
    parameters: Mapping[str, Any]
    actors: Mapping[str, tuple[str, ...]]
    lifecycle: str
    enforce: str
    ambiguity: str | None
    title: str
    binding: bool = True


def register(directory: Path) -> Path:
    """Where the register of a directory of packs lies."""
    return directory / "regulations" / "clauses.yaml"


def registers(directory: Path) -> tuple[Path, ...]:
    """The registers that hold for a directory of packs: its own, where it has one, before the one that Songjiao brings."""
    found = (register(directory).resolve(), register(SHIPPED))
    return tuple(dict.fromkeys(path for path in found if path.is_file()))


def clause_ids(directory: Path) -> frozenset[str]:
    """Every clause id, without reading the register's contents (a check of citations must cost nothing)."""
    return _clause_ids(directory.resolve())


@cache
def _clause_ids(directory: Path) -> frozenset[str]:
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in registers(directory))
    return frozenset(clause_id for text in texts for clause_id in _ID_LINE.findall(text))


def clauses(directory: Path) -> Mapping[str, Clause]:
    """Every clause by its id; read once. `title` is the title of the source text. Raises PackError for a register that
    cannot be read.
    """
    return _clauses(directory.resolve())


@cache
def _clauses(directory: Path) -> Mapping[str, Clause]:
    found: dict[str, Clause] = {}
    for path in registers(directory):
        found = {**_register(path), **found}
    return MappingProxyType(found)


def quote_of(directory: Path, clause_id: str) -> str | None:
    """The words of a clause for whoever reads of it; None where no register that can be read has it.

    Words that are lacking hold up nobody's message or form.
    """
    for path in registers(directory):
        try:
            found = _register(path).get(clause_id)
        except PackError:
            continue
        if found is not None:
            return found.quote
    return None


@cache
def _register(path: Path) -> Mapping[str, Clause]:
    text, found = "", dict[str, Clause]()  # what is read so far says at which clause it stopped
    try:
        text = path.read_text(encoding="utf-8")
        raw = yaml.load(text, Loader=yaml.CSafeLoader)
        sources = {source["file"]: source for source in raw["sources"]}
        for entry in raw["clauses"]:
            found[entry["id"]] = _clause(entry, sources[entry["source"]])
    except UnicodeDecodeError as error:
        raise _unreadable(path, 0, f"byte {error.start} is not UTF-8", "save the file as UTF-8 and try again") from None
    except OSError as error:
        told = f"cannot be read ({error.strerror})"
        raise _unreadable(path, 0, told, "check the name and that you may read it") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        told = f"is not YAML: {getattr(error, 'problem', None) or error}"
        todo = "look at quotes, colons and indentation on this line"
        raise _unreadable(path, mark.line + 1 if mark else 0, told, todo) from None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        told = f"the key {error} is missing or names nothing" if isinstance(error, KeyError) else "has another shape"
        raise _unreadable(
            path, _line_of(text, len(found) + 1), told, "write it as docs/add-a-region.md shows it"
        ) from None
    return MappingProxyType(found)


def _unreadable(path: Path, line: int, what: str, todo: str) -> PackError:
    return PackError([Problem(f"regulations/{path.name}", line, "", what, todo)])


def _line_of(text: str, number: int) -> int:
    """The line of the clause with this number in the register, or of its `clauses:` where there is none."""
    starts = [text.count("\n", 0, found.start()) + 1 for found in re.finditer(r"^ *- id:", text, re.MULTILINE)]
    return starts[number - 1] if 0 < number <= len(starts) else 1


def _clause(entry: dict[str, Any], source: Mapping[str, Any]) -> Clause:
    return Clause(
        id=entry["id"],
        source=source["id"],
        article=str(entry["article"]),
        quote=entry["quote"],
        rule=entry["rule"],
        kind=entry["kind"],
        parameters=MappingProxyType(entry["parameters"] or {}),
        actors=MappingProxyType({role: tuple(people) for role, people in entry["actors"].items()}),
        lifecycle=entry["lifecycle"],
        enforce=entry["enforce"],
        ambiguity=entry.get("ambiguity"),
        title=source["title"],
        binding=bool(source.get("binding", True)),
    )


def source_of(clause_id: str) -> str:
    """The source text that a clause id belongs to.

    >>> source_of("CQ2021-2.3")
    'CQ2021'
    """
    return clause_id.partition("-")[0]
