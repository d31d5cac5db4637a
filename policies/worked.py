"""The worked cases of a pack (policies/cases/<pack>/*.yaml): sentences of policy people with facts and expected answers.

Knows how a case is written and where it stands. Never answers one: `rules.cases` does, with the rules that the office
uses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from policies.clauses import SHIPPED
from policies.problems import Problem
from policies.reading import read_source

KEYS = ("name", "kind", "cites", "setting", "given", "expect")


@dataclass(frozen=True)
class Case:
    """One case: its sentence, the kind of programme, the clauses (or the setting) it shows, what is given and expected."""

    pack: str
    file: str
    line: int
    name: str
    kind: str | None
    cites: tuple[str, ...]
    setting: str | None
    given: Mapping[str, Any]
    expect: Mapping[str, Any]

    def __str__(self) -> str:
        """How a case is called in a list."""
        return f"{self.pack}: {self.name}"


@dataclass(frozen=True)
class Worked:
    """The cases of a pack and what is wrong with their files."""

    cases: tuple[Case, ...]
    problems: tuple[Problem, ...]


@cache
def worked(directory: Path, pack: str) -> Worked:
    """The cases of a pack beside the packs of a directory, or of one that Songjiao brings; read once."""
    cases: list[Case] = []
    problems: list[Problem] = []
    folder = next((one for one in (directory, SHIPPED) if (one / "cases" / pack).is_dir()), directory)
    for path in sorted((folder / "cases" / pack).glob("*.yaml")):
        source = read_source(path)
        problems += source.problems
        if not isinstance(source.content, list):
            if not source.problems:
                problems.append(Problem(path.name, 1, "", "the file is no list of cases", "write `- name: …` for each"))
            continue
        for number, content in enumerate(source.content):
            wrong = _wrong(content)
            if wrong is not None:
                problems.append(Problem(path.name, source.line((number,)), f"[{number}]", *wrong))
                continue
            cites = content.get("cites", ())
            cases.append(
                Case(
                    pack=pack,
                    file=path.name,
                    line=source.line((number,)),
                    name=content["name"],
                    kind=content.get("kind"),
                    cites=(cites,) if isinstance(cites, str) else tuple(cites),
                    setting=content.get("setting"),
                    given=content["given"],
                    expect=content["expect"],
                )
            )
    return Worked(tuple(cases), tuple(problems))


def _wrong(content: Any) -> tuple[str, str] | None:
    if not isinstance(content, dict):
        return "a case is a mapping", "write name, cites, given and expect"
    for key in ("name", "given", "expect"):
        if key not in content:
            return f"the key {key!r} is missing", "add it"
    for key in content:
        if key not in KEYS:
            return f"unknown key {key!r}", f"use one of: {', '.join(KEYS)}"
    for key in ("given", "expect"):
        if not isinstance(content[key], dict):
            return f"`{key}` is no mapping", "write it as {key: value}"
    return None
