"""Whether the structure of a pack holds together: everything named exists, nothing is named twice, the graph runs.

Decides on the references between roles, chains, phases, stages, documents, obligations, ladders, scores and
selection, for the pack itself and for each kind of programme with what it adopts. A rule or setting that nothing
reads is a fault too.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from policies.adopted_mechanisms import is_mechanism
from policies.adoption import STEP_ORDER, resolve_pack, with_mechanisms
from policies.fitting import fitting_findings
from policies.heading import heading_findings
from policies.lifecycle_graph import closing_findings, phase_findings
from policies.mechanics import mechanism_findings, rule_uses
from policies.problems import Finding, Path, nearest
from policies.read_by_code import NEEDED, OPTIONAL
from policies.schema import ObligationKind, Pack, Phase, Product, Rule, SelectionStep, StageDuty, Tier
from policies.units import units
from policies.valuing import DAY_UNITS, FIXED_DAY
from policies.walk import parts

ACTS = ("act:decide", "act:start", "act:end")
SUBJECTS = ("application", "award", "implementation-plan")
TIER = "tier"
MECHANISMS = ("registers", "facts", "indicators", "duties", "computations", "bars")
_RUNG_ORDER = ("remind", "chase", "escalate")


def structure_findings(pack: Pack, others: Mapping[str, Pack]) -> list[Finding]:
    """Every fault of the structure."""
    found = [
        *heading_findings(pack),
        *_twice(pack),
        *_levels(pack),
        *_roles(pack),
        *_approval(pack),
        *phase_findings(pack),
        *_obligations(pack),
        *_ladders(pack),
        *_evaluation(pack),
        *_mechanisms(pack),
        *_selection(pack),
        *_terms(pack),
        *_read(pack),
    ]
    return found if found else list(_whole(pack, others))


def _twice(pack: Pack) -> Iterator[Finding]:
    for block in ("phases", "stages", "documents", "obligations", "ladders", "checks", "bans", "hours", *MECHANISMS):
        yield from _doubled(((part.key, (block, number)) for number, part in enumerate(getattr(pack, block))), "key")
    if pack.evaluation:
        sources = enumerate(pack.evaluation.sources)
        yield from _doubled(((one.key, ("evaluation", "sources", number)) for number, one in sources), "key")
    numbers = ((stage.number, ("stages", place)) for place, stage in enumerate(pack.stages))
    yield from _doubled(numbers, "number")


def _doubled(items: Iterable[tuple[object, Path]], field: str) -> Iterator[Finding]:
    seen: set[object] = set()
    for key, path in items:
        if key in seen:
            yield Finding((*path, field), f"{key!r} stands here a second time", "give each its own")
        seen.add(key)


def _levels(pack: Pack) -> Iterator[Finding]:
    for path, part in parts(pack):
        for number, level in enumerate(getattr(part, "levels", ()) if path and path[0] != "adopts" else ()):
            if level not in pack.level_names:
                yield Finding(
                    (*path, "levels", number), f"the level {level} has no local name", nearest(level, pack.level_names)
                )


def _roles(pack: Pack) -> Iterator[Finding]:
    for path, part in parts(pack):
        if isinstance(part, Tier | StageDuty | SelectionStep):
            yield from _role(pack, part.role, (*path, "role"))
        if isinstance(part, Product | ObligationKind) and (part.owed_by, part.per) != (TIER, "step"):
            yield from _role(pack, part.owed_by, (*path, "owed_by"))
    for number, stage in enumerate(pack.stages):
        for place, role in enumerate(stage.owners):
            yield from _role(pack, role, ("stages", number, "owners", place))
    for number, source in enumerate(pack.evaluation.sources if pack.evaluation else ()):
        yield from _role(pack, source.owner, ("evaluation", "sources", number, "owner"))


def _role(pack: Pack, role: str, path: Path) -> Iterator[Finding]:
    if role not in pack.roles:
        yield Finding(path, f"no role {role!r} stands under `roles`", nearest(role, pack.roles))


def _rule(pack: Pack, rule_id: str, path: Path, *allowed: str) -> Iterator[Finding]:
    """The rule exists and counts in one of the units."""
    rule = _held(pack, rule_id)
    if rule is None:
        yield Finding(path, f"no rule or setting {rule_id!r}", nearest(rule_id, (*pack.rules, *pack.settings)))
    elif rule.unit in units() and rule.unit not in allowed:  # an unknown unit is said where it stands
        yield Finding(path, f"{rule_id} counts in {rule.unit}", f"here it must be in {' or '.join(allowed)}")


def _held(pack: Pack, rule_id: str) -> Rule | None:
    return pack.rules.get(rule_id) or pack.settings.get(rule_id)


def _approval(pack: Pack) -> Iterator[Finding]:
    taken: dict[tuple[str, str, str], int] = {}
    for number, chain in enumerate(pack.approval):
        path: Path = ("approval", number)
        for kind in chain.applicant_kinds:
            for level in chain.levels:
                case = (chain.subject, str(kind), str(level))
                if case in taken:
                    yield Finding(
                        path,
                        f"{chain.subject} of a {kind} at level {level} has a chain already (approval[{taken[case]}])",
                        "leave one of the two",
                    )
                taken.setdefault(case, number)
        for place, tier in enumerate(chain.tiers):
            at = (*path, "tiers", place)
            yield from _rule(pack, tier.decision_days, (*at, "decision_days"), *DAY_UNITS)
            rule = _held(pack, tier.decision_days)
            if rule is not None and rule.counted_from != "step.opened_on":
                yield Finding(
                    (*at, "decision_days"),
                    f"{tier.decision_days} counts from {rule.counted_from}",
                    "a tier's time counts from step.opened_on",
                )
            yield from _quorum(pack, tier, at)


def _quorum(pack: Pack, tier: Tier, at: Path) -> Iterator[Finding]:
    """A quorum names what it needs and nothing else; silence rests on a clause."""
    quorum = tier.quorum
    if (quorum.kind == "m-of-n") != (quorum.least is not None):
        yield Finding((*at, "quorum"), "`least` goes with m-of-n and with nothing else", "correct the quorum")
    if (quorum.kind == "one-per-group") != bool(quorum.groups):
        yield Finding((*at, "quorum"), "`groups` goes with one-per-group and with nothing else", "correct the quorum")
    if tier.action == "file" and quorum.kind != "one":
        yield Finding((*at, "quorum"), "a filing is a receipt; one person gives it", "leave the quorum out")
    if quorum.least is not None:
        yield from _rule(pack, quorum.least, (*at, "quorum", "least"), "item")
    for place, role in enumerate(quorum.groups):
        yield from _role(pack, role, (*at, "quorum", "groups", place))
    if tier.on_silence is not None and tier.on_silence.cites is None:
        yield Finding(
            (*at, "on_silence"), "silence is consent by law only, and no clause is named", "cite it, or leave it out"
        )


def _obligations(pack: Pack) -> Iterator[Finding]:
    phases = {phase.key: phase for phase in pack.phases}
    events = {f"{key}.{end}" for key in phases for end in ("opened", "closed")}
    events |= {"step.opened", *(f"{subject}.returned" for subject in SUBJECTS)}
    registers = [f"register:{register.key}" for register in pack.registers if register.about == "programme"]
    events.update(registers)
    documents = [document.key for document in pack.documents]
    acts = [*documents, *ACTS, *(f"phase:{key}" for key in phases), *(f"correction:{subject}" for subject in SUBJECTS)]
    acts += registers
    ladders = [ladder.key for ladder in pack.ladders]
    for number, owed in enumerate(pack.obligations):
        path: Path = ("obligations", number)
        yield from _kinds(pack, owed.kinds, path)
        if owed.opens_with not in events:
            yield Finding((*path, "opens_with"), f"no event {owed.opens_with!r}", nearest(owed.opens_with, events))
        if owed.met_by not in acts:
            yield Finding(
                (*path, "met_by"), f"nothing is handed in or done as {owed.met_by!r}", nearest(owed.met_by, acts)
            )
        if owed.ladder not in ladders:
            yield Finding((*path, "ladder"), f"no ladder {owed.ladder!r}", nearest(owed.ladder, ladders))
        if owed.every is not None:
            yield from _rule(pack, owed.every, (*path, "every"), "calendar_day")
        for field in ("not_before", "stop_budget"):
            if (rule_id := getattr(owed, field)) is not None:
                yield from _rule(pack, rule_id, (*path, field), *DAY_UNITS)
        if owed.per == "step":
            if (owed.due, owed.owed_by) != (TIER, TIER):
                yield Finding(
                    (*path, "due"),
                    "an obligation of a step is owed by its tier",
                    "write `due: tier` and `owed_by: tier`",
                )
            continue
        yield from _rule(pack, owed.due, (*path, "due"), *DAY_UNITS, FIXED_DAY)
        rule = _held(pack, owed.due)
        if rule is not None and rule.unit != FIXED_DAY:
            yield from _anchor(owed, rule, path)
            yield from _of_stage(phases, owed, rule, path)


def _anchor(owed: ObligationKind, rule: Rule, path: Path) -> Iterator[Finding]:
    anchor = rule.counted_from
    scope = (anchor or "").partition(".")[0]
    if anchor is None and owed.every is None:
        yield Finding((*path, "due"), f"{owed.due} does not say from which day it counts", "give it `counted_from`")
    elif scope == "session" and owed.per == "programme":
        yield Finding(
            (*path, "per"), f"{owed.due} counts from {anchor}", "write `per: session`, or count from the programme"
        )
    elif scope == "step" or (scope == "period" and owed.every is None):
        yield Finding(
            (*path, "due"), f"{owed.due} counts from {anchor}, which this obligation does not have", "choose another"
        )


def _of_stage(phases: Mapping[str, Phase], owed: ObligationKind, rule: Rule, path: Path) -> Iterator[Finding]:
    """Days of a stage are known to what opens or closes with that stage."""
    phase = phases.get(owed.opens_with.partition(".")[0])
    if (rule.counted_from or "").startswith("stage.") and (phase is None or phase.stage is None):
        yield Finding(
            (*path, "opens_with"),
            f"{owed.due} counts from {rule.counted_from}, but {owed.opens_with} is no stage's event",
            "open it with <stage>.opened or <stage>.closed, or count from another day",
        )


def _kinds(pack: Pack, kinds: Iterable[str], path: Path) -> Iterator[Finding]:
    for place, kind in enumerate(kinds):
        if kind not in pack.kinds:
            yield Finding((*path, "kinds", place), f"no kind of programme {kind!r}", nearest(kind, pack.kinds))


def _ladders(pack: Pack) -> Iterator[Finding]:
    for number, ladder in enumerate(pack.ladders):
        path: Path = ("ladders", number, "rungs")
        for place, (before, rung) in enumerate(zip(ladder.rungs, ladder.rungs[1:], strict=False), start=1):
            if rung.days <= before.days:
                yield Finding(
                    (*path, place, "days"), f"day {rung.days} does not come after day {before.days}", "order the rungs"
                )
            if _RUNG_ORDER.index(rung.rung) < _RUNG_ORDER.index(before.rung):
                yield Finding((*path, place, "rung"), f"{rung.rung} after {before.rung}", "a ladder never goes down")


def _evaluation(pack: Pack) -> Iterator[Finding]:
    if pack.evaluation is None:
        return
    yield from _rule(pack, pack.evaluation.decimals, ("evaluation", "decimals"), "decimal_place")
    weights: list[Rule] = []
    for number, source in enumerate(pack.evaluation.sources):
        yield from _rule(pack, source.weight, ("evaluation", "sources", number, "weight"), "ratio")
        rule = _held(pack, source.weight)
        if rule is not None:
            weights.append(rule)
    days = sorted({value.from_ for rule in weights for value in rule.values if value.from_ >= pack.holds_from})
    for day in days or [pack.holds_from]:
        total = Decimal(0)
        for rule in weights:
            begun = [value for value in rule.values if value.from_ <= day]
            held = max(begun, key=lambda value: value.from_).value if begun else None
            total += held if isinstance(held, Decimal) else Decimal(0)
        if total != 1:
            yield Finding(("evaluation", "sources"), f"the weights sum to {total} on {day}", "they must sum to 1")


def _mechanisms(pack: Pack) -> Iterator[Finding]:
    yield from mechanism_findings(pack)
    yield from fitting_findings(pack)
    for rule_id, path, allowed in rule_uses(pack):
        yield from _rule(pack, rule_id, path, *(allowed or units()))


def _selection(pack: Pack) -> Iterator[Finding]:
    if pack.selection is None:
        return
    keys = [step.key for step in pack.selection.steps]
    if keys != sorted(set(keys), key=STEP_ORDER.index):
        yield Finding(
            ("selection", "steps"),
            f"the steps stand as {', '.join(keys)}",
            f"each once, in the order {', '.join(STEP_ORDER)}",
        )
    if pack.selection.notice_days is not None:
        yield from _rule(pack, pack.selection.notice_days, ("selection", "notice_days"), *DAY_UNITS)
    elif "notice" in keys:
        yield Finding(("selection",), "the notice has no length", "add `notice_days:` with its setting")
    for number, test in enumerate(pack.selection.eligibility):
        yield from _kinds(pack, test.kinds, ("selection", "eligibility", number))


def _terms(pack: Pack) -> Iterator[Finding]:
    """Bans, hours and travel: the rules they read."""
    for number, ban in enumerate(pack.bans):
        yield from _rule(pack, ban.years, ("bans", number, "years"), "year")
    for number, duty in enumerate(pack.hours):
        yield from _rule(pack, duty.minimum, ("hours", number, "minimum"), "credit_hour")
        yield from _rule(pack, duty.years, ("hours", number, "years"), "year")
    if pack.travel is not None:
        yield from _rule(pack, pack.travel.more_than, ("travel", "more_than"), "training_day")
        yield from _rule(pack, pack.travel.meal_days, ("travel", "meal_days"), "allowance_day")


def rules_read(pack: Pack) -> frozenset[str]:
    """The ids that the pack's structure or the code reads."""
    read: set[str | None] = set(NEEDED | OPTIONAL)
    read |= {
        rule_id
        for chain in pack.approval
        for tier in chain.tiers
        for rule_id in (tier.decision_days, tier.quorum.least)
    }
    for owed in pack.obligations:
        read |= {owed.due, owed.every, owed.not_before, owed.stop_budget}
    read |= {ban.years for ban in pack.bans} | {rule_id for rule_id, _, _ in rule_uses(pack)}
    read |= {rule_id for duty in pack.hours for rule_id in (duty.minimum, duty.years)}
    if pack.evaluation is not None:
        read |= {pack.evaluation.decimals, *(source.weight for source in pack.evaluation.sources)}
    if pack.selection is not None:
        read.add(pack.selection.notice_days)
    if pack.travel is not None:
        read |= {pack.travel.more_than, pack.travel.meal_days}
    return frozenset(rule_id for rule_id in read if rule_id is not None)


