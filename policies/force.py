"""What force a text has: in a pack whose text binds nobody, what would refuse only warns.

Decides how strongly a part takes effect in the pack that it stands in. An article or a proposal (`binding: false`) takes
full effect only in the pack of a region that adopts the part. Serves ACT2022, whose clauses are proposals to provinces.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from policies.clauses import Clause
from policies.problems import Finding
from policies.schema import Ban, Chain, Pack, Phase, Product, SelectionStep, Sourced, Stage, StageRecord
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
    if pack.binding:
        return
    for path, part in parts(pack):
        if isinstance(part, Sourced) and part.clauses and _refuses(part):
            yield Finding(
                path,
                f"it refuses by {', '.join(part.clauses)}, and the text binds nobody",
                "keep the clause by a check, a bar or an indicator, or say `why` the office chose it",
            )


def _refuses(part: Sourced) -> bool:
    if isinstance(part, Product | StageRecord):
        return part.blocks
    return isinstance(part, Chain | Phase | Stage | SelectionStep | Ban)
