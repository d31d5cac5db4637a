"""No clause of a regulation stands in code: a verdict's clause comes from the pack that the programme is pinned to."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.house import python_files

pytestmark = pytest.mark.architecture

ROOMS = ("policies", "rules", "models", "ledger", "tasks", "flows", "cli", "desk")
CLAUSE = re.compile(r"\b[A-Z]{2,}\d{4}[A-Z]?-\d")


def clauses_in_code(source: str) -> list[str]:
    """The texts of a program, docstrings left out, that hold a clause's id, with their lines."""
    tree = ast.parse(source)
    told = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        f"{node.lineno}: {node.value}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
        if CLAUSE.search(node.value)
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_no_clause_stands_in_the_code_of_a_room(repository: Path, room: str) -> None:
    found = {
        str(path.relative_to(repository)): told
        for path in python_files()
        if path.is_relative_to(repository / room) and (told := clauses_in_code(path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('refusal("x", clause="CQ2021-5.3")', ["1: CQ2021-5.3"]),
        ('told = f"[{one} SL2017-6A.1.5]"', ["1:  SL2017-6A.1.5]"]),
        ('def rule():\n    """Serves CQ2021-5.3."""  # and HN2023-2.2.9', []),
        ('REF = "CQ-2026-0001"', []),
    ],
)
def test_a_clause_in_code_is_found_and_one_in_words_is_let_be(source: str, found: list[str]) -> None:
    assert clauses_in_code(source) == found
