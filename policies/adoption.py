"""How parts of one pack come to hold in another, for some kinds of programme.

Decides what an adoption brings in: the stages with the documents they ask for (and entries of registers that the pack
has itself), a step of the selection, the travel rules with their values, for the whole pack a mechanism. Roles and
levels are mapped; everything taken over carries `adopted_from`, so that it is printed as adopted and never as the
region's own law. Serves SL2017-2.1 and 5A.2 in regions that have no such text of their own, and ACT2022, which takes
effect in no other way.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, get_args

from policies.adopted_mechanisms import bring, is_mechanism, mechanisms_of
from policies.clauses import source_of
from policies.lookup import kind_phases
from policies.problems import Finding, nearest
from policies.schema import Adoption, Pack, Part, Rule, Selection, SelectionStep, Sourced, Stage, Travel

STEP_ORDER: tuple[str, ...] = get_args(SelectionStep.model_fields["key"].annotation)
PARTS = ("stages", "travel", *(f"selection.{step}" for step in STEP_ORDER))
_ROLES = (
    *("role", "owed_by", "recorded_by", "paid_by", "owners", "reported_by", "reported_to", "worked_out_by"),
    *("decided_by", "imported_by", "checked"),
)


def resolve_pack(pack: Pack, kind: str, others: Mapping[str, Pack]) -> Pack:
    """The pack as it holds for one kind of programme: adopted parts merged in, other kinds' parts left out.

    Raises KeyError where a pack that it adopts from is not among the others.
    """
    whole = with_mechanisms(pack, others)
    for adoption in pack.adopts:
        if kind in adoption.kinds:
            whole = _adopt(whole, adoption, others[adoption.pack])
    selection = whole.selection
    if selection is not None:
        kept = tuple(test for test in selection.eligibility if not test.kinds or kind in test.kinds)
        selection = selection.model_copy(update={"eligibility": kept})
    return whole.model_copy(
        update={
            "phases": kind_phases(whole, kind),
            "obligations": tuple(one for one in whole.obligations if not one.kinds or kind in one.kinds),
            "selection": selection,
        }
    )


def with_mechanisms(pack: Pack, others: Mapping[str, Pack]) -> Pack:
    """The pack with the mechanisms that it adopts; they hold for all of it, outside programmes as well."""
    for adoption in pack.adopts:
        for part in adoption.parts:
            if is_mechanism(part):
                other = others[adoption.pack]
                pack = bring(pack, other, part, _stamp(adoption, other))
    return pack


def _adopt(pack: Pack, adoption: Adoption, other: Pack) -> Pack:
    stamp = _stamp(adoption, other)
    for part in adoption.parts:
        if part == "stages":
            pack = _adopt_stages(pack, other, stamp)
        elif part == "travel" and other.travel is not None:
            pack = _adopt_travel(pack, other.travel, other, adoption, stamp)
        elif part.startswith("selection."):
            pack = _adopt_step(pack, part.removeprefix("selection."), other, stamp)
    return _mark_borrowed(pack, other)


def _stamp(adoption: Adoption, other: Pack) -> Callable[[Any], Any]:
    """A function that maps the roles in a part, at any depth, and marks all that is sourced as adopted."""

    def role(key: str) -> str:
        return adoption.roles.get(key, key)

    def stamped(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(stamped(item) for item in value)
        if not isinstance(value, Part):
            return value
        changed: dict[str, Any] = {}
        for name in type(value).model_fields:
            held = getattr(value, name)
            if name in _ROLES and isinstance(held, str):
                changed[name] = role(held)
            elif name in _ROLES and held is not None:
                changed[name] = tuple(role(key) for key in held)
            elif name == "stands_for":
                changed[name] = {role(key): meant for key, meant in held.items()}
            else:
                changed[name] = stamped(held)
        if isinstance(value, Sourced | Rule):
            changed["adopted_from"] = value.adopted_from or other.pack
        return value.model_copy(update=changed)

    return stamped


def _adopt_stages(pack: Pack, other: Pack, stamp: Callable[[Any], Any]) -> Pack:
    here = {register.key for register in pack.registers}
    stages: tuple[Stage, ...] = tuple(
        stage.model_copy(update={"requires": tuple(one for one in stage.requires if one.register_ in here)})
        for stage in stamp(other.stages)
    )
    asked = {product.document for stage in stages for product in stage.products}
    own = {document.key for document in pack.documents}
    brought = stamp(tuple(one for one in other.documents if one.key in asked and one.key not in own))
    return pack.model_copy(update={"stages": (*pack.stages, *stages), "documents": (*pack.documents, *brought)})


def _adopt_travel(pack: Pack, travel: Travel, other: Pack, adoption: Adoption, stamp: Callable[[Any], Any]) -> Pack:
    mapped = stamp(travel)
    levels = tuple(adoption.levels.get(level, level) for level in travel.levels)
    pack = _adopt_values(pack, other, (travel.more_than, travel.meal_days), stamp)
    return pack.model_copy(update={"travel": mapped.model_copy(update={"levels": levels})})


def _adopt_step(pack: Pack, key: str, other: Pack, stamp: Callable[[Any], Any]) -> Pack:
    theirs = other.selection
    step = next((one for one in theirs.steps if one.key == key), None) if theirs else None
    if step is None or theirs is None:
        return pack
    own = pack.selection or Selection(steps=(), cites=theirs.cites, adopted_from=other.pack)
    steps = (*(one for one in own.steps if one.key != key), stamp(step))
    update: dict[str, Any] = {"steps": tuple(sorted(steps, key=lambda one: STEP_ORDER.index(one.key)))}
    if key == "notice" and own.notice_days is None and theirs.notice_days is not None:
        pack = _adopt_values(pack, other, (theirs.notice_days,), stamp)
        update["notice_days"] = theirs.notice_days
    return pack.model_copy(update={"selection": own.model_copy(update=update)})


def _adopt_values(pack: Pack, other: Pack, ids: Iterable[str], stamp: Callable[[Any], Any]) -> Pack:
    """Bring in rules and settings; one that the pack has itself stays its own."""
    rules, settings = dict(pack.rules), dict(pack.settings)
    for rule_id in ids:
        if rule_id in rules or rule_id in settings:
            continue
        if rule_id in other.rules:
            rules[rule_id] = stamp(other.rules[rule_id])
        elif rule_id in other.settings:
            settings[rule_id] = stamp(other.settings[rule_id])
    return pack.model_copy(update={"rules": rules, "settings": settings})


def _mark_borrowed(pack: Pack, other: Pack) -> Pack:
    """Mark parts of the pack's own structure that rest on the other's clauses (the phases that run adopted stages)."""

    def borrowed(phase: Any) -> Any:
        if phase.cites and source_of(phase.cites) == other.source and phase.adopted_from is None:
            return phase.model_copy(update={"adopted_from": other.pack})
        return phase

    return pack.model_copy(update={"phases": tuple(borrowed(phase) for phase in pack.phases)})


def adoption_findings(pack: Pack, others: Mapping[str, Pack], names: Iterable[str]) -> Iterator[Finding]:
    """What is wrong with the adoptions of a pack; `others` are those it adopts from, `names` all packs there are."""
    beside = frozenset(names) - {pack.pack}
    for number, adoption in enumerate(pack.adopts):
        at = ("adopts", number)
        for place, key in enumerate(adoption.kinds):
            if key not in pack.kinds:
                yield Finding((*at, "kinds", place), f"no kind of programme {key!r}", nearest(key, pack.kinds))
        for place, part in enumerate(adoption.parts):
            if part not in PARTS and not is_mechanism(part):
                yield Finding((*at, "parts", place), f"{part!r} cannot be adopted", nearest(part, PARTS))
        of_kinds = [part for part in adoption.parts if not is_mechanism(part)]
        if adoption.kinds and len(of_kinds) < len(adoption.parts):
            yield Finding(
                (*at, "kinds"),
                "what is adopted as a mechanism holds for the whole pack",
                "give it an adoption of its own, without `kinds`",
            )
        if of_kinds and not adoption.kinds:
            yield Finding((*at, "kinds"), f"{', '.join(of_kinds)} hold for no kind of programme", "name the kinds")
        if adoption.pack not in beside:
            yield Finding((*at, "pack"), f"there is no other pack {adoption.pack!r}", nearest(adoption.pack, beside))
            continue
        other = others.get(adoption.pack)
        if other is None:
            continue  # faulty itself: the loader has said so
        for place, part in enumerate(adoption.parts):
            if part in PARTS and not _offers(other, part):
                yield Finding((*at, "parts", place), f"pack {other.pack} has no {part!r}", "leave it out")
            if is_mechanism(part) and part not in mechanisms_of(other):
                todo = nearest(part, mechanisms_of(other))
                yield Finding((*at, "parts", place), f"pack {other.pack} has no {part!r}", todo)
        for theirs, ours in adoption.roles.items():
            if theirs not in other.roles:
                yield Finding(
                    (*at, "roles", theirs), f"pack {other.pack} has no role {theirs!r}", nearest(theirs, other.roles)
                )
            if ours not in pack.roles:
                yield Finding((*at, "roles", theirs), f"this pack has no role {ours!r}", nearest(ours, pack.roles))


def _offers(other: Pack, part: str) -> bool:
    if part == "stages":
        return bool(other.stages)
    if part == "travel":
        return other.travel is not None
    step = part.removeprefix("selection.")
    return other.selection is not None and any(one.key == step for one in other.selection.steps)
