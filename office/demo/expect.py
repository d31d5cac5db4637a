"""The samples' `expect` blocks, one by one, with what came out: a figure that differs makes the demo fail.

Reads what the ledger recorded (verdicts of the checks, due days, bans, scores); asks a rule only where nothing is
recorded (who pays the travel). An `expect` key that nobody compares is a mismatch of its own: nothing in the file goes
unchecked.
"""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import col, select

from ledger.chains import latest
from ledger.packs import pack_of
from models.act import Act
from models.documents import Filing, Obligation
from models.programme import Programme
from models.register import StandingDuty
from models.review import ApprovalStep, Decision
from models.states import ProgrammeLevel
from models.training import Ban, EvaluationResult, Nomination
from office.demo.acting import Journal
from office.demo.samples import Sample
from rules.travel import school_pays

_CHECKS = {
    "practice_share": "practice-share",
    "outside_experts": "outside-experts",
    "excellent_teachers_researchers_principals": "excellent-experts",
}


def expectations_of(act: Act, sample: Sample, ref: str, journal: Journal) -> Iterator[dict[str, Any]]:
    """Each expectation of a sample: the key, what was expected, what came out, and whether they agree."""
    programme = act.session.exec(select(Programme).where(Programme.ref == ref)).one()
    known: dict[str, Callable[[], Any]] = {
        "plan_target_date": lambda: _due(act, programme, "plan-target"),
        "plan_start_blocked_until": lambda: _blocked_until(act, programme, journal),
        "archive_due": lambda: _due(act, programme, "archive"),
        "archive_late_days": lambda: _archive(act, programme),
        "returned_trainee_banned_until": lambda: _banned_until(act, programme),
        "school_pays_all_travel": lambda: _travel(act, sample, programme)["in_full"],
        "school_pays_only_travel_and_two_days_meals": lambda: _travel(act, sample, programme).get("meal_days") == 2,
        "score": lambda: _score(act, programme),
        "due": lambda: _all_due(act, programme, sample.expect["due"]),
        "duties_open": lambda: _duties_open(act),
        "start_refused_by": lambda: _refused_by(programme, journal),
        "trainees": lambda: _trainees(act, programme),
    }
    expected = {**sample.expect, "trainees": _expected_trainees(sample)}
    for key, value in expected.items():
        if key in _CHECKS:
            wanted = {name: item for name, item in value.items() if name not in ("note", "edge", "reason_needed")}
            got: Any = _check(act, programme, _CHECKS[key], wanted)
        else:
            wanted = value
            got = known[key]() if key in known else "compared by nobody"
        yield {
            "programme": ref,
            "key": key,
            "expected": _plain(wanted),
            "got": _plain(got),
            "holds": _plain(wanted) == _plain(got),
        }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, date) else value


