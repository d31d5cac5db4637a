"""What force a text has: in a pack whose text binds nobody, what would refuse only warns.

Decides how strongly a part takes effect in the pack that it stands in. An article or a proposal (`binding: false`) takes
full effect only in the pack of a region that adopts the part. A clause that speaks in principle (原则上) takes a reasoned
exception: what keeps it warns and asks for the reason. Serves ACT2022, whose clauses are proposals to provinces, and
CQ2021-3.10, 3.11, LZ2024-4.2.2.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from policies.clauses import Clause
from policies.problems import Finding
from policies.schema import (
    Ban,
    Chain,
    Check,
    Eligibility,
    Indicator,
    Pack,
    Phase,
    Product,
    SelectionStep,
    Sourced,
    Stage,
    StageRecord,
)
from policies.walk import parts


def in_force(pack: Pack, strength: Literal["block", "warn"]) -> Literal["block", "warn"]:
    """How strongly a part of this pack takes effect: `block` reads as `warn` where the text does not bind."""
    return strength if pack.binding else "warn"


def force_findings(pack: Pack, register: Mapping[str, Clause]) -> Iterator[Finding]:
    """A pack that says otherwise than the register of clauses whether its text binds; and what refuses in one that does
    not."""
    binds = next((clause.binding for clause in register.values() if clause.source == pack.source), pack.binding)
    if binds != pack.binding:
        told = f"the text {pack.source} binds" if binds else f"the text {pack.source} binds nobody"
        yield Finding(("binding",), told, f"write `binding: {str(binds).lower()}`")
    yield from _in_principle(pack, register)
    if pack.binding:
        return
    for path, part in parts(pack):
        if isinstance(part, Sourced) and part.clauses and _refuses(part):
            yield Finding(
                path,
                f"it refuses by {', '.join(part.clauses)}, and the text binds nobody",
                "keep the clause by a check, a bar or an indicator, or say `why` the office chose it",
            )


def _in_principle(pack: Pack, register: Mapping[str, Clause]) -> Iterator[Finding]:
    """What keeps a clause that speaks in principle and does not ask for the reason of an exception."""
    for path, part in parts(pack):
        if not isinstance(part, Check | Eligibility | Indicator):
            continue
        speaking = [one for one in part.clauses if one in register and _excepts(register[one])]
        if not speaking or (isinstance(part, Indicator) and part.goal is None):
            continue  # a figure without a goal misses nothing
        if part.strength != "warn":
            told = f"{', '.join(speaking)} speaks in principle (原则上), and no reason is asked for less"
            yield Finding((*path, "strength"), told, "write `strength: warn`")
        elif isinstance(part, Check) and part.reason == "not-asked":
            told = f"{', '.join(speaking)} speaks in principle (原则上), and no reason is asked for less"
            yield Finding((*path, "reason"), told, "take `reason: not-asked` out")


def _excepts(clause: Clause) -> bool:
    return clause.parameters.get("modality") == "in-principle"


def _refuses(part: Sourced) -> bool:
    if isinstance(part, Product | StageRecord):
        return part.blocks
    return isinstance(part, Chain | Phase | Stage | SelectionStep | Ban)
