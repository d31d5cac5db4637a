"""Whether the phases of a pack make a graph that a programme can run through to its end.

Decides that every predecessor exists, that no phase waits for itself, that each kind of programme has phases, and that
each phase is carried by a flow that knows its subject or stage and by conditions that something can fulfil.
"""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from policies.lookup import kind_phases
from policies.problems import Finding, Path, nearest
from policies.schema import Pack, Phase

FLOWS = (
    "application",
    "award",
    "tiered-review",
    "selection",
    "check-in",
    "training-stage",
    "delivery",
    "archive",
    "evaluation",
)
REVIEWS = ("award", "tiered-review")
CONDITIONS = ("plan-lodged", "list-confirmed", "budget-confirmed", "scores", "act:end")


def phase_findings(pack: Pack) -> Iterator[Finding]:
    """Every fault of the phases and their graph."""
    keys = [phase.key for phase in pack.phases]
    documents = [document.key for document in pack.documents]
    known = (*CONDITIONS, *(f"document:{key}" for key in documents), *(f"phase:{key}" for key in keys))
    registers = tuple(f"register:{register.key}" for register in pack.registers if register.about == "programme")
    for number, phase in enumerate(pack.phases):
        path: Path = ("phases", number)
        for place, kind in enumerate(phase.kinds):
            if kind not in pack.kinds:
                yield Finding((*path, "kinds", place), f"no kind of programme {kind!r}", nearest(kind, pack.kinds))
        for place, key in enumerate(phase.opens_after):
            if key not in keys:
                yield Finding((*path, "opens_after", place), f"no phase {key!r}", nearest(key, keys))
        for place, condition in enumerate(phase.closes_when):
            may = (*known, *registers) if phase.flow == "check-in" else known
            if condition not in may:
                yield Finding((*path, "closes_when", place), f"nothing fulfils {condition!r}", nearest(condition, may))
        yield from _carried(pack, phase, path)
    for kind in pack.kinds:
        mine = kind_phases(pack, kind)
        if not mine:
            yield Finding(("phases",), f"{kind} programmes have no phase", "add phases, or take the kind out")
        circle = _circle(mine)
        if circle:
            number = keys.index(circle[0])
            yield Finding(
                ("phases", number, "opens_after"), f"phases wait for each other: {' → '.join(circle)}", "cut the circle"
            )


def closing_findings(pack: Pack) -> Iterator[Finding]:
    """Phases of a resolved pack that nothing could ever close; the path of each holds the phase's key only."""
    has_plan = any(phase.subject == "implementation-plan" for phase in pack.phases)
    wanting = {
        "scores": (pack.evaluation is None, "nothing is scored: there is no `evaluation`", "add it"),
        "list-confirmed": (
            all(phase.flow != "selection" for phase in pack.phases),
            "no trainees are selected: no phase has the flow selection",
            "add one",
        ),
        "plan-lodged": (not has_plan, "no phase reviews an implementation plan", "add one with its chain"),
    }
    keys = {phase.key for phase in pack.phases}
    for phase in pack.phases:
        for condition in phase.closes_when:
            lacks, what, todo = wanting.get(condition, (False, "", ""))
            if lacks:
                yield Finding(
                    (phase.key,), f"{phase.key} would never close: {what}", f"{todo}, or take {condition} out"
                )
            other = condition.removeprefix("phase:")
            if other != condition and other not in keys:
                yield Finding(
                    (phase.key,),
                    f"{phase.key} would never close: these programmes have no phase {other!r}",
                    f"take {condition} out, or keep the phase to the kinds that have it",
                )
    waits = _waiting_circle(pack.phases)
    if waits:
        yield Finding(
            (waits[0],), f"{waits[0]} would never close: it waits for {' → '.join(waits[1:])}", "cut the circle"
        )


def _waiting_circle(phases: tuple[Phase, ...]) -> list[str]:
    """A circle in which a phase waits for the close of one that opens after it; empty where there is none."""
    graph: dict[tuple[str, str], set[tuple[str, str]]] = {}
    keys = {phase.key for phase in phases}
    for phase in phases:
        waits = {one.removeprefix("phase:") for one in phase.closes_when if one.startswith("phase:")} & keys
        graph[(phase.key, "closes")] = {(phase.key, "opens"), *((key, "closes") for key in waits)}
        graph[(phase.key, "opens")] = {(key, "closes") for key in phase.opens_after if key in keys}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = list(dict.fromkeys(key for key, _ in reversed(error.args[1])))
        return [circle[0], *(circle[1:] or circle)]
    return []


def _carried(pack: Pack, phase: Phase, path: Path) -> Iterator[Finding]:
    if phase.flow not in FLOWS:
        yield Finding((*path, "flow"), f"no flow {phase.flow!r}", nearest(phase.flow, FLOWS))
        return
    subjects = {chain.subject for chain in pack.approval}
    if phase.flow in REVIEWS:
        if phase.subject is None:
            yield Finding(path, f"a {phase.flow} reviews something", "add `subject:`")
        elif phase.subject not in subjects:
            yield Finding(
                (*path, "subject"), f"no chain of approval for {phase.subject!r}", nearest(phase.subject, subjects)
            )
    elif phase.subject is not None:
        yield Finding((*path, "subject"), f"the flow {phase.flow} reviews nothing", "remove `subject`")
    if (phase.flow == "training-stage") != (phase.stage is not None):
        yield Finding(path, "`stage` and the flow training-stage belong together", "give both or neither")


def _circle(phases: tuple[Phase, ...]) -> list[str]:
    """A circle of phases that wait for each other, the first one repeated at its end; empty where there is none."""
    try:
        TopologicalSorter({phase.key: phase.opens_after for phase in phases}).prepare()
    except CycleError as error:
        return [str(key) for key in error.args[1]]
    return []
