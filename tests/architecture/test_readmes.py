"""The two READMEs tell the same commands: what works in one language works in the other."""

import re
from pathlib import Path


def commands(text: str) -> list[str]:
    """The lines of every block of code, without what is said about them."""
    blocks: list[str] = re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]


def test_both_readmes_tell_the_same_commands_in_the_same_order(repository: Path) -> None:
    english, chinese = (
        commands((repository / name).read_text(encoding="utf-8")) for name in ("README.md", "README.zh-CN.md")
    )
    assert "sh samples/first-office.sh" in english
    assert chinese == english
