"""A pack that says how many must agree in a tier, or what silence means, says it whole."""

import pytest

from .conftest import Break

TIER = "{role: county-education-authority, action: approve"
CASES: list[tuple[str, str, str]] = [
    (
        "silence is consent only where a clause says so",
        "on_silence: {means: approve, why: 示例}",
        "on_silence: silence is consent by law only, and no clause is named; cite it, or leave it out",
    ),
    (
        "m of n says how many",
        "quorum: {kind: m-of-n}",
        "quorum: `least` goes with m-of-n and with nothing else; correct the quorum",
    ),
    (
        "all says no number",
        "quorum: {kind: all, least: decision.days}",
        "quorum: `least` goes with m-of-n and with nothing else; correct the quorum",
    ),
    (
        "one per group names the groups",
        "quorum: {kind: one-per-group}",
        "quorum: `groups` goes with one-per-group and with nothing else; correct the quorum",
    ),
]


@pytest.mark.parametrize(("sentence", "words", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_tier_that_cannot_be_counted_is_named(broken: Break, sentence: str, words: str, expected: str) -> None:
    found = [str(problem) for problem in broken((TIER, f"{TIER}, {words}"))]
    assert f"small-2021.yaml:55: approval[0].tiers[0].{expected}" in found


def test_silence_with_its_clause_and_a_quorum_of_all_are_a_pack(broken: Break) -> None:
    words = "on_silence: {means: approve, cites: CQ2021-2.2}, quorum: {kind: all}"
    assert [str(problem) for problem in broken((TIER, f"{TIER}, {words}"))] == []
