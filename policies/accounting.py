"""Whether a pack says what the clauses' lists say, and whether a complete pack accounts for every clause.

Decides over words, actors and cases: a list of a clause (topics, methods, criteria) that the pack takes up must be
taken up whole, and holds no further word unless the clause leaves it open (等). A pack that calls itself `complete`
names for each clause of its source what keeps it, or why software cannot, and shows it in worked cases.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

from policies.clauses import Clause
from policies.keeping import NEEDS_BOTH, NEEDS_CASES, Keeper, actor_findings, keepers
from policies.mechanisms import Check, Computation, Register
from policies.problems import Finding, Path, nearest
from policies.schema import HoursDuty, Pack, Sourced, StageRecord
from policies.walk import parts
from policies.worked import Case, worked


def word_findings(pack: Pack, register: Mapping[str, Clause]) -> Iterator[Finding]:
    """Lists of the pack that are not those of the clause they cite."""
    for path, part in parts(pack):
        if not isinstance(part, Sourced):
            continue
        for place, words, must in _lists(part):
            for clause in (register[one] for one in part.clauses if one in register):
                yield from _compared(part, words, clause, (*path, *place), must=must)


def _lists(part: Sourced) -> Iterator[tuple[Path, tuple[str, ...], bool]]:
    """The lists of words in a part, with their place; and whether they must be the clause's."""
    if isinstance(part, Check | Computation):
        if part.words:
            yield ("words",), part.words, True
        if isinstance(part, Computation) and part.table:
            yield ("table",), tuple(part.table), False
    elif isinstance(part, Register):
        for number, field in enumerate(part.fields):
            if field.choices:
                yield ("fields", number, "choices"), field.choices, False
    elif isinstance(part, HoursDuty) and part.activities:
        yield ("activities",), part.activities, False
    elif isinstance(part, StageRecord):
        for key, words in part.covers.items():
            yield ("covers", key), words, True


def _stated(value: Any) -> Iterator[tuple[str, ...]]:
    """Every list of words under a clause's parameters; of tables, their keys and their values."""
    if isinstance(value, list):
        if value and all(isinstance(one, str) for one in value):
            yield tuple(value)
        elif value and all(isinstance(one, dict) for one in value):
            for key in dict.fromkeys(key for one in value for key in one):
                column = tuple(one[key] for one in value if isinstance(one.get(key), str))
                if column:
                    yield column
        for one in value:
            yield from _stated(one)
    elif isinstance(value, dict):
        texts = tuple(one for one in value.values() if isinstance(one, str))
        if len(texts) == len(value) and len(texts) > 1:
            yield tuple(value)
            yield texts
        if value and all(isinstance(one, int | float) and not isinstance(one, bool) for one in value.values()):
            yield tuple(str(key) for key in value)
        for one in value.values():
            yield from _stated(one)


def _compared(part: Sourced, words: tuple[str, ...], clause: Clause, path: Path, *, must: bool) -> Iterator[Finding]:
    singles = tuple(str(one) for one in clause.parameters.values() if isinstance(one, str))
    lists = [one for value in clause.parameters.values() for one in _stated(value)]
    lists += [singles] if singles else []
    best = max(lists, key=lambda one: len(set(one) & set(words)), default=())
    shared = set(best) & set(words)
    if not shared:
        if must and part.reading is None:
            yield Finding(
                path,
                f"{clause.id} has no list with {', '.join(words)}",
                "write the clause's words, or say under `reading` how the clause was read",
            )
        return
    missing = [word for word in best if word not in words and best is not singles]
    extra = [word for word in words if word not in best]
    if missing and part.reading is None:
        yield Finding(
            path, f"{clause.id} also says {', '.join(missing)}", "take up the whole list, or say why under `reading`"
        )
    if extra and not clause.parameters.get("open_list") and part.reading is None:
        yield Finding(path, f"{clause.id} does not say {', '.join(extra)}", "the clause's list is closed; take it out")


# --- complete packs ---------------------------------------------------------------------------------------------------


def account_findings(pack: Pack, register: Mapping[str, Clause], directory: FilePath) -> Iterator[Finding]:
    """What a pack that calls itself complete does not account for."""
    mine = {key: clause for key, clause in register.items() if key.startswith(f"{pack.source}-")}
    kept, cases = keepers(pack), worked(directory, pack.pack)
    told = {one.clause for one in pack.not_kept}
    for number, left in enumerate(pack.not_kept):
        if left.clause not in mine:
            yield Finding(
                ("not_kept", number, "clause"), f"{left.clause!r} is no clause of it", nearest(left.clause, mine)
            )
    for clause_id, clause in mine.items():
        listed = kept.get(clause_id, [])
        if not listed and clause_id not in told:
            yield Finding(
                ("complete",),
                f"nothing keeps {clause_id} ({clause.enforce})",
                "declare what keeps it, or write `not_kept`",
            )
        yield from _case_findings(clause_id, listed, cases.cases)
    for keeper, clause, strange in actor_findings(pack, mine):
        yield Finding(
            keeper.path,
            f"{', '.join(strange)} acts here, whom {clause.id} does not name",
            f"name one of {', '.join(clause.actors['acts'])}, or say under `stands_for` for whom, with a `reading`",
        )
    for problem in cases.problems:
        yield Finding(("complete",), f"cases/{pack.pack}/{problem.file}:{problem.line}: {problem.what}", problem.todo)
    for case in cases.cases:
        for cited in case.cites:
            if cited not in register:
                yield Finding(
                    ("complete",),
                    f"cases/{pack.pack}/{case.file}:{case.line}: there is no clause {cited!r}",
                    nearest(cited, mine),
                )


def _case_findings(clause_id: str, listed: list[Keeper], cases: tuple[Case, ...]) -> Iterator[Finding]:
    strengths = {keeper.strength for keeper in listed}
    many = sum(clause_id in case.cites for case in cases)
    needed = 2 if strengths & set(NEEDS_BOTH) else 1 if strengths & set(NEEDS_CASES) else 0
    if many < needed:
        keeper = next(one for one in listed if one.strength in NEEDS_CASES)
        yield Finding(
            keeper.path,
            f"{clause_id} has {many} worked case{'s' if many != 1 else ''}, it needs {needed}",
            "write one that passes and one that fails under policies/cases, with `cites`",
        )
