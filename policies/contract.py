"""The contract that every pack must keep before a programme may run under it.

Decides whether a pack is whole: citations (`policies.citations`), dated values (`policies.valuing`) and structure
(`policies.structure`). Collects every fault; never stops at the first. Serves no clause of its own: it is what makes
"the regulation is data" safe.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from policies.accounting import account_findings, word_findings
from policies.adoption import adoption_findings
from policies.citations import citation_findings, number_findings, raw_citations
from policies.clauses import clauses
from policies.force import force_findings
from policies.problems import Finding, nearest
from policies.schema import Pack
from policies.structure import structure_findings
from policies.units import units
from policies.valuing import value_findings


def pack_findings(
    pack: Pack,
    others: Mapping[str, Pack],
    names: Iterable[str],
    known: frozenset[str],
    register_of: Path | None = None,
) -> list[Finding]:
    """Every fault of a pack whose shape is right.

    `others` are the packs it adopts from, `names` all packs there are, `known` the ids of all clauses. With
    `register_of` (the directory of packs) its numbers are also held against the clauses' own.
    """
    found = [
        *citation_findings(pack, others, known),
        *value_findings(pack),
        *adoption_findings(pack, others, names),
        *structure_findings(pack, others),
    ]
    if register_of is not None:
        register = clauses(register_of)
        found += [*number_findings(pack, register), *word_findings(pack, register), *force_findings(pack, register)]
        if pack.complete:
            found += account_findings(pack, register, register_of)
    return found


def raw_findings(content: Any, known: frozenset[str]) -> list[Finding]:
    """What can be said about a file whose shape is wrong: clauses and units that do not exist."""
    found = list(raw_citations(content, known))
    if isinstance(content, dict):
        for block in ("rules", "settings"):
            rules = content.get(block)
            for rule_id, rule in rules.items() if isinstance(rules, dict) else ():
                unit = rule.get("unit") if isinstance(rule, dict) else None
                if isinstance(unit, str) and unit not in units():
                    found.append(Finding((block, rule_id, "unit"), f"unknown unit {unit!r}", nearest(unit, units())))
    return found