def _read(pack: Pack) -> Iterator[Finding]:
    read = rules_read(pack)
    for block, rules in (("rules", pack.rules), ("settings", pack.settings)):
        for rule_id in rules:
            if rule_id not in read:
                yield Finding((block, rule_id), "nothing reads it", "use it in the structure, or take it out")
    for rule_id in sorted(NEEDED):
        if _held(pack, rule_id) is None:
            yield Finding(
                ("settings",), f"the setting {rule_id!r} is missing", "add it: the code reads it in every pack"
            )


def _whole(pack: Pack, others: Mapping[str, Pack]) -> Iterator[Finding]:
    """Each kind of programme, with what it adopts: every stage, role and document that it then names exists."""
    if any(adoption.pack not in others for adoption in pack.adopts):
        return
    mechanisms = [n for n, adoption in enumerate(pack.adopts) if any(is_mechanism(part) for part in adoption.parts)]
    for finding in mechanism_findings(with_mechanisms(pack, others)) if mechanisms else ():
        yield Finding(("adopts", mechanisms[0]), f"with what it adopts, {finding.what}", finding.todo)
    for kind in pack.kinds:
        whole = resolve_pack(pack, kind, others)
        adopts = [n for n, adoption in enumerate(pack.adopts) if kind in adoption.kinds]
        place: Path = ("adopts", adopts[0]) if adopts else ()
        stages, documents = {stage.key for stage in whole.stages}, {one.key for one in whole.documents}
        for phase in whole.phases:
            if phase.stage is not None and phase.stage not in stages:
                number = next(n for n, one in enumerate(pack.phases) if one.key == phase.key)
                yield Finding(
                    ("phases", number, "stage"),
                    f"{kind} programmes have no stage {phase.stage!r}",
                    nearest(phase.stage, stages),
                )
        carried = {phase.stage for phase in whole.phases if phase.stage}
        for key in sorted(stages - carried) if whole.phases else ():
            yield Finding(
                place, f"no phase of {kind} programmes carries the stage {key!r}", "add a phase with `stage:`"
            )
        for stage in whole.stages:
            for product in stage.products:
                if product.document not in documents:
                    yield Finding(
                        place,
                        f"{stage.key} asks for an unknown document {product.document!r}",
                        nearest(product.document, documents),
                    )
        for open_ended in closing_findings(whole):
            at = next(n for n, one in enumerate(pack.phases) if one.key == open_ended.path[0])
            yield Finding(("phases", at, "closes_when"), open_ended.what, open_ended.todo)
        for finding in (*_roles(whole), *_selection(whole), *_terms(whole), *_gaps(whole)):
            yield Finding(place, f"for {kind}, {finding.what}", finding.todo)


def _gaps(whole: Pack) -> Iterator[Finding]:
    """A value that was taken over holds from the day from which this pack does."""
    for rule_id, rule in (*whole.rules.items(), *whole.settings.items()):
        first = rule.values[0].from_ if rule.values else whole.holds_from
        if rule.adopted_from and first > whole.holds_from:
            yield Finding(
                (),
                f"{rule_id} of {rule.adopted_from} has no value from {whole.holds_from} (holds_from) to {first}",
                "let the pack hold from that day, or write the rule here",
            )
