"""The proof of the proof: with its rule left out, or with another actor, a clause turns red at its own door.

A changed pack meets the doors of the pack as it was: the same worked cases, entries, sweeps and actors. Where an
operation of the ledger or a rule then answers otherwise, the clause is red there; where only the text of the pack tells
the two apart, it is red by its text, which proves nothing and is said so.
"""

from collections.abc import Iterable
from dataclasses import replace

from pydantic import BaseModel

from ledger.proof.account import Ground, asked, enough, ground, prove
from ledger.proof.probe import TEXT, Probe, Red
from ledger.proof.probes import at_doors
from ledger.proof.world import World
from policies.clauses import Clause
from policies.keeping import keepers, meant_by, swapped, without
from policies.loader import Library
from policies.lookup import UnknownId
from policies.mechanisms import SYSTEM

LEFT_OUT, ANOTHER = "left out", "another actor"


class Turned(BaseModel):
    """A clause with the door at which it turns red without its rule, and with another actor; None where it stays kept."""

    id: str
    left_out: Red | None
    another_actor: Red | None

    @property
    def proven(self) -> bool:
        """Whether both show at a door."""
        return all(red is not None and red.at != TEXT for red in (self.left_out, self.another_actor))


def turned(library: Library, names: Iterable[str]) -> list[Turned]:
    """Every clause of these packs that software keeps, taken through its doors under both changes."""
    rows = []
    for name in names:
        on = ground(library, name)
        left = {one.clause for one in on.own.not_kept}
        world = World(on.own)
        world.settle(on.packs)
        try:
            rows += [turn(world, library, on, clause) for key, clause in on.clauses.items() if key not in left]
        finally:
            world.close()
    return rows


def turn(world: World, library: Library, on: Ground, clause: Clause) -> Turned:
    """One clause under both changes."""
    reds = {name: turns_red(world, on, changed, clause) for name, changed in mutations(library, on, clause).items()}
    return Turned(id=clause.id, left_out=reds[LEFT_OUT], another_actor=reds[ANOTHER])


def mutations(library: Library, on: Ground, clause: Clause) -> dict[str, Ground]:
    """The ground as it would be with the clause's rule left out, and with somebody else as its actor."""
    kept, blocks = on.kept.get(clause.id, []), on.citing.get(clause.id, frozenset())
    left_out = on.with_pack(without(on.own, clause.id, blocks), library)
    swap = swapped(on.own, clause.id, _stranger(on, clause), kept, blocks)
    return {LEFT_OUT: left_out, ANOTHER: on.with_pack(swap, library)}


def turns_red(world: World, on: Ground, changed: Ground, clause: Clause) -> Red | None:
    """Where the clause shows that it is no longer kept under a changed pack; None where nothing shows it.

    Each part that keeps it as strongly as it asks is taken through its doors as the pack had it: the same cases, entries
    and actors meet the changed pack. Only where a door still answers as before does the pack's text decide.
    """
    shown: list[Red] = []
    for keeper in on.kept.get(clause.id, ()):
        if not enough(keeper.strength, asked(clause)):
            continue
        red = at_doors(Probe(world, changed.packs, clause, keeper, on.cases))
        if red is None:
            return _by_text(world, changed, clause)
        shown.append(red)
    return max(shown, key=lambda red: red.at == TEXT, default=None)


def _by_text(world: World, changed: Ground, clause: Clause) -> Red | None:
    row = prove(world, replace(changed, kept=keepers(changed.own)), clause)
    kept = row.strength_kept is not None and enough(row.strength_kept, asked(clause))
    return None if kept else Red(TEXT, row.note)


def _stranger(on: Ground, clause: Clause) -> str:
    """A role of the pack that the clause does not name and that stands for nobody whom it names."""
    stands = {role for keeper in on.kept.get(clause.id, ()) for role in keeper.part.stands_for}
    meant = meant_by(clause)
    for role in on.own.roles:
        if role not in meant and role not in stands and role != SYSTEM:
            return role
    raise UnknownId(f"pack {on.own.pack}: every role is named by {clause.id}")
