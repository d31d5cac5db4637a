"""The three sample programmes (`samples/programmes.yaml`) as what people hand in: applications and plans.

Turns the sample's figures into the values that every door takes; decides nothing. Stages of send-teaching are keyed
`stage-1` to `stage-5`, parts of a blended programme `part-1` and on. Everything in it is marked 示例 (sample).
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from models.states import ApplicantKind, ProgrammeLevel
from models.values import Application, BudgetLine, Course, Expert, Plan, PlannedSession, PlannedStage, SchoolVisit
from office.runtime.settings import REPOSITORY

FILE = REPOSITORY / "samples" / "programmes.yaml"
POLICY = "chongqing-2021"
PER_SCHOOL = ("stage-2", "stage-3")
_REASONS = {"outside-experts": "本项目侧重智慧教育平台应用,本市专家更熟悉本地平台;市外专家另以线上方式参与"}
"""Why O01 has fewer experts from outside than the clause asks in principle (CQ2021-3.10 takes less with a reason)."""


@dataclass(frozen=True)
class Sample:
    """One sample programme: its short key (`S01`) and everything the file says of it."""

    key: str
    raw: dict[str, Any]

    @property
    def steps(self) -> dict[str, Any]:
        """What happened when."""
        found: dict[str, Any] = self.raw["steps"]
        return found

    @property
    def expect(self) -> dict[str, Any]:
        """What the rules should say of it, worked out by hand."""
        found: dict[str, Any] = self.raw["expect"]
        return found

    @property
    def host(self) -> str:
        """The host institution's name."""
        return str(self.raw["host"]["name"])

    @property
    def team(self) -> str | None:
        """The training team's name, where there is one."""
        return str(self.raw["team"]["name"]) if "team" in self.raw else None

    @property
    def schools(self) -> list[dict[str, Any]]:
        """The rural schools that the programme visits (none for one without the five stages)."""
        return list(self.raw["schools"]) if self.raw["kind"] == "send-teaching" else []

    @property
    def policy(self) -> str:
        """The pack that the host applies under."""
        return POLICY

    @property
    def application(self) -> Application:
        """The application form."""
        return application_of(self)

    def plan(self, *, sealed: bool = True) -> Plan:
        """The implementation plan, with what its signature page bears."""
        return plan_of(self, sealed=sealed)

    def on(self, step: str) -> date:
        """The day of a step. Raises `KeyError` where the sample has none."""
        found = self.steps[step]
        return found["date"] if isinstance(found, dict) else found  # type: ignore[no-any-return]


@lru_cache
def samples(file: Path = FILE) -> dict[str, Sample]:
    """The sample programmes by their short key, in the order of the file."""
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    found = [Sample(entry["ref"].rsplit("-", 1)[-1], entry) for entry in document["programmes"]]
    return {sample.key: sample for sample in found}


def county_authority(county: str) -> str:
    """The education authority of a sample county."""
    return f"{county}教委"


def application_of(sample: Sample) -> Application:
    """The application form of a sample programme."""
    raw = sample.raw
    return Application(
        title=raw["title"],
        short=raw["short"],
        policy=POLICY,
        kind=raw["kind"],
        level=ProgrammeLevel(raw["level"]),
        subject=raw["subject"],
        theme=raw["theme"],
        host=sample.host,
        host_kind=ApplicantKind(raw["host"]["kind"]),
        team=sample.team,
        starts_on=raw["starts_on"],
        ends_on=raw["ends_on"],
        places=raw["places"],
        sessions=_sessions(sample),
        courses=_courses(sample),
        experts=_experts(sample),
        budget=tuple(
            BudgetLine(**{name: line.get(name) for name in ("line", "basis", "amount", "norm", "like", "payer")})
            for line in raw["budget"]
        ),
        budget_total=raw["budget_total"],
        reasons=_reasons(sample),
        sample=True,
    )


def plan_of(sample: Sample, *, sealed: bool = True) -> Plan:
    """The implementation plan of a sample programme: target group and numbers, not names."""
    return Plan(
        target_group=f"{sample.raw['subject']}教师",
        numbers=sample.raw["places"],
        courses=_courses(sample),
        experts=_experts(sample),
        signed=True,
        sealed=sealed,
        reasons=_reasons(sample),
    )


def _reasons(sample: Sample) -> dict[str, str]:
    warned = sample.expect["outside_experts"].get("reason_needed", False)
    return dict(_REASONS) if warned else {}


def _courses(sample: Sample) -> tuple[Course, ...]:
    return tuple(
        Course(
            name=one["name"],
            part=str(one["part"]) if "part" in one else f"stage-{one['stage']}".replace("stage-online", "online"),
            hours=one["hours"],
            practice=one["practice"],
            ethics=one.get("ethics", False),
            five_educations=one.get("five_educations", False),
        )
        for one in sample.raw["courses"]
    )


def _experts(sample: Sample) -> tuple[Expert, ...]:
    return tuple(
        Expert(count=one["count"], origin=one["origin"], kind=one["kind"], employer=one["from"], title=one.get("title"))
        for one in sample.raw["experts"]
    )


def _sessions(sample: Sample) -> tuple[PlannedSession, ...]:
    raw = sample.raw
    if raw["kind"] != "send-teaching":
        return tuple(_blended_session(sample, one) for one in raw["sessions"])
    classes = raw.get("classes") or [{"name": "一班", "trainees": raw["places"], "county": raw["host"]["county"]}]
    return tuple(
        PlannedSession(
            number=number,
            name=one["name"],
            places=one["trainees"],
            county=county_authority(one["county"]),
            schools=tuple(
                _visit(sample, school)
                for school in sample.schools
                if school.get("county", one["county"]) == one["county"]
            ),
            stages=tuple(_stage(stage) for stage in raw["stages"] if f"stage-{stage['number']}" not in PER_SCHOOL),
        )
        for number, one in enumerate(classes, start=1)
    )


def _stage(stage: dict[str, Any]) -> PlannedStage:
    return PlannedStage(
        key=f"stage-{stage['number']}",
        name=stage["name"],
        starts_on=stage["from"],
        ends_on=stage.get("planned_to", stage["to"]),
        place=stage["place"],
        hours=stage["hours"],
    )


def _visit(sample: Sample, school: dict[str, Any]) -> SchoolVisit:
    by_number = {stage["number"]: stage for stage in sample.raw["stages"]}
    study = by_number[3]
    diagnosis_from, diagnosis_to = school["diagnosis"]
    return SchoolVisit(
        name=school["name"],
        trainees=school["trainees"],
        stages=(
            PlannedStage(
                key="stage-2",
                name=by_number[2]["name"],
                starts_on=diagnosis_from,
                ends_on=diagnosis_to,
                place=school["name"],
                hours=by_number[2]["hours"],
            ),
            PlannedStage(
                key="stage-3",
                name=study["name"],
                starts_on=school["study_from"],
                ends_on=study.get("planned_to", school["study_to"]),
                place=school["name"],
                hours=study["hours"],
            ),
        ),
    )


def _blended_session(sample: Sample, session: dict[str, Any]) -> PlannedSession:
    hours: dict[str, int] = {}
    for course in sample.raw["courses"]:
        hours[course["part"]] = hours.get(course["part"], 0) + course["hours"]
    return PlannedSession(
        number=session["number"],
        name=session["name"],
        places=session["trainees"],
        stages=tuple(
            PlannedStage(
                key=f"part-{number}",
                name=part["name"],
                starts_on=part["from"],
                ends_on=part["to"],
                hours=hours[part["name"]],
            )
            for number, part in enumerate(session["parts"], start=1)
        ),
    )
