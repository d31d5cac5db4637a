"""How many must agree: one, all, m of n, one per group; nobody twice, and no longer waiting than is needed."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.states import DecisionOutcome
from rules.quorum import Kind, Voice, settled

YES, BACK, NO = DecisionOutcome.APPROVE, DecisionOutcome.RETURN, DecisionOutcome.REJECT
NOBODY: frozenset[str] = frozenset()
THREE = {"甲": NOBODY, "乙": NOBODY, "丙": NOBODY}

CASES: list[tuple[str, Kind, int, list[DecisionOutcome], DecisionOutcome | None]] = [
    ("one is enough", "one", 1, [NO], NO),
    ("nobody has spoken", "one", 1, [], None),
    ("all wait for the last", "all", 1, [YES, YES], None),
    ("all have agreed", "all", 1, [YES, YES, YES], YES),
    ("all is settled by one against", "all", 1, [YES, BACK], BACK),
    ("two of three agree", "m-of-n", 2, [YES, YES], YES),
    ("one against leaves two to agree", "m-of-n", 2, [NO], None),
    ("two against leave too few", "m-of-n", 2, [NO, NO], NO),
    ("a return goes before a rejection", "m-of-n", 2, [NO, BACK], BACK),
    ("five of three are all", "m-of-n", 5, [YES, YES, YES], YES),
    ("five of three need each", "m-of-n", 5, [YES, YES], None),
]


@pytest.mark.parametrize(("why", "kind", "least", "said", "ends"), CASES, ids=[case[0] for case in CASES])
def test_a_quorum_is_settled_when_it_stands_and_no_sooner(
    why: str, kind: Kind, least: int, said: list[DecisionOutcome], ends: DecisionOutcome | None
) -> None:
    voices = [Voice(seat, outcome) for seat, outcome in zip(THREE, said, strict=False)]
    assert settled(kind, THREE, voices, least=least) is ends


def test_each_group_needs_a_person_of_its_own() -> None:
    seats = {"甲": frozenset({"财务", "业务"}), "乙": frozenset({"业务"}), "丙": frozenset({"业务"})}
    groups = ("财务", "业务")
    assert settled("one-per-group", seats, [Voice("甲", YES)], groups=groups) is None  # not for both
    assert settled("one-per-group", seats, [Voice("乙", YES), Voice("丙", YES)], groups=groups) is None
    for order in permutations(("甲", "乙")):
        assert settled("one-per-group", seats, [Voice(seat, YES) for seat in order], groups=groups) is YES
    assert settled("one-per-group", seats, [Voice("乙", NO)], groups=groups) is NO


@given(
    st.sampled_from(["all", "m-of-n"]),
    st.integers(1, 5),
    st.lists(st.sampled_from([YES, BACK, NO]), min_size=3, max_size=3),
)
def test_more_voices_never_unsettle_an_agreement(kind: Kind, least: int, said: list[DecisionOutcome]) -> None:
    voices = [Voice(seat, outcome) for seat, outcome in zip(THREE, said, strict=True)]
    seen = [settled(kind, THREE, voices[:count], least=least) for count in range(len(voices) + 1)]
    first = next((number for number, outcome in enumerate(seen) if outcome is not None), None)
    assert first is not None  # with every voice heard it is always settled
    if seen[first] is YES:
        assert set(seen[first:]) == {YES}
