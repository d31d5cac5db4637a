"""The skeleton of a new pack, and the places in it that are still to be filled in.

A marked place is a text `<what belongs here>`. It gives one finding that says what belongs there; what follows from it
alone is not said as well. Decides nothing about the regulation; the skeleton stands in `skeletons/region.yaml`, with its
remarks in both languages.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path as FilePath
from typing import Any

from policies.problems import Finding, Path

SKELETON = FilePath(__file__).with_name("skeletons") / "region.yaml"
NAME = re.compile(r"[a-z]+(-[a-z]+)*-(19|20)\d\d")
_MARK = re.compile(r"<[^<>]+>")
_BOTH = re.compile(r"'<([^<>|]*)\|([^<>|]*)>'")


def skeleton(pack: str, locale: str) -> str:
    """The text of a new pack of that name, with its remarks and marked places in the reader's language."""
    english = locale == "en"
    ours, others = ("#en", "#zh") if english else ("#zh", "#en")
    lines = [line for line in SKELETON.read_text(encoding="utf-8").splitlines() if not line.startswith(others)]
    text = "\n".join("#" + line.removeprefix(ours) if line.startswith(ours) else line for line in lines)
    text = _BOTH.sub(lambda found: f"'<{found[2 if english else 1]}>'", text)
    return text.replace("{pack}", pack) + "\n"


def marks(content: Any, path: Path = ()) -> Iterator[Finding]:
    """Every marked place that is not filled in, with what belongs there."""
    if isinstance(content, dict):
        for key, item in content.items():
            yield from marks(item, (*path, key))
    elif isinstance(content, list):
        for number, item in enumerate(content):
            yield from marks(item, (*path, number))
    elif isinstance(content, str) and _MARK.fullmatch(content):
        yield Finding(path, "is still to be filled in", f"write here: {content[1:-1]}")


def beside_marks(findings: Iterable[Finding], marked: Iterable[Finding]) -> list[Finding]:
    """The findings that are not there only because a marked place is empty."""
    places = [one.path for one in marked]
    return [
        one
        for one in findings
        if not _MARK.search(one.what) and not any(one.path[: len(place)] == place for place in places)
    ]
