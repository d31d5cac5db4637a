"""The `expect` blocks of the sample programmes, answered by the rules under the packs as they stand."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from models.states import ApplicantKind, DecisionOutcome, ProgrammeLevel
from models.values import Course, Expert
from policies.lookup import chain_for, phase_of
from policies.schema import Pack
from rules.admission import admit, facts_of, marks
from rules.approval import lodged
from rules.bans import BanFact, ban_for, banned
from rules.deadlines import due_on, late_days
from rules.evaluation import score
from rules.preparation import may_start
from rules.selection import notice_over
from rules.travel import school_pays
from tests.support.libraries import library_of

REPOSITORY = Path(__file__).resolve().parents[3]
Sample = dict[str, Any]


@cache
def samples() -> tuple[Sample, ...]:
    """The sample programmes, read once."""
    whole = yaml.safe_load((REPOSITORY / "samples/programmes.yaml").read_text(encoding="utf-8"))
    return tuple(whole["programmes"])


@cache
def pack_for(kind: str) -> Pack:
    """Chongqing's pack as it holds for this kind of programme."""
    return library_of(REPOSITORY / "policies").resolve("chongqing-2021", kind)


def applied_on(one: Sample) -> date:
    day = one["steps"]["application_submitted"]
    assert isinstance(day, date)
    return day


def checked(one: Sample, key: str) -> dict[str, Any]:
    """A check's verdict in the words of the `expect` blocks."""
    courses = [
        Course(
            name=course["name"],
            part=str(course.get("stage", course.get("part"))),
            hours=Decimal(course["hours"]),
            practice=Decimal(course["practice"]),
            ethics=course.get("ethics", False),
            five_educations=course.get("five_educations", False),
        )
        for course in one["courses"]
    ]
    experts = [
        Expert(
            count=expert["count"],
            origin=expert["origin"],
            kind=expert["kind"],
            employer=expert["from"],
            title=expert.get("title"),
        )
        for expert in one["experts"]
    ]
    verdicts = admit(pack_for(one["kind"]), "application", facts_of(courses, experts), {}, applied_on(one))
    verdict = next(verdict for verdict in verdicts if verdict.key == key)
    stood = "allowed" if verdict.allowed else "warned" if verdict.reason_needed else "refused"
    found = {"of": int(verdict.facts["denominator"]), "ratio": float(verdict.facts["ratio"]), "verdict": stood}
    found["hours" if key == "practice-share" else "count"] = int(verdict.facts["numerator"])
    if verdict.facts["ratio"] == f"{Decimal(verdict.facts['minimum']):.4f}":
        found["edge"] = True
    if verdict.reason_needed:
        found["reason_needed"] = True
    return found


def archive_due(one: Sample) -> date:
    return due_on(pack_for(one["kind"]), "closing.archive.due", {"programme.ended_on": one["ends_on"]}).on


def banned_until(one: Sample) -> date:
    term = ban_for(pack_for(one["kind"]), "returned", one["trainees"]["returned"][0]["date"])
    assert term is not None
    return term.ends_on


def pays_in_full(one: Sample) -> bool:
    stage = one["stages"][0]
    days = (stage["to"] - stage["from"]).days + 1
    verdict = school_pays(pack_for(one["kind"]), ProgrammeLevel(one["level"]), days, stage["from"])
    assert verdict.facts["meal_days"] == (None if verdict.facts["in_full"] else 2)
    return bool(verdict.facts["in_full"])


def start_waits_for(one: Sample) -> str:
    """Who has to pass the plan before the class may start."""
    pack = pack_for(one["kind"])
    chain = chain_for(pack, "implementation-plan", ApplicantKind(one["host"]["kind"]), ProgrammeLevel(one["level"]))
    assert chain is not None
    phase = phase_of(pack, "check-in")
    passed: dict[int, DecisionOutcome] = {}
    for number, tier in enumerate(chain.tiers, start=1):
        ready = dict.fromkeys(phase.closes_when, True) | {"plan-lodged": lodged(chain, passed)}
        assert may_start(pack, phase, ready).allowed is False
        passed[number] = DecisionOutcome.APPROVE
        if lodged(chain, passed):
            return {"municipal-teacher-development-centre": "passed by the centre"}[tier.role]
    raise AssertionError("the plan is never lodged")


def total(one: Sample) -> float:
    values = {key.replace("_", "-"): Decimal(value) for key, value in one["scores"].items()}
    values["archive-documents"] = values.pop("archive")
    sheet = score(pack_for(one["kind"]), values, one["ends_on"])
    assert sheet.total is not None
    return float(sheet.total)


ANSWERS: dict[str, Callable[[Sample], Any]] = {
    "practice_share": lambda one: checked(one, "practice-share"),
    "outside_experts": lambda one: checked(one, "outside-experts"),
    "excellent_teachers_researchers_principals": lambda one: checked(one, "excellent-experts"),
    "plan_target_date": lambda one: (
        due_on(pack_for(one["kind"]), "plan.target.due", {"programme.starts_on": one["starts_on"]}).on
    ),
    "plan_start_blocked_until": start_waits_for,
    "archive_due": archive_due,
    "archive_late_days": lambda one: late_days(archive_due(one), one["steps"]["archive_submitted"]),
    "returned_trainee_banned_until": banned_until,
    "school_pays_all_travel": pays_in_full,
    "school_pays_only_travel_and_two_days_meals": lambda one: not pays_in_full(one),
    "score": total,
}


@pytest.mark.parametrize(
    ("one", "key"), [pytest.param(one, key, id=f"{one['ref']} {key}") for one in samples() for key in one["expect"]]
)
def test_what_the_sample_expects_comes_true(one: Sample, key: str) -> None:
    expected = one["expect"][key]
    if isinstance(expected, dict):
        expected = {name: value for name, value in expected.items() if name != "note"}
    assert ANSWERS[key](one) == expected


@pytest.mark.parametrize(
    "one", [one for one in samples() if "public_notice" in one["steps"]], ids=lambda one: one["ref"]
)
def test_the_samples_public_notices_stood_long_enough(one: Sample) -> None:
    notice = one["steps"]["public_notice"]
    verdict = notice_over(pack_for(one["kind"]), notice["from"], notice["to"], one["steps"]["selection_confirmed"])
    assert (verdict.allowed, verdict.facts["workdays"]) == (True, 5)


def test_the_sample_nominee_is_still_banned_on_the_first_day() -> None:
    one = samples()[0]
    refused = one["trainees"]["refused"][0]
    term = ban_for(pack_for(one["kind"]), "returned", refused["returned_on"])
    assert term is not None
    assert term.ends_on == refused["until"]
    ban = BanFact(levels=term.levels, ends_on=term.ends_on, starts_on=term.starts_on)
    assert banned([ban], ProgrammeLevel(one["level"]), one["starts_on"]) == ban


def test_the_samples_plan_without_a_seal_is_refused_at_the_door() -> None:
    one = samples()[2]
    pack = pack_for(one["kind"])
    chain = chain_for(pack, "implementation-plan", ApplicantKind(one["host"]["kind"]), ProgrammeLevel(one["level"]))
    assert chain is not None
    verdict = marks(chain, signed=True, sealed=False)
    assert verdict is not None
    assert (verdict.allowed, verdict.facts["missing"]) == (False, ["seal"])
