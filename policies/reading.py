"""How a pack's file becomes plain text data: mappings, lists and text, with the line of every key.

Decides what YAML a pack may use. Scalars stay text (`no`, `on`, `1:30`, `2020-01-06` mean what they say; the schema
gives them their type). Refused: duplicate keys, tags, anchors and aliases (a few lines of them can fill the memory),
several documents, keys that are not words, files over 1 MB, other encodings than UTF-8. Never raises: every fault is
a `Problem`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from policies.problems import Path as Place
from policies.problems import Problem, dotted

MOST_BYTES = 1_000_000
DEEPEST = 24


@dataclass
class Source:
    """A read file: its data (None where it could not be read), the line of each place in it, and the problems found."""

    file: str
    content: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def refuse(self, place: Place, what: str, todo: str, line: int | None = None) -> None:
        """Note a problem at a place."""
        self.problems.append(Problem(self.file, self.line(place) if line is None else line, dotted(place), what, todo))


def read_source(path: Path) -> Source:
    """Read a pack's file; what is wrong with it stands in the result's `problems`."""
    source = Source(file=path.name)
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            source.refuse((), f"the file has {size} bytes", f"a pack has at most {MOST_BYTES}; split it", line=0)
            return source
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        source.refuse((), f"byte {error.start} is not UTF-8", "save the file as UTF-8 and try again", line=0)
        return source
    except OSError as error:
        source.refuse((), f"cannot be read ({error.strerror})", "check the name and that you may read it", line=0)
        return source
    try:
        if _events_allowed(source, text):
            node = yaml.compose(text, Loader=yaml.CSafeLoader)
            if node is None:
                source.refuse((), "the file is empty", "write a pack (docs/add-a-region.md shows one)", line=0)
            else:
                source.lines[()] = _line(node)
                source.content = _plain(source, node, ())
    except yaml.YAMLError as error:
        source.content = None
        line, what = _syntax(error)
        source.refuse((), f"is not YAML: {what}", "look at quotes, colons and indentation on this line", line=line)
    return source


def _events_allowed(source: Source, text: str) -> bool:
    """Look through the stream before anything is built from it; False where something is refused."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = _line(event)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                source.refuse((), "a second document begins (---)", "keep one pack in a file", line=line)
                return False
        if isinstance(event, yaml.AliasEvent):
            source.refuse((), f"the alias *{event.anchor} is not allowed", "write the value out", line=line)
        elif isinstance(event, yaml.NodeEvent) and event.anchor:
            source.refuse((), f"the anchor &{event.anchor} is not allowed", "remove it", line=line)
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            source.refuse((), f"the tag {tag} is not allowed", "remove it; the schema types the value", line=line)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                source.refuse(
                    (), f"nested deeper than {DEEPEST} levels", "a pack is flat; look for a stray [ or {", line=line
                )
                return False
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return not source.problems


def _plain(source: Source, node: yaml.Node, place: Place) -> Any:
    if isinstance(node, yaml.MappingNode):
        return dict(_items(source, node, place))
    if isinstance(node, yaml.SequenceNode):
        found = []
        for number, item in enumerate(node.value):
            source.lines[(*place, number)] = _line(item)
            found.append(_plain(source, item, (*place, number)))
        return found
    return node.value


def _items(source: Source, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, Any]]:
    first: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = _line(key_node)
        if not isinstance(key_node, yaml.ScalarNode):
            source.refuse(place, "a key is a list or a mapping", "use a word as the key", line=line)
            continue
        key = key_node.value
        here = (*place, key)
        if key in first:
            source.refuse(
                here, f"stands here a second time (first on line {first[key]})", "keep one of the two", line=line
            )
            continue
        first[key] = line
        source.lines[here] = line
        yield key, _plain(source, value_node, here)


def _syntax(error: yaml.YAMLError) -> tuple[int, str]:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).splitlines()[0]
    return (mark.line + 1 if mark else 0), str(what)


def _line(what: yaml.Node | yaml.Event) -> int:
    return what.start_mark.line + 1 if what.start_mark else 0