def _check(act: Act, programme: Programme, key: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """What a check said of the plan (of the application where there is none), in the sample's words.

    Figures come from the recorded verdict.
    """
    plan = latest(act, programme, "implementation-plan") or latest(act, programme, "application")
    verdict = next((one for one in plan.verdicts if one["key"] == key), None) if plan else None
    if verdict is None:
        return {}
    facts = verdict["facts"]
    below = Decimal(facts["ratio"]) < Decimal(facts["minimum"])
    said = ("warned" if verdict["strength"] == "warn" and facts.get("reason") else "refused") if below else "allowed"
    count = "hours" if "hours" in wanted else "count"
    return {
        count: int(facts["numerator"]),
        "of": int(facts["denominator"]),
        "ratio": float(facts["ratio"]),
        "verdict": said if verdict["allowed"] else "refused",
    }


def _due(act: Act, programme: Programme, kind: str) -> date | None:
    query = select(Obligation).where(Obligation.programme_id == programme.id, Obligation.kind == kind)
    row = act.session.exec(query).first()
    return row.due_on if row else None


def _all_due(act: Act, programme: Programme, wanted: dict[str, date]) -> dict[str, str]:
    """The due day of each of these kinds of matter, where it is one day for all who owe it."""
    rows = act.session.exec(select(Obligation).where(Obligation.programme_id == programme.id)).all()
    return {kind: ", ".join(sorted({row.due_on.isoformat() for row in rows if row.kind == kind})) for kind in wanted}


def _duties_open(act: Act) -> int:
    return len(act.session.exec(select(StandingDuty.id).where(StandingDuty.state == "open")).all())


def _refused_by(programme: Programme, journal: Journal) -> list[str]:
    """By which clauses a start was refused, in order; an office setting says so."""
    return [
        one.clause or "office setting"
        for one in journal.refusals
        if (one.programme, one.matter) == (programme.ref, "start")
    ]


def _archive(act: Act, programme: Programme) -> int | None:
    query = select(Filing.late_days).where(Filing.programme_id == programme.id, Filing.kind == "archive-documents")
    return act.session.exec(query).first()


def _blocked_until(act: Act, programme: Programme, journal: Journal) -> str | None:
    """Who had to pass the plan before the start was possible: the tier after the refusal by CQ2021-10.3, before
    the filing."""
    refused_on = max(
        (one.on for one in journal.refusals if (one.programme, one.clause) == (programme.ref, "CQ2021-10.3")),
        default=None,
    )
    if refused_on is None or programme.started_on is None:
        return None
    rows = act.session.exec(
        select(ApprovalStep.role, Decision.decided_at)
        .join(Decision, col(Decision.step_id) == col(ApprovalStep.id))
        .where(
            ApprovalStep.programme_id == programme.id,
            ApprovalStep.subject == "implementation-plan",
            ApprovalStep.action != "file",
        )
        .order_by(col(Decision.decided_at).desc())
    ).all()
    role, decided_at = rows[0]
    passed_on = decided_at.astimezone(act.zone).date()
    if not refused_on < passed_on.isoformat() <= programme.started_on.isoformat():
        return None
    return {"municipal-teacher-development-centre": "passed by the centre"}.get(role, role)


def _banned_until(act: Act, programme: Programme) -> date | None:
    row = act.session.exec(
        select(Ban)
        .join(Nomination, col(Nomination.id) == col(Ban.nomination_id))
        .where(Nomination.programme_id == programme.id)
    ).first()
    return row.ends_on if row else None


def _travel(act: Act, sample: Sample, programme: Programme) -> dict[str, Any]:
    stage = sample.raw["stages"][0]
    days = (stage["to"] - stage["from"]).days + 1
    pack = pack_of(act, programme)
    return dict(school_pays(pack, ProgrammeLevel(programme.level), days, programme.starts_on).facts)


def _score(act: Act, programme: Programme) -> float | None:
    row = act.session.exec(select(EvaluationResult).where(EvaluationResult.programme_id == programme.id)).first()
    return float(row.total) if row else None


def _expected_trainees(sample: Sample) -> dict[str, int]:
    raw = sample.raw["trainees"]
    return {
        "nominated": raw["nominated"],
        "refused": sum(one["count"] for one in raw["refused"]),
        "alternates": raw["alternates"],
        "selected": raw["selected"],
        "returned": len(raw["returned"]),
        "broken_off": len(raw.get("broke_off", [])),
        "finished": raw["finished"],
    }


def _trainees(act: Act, programme: Programme) -> dict[str, int]:
    states = list(act.session.exec(select(Nomination.state).where(Nomination.programme_id == programme.id)).all())
    chosen = ("confirmed", "finished", "returned", "broken-off")
    return {
        "nominated": len(states),
        "refused": states.count("refused"),
        "alternates": states.count("alternate"),
        "selected": sum(states.count(state) for state in chosen),
        "returned": states.count("returned"),
        "broken_off": states.count("broken-off"),
        "finished": states.count("finished"),
    }
