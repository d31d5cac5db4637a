"""The account: every clause of a regulation with what keeps it, how strongly that was proven, and the cases that show it.

Decides `kept`, `weaker` and `missing` from a run of the probes, never from what a pack claims. Serves the goal that each
clause is accounted for.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pydantic import BaseModel

from ledger.proof.probe import Probe
from ledger.proof.probes import why_not
from ledger.proof.world import World
from policies.adoption import resolve_pack
from policies.clauses import Clause, clauses
from policies.keeping import STRENGTHS, Keeper, citing, keepers, rules_of
from policies.loader import Library
from policies.problems import PackError
from policies.schema import NotKept, Pack
from policies.worked import Case, worked


class ClauseKept(BaseModel):
    """One clause: the strength it asks for and the one proven, the rules that keep it, the cases that show it, a note."""

    id: str
    strength_asked: str
    strength_kept: str | None
    rules: list[str]
    cases: list[str]
    note: str


class Account(BaseModel):
    """The account of the clauses of one regulation, or of all."""

    total: int
    kept: int
    weaker: int
    missing: int
    clauses: list[ClauseKept]


@dataclass(frozen=True)
class Ground:
    """What one pack is proven on: the pack by kind of programme (its own text under ""), its clauses and its cases."""

    packs: Mapping[str, Pack]
    clauses: Mapping[str, Clause]
    cases: tuple[Case, ...]
    kept: Mapping[str, list[Keeper]]
    citing: Mapping[str, frozenset[str]]

    @property
    def own(self) -> Pack:
        """The pack as it stands in its file."""
        return self.packs[""]

    def with_pack(self, pack: Pack, library: Library) -> "Ground":
        """The same ground with another text of the pack."""
        return replace(self, packs=_Kinds(pack, library))


class _Kinds(Mapping[str, Pack]):
    """A pack as it holds for each of its kinds, resolved when it is asked for; under "" as it stands."""

    def __init__(self, pack: Pack, library: Library) -> None:
        self._held = {"": pack}
        self._library = library

    def __getitem__(self, kind: str) -> Pack:
        if kind not in self._held:
            pack = self._held[""]
            if kind not in pack.kinds:
                raise KeyError(kind)
            others = {adoption.pack: self._library.load(adoption.pack) for adoption in pack.adopts}
            self._held[kind] = resolve_pack(pack, kind, others)
        return self._held[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(("", *self._held[""].kinds))

    def __len__(self) -> int:
        return 1 + len(self._held[""].kinds)


def ground(library: Library, name: str) -> Ground:
    """The ground of a pack. Raises PackError where it cannot be used."""
    pack = library.load(name)
    mine = {key: one for key, one in clauses(library.directory).items() if key.startswith(f"{pack.source}-")}
    kinds = {kind: library.resolve(name, kind) for kind in pack.kinds}
    return Ground({"": pack} | kinds, mine, worked(library.directory, name).cases, keepers(pack), citing(pack))


def asked(clause: Clause) -> str:
    """How strongly a clause must be kept: where its text does not bind, `block` reads as `warn`."""
    return "warn" if clause.enforce == "block" and not clause.binding else clause.enforce


def enough(kept: str, wanted: str) -> bool:
    """Whether a strength is at least as strong as another.

    >>> enough("block", "warn"), enough("record", "compute")
    (True, False)
    """
    return STRENGTHS.index(kept) >= STRENGTHS.index(wanted)


def prove(world: World, on: Ground, clause: Clause) -> ClauseKept:
    """One clause, taken through its doors."""
    proven: list[Keeper] = []
    faults: list[str] = []
    for keeper in on.kept.get(clause.id, ()):
        why = why_not(Probe(world, on.packs, clause, keeper, on.cases))
        if why is None:
            proven.append(keeper)
        else:
            faults.append(f"{keeper.id}: {why}" if not why.startswith(keeper.id) else why)
    strengths = sorted({keeper.strength for keeper in proven}, key=STRENGTHS.index)
    kept = asked(clause) if asked(clause) in strengths else strengths[-1] if strengths else None
    left = next((one for one in on.own.not_kept if one.clause == clause.id), None)
    return ClauseKept(
        id=clause.id,
        strength_asked=clause.enforce,
        strength_kept=kept,
        rules=[*(keeper.id for keeper in proven), *rules_of(on.own).get(clause.id, ())],
        cases=[f"{case.file}: {case.name}" for case in on.cases if clause.id in case.cites],
        note=_note(clause, proven, faults, left, kept),
    )


def _note(clause: Clause, proven: list[Keeper], faults: list[str], left: NotKept | None, kept: str | None) -> str:
    if left is not None:
        return f"{left.why.en} Instead: {left.instead.en}"
    if kept is not None and enough(kept, asked(clause)):
        return ", ".join(dict.fromkeys(keeper.mechanism for keeper in proven))
    return "; ".join(faults) or "no part of the pack keeps it"


def account(library: Library, names: Iterable[str] | None = None) -> Account:
    """The account of these packs, or of every regulation in the register of clauses (one without a pack is missing)."""
    chosen = tuple(library.names() if names is None else names)
    found: dict[str, ClauseKept] = {}
    packs: dict[str, Pack] = {}
    for name in chosen:
        try:
            on = ground(library, name)
        except PackError:
            if names is not None:
                raise
            continue  # its clauses are missing; `policy check` says why
        packs[on.own.source] = on.own
        world = World(on.own)
        world.settle(on.packs)
        try:
            found |= {key: prove(world, on, clause) for key, clause in on.clauses.items()}
        finally:
            world.close()
    register = clauses(library.directory)
    wanted = [key for key in register if key in found or names is None]
    rows = [found.get(key) or _without_pack(register[key]) for key in wanted]
    left = {one.clause for pack in packs.values() for one in pack.not_kept}
    states = [_state(row, register[row.id], row.id in left) for row in rows]
    return Account(
        total=len(rows),
        kept=states.count("kept"),
        weaker=states.count("weaker"),
        missing=states.count("missing"),
        clauses=rows,
    )


def _without_pack(clause: Clause) -> ClauseKept:
    return ClauseKept(
        id=clause.id,
        strength_asked=clause.enforce,
        strength_kept=None,
        rules=[],
        cases=[],
        note="there is no pack of this regulation that can be used",
    )


def _state(row: ClauseKept, clause: Clause, told: bool) -> str:
    """Kept, or weaker with its reason; weaker without a reason, or not at all, is missing."""
    if row.strength_kept is not None and enough(row.strength_kept, asked(clause)):
        return "kept"
    return "weaker" if told else "missing"
