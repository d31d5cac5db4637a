"""Each clause of a complete pack is proven through its own door, and turns red where its rule or its actor is changed."""

from collections.abc import Iterator

import pytest

from ledger.proof.account import Account, Ground, account, asked, enough, ground
from ledger.proof.mutations import turn, turns_red
from ledger.proof.world import World
from policies.clauses import clauses
from policies.loader import Library
from policies.problems import PackError

from .conftest import PACKS

LIBRARY = Library(PACKS)


def _complete(name: str) -> bool:
    """Whether a pack accounts for every clause; one that cannot be read is told of by its own test."""
    try:
        return LIBRARY.load(name).complete
    except PackError:
        return False


COMPLETE = [name for name in LIBRARY.names() if _complete(name)]
SOURCES = {LIBRARY.load(name).source: name for name in COMPLETE}
CLAUSES = [key for key in clauses(PACKS) if key.partition("-")[0] in SOURCES]
LEFT = {one.clause for name in COMPLETE for one in LIBRARY.load(name).not_kept}
KEPT = [key for key in CLAUSES if key not in LEFT]


@pytest.fixture(scope="module")
def grounds() -> Iterator[dict[str, tuple[World, Ground]]]:
    """One office in memory for each complete pack."""
    found = {}
    for source, name in SOURCES.items():
        on = ground(LIBRARY, name)
        world = World(on.own)
        world.settle(on.packs)
        found[source] = (world, on)
    yield found
    for world, _ in found.values():
        world.close()


Grounds = dict[str, tuple[World, Ground]]


@pytest.fixture(scope="module")
def whole() -> Account:
    """The account of all complete packs, from one run."""
    return account(LIBRARY, COMPLETE)


@pytest.mark.parametrize("clause_id", KEPT)
def test_the_clause_is_kept_as_strongly_as_it_asks(whole: Account, clause_id: str) -> None:
    row = next(one for one in whole.clauses if one.id == clause_id)
    assert row.strength_kept is not None, row.note
    assert enough(row.strength_kept, asked(clauses(PACKS)[clause_id])), row.note


@pytest.mark.repeats
@pytest.mark.parametrize("clause_id", KEPT)
def test_the_clause_turns_red_without_its_rule_and_with_another_actor(grounds: Grounds, clause_id: str) -> None:
    world, on = grounds[clause_id.partition("-")[0]]
    clause = on.clauses[clause_id]
    row = turn(world, LIBRARY, on, clause)
    assert row.proven, row


@pytest.mark.parametrize("source", SOURCES)
def test_a_clause_stays_green_at_its_doors_under_an_unchanged_copy_of_the_pack(grounds: Grounds, source: str) -> None:
    """One clause of each mechanism: what turns the others red is the change, not that the pack is another object."""
    world, on = grounds[source]
    copy = on.with_pack(on.own.model_copy(), LIBRARY)
    of_each = {type(keepers[0].part): key for key, keepers in on.kept.items() if key in on.clauses and key not in LEFT}
    assert [key for key in of_each.values() if turns_red(world, on, copy, on.clauses[key]) is not None] == []


def test_every_clause_is_accounted_for_in_the_form_that_is_printed(whole: Account) -> None:
    found = whole
    assert [row.id for row in found.clauses] == CLAUSES
    assert (found.total, found.kept + found.weaker, found.missing) == (len(CLAUSES), len(CLAUSES), 0)
    assert set(found.model_dump()) == {"total", "kept", "weaker", "missing", "clauses"}
    assert set(found.clauses[0].model_dump()) == {"id", "strength_asked", "strength_kept", "rules", "cases", "note"}
    assert {row.id: row.strength_asked for row in found.clauses} == {
        key: clauses(PACKS)[key].enforce for key in CLAUSES
    }
