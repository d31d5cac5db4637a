"""Which rungs a sweep takes: what is due, and after a rung that reaches nobody the next; none skipped, none held back but
by an acknowledgement.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.climbing import taken
from models.documents import Obligation
from models.people import Person
from policies.schema import LadderRung
from rules.deadlines import RungDue

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
KINDS: Any = ("remind", "remind", "chase", "escalate")


def _ladder(*days: int) -> list[RungDue]:
    """A ladder whose rungs come so many days after now."""
    return [
        RungDue(number, LadderRung(days=on, rung=kind, to=("owner",)), NOON + timedelta(days=on))
        for number, (on, kind) in enumerate(zip(days, KINDS, strict=False), start=1)
    ]


def _row(rung: int = 0, silenced: datetime | None = None) -> Obligation:
    return Obligation(rung=rung, silenced_until=silenced)


def _numbers(row: Obligation, ladder: list[RungDue], reached: set[int]) -> list[tuple[int, bool]]:
    """The rungs that are taken, each with whether one before it in this go reached nobody."""

    def people(due: RungDue) -> list[Person]:
        return [Person(email="a@example.com" if due.number in reached else None)]

    return [(one.due.number, one.early) for one in taken(row, ladder, people, NOON)]


SOON = _ladder(0, 3, 4, 6)
CASES: list[tuple[str, Obligation, list[RungDue], set[int], list[tuple[int, bool]]]] = [
    ("what is due is taken alone", _row(), SOON, {1, 2, 3, 4}, [(1, False)]),
    ("the head is told at once", _row(), SOON, {3, 4}, [(1, False), (2, True), (3, True)]),
    ("only the last one reaches somebody", _row(), SOON, {4}, [(1, False), (2, True), (3, True), (4, True)]),
    ("nobody is reached at all", _row(), SOON, set(), [(1, False), (2, True), (3, True), (4, True)]),
    ("one that is heard stops it", _row(), SOON, {2}, [(1, False), (2, True)]),
    ("from the rung reached on", _row(3), _ladder(-9, -5, -2, 0), set(), [(4, False)]),
    ("a standstill is caught up with", _row(), _ladder(-3, 0, 1, 4), {1, 2, 3, 4}, [(1, False), (2, False)]),
    ("an early loss does not hurry what is heard", _row(), _ladder(-3, 0, 1, 4), {2, 3}, [(1, False), (2, True)]),
    ("nothing is taken of nothing", _row(4), SOON, set(), []),
]


@pytest.mark.parametrize(("name", "row", "ladder", "reached", "expected"), CASES, ids=[case[0] for case in CASES])
def test_which_rungs_are_taken(
    name: str, row: Obligation, ladder: list[RungDue], reached: set[int], expected: list[tuple[int, bool]]
) -> None:
    assert _numbers(row, ladder, reached) == expected


def test_what_an_acknowledgement_silences_is_not_hurried_and_an_escalation_is_not_silenced() -> None:
    seen = NOON + timedelta(days=2)
    assert _numbers(_row(1, seen), _ladder(-1, 0, 4, 6), set()) == [(2, False)]
    assert _numbers(_row(2, seen), _ladder(-1, 0, 0, 6), set()) == [(3, False), (4, True)]


@given(
    st.lists(st.integers(-9, 9), min_size=1, max_size=4, unique=True),
    st.sets(st.integers(1, 4)),
    st.integers(0, 3),
)
def test_rungs_are_taken_in_order_and_only_for_a_reason(days: list[int], reached: set[int], rung: int) -> None:
    ladder = _ladder(*sorted(days))
    numbers = [number for number, _ in _numbers(_row(rung), ladder, reached)]
    assert numbers == list(range(rung + 1, rung + 1 + len(numbers)))
    for number in numbers[1:]:
        assert ladder[number - 1].at <= NOON or number - 1 not in reached
    if numbers and numbers[-1] < len(ladder):
        assert ladder[numbers[-1]].at > NOON
        assert numbers[-1] in reached
