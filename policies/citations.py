"""Whether a pack cites as it must, and whether its numbers are those of the clauses that it cites.

Decides that every clause exists and belongs to the pack's own source or to one that it adopts from; that a value under
`rules` cites and one under `settings` does not; that a number, a chain of tiers or a ban says what the clause says.
Never judges a reading: where the clause gives no number, the pack must say how it read the clause.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from policies.clauses import Clause, source_of
from policies.mechanisms import SYSTEM
from policies.problems import Finding, Path, nearest
from policies.schema import Ban, Chain, DatedValue, Pack, Rule, Sourced, Travel
from policies.units import units
from policies.valuing import FIXED_DAY
from policies.walk import parts


def raw_citations(content: Any, known: Iterable[str]) -> Iterator[Finding]:
    """Citations of clauses that do not exist, found in a file whose shape is wrong as well."""
    ids = frozenset(known)

    def look(value: Any, path: Path) -> Iterator[Finding]:
        if isinstance(value, dict):
            for key, item in value.items():
                if key in ("cites", "like") and isinstance(item, str) and item not in ids:
                    yield _no_clause((*path, key), item, ids)
                elif key == "also_cites" and isinstance(item, list):
                    for number, cited in enumerate(item):
                        if isinstance(cited, str) and cited not in ids:
                            yield _no_clause((*path, key, number), cited, ids)
                else:
                    yield from look(item, (*path, key))
        elif isinstance(value, list):
            for number, item in enumerate(value):
                yield from look(item, (*path, number))

    yield from look(content, ())


def citation_findings(pack: Pack, others: Mapping[str, Pack], known: frozenset[str]) -> Iterator[Finding]:
    """Everything that cites wrongly, or rests on nothing."""
    own = frozenset({pack.source})
    texts = frozenset(source_of(one) for one in known)
    if pack.source not in texts:
        yield Finding(
            ("source",), f"no text {pack.source!r} has clauses in regulations/clauses.yaml", nearest(pack.source, texts)
        )
        own = texts  # said once: not again at every citation
    borrowed = own | {other.source for other in others.values()}
    for path, part in parts(pack):
        if isinstance(part, Sourced):
            yield from _sourced(part, path, known, borrowed, (*pack.roles, SYSTEM))
        if isinstance(part, Travel) and part.full is not None:
            yield from _clause(part.full, (*path, "full"), known, borrowed)
        if isinstance(part, Sourced | Rule):
            if part.like is not None and part.like not in known:
                yield _no_clause((*path, "like"), part.like, known)
            if part.adopted_from is not None:
                yield Finding(
                    (*path, "adopted_from"), "a file does not say what was adopted", "remove it; use `adopts`"
                )
    for number, left in enumerate(pack.not_kept):
        yield from _clause(left.clause, ("not_kept", number, "clause"), known, own)
    for rule_id, rule in pack.rules.items():
        if rule.why is not None:
            yield Finding(
                ("rules", rule_id, "why"), "a rule of the regulation has no `why`", "write it under `reading`"
            )
        for path, value in _values(rule, ("rules", rule_id)):
            if value.cites is None:
                yield Finding(
                    path, "the value cites no clause", "add `cites:`, or move the rule to `settings` with its `why`"
                )
            else:
                yield from _clause(value.cites, (*path, "cites"), known, own)
    for rule_id, rule in pack.settings.items():
        if not rule.why:
            yield Finding(("settings", rule_id), "an office setting without its reason", "add `why:`")
        for path, value in _values(rule, ("settings", rule_id)):
            if value.cites is not None:
                yield Finding(
                    (*path, "cites"),
                    "an office setting cites a clause as if it were law",
                    "move the rule to `rules`, or name the model under `like:`",
                )


def _values(rule: Rule, path: Path) -> Iterator[tuple[Path, DatedValue]]:
    for number, value in enumerate(rule.values):
        yield (*path, "values", number), value
    for place, exception in enumerate(rule.exceptions):
        for number, value in enumerate(exception.values):
            yield (*path, "exceptions", place, "values", number), value


def _sourced(
    part: Sourced, path: Path, known: frozenset[str], sources: frozenset[str], roles: Iterable[str]
) -> Iterator[Finding]:
    if part.cites is None and not part.why:
        yield Finding(path, "rests on nothing", "add `cites:` with its clause, or `why:` if the office chose it")
    elif part.cites is not None and part.why is not None:
        yield Finding(
            (*path, "why"), "cites a clause and calls itself an office setting", "write the `why` as `reading`"
        )
    if part.cites is not None:
        yield from _clause(part.cites, (*path, "cites"), known, sources)
    for number, cited in enumerate(part.also_cites):
        yield from _clause(cited, (*path, "also_cites", number), known, sources)
    for role in part.stands_for:
        if role not in roles:
            yield Finding((*path, "stands_for", role), f"no role {role!r} stands under `roles`", nearest(role, roles))
    if part.stands_for and part.reading is None:
        yield Finding((*path, "stands_for"), "it does not say why a role stands for another", "add `reading:`")


def _clause(cited: str, path: Path, known: frozenset[str], sources: frozenset[str]) -> Iterator[Finding]:
    if cited not in known:
        yield _no_clause(path, cited, known)
    elif source_of(cited) not in sources:
        yield Finding(
            path,
            f"{cited} is a clause of {source_of(cited)}, not of {' or '.join(sorted(sources))}",
            "cite this region's own clause, or adopt from the pack of that source",
        )


def _no_clause(path: Path, cited: str, known: Iterable[str]) -> Finding:
    source = source_of(cited)
    same = [one for one in known if source_of(one) == source]
    return Finding(path, f"there is no clause {cited!r} in regulations/clauses.yaml", nearest(cited, same or known))


# --- what the clauses say ---------------------------------------------------------------------------------------------


def number_findings(pack: Pack, register: Mapping[str, Clause]) -> Iterator[Finding]:
    """Numbers, tiers and levels of the pack that are not those of the clause they cite."""
    for rule_id, rule in pack.rules.items():
        for path, value in _values(rule, ("rules", rule_id)):
            clause = register.get(value.cites or "")
            if clause is not None and isinstance(value.value, int | Decimal) and rule.unit in units():
                yield from _number(rule, value.value, clause, (*path, "value"))
            elif clause is not None and rule.unit == FIXED_DAY:
                yield from _day(rule, value.value, clause, (*path, "value"))
    for number, source in enumerate(pack.evaluation.sources if pack.evaluation else ()):
        clause, weight = register.get(source.cites or ""), pack.rules.get(source.weight)
        stated = _numbers(clause.parameters.get("weights")) if clause else {}
        for value in weight.values if weight and stated else ():
            if isinstance(value.value, Decimal) and clause and stated.get(source.key) != value.value:
                yield _differs(
                    ("evaluation", "sources", number),
                    clause,
                    f"weights.{source.key}",
                    stated.get(source.key),
                    value.value,
                )
    for number, chain in enumerate(pack.approval):
        yield from _chain(chain, register, ("approval", number))
    for number, ban in enumerate(pack.bans):
        yield from _ban(ban, register, ("bans", number))


def _number(rule: Rule, value: int | Decimal, clause: Clause, path: Path) -> Iterator[Finding]:
    stated: dict[str, Decimal] = {}
    for name in units()[rule.unit].parameters:
        stated |= {
            f"{name}{key and '.' + key}": number for key, number in _numbers(clause.parameters.get(name)).items()
        }
    if stated and Decimal(value) not in stated.values():
        said = ", ".join(f"{number} ({name})" for name, number in stated.items())
        yield Finding(path, f"{clause.id} says {said}, the pack says {value}", "write what the clause says")
    elif not stated and rule.reading is None:
        yield Finding(
            path,
            f"{clause.id} states no number in {units()[rule.unit].en}",
            "move the rule to `settings`, or say under `reading` how the clause was read",
        )


def _day(rule: Rule, value: object, clause: Clause, path: Path) -> Iterator[Finding]:
    stated = [str(clause.parameters[name]) for name in units()[FIXED_DAY].parameters if clause.parameters.get(name)]
    if value is None or value in stated or (not stated and rule.reading is not None):
        return
    yield _differs(path, clause, "day", ", ".join(stated) or "no day", value)


def _numbers(stated: Any) -> dict[str, Decimal]:
    """The numbers under a parameter: one without a name, or several by name, at any depth."""
    if isinstance(stated, dict | list):
        items = stated.items() if isinstance(stated, dict) else enumerate(stated)
        inner = {str(key): _numbers(item) for key, item in items}
        return {f"{key}{name and '.' + name}": number for key, found in inner.items() for name, number in found.items()}
    if isinstance(stated, int | float) and not isinstance(stated, bool):
        return {"": Decimal(str(stated))}
    return {}


def _differs(path: Path, clause: Clause, name: str, stated: object, given: object) -> Finding:
    return Finding(path, f"{clause.id} says {stated} ({name}), the pack says {given}", "write what the clause says")


def _chain(chain: Chain, register: Mapping[str, Clause], path: Path) -> Iterator[Finding]:
    clause = register.get(chain.cites or "")
    tiers = clause.parameters.get("tiers") if clause else None
    if clause is None or not tiers:
        return
    stated = [(str(tier["role"]), str(tier["action"])) for tier in tiers]
    given = [(tier.role, str(tier.action)) for tier in chain.tiers]
    if stated != given:
        yield _differs((*path, "tiers"), clause, "tiers", _row(stated), _row(given))
    levels = sorted(str(level) for level in clause.parameters.get("levels", []))
    if levels and levels != sorted(str(level) for level in chain.levels):
        yield _differs((*path, "levels"), clause, "levels", ", ".join(levels), ", ".join(sorted(chain.levels)))


def _row(tiers: list[tuple[str, str]]) -> str:
    return " → ".join(f"{role} {action}" for role, action in tiers)


def _ban(ban: Ban, register: Mapping[str, Clause], path: Path) -> Iterator[Finding]:
    clause = register.get(ban.cites or "")
    levels = sorted(str(level) for level in clause.parameters.get("levels", [])) if clause else []
    if clause is not None and levels and levels != sorted(str(level) for level in ban.levels):
        yield _differs((*path, "levels"), clause, "levels", ", ".join(levels), ", ".join(sorted(ban.levels)))
