"""The sample county (samples/sample-county): a region in an office's own folder, with no code of its own.

Its pack, register and cases are made from docs/add-a-region.md; what holds for the packs that Songjiao brings holds for it.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.proof.account import Account, Ground, account, ground
from ledger.proof.mutations import turn
from ledger.proof.world import World
from policies.clauses import clause_ids, clauses, registers
from policies.loader import Library, check_file
from policies.schema import Pack
from policies.show import describe
from policies.worked import Case, worked
from rules.cases import answer, right

from .conftest import PACKS

FOLDER = PACKS.parent / "samples" / "sample-county"
NAME = "sample-county-2026"
LIBRARY = Library(FOLDER)
CLAUSES = [key for key in clauses(FOLDER) if key.startswith("SC2026-")]
KEPT = [key for key in CLAUSES if key != "SC2026-7.34"]
OTHERS = ("chongqing-2021", "shulan-2017", "liuzhou-2024", "henan-2023")


@pytest.fixture(scope="module")
def grounded() -> Iterator[tuple[World, Ground]]:
    """An office in memory for the pack."""
    on = ground(LIBRARY, NAME)
    world = World(on.own)
    world.settle(on.packs)
    yield world, on
    world.close()


@pytest.fixture(scope="module")
def whole() -> Account:
    """The account of the pack, from one run."""
    return account(LIBRARY, [NAME])


def test_the_pack_and_its_clauses_have_no_problem() -> None:
    assert [str(problem) for problem in check_file(FOLDER / f"{NAME}.yaml")] == []
    checker = PACKS / "regulations" / "check_clauses.py"
    done = subprocess.run(
        [sys.executable, checker, FOLDER / "regulations"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "34 clauses, 2 excluded passages, 0 problems")


def test_the_folder_stands_before_the_packs_that_are_brought_and_changes_none_of_them() -> None:
    assert LIBRARY.names() == sorted([*Library(PACKS).names(), NAME])
    assert LIBRARY.load("shulan-2017") == Library(PACKS).load("shulan-2017")
    assert worked(FOLDER, "shulan-2017") == worked(PACKS, "shulan-2017")
    assert clause_ids(FOLDER) - clause_ids(PACKS) == frozenset(CLAUSES)
    assert len(registers(FOLDER)) == 2
    assert len(registers(PACKS)) == 1


@pytest.mark.parametrize("case", worked(FOLDER, NAME).cases, ids=str)
def test_case(case: Case) -> None:
    found = answer(LIBRARY.resolve(NAME, case.kind) if case.kind else LIBRARY.load(NAME), case)
    assert found.answers == dict(case.expect)
    assert right(case, found), found.basis


def test_every_clause_is_accounted_for(whole: Account) -> None:
    assert worked(FOLDER, NAME).problems == ()
    assert (whole.total, whole.kept, whole.weaker, whole.missing) == (34, 33, 1, 0)
    assert [row.id for row in whole.clauses if row.strength_kept is None] == ["SC2026-7.34"]


@pytest.mark.parametrize("clause_id", KEPT)
def test_the_clause_turns_red_without_its_rule_and_with_another_actor(
    grounded: tuple[World, Ground], clause_id: str
) -> None:
    world, on = grounded
    clause = on.clauses[clause_id]
    row = turn(world, LIBRARY, on, clause)
    assert row.proven, row


def test_the_page_of_the_pack_says_how_many_must_agree() -> None:
    for locale, said in (
        ("en", ["8 working days; least who agree: 3 items", "one must agree of each: deputy director of the bureau"]),
        ("zh-CN", ["8个工作日,至少同意:3项", ",各须一人同意:县教育局分管领导、教师工作股"]),
    ):
        text = "\n".join(line.text for section in describe(LIBRARY.load(NAME), locale) for line in section.lines)
        assert [words for words in said if words not in text] == []


def test_a_comma_that_cuts_a_text_is_told_as_one(tmp_path: Path) -> None:
    text = (FOLDER / f"{NAME}.yaml").read_text(encoding="utf-8").replace("期限短，", "期限短,", 1)
    (tmp_path / f"{NAME}.yaml").write_text(text, encoding="utf-8")
    assert [(one.what, one.todo) for one in check_file(tmp_path / f"{NAME}.yaml", FOLDER)] == [
        (
            "'提前一天提醒，当天催办，次日上报。' stands alone",
            "a comma inside {…} ends a text: put the text in quotes, or write ，",
        )
    ]


def _mechanisms(pack: Pack) -> dict[str, object]:
    """What a pack says in each mechanism, without names and clauses."""
    assert pack.evaluation is not None
    weights = [pack.rules.get(one.weight) or pack.settings[one.weight] for one in pack.evaluation.sources]
    hour = pack.settings["message.hour"].values[0].value
    return {
        "tiers": max(len(chain.tiers) for chain in pack.approval),
        "quorums": {tier.quorum.kind for chain in pack.approval for tier in chain.tiers},
        "stages": len(pack.stages),
        "weights": sorted(str(rule.values[-1].value) for rule in weights),
        "kinds": sorted(pack.kinds),
        "hour": hour,
        "ladders": [[rung.days for rung in ladder.rungs] for ladder in pack.ladders],
        "bans": [(ban.trigger, pack.rules[ban.years].values[-1].value, ban.levels) for ban in pack.bans],
        "hours": sorted((h.key, str(pack.rules[h.minimum].values[-1].value)) for h in pack.hours),
        "registers": sorted(register.key for register in pack.registers),
        "indicators": sorted(indicator.key for indicator in pack.indicators),
        "duties": sorted(duty.key for duty in pack.duties),
    }


@pytest.mark.parametrize("other", OTHERS)
def test_it_differs_from_each_brought_pack_in_every_mechanism(other: str) -> None:
    mine, theirs = _mechanisms(LIBRARY.load(NAME)), _mechanisms(LIBRARY.load(other))
    assert [name for name, said in mine.items() if said == theirs[name]] == []
    assert (mine["tiers"], mine["stages"], mine["quorums"]) == (4, 3, {"one", "m-of-n", "one-per-group"})
