"""A clause that speaks in principle (原则上) is kept by a warning that asks for a reason, in every pack."""

from pathlib import Path

import pytest

from policies.clauses import clauses
from policies.keeping import keepers
from policies.loader import Library, check_file
from policies.mechanisms import Check, Indicator
from policies.schema import Eligibility

from .conftest import PACKS

IN_PRINCIPLE = [key for key, one in clauses(PACKS).items() if one.parameters.get("modality") == "in-principle"]


def test_every_text_that_says_in_principle_is_marked_so() -> None:
    assert [key for key, one in clauses(PACKS).items() if "原则上" in one.quote] == IN_PRINCIPLE


@pytest.mark.parametrize("clause", IN_PRINCIPLE)
def test_what_keeps_it_warns_and_asks_for_a_reason(library: Library, clause: str) -> None:
    found = [keeper for name in library.names() for keeper in keepers(library.load(name)).get(clause, ())]
    assert found
    for keeper in found:
        if isinstance(keeper.part, Check):
            assert (keeper.part.strength, keeper.part.reason) == ("warn", "asked")
        elif isinstance(keeper.part, Indicator) and keeper.part.goal is not None:
            assert keeper.part.strength == "warn"
        assert not isinstance(keeper.part, Eligibility)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("strength: warn", "strength: block", "checks[1].strength: CQ2021-3.10 speaks in principle (原则上)"),
        (
            "strength: warn",
            "strength: warn, reason: not-asked",
            (
                "checks[1].reason: CQ2021-3.10 speaks in principle (原则上), and no reason is asked for less; "
                "take `reason: not-asked` out"
            ),
        ),
    ],
)
def test_a_pack_that_refuses_or_asks_for_nothing_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (PACKS / "chongqing-2021.yaml").read_text(encoding="utf-8")
    line = next(one for one in text.splitlines() if "key: outside-experts," in one)
    assert old in line
    path = tmp_path / "chongqing-2021.yaml"
    path.write_text(text.replace(line, line.replace(old, new)), encoding="utf-8")
    told = [str(problem) for problem in check_file(path, PACKS)]
    assert any(said in one for one in told), told
