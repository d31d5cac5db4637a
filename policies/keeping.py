"""Which parts of a pack keep a clause, by which mechanism, how strongly, and who acts in them.

Decides by the pack's text alone what is declared; whether it holds is proven by `ledger.proof`, which takes each clause
through its own door. Serves the account that `songjiao policy coverage` gives.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policies.clauses import Clause
from policies.force import in_force
from policies.grounds import PLAN_LODGED
from policies.mechanisms import SYSTEM, Bar, Check, Computation, Duty, ImportedFact, Indicator, Register
from policies.problems import Path
from policies.schema import (
    Ban,
    Chain,
    Eligibility,
    Evaluation,
    HoursDuty,
    ObligationKind,
    Pack,
    Part,
    Phase,
    Product,
    Rule,
    ScoreSource,
    SelectionStep,
    Sourced,
    Stage,
    StageRecord,
    Travel,
)

STRENGTHS = ("record", "report", "compute", "remind-escalate", "warn", "block")
"""From the weakest to the strongest."""
NEEDS_CASES = ("block", "warn", "compute", "remind-escalate")
NEEDS_BOTH = ("block", "warn", "compute")

_MECHANISMS: Mapping[type[Sourced], tuple[str, str]] = {
    Chain: ("approval chain", "block"),
    Phase: ("phase", "block"),
    Stage: ("stage", "block"),
    Product: ("stage product", "block"),
    StageRecord: ("stage record", "block"),
    SelectionStep: ("selection", "block"),
    Ban: ("ban", "block"),
    Bar: ("bar", "block"),
    ObligationKind: ("obligation", "remind-escalate"),
    Duty: ("standing duty", "remind-escalate"),
    Evaluation: ("evaluation", "compute"),
    ScoreSource: ("evaluation", "compute"),
    HoursDuty: ("credit hours", "compute"),
    Travel: ("travel", "compute"),
    Computation: ("computation", "compute"),
    Register: ("register", "record"),
    ImportedFact: ("imported fact", "record"),
}


@dataclass(frozen=True)
class Keeper:
    """A part that keeps a clause: its place and id, the mechanism, the strength, and the roles that act in it."""

    path: Path
    id: str
    part: Sourced
    mechanism: str
    strength: str
    actors: tuple[str, ...]


def keepers(pack: Pack) -> dict[str, list[Keeper]]:
    """For every clause that the pack cites, the parts that keep it; the strongest first."""
    found: dict[str, list[Keeper]] = {}
    for path, part in _sourced(pack, ()):
        if not part.clauses:
            continue
        kept = _as_keeper(pack, path, part)
        for clause in part.clauses if kept else ():
            found.setdefault(clause, []).append(kept) if kept else None
    for listed in found.values():
        listed.sort(key=lambda one: -STRENGTHS.index(one.strength))
    return found


def _sourced(part: Part, path: Path) -> Iterator[tuple[Path, Sourced]]:
    """Every part that can rest on a clause, with its place; names, fields and values of rules hold none."""
    if isinstance(part, Sourced):
        yield path, part
    for name in type(part).model_fields:
        held = getattr(part, name)
        if isinstance(held, Sourced):
            yield from _sourced(held, (*path, name))
        elif isinstance(held, tuple) and held and isinstance(held[0], Sourced):
            for number, item in enumerate(held):
                yield from _sourced(item, (*path, name, number))


def _as_keeper(pack: Pack, path: Path, part: Sourced) -> Keeper | None:
    if isinstance(part, Phase) and part.subject is None and PLAN_LODGED not in part.closes_when:
        return None  # it says where in the lifecycle something happens; what happens is another part
    if isinstance(part, Check | Eligibility):
        mechanism = "check" if isinstance(part, Check) else "eligibility"
        strength = str(in_force(pack, part.strength))
    elif isinstance(part, Indicator):
        mechanism, strength = "indicator", part.strength
    elif type(part) in _MECHANISMS:
        mechanism, strength = _MECHANISMS[type(part)]
        if isinstance(part, Product | StageRecord) and not part.blocks:
            strength = "warn"
        if isinstance(part, Bar):
            strength = in_force(pack, "block")
    else:
        return None  # a container or a tier: what stands in it is counted
    return Keeper(path, _id(path, part), part, mechanism, strength, actors_of(pack, part))


def _id(path: Path, part: Sourced) -> str:
    if isinstance(part, Chain):
        return f"approval.{part.subject}.{'+'.join(part.applicant_kinds)}"
    if isinstance(part, Product):
        return f"stages.{path[1]}.products.{part.document}"
    key = getattr(part, "key", None)
    names = [str(one) for one in path if not isinstance(one, int)]
    return ".".join([*names, key] if key else names)


def actors_of(pack: Pack, part: Sourced) -> tuple[str, ...]:
    """The roles that act in a part, or whose act it checks; of a phase, those of what must have passed before it ends."""
    if isinstance(part, Chain):
        return tuple(tier.role for tier in part.tiers)
    if isinstance(part, Phase):
        chains = (chain for chain in pack.approval if chain.subject == subject_of(part))
        return tuple(dict.fromkeys(tier.role for chain in chains for tier in chain.tiers))
    if isinstance(part, Stage):
        return part.owners
    if isinstance(part, Evaluation):
        return tuple(source.owner for source in part.sources)
    if isinstance(part, Eligibility | Ban):
        steps = pack.selection.steps if pack.selection else ()
        return tuple(step.role for step in steps)
    for name in _ACTOR_FIELDS:
        held = getattr(part, name, None)
        if held:
            return (held,) if isinstance(held, str) else tuple(held)
    return ()


_ACTOR_FIELDS = (
    "recorded_by",
    "reported_by",
    "worked_out_by",
    "decided_by",
    "imported_by",
    "checked",
    "owed_by",
    "collected_by",
    "paid_by",
    "owner",
    "role",
)


def rules_of(pack: Pack) -> dict[str, list[str]]:
    """For every clause, the ids of the rules whose values cite it."""
    found: dict[str, list[str]] = {}
    for rule_id, rule in pack.rules.items():
        values = (*rule.values, *(value for exception in rule.exceptions for value in exception.values))
        for clause in dict.fromkeys(value.cites for value in values if value.cites):
            found.setdefault(clause, []).append(rule_id)
    return found


def meant_by(clause: Clause) -> frozenset[str]:
    """Everybody whom a clause names as acting or checked; and whoever its tiers name."""
    tiers = clause.parameters.get("tiers")
    named = [str(tier["role"]) for tier in tiers if isinstance(tier, dict) and "role" in tier] if tiers else []
    return frozenset((*clause.actors["acts"], *clause.actors["checked"], *named))


def strange_actors(keeper: Keeper, clause: Clause) -> list[str]:
    """The roles of a part that the clause does not name and that stand for nobody whom it names.

    Part of a chain's, a phase's or a stage's roles may be others' (a plan passes several hands); all of them may not.
    """
    meant = meant_by(clause)
    strange = [role for role in keeper.actors if keeper.part.stands_for.get(role, role) not in meant]
    shared = isinstance(keeper.part, Phase | Stage | Evaluation | Eligibility | Ban)
    if shared and len(strange) < len(keeper.actors):
        return []
    return strange


def citing(pack: Pack) -> dict[str, frozenset[str]]:
    """For every clause, the blocks of the pack in which a part cites it: no other block need be looked through."""
    found: dict[str, set[str]] = {}
    for path, part in _sourced(pack, ()):
        for clause in part.clauses:
            found.setdefault(clause, set()).add(str(path[0]))
    return {clause: frozenset(blocks) for clause, blocks in found.items()}


def without(pack: Pack, clause: str, blocks: frozenset[str] | None = None) -> Pack:
    """The pack as it would be had its rules of this clause been left out: every part that cites it, taken out.

    `blocks` are those that cite it (`citing`), where they are known.
    """
    return _in_blocks(pack, lambda part: None if _cites(part, clause) else part, blocks)


def swapped(
    pack: Pack, clause: str, role: str, kept: Sequence[Keeper] | None = None, blocks: frozenset[str] | None = None
) -> Pack:
    """The pack as it would be had somebody else been written as the actor of this clause.

    `kept` are the clause's keepers and `blocks` those that cite it, where they are known.
    """
    kept = keepers(pack).get(clause, ()) if kept is None else kept
    subjects = {subject_of(one.part) for one in kept if isinstance(one.part, Phase)}
    shared = any(isinstance(one.part, Eligibility | Ban) for one in kept)
    if blocks is not None:
        blocks |= {"approval"} if subjects else set()
        blocks |= {"selection"} if shared else set()

    def change(part: Sourced) -> Sourced | None:
        if isinstance(part, Chain) and (part.subject in subjects or _cites(part, clause)):
            tiers = tuple(tier.model_copy(update={"role": role}) for tier in part.tiers)
            return part.model_copy(update={"tiers": tiers})
        if isinstance(part, SelectionStep) and shared:
            return part.model_copy(update={"role": role})
        if not _cites(part, clause):
            return part
        if isinstance(part, Stage):
            return part.model_copy(update={"owners": (role,)})
        for name in _ACTOR_FIELDS:
            held = getattr(part, name, None)
            if held:
                return part.model_copy(update={name: role if isinstance(held, str) else (role,)})
        return part

    return _in_blocks(pack, change, blocks)


def subject_of(phase: Phase) -> str:
    """What is reviewed in a phase, or must have passed before it ends."""
    return phase.subject or ("implementation-plan" if PLAN_LODGED in phase.closes_when else "application")


def _in_blocks(pack: Pack, change: Callable[[Any], Any], blocks: frozenset[str] | None) -> Pack:
    """The pack with every part in these blocks (in all of them, without) put through `change`."""
    names = [name for name in type(pack).model_fields if blocks is None or name in blocks]
    held = {name: getattr(pack, name) for name in names}
    update = {name: _changed(value, change) for name, value in held.items()}
    update = {name: new for name, new in update.items() if new is not held[name]}
    return pack.model_copy(update=update) if update else pack


def _cites(part: Any, clause: str) -> bool:
    return isinstance(part, Sourced) and clause in part.clauses


def _changed(part: Any, change: Callable[[Any], Any]) -> Any:
    """A part with every part in it put through `change`; one that becomes None is left out of its list.

    What does not change stays the same object; values under rules and settings rest on no actor and are let be.
    """
    if isinstance(part, tuple):
        items = tuple(_changed(item, change) for item in part)
        if all(new is old for new, old in zip(items, part, strict=True)):
            return part
        return tuple(item for item in items if item is not None)
    if not isinstance(part, Part) or isinstance(part, Rule):
        return part
    held = {name: getattr(part, name) for name in type(part).model_fields}
    update = {name: _changed(value, change) for name, value in held.items()}
    update = {name: new for name, new in update.items() if new is not held[name]}
    return change(part.model_copy(update=update) if update else part)


def actor_findings(pack: Pack, register: Mapping[str, Clause]) -> Iterator[tuple[Keeper, Clause, list[str]]]:
    """Parts in which somebody acts whom the clause does not name."""
    for clause_id, listed in keepers(pack).items():
        clause = register.get(clause_id)
        for keeper in listed if clause else ():
            if clause is not None and (strange := strange_actors(keeper, clause)):
                yield keeper, clause, strange


def everybody(actors: Iterable[str]) -> tuple[str, ...]:
    """Roles in order, each once, the system last."""
    return tuple(sorted(dict.fromkeys(actors), key=lambda role: (role == SYSTEM, role)))
