"""Answers worked cases with the rules that the office uses, and says whether a case shows what passes or what fails.

Decides nothing of its own: each kind of question goes to its rule. What a case may give and expect is told in
docs/add-a-region.md. A question that no rule answers is an error of the case.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from models.states import ApplicantKind, DecisionOutcome, ProgrammeLevel, StepState
from models.values import Basis
from policies.lookup import chain_for, find
from policies.schema import Pack
from policies.worked import Case
from rules.approval import may_decide
from rules.bans import ban_for
from rules.bars import barring
from rules.case_questions import MECHANISM_QUESTIONS, Answer, NoQuestion, day_of, entries_in, shows, take
from rules.checks import at_door, plain, warned
from rules.deadlines import due_on
from rules.evaluation import score
from rules.travel import school_pays

__all__ = ["ON", "QUESTIONS", "Answer", "NoQuestion", "answer", "right"]

ON = date(2026, 3, 2)
"""The day on which a case is asked that names none."""
_HERE, _HOST = UUID(int=1), UUID(int=2)


def answer(pack: Pack, case: Case, acting_as: frozenset[str] | None = None) -> Answer:
    """Every answer that the case expects. `acting_as` narrows checks to those of these roles' acts.

    Raises NoQuestion for a question that there is not.
    """
    found = Answer()
    for wanted in case.expect:
        question = _QUESTIONS.get(wanted)
        if question is None:
            raise NoQuestion(f"a case cannot expect {wanted!r}; it can expect {', '.join(_QUESTIONS)}")
        try:
            question(found, pack, case, day_of(case.given, "on", ON), acting_as)
        except KeyError as error:
            raise NoQuestion(f"`{wanted}` needs {error} under `given`") from None
        except StopIteration:
            raise NoQuestion(f"`{wanted}` is asked of something that the pack does not have") from None
        except (AttributeError, TypeError, ArithmeticError) as error:
            raise NoQuestion(
                f"`{wanted}` cannot be read out of `given`; see docs/add-a-region.md, section 9"
            ) from error
        except ValueError as error:
            if "isoformat" not in str(error):
                raise
            day = str(error).rpartition(": ")[2]
            raise NoQuestion(f"{day} under `given` is not a day; write it as 2026-03-23") from None
    return found


def right(case: Case, found: Answer) -> bool:
    """Whether the answers are the expected ones and rest on every clause (or the setting) that the case names."""
    clauses = {basis.clause for basis in found.basis} | set(found.kept)
    if found.answers != dict(case.expect) or not clauses.issuperset(case.cites):
        return False
    return case.setting is None or {(one.clause, one.setting) for one in found.basis} == {(None, case.setting)}


def _due(found: Answer, pack: Pack, case: Case, on: date, acting_as: Any) -> None:
    anchors = {name: date.fromisoformat(str(day)) for name, day in case.given.items()}
    due = {rule_id: due_on(pack, rule_id, anchors) for rule_id in case.expect["due"]}
    found.answers["due"] = {rule_id: one.on.isoformat() for rule_id, one in due.items()}
    found.basis += [one.basis for one in due.values()]
    for owed in pack.obligations:
        found.kept += [clause for clause in owed.clauses if owed.due in due]


def _value(found: Answer, pack: Pack, case: Case, on: date, acting_as: Any) -> None:
    as_of = day_of(case.given, "as_of", on)
    held = {rule_id: find(pack, rule_id, as_of) for rule_id in case.expect["value"]}
    found.answers["value"] = {rule_id: str(one.value) for rule_id, one in held.items()}
    found.basis += [one.basis for one in held.values()]


def _tiers(found: Answer, pack: Pack, case: Case, on: date, acting_as: Any) -> None:
    given = case.given
    chain = chain_for(pack, given["subject"], ApplicantKind(given["applicant"]), ProgrammeLevel(given["level"]))
    found.answers["tiers"] = [f"{tier.role} {tier.action}" for tier in chain.tiers] if chain else []
    found.basis += [chain.basis] if chain else []
    shows(found, bool(chain))


def _may_decide(found: Answer, pack: Pack, case: Case, on: date, acting_as: Any) -> None:
    """A tier decides: `subject`, `applicant`, `level`, `tier` (from 1), `as` (a role), `decision`, `state` of the step."""
    given = case.given
    chain = chain_for(pack, given["subject"], ApplicantKind(given["applicant"]), ProgrammeLevel(given["level"]))
    if chain is None:
        raise KeyError("a subject that has a chain")
    tier = chain.tiers[int(given["tier"]) - 1]
    known = pack.roles.get(tier.role)
    verdict = may_decide(
        pack,
        step_state=StepState(given.get("state", "open")),
        action=tier.action,
        outcome=DecisionOutcome(given["decision"]),
        step_role=tier.role,
        step_organisation_id=_HERE,
        person_roles=[(_HERE, given["as"])],
        person_organisation_id=_HERE,
        host_id=_HOST,
        seat=known.seat if known else "organisation",
        comment=str(given.get("comment", "")),
        basis=(chain.basis, *(Basis(clause=clause) for clause in _reviewed(pack, chain.subject))),
    )
    take(found, verdict, "may_decide")


def _reviewed(pack: Pack, subject: str) -> list[str]:
    """The clauses of the phases in which a subject is reviewed."""
    return [clause for phase in pack.phases if phase.subject == subject for clause in phase.clauses]


def _ban(found: Answer, pack: Pack, case: Case, on: date, acting_as: Any) -> None:
    """`returned_on` (a trainee's return), or `bar` with `entries`, `subject` and `on`; and what it bars."""
    if "bar" in case.given:
        bar = next(one for one in pack.bars if one.key == case.given["bar"])
        barred = barring(pack, bar, str(case.given["subject"]), entries_in(case.given["entries"]), on)
        told: dict[str, Any] = {
            "barred": plain(barred is not None),
            "barred_until": barred.ends_on.isoformat() if barred and barred.ends_on else "null",
        }
        found.basis.append(bar.basis)
    else:
        term = ban_for(pack, "returned", date.fromisoformat(case.given["returned_on"]))
        if term is None:
            raise KeyError("a ban of the pack")
        level = ProgrammeLevel(case.given.get("level", term.levels[0]))
        starts = day_of(case.given, "starts_on", term.ends_on)
        told = {
            "barred": plain(level in term.levels and term.starts_on <= starts <= term.ends_on),
            "barred_until": term.ends_on.isoformat(),
        }
        found.basis.append(term.basis)
    for wanted in ("barred", "barred_until"):
        if wanted in case.expect:
            found.answers[wanted] = told[wanted]
    shows(found, told["barred"] == "false")


def _score(found: Answer, pack: Pack, case: Case, on: date, acting_as: Any) -> None:
    sheet = score(pack, {key: Decimal(text) for key, text in case.given["scores"].items()}, on)
    for wanted, told in (("score", str(sheet.total)), ("missing", list(sheet.missing))):
        if wanted in case.expect:
            found.answers[wanted] = told
    found.basis += [part.basis for part in sheet.parts]
    if pack.evaluation is not None:
        parts = (pack.evaluation, *pack.evaluation.sources)
        found.kept += [clause for part in parts for clause in part.clauses]
    shows(found, sheet.total is not None)


def _checked(found: Answer, pack: Pack, case: Case, on: date, acting_as: Any) -> None:
    """`facts` at a `door` (application where none is named): what is refused, and what is noted without refusing."""
    verdicts = at_door(pack, case.given.get("door", "application"), case.given["facts"], on, acting_as=acting_as)
    refused = [f"{one.key} {one.strength}" for one in verdicts if not one.allowed]
    noted = [one.key for one in verdicts if one.allowed and warned(one)]
    for wanted, told in (("refused", refused), ("noted", noted)):
        if wanted in case.expect:
            found.answers[wanted] = told
    about = {key.split()[0] for wanted in ("refused", "noted") for key in case.expect.get(wanted, ())}
    told_of = [one for one in verdicts if not about or one.key in about]
    found.basis += [basis for one in told_of for basis in one.basis]
    kept = {check.key: check for check in pack.checks}
    found.kept += [clause for one in told_of for clause in kept[one.key].also_cites]
    shows(found, not refused and not ("noted" in case.expect and noted))


def _travel(found: Answer, pack: Pack, case: Case, on: date, acting_as: Any) -> None:
    verdict = school_pays(pack, ProgrammeLevel(case.given["level"]), int(case.given["training_days"]), on)
    for wanted in ("in_full", "meal_days"):
        if wanted in case.expect:
            found.answers[wanted] = str(verdict.facts[wanted]).lower()
    found.basis += verdict.basis
    found.basis += [Basis(clause=clause) for clause in (pack.travel.clauses if pack.travel else ())]
    shows(found, bool(verdict.facts["in_full"]))


_QUESTIONS: Mapping[str, Callable[[Answer, Pack, Case, date, frozenset[str] | None], None]] = {
    "due": _due,
    "value": _value,
    "tiers": _tiers,
    "may_decide": _may_decide,
    "barred": _ban,
    "barred_until": _ban,
    "score": _score,
    "missing": _score,
    "refused": _checked,
    "noted": _checked,
    "in_full": _travel,
    "meal_days": _travel,
    **MECHANISM_QUESTIONS,
}
QUESTIONS = tuple(_QUESTIONS)
