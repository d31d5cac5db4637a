"""A small whole pack to break in one place at a time, and the library of the repository's own packs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from policies.loader import Library, check_file
from policies.problems import Problem

HERE = Path(__file__).parent
PACKS = HERE.parents[1] / "policies"
SMALL = (HERE / "small-2021.yaml").read_text(encoding="utf-8")

Break = Callable[..., list[Problem]]


@pytest.fixture(scope="session")
def library() -> Library:
    """The packs that Songjiao brings."""
    return Library(PACKS)


@pytest.fixture
def broken(tmp_path: Path) -> Break:
    """Check the small pack after replacing pieces of its text (each must be there: no test goes blind)."""

    def check(*changes: tuple[str, str], against_clauses: bool = False) -> list[Problem]:
        text = SMALL
        for old, new in changes:
            assert text.count(old) >= 1, f"the small pack has no {old!r}"
            text = text.replace(old, new, 1)
        return problems_of(tmp_path, text, against_clauses=against_clauses)

    return check


def problems_of(folder: Path, text: str | bytes, *, against_clauses: bool = True) -> list[Problem]:
    """The problems of a pack with this text, held against the repository's clauses."""
    path = folder / "small-2021.yaml"
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    problems = check_file(path, PACKS)
    return problems if against_clauses else [one for one in problems if " says " not in one.what]
