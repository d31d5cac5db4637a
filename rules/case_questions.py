"""Worked cases of the mechanisms: computations, hours, indicators, duties, selection, phases, stages, registers.

Asks each question of its rule; `rules.cases` puts them together. Decides nothing of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from models.states import ProgrammeLevel
from models.values import Basis, Verdict
from policies.lookup import computation_of, duty_of, indicator_of, phase_of, register_of, stage_of
from policies.schema import Pack
from policies.worked import Case
from rules.bans import BanFact
from rules.checks import plain
from rules.computing import may_work_out, work_out
from rules.duties import due_after, due_in, period_of
from rules.hours import Hours, hours_met
from rules.indicators import EntryFact, indicate
from rules.preparation import may_start
from rules.registers import may_record, read_entry
from rules.selection import eligible, may_take_step
from rules.stages import may_close


class NoQuestion(ValueError):
    """A case expects something that no rule answers, or gives too little; the sentence says what."""


@dataclass
class Answer:
    """What the rules answer, as plain as the case; what that rests on; `shows` is passes, fails or neither.

    `kept` are the clauses of the parts of the pack that were asked, beside those that the answers rest on.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    basis: list[Basis] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    shows: str | None = None


def day_of(given: Mapping[str, Any], key: str, default: date) -> date:
    """A day that the case gives, or the default."""
    return date.fromisoformat(str(given[key])) if key in given else default


def shows(found: Answer, passes: bool) -> None:
    """Note that the case shows what passes, or what fails."""
    found.shows = "passes" if passes else "fails"


def take(found: Answer, verdict: Verdict, wanted: str) -> None:
    """Take a verdict as the answer."""
    found.answers[wanted] = plain(verdict.allowed)
    found.basis += verdict.basis
    shows(found, verdict.allowed)


def entries_in(listed: Any) -> list[EntryFact]:
    """Entries as a case gives them: `register`, `on`, `subject`, and its fields beside."""
    return [
        EntryFact(
            register=one["register"],
            on=date.fromisoformat(one["on"]),
            subject=str(one.get("subject", "")),
            recorded_by=str(one.get("by", "")),
            content={key: value for key, value in one.items() if key not in ("register", "on", "subject", "by")},
        )
        for one in listed
    ]


def _worked_out(found: Answer, pack: Pack, case: Case, on: date, acting_as: Any) -> None:
    """`work_out` (a computation) with its inputs under `facts`: `result`, and whether it is `allowed`."""
    what = computation_of(pack, case.given["work_out"])
    if acting_as is not None and not may_work_out(pack, what, acting_as).allowed:
        raise NoQuestion(f"{what.key}: not worked out by {', '.join(sorted(acting_as))}")
    verdict = work_out(pack, what, case.given["facts"], on)
    result = verdict.facts["result"]
    for wanted, told in (
        ("result", _listed(result)),
        ("allowed", plain(verdict.allowed)),
    ):
        if wanted in case.expect:
            found.answers[wanted] = told
    found.basis += verdict.basis
    found.kept += what.also_cites
    shows(found, verdict.allowed)


def _listed(result: Any) -> Any:
    """A result as a case writes it: a list or a table of plain figures, or one of them."""
    if isinstance(result, Mapping):
        return {key: plain(one) for key, one in result.items()}
    return [plain(one) for one in result] if isinstance(result, list) else plain(result)


def _hours(found: Answer, pack: Pack, case: Case, on: date, acting_as: Any) -> None:
    """`hours` (a minimum) with `entries` of on, hours, activity, level, accounts, source; `since` an entry opened it."""
    duty = next(one for one in pack.hours if one.key == case.given["hours"])
    held = [
        Hours(
            source=str(one.get("source", number)),
            on=date.fromisoformat(one["on"]),
            hours=Decimal(one["hours"]),
            activity=str(one.get("activity", "")),
            level=str(one.get("level", "")),
            accounts=tuple(one.get("accounts", ())),
        )
        for number, one in enumerate(case.given["entries"])
    ]
    since = date.fromisoformat(case.given["since"]) if "since" in case.given else None
    verdict = hours_met(pack, duty, held, on, since)
    for wanted, told in (
        ("hours_met", plain(verdict.allowed)),
        ("lacking", verdict.facts["lacking"]),
        ("collected", verdict.facts["collected"]),
    ):
        if wanted in case.expect:
            found.answers[wanted] = told
    found.basis += verdict.basis
    found.kept += duty.also_cites
    found.kept += [one for owed in pack.duties if owed.met_by == f"hours:{duty.key}" for one in owed.clauses]
    shows(found, verdict.allowed)


def _indicated(found: Answer, pack: Pack, case: Case, on: date, acting_as: Any) -> None:
    """`indicator` with `numerator` and `denominator`: its `share`, whether the goal is `met`, `allowed`."""
    indicator = indicator_of(pack, case.given["indicator"])
    given = case.given.get("denominator")
    verdict = indicate(
        pack,
        indicator,
        Decimal(case.given["numerator"]),
        Decimal(given) if given is not None else None,
        on,
        reason=str(case.given.get("reason", "")),
    )
    for wanted, told in (("share", verdict.facts["value"]), ("met", verdict.facts["met"])):
        if wanted in case.expect:
            found.answers[wanted] = plain(told) or "null"
    found.basis += verdict.basis
    found.kept += indicator.also_cites
    shows(found, verdict.facts["met"] is not False)


