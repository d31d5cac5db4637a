"""What is wrong with a pack, said so that the person who wrote it can put it right.

A `Problem` names the file, the line, the key, what is wrong and what to do. `PackError` carries every problem at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Finding:
    """A fault at a place inside a pack (keys and list positions from the top), before its line is known."""

    path: Path
    what: str
    todo: str


@dataclass(frozen=True)
class Problem:
    """A fault with its place in a file; `line` counts from 1, and is 0 where the whole file is meant."""

    file: str
    line: int
    key: str
    what: str
    todo: str

    def __str__(self) -> str:
        """One line that a person can act on."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        key = f" {self.key}:" if self.key else ""
        return f"{place}:{key} {self.what}; {self.todo}"


class PackError(Exception):
    """A pack that cannot be used, with every problem found in it; `str()` gives one line for each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.problems = list(problems)

    def __str__(self) -> str:
        """One line for each problem."""
        return "\n".join(str(problem) for problem in self.problems)


def dotted(path: Path) -> str:
    """A place as people write it.

    >>> dotted(("approval", 0, "tiers", 1, "role"))
    'approval[0].tiers[1].role'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def nearest(word: str, known: Iterable[str], most: int | None = 12) -> str:
    """Advice that names the nearest valid word, or the valid words where none is near: `most` of them, or all for None.

    >>> nearest("aprove", ["approve", "file"])
    'did you mean approve?'
    >>> nearest("x", ["file", "approve"])
    'use one of: approve, file'
    """
    words = sorted(set(known))
    close = get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    if not words:
        return "remove it"
    shown = ", ".join(words[:most]) + (", …" if most is not None and len(words) > most else "")
    return f"use one of: {shown}"


def nearest_first(word: str, known: Mapping[str, Iterable[str]]) -> list[str]:
    """The known keys, the one most like the word first; a key is as near as the nearest of its names.

    >>> nearest_first("bugdet", {"emergency-plan": ["安全应急预案"], "budget": ["经费预算表"]})
    ['budget', 'emergency-plan']
    >>> nearest_first("安全预案", {"budget": ["经费预算表"], "emergency-plan": ["安全应急预案"]})
    ['emergency-plan', 'budget']
    """

    def likeness(key: str) -> float:
        return max(SequenceMatcher(None, word.lower(), name.lower()).ratio() for name in (key, *known[key]))

    return sorted(known, key=lambda key: -likeness(key))
