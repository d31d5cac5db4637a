"""What every probe works with, and how one says that a part does not keep its clause."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.proof.world import World
from models.programme import Programme
from policies.clauses import Clause
from policies.keeping import Keeper, meant_by
from policies.mechanisms import Register
from policies.schema import Pack
from policies.worked import Case

TEXT, VERDICT, LEDGER, SWEEP, ENTRY, INDICATOR = "text", "verdict", "ledger", "sweep", "entry", "indicator"
"""Where a clause shows that it is not kept: at one of its doors, or by the pack's text alone, which is no proof."""


@dataclass(frozen=True)
class Red:
    """That a part does not keep its clause: at which door that shows, and why."""

    at: str
    why: str


class NotKeptHere(Exception):
    """The part does not keep the clause; the sentence says why."""


@dataclass(frozen=True)
class Probe:
    """What a probe works with: the world, the pack by kind of programme, the clause, the part, and the cases."""

    world: World
    packs: Mapping[str, Pack]
    clause: Clause
    keeper: Keeper
    cases: Sequence[Case]
    made: dict[str, Programme] = field(default_factory=dict)

    def programme_of(self, kind: str) -> Programme:
        """The programme of a kind that this probe works with, the same one throughout."""
        if kind not in self.made:
            self.made[kind] = self.world.programme_of(self.packs[kind], kind)
        return self.made[kind]

    @property
    def own(self) -> Pack:
        """The pack as it stands in its file."""
        return self.packs[""]

    @property
    def shown(self) -> list[Case]:
        """The cases that name the clause."""
        return [case for case in self.cases if self.clause.id in case.cites]

    def actor(self, roles: Sequence[str]) -> str:
        """The role of the part that acts for somebody whom the clause names."""
        meant, stands = meant_by(self.clause), self.keeper.part.stands_for
        for role in roles:
            if stands.get(role, role) in meant:
                return role
        raise NotKeptHere(f"{self.keeper.id} is for {', '.join(roles) or 'nobody'}; the clause names {names(meant)}")


def names(roles: Iterable[str]) -> str:
    """Roles in order, as a sentence has them."""
    return ", ".join(sorted(roles))


def programme_for(probe: Probe) -> Programme:
    """The world's programme, of the first kind that the part is meant for."""
    kinds = getattr(probe.keeper.part, "kinds", ()) or tuple(key for key in probe.packs if key)
    return probe.programme_of(kinds[0])


def pinned(probe: Probe, register: Register) -> Pack:
    """The pack by which an entry is judged: the programme's own where it speaks of one."""
    if register.about != "programme":
        return probe.own
    return probe.packs[programme_for(probe).kind]


def must_refuse(act: Callable[[], Any], by: type[Exception]) -> None:
    """What is done here must be refused. Raises NotKeptHere where it is taken."""
    try:
        act()
    except by:
        return
    raise NotKeptHere("what must be refused was taken")