def _duty_due(found: Answer, pack: Pack, case: Case, on: date, acting_as: Any) -> None:
    """`duty` on a day: when what is owed in its period (or after an entry of that day) is due."""
    duty = duty_of(pack, case.given["duty"])
    due = due_in(pack, duty, period_of(pack, duty, on)) if duty.every else due_after(pack, duty, on)
    found.answers["duty_due"] = due.on.isoformat()
    found.basis.append(due.basis)
    found.kept += duty.clauses


def _may_take(found: Answer, pack: Pack, case: Case, on: date, acting_as: Any) -> None:
    """A `step` of the selection with those `done`, taken `as` a role; `teacher: true` where it is the nominee."""
    verdict = may_take_step(
        pack,
        case.given["step"],
        case.given.get("done", ()),
        actor_roles=[case.given["as"]] if "as" in case.given else [],
        actor_is_teacher=case.given.get("teacher") == "true",
        on_behalf=case.given.get("on_behalf") == "true",
    )
    found.kept += [clause for step in (pack.selection.steps if pack.selection else ()) for clause in step.clauses]
    take(found, verdict, "may_take_step")


def _ineligible(found: Answer, pack: Pack, case: Case, on: date, acting_as: Any) -> None:
    """A nominee: `level`, `starts_on`, `banned_until`, `took_part`, `rural`, `voluntary`, `in_target_group`, `reasons`."""
    given = case.given
    level = ProgrammeLevel(given.get("level", "national"))
    bans = [BanFact((level,), date.fromisoformat(given["banned_until"]), date.min)] if "banned_until" in given else []
    verdicts = eligible(
        pack,
        level=level,
        starts_on=day_of(given, "starts_on", on),
        bans=bans,
        took_part=given.get("took_part") == "true",
        rural=given.get("rural", "true") == "true",
        voluntary=given.get("voluntary", "true") == "true",
        in_target_group=given.get("in_target_group", "true") == "true",
        on=on,
        kind=case.kind,
        reasons=given.get("reasons", {}),
    )
    refused = [f"{one.key} {one.strength}" for one in verdicts if not one.allowed]
    found.answers["ineligible"] = refused
    found.basis += [basis for one in verdicts for basis in one.basis]
    tests = pack.selection.eligibility if pack.selection else ()
    found.kept += [clause for test in tests for clause in test.clauses]
    shows(found, not refused)


def _may_start(found: Answer, pack: Pack, case: Case, on: date, acting_as: Any) -> None:
    """Whether a `phase` may end with what is `ready` of its conditions."""
    phase = phase_of(pack, case.given["phase"])
    ready = {condition: condition in case.given["ready"] for condition in phase.closes_when}
    verdict = may_start(pack, phase, ready)
    found.kept += phase.clauses
    take(found, verdict, "may_start")


def _may_close(found: Answer, pack: Pack, case: Case, on: date, acting_as: Any) -> None:
    """A `stage` with `products` and `entries`, `trainees`, `schools`; `before: false` where the stage before is open.

    `may_close`: whether it closes; `awaited`: the documents that are asked for and do not hold it open.
    """
    stage = stage_of(pack, case.given["stage"])
    products = {key: int(many) for key, many in case.given.get("products", {}).items()}
    verdict = may_close(
        stage,
        predecessor_closed=case.given.get("before", "true") == "true",
        products=products,
        trainees=int(case.given.get("trainees", "1")),
        schools=int(case.given.get("schools", "1")),
        today=on,
        planned_to=day_of(case.given, "planned_to", on),
        pack=pack,
        entries=entries_in(case.given.get("entries", ())),
    )
    found.kept += [clause for part in (stage, *stage.products, *stage.requires) for clause in part.clauses]
    if "may_close" in case.expect:
        take(found, verdict, "may_close")
    if "awaited" in case.expect:
        awaited = [one["document"] for one in verdict.facts["missing_not_blocking"]]
        found.answers["awaited"] = awaited
        shows(found, not awaited)


def _may_record(found: Answer, pack: Pack, case: Case, on: date, acting_as: Any) -> None:
    """Whether somebody `as` a role records in a `register`; `problems`: the fields of an `entry` that do not fit."""
    register = register_of(pack, case.given["register"])
    found.kept += register.clauses
    if "may_record" in case.expect:
        take(found, may_record(pack, register, [case.given["as"]]), "may_record")
    if "problems" in case.expect:
        _, problems = read_entry(pack, register, case.given["entry"])
        found.answers["problems"] = sorted({name for name, _ in problems})
        shows(found, not problems)


MECHANISM_QUESTIONS: Mapping[str, Callable[[Answer, Pack, Case, date, frozenset[str] | None], None]] = {
    "result": _worked_out,
    "allowed": _worked_out,
    "hours_met": _hours,
    "lacking": _hours,
    "collected": _hours,
    "share": _indicated,
    "met": _indicated,
    "duty_due": _duty_due,
    "may_take_step": _may_take,
    "ineligible": _ineligible,
    "may_start": _may_start,
    "may_close": _may_close,
    "awaited": _may_close,
    "may_record": _may_record,
    "problems": _may_record,
}
