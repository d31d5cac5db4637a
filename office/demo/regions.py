"""The sample programmes of regions that are told as data alone (`samples/regions/*.yaml`): one file for each region.

A file holds who there is, what the host hands in, on which day each phase of the pack is gone through, what is entered
in registers, and what must come of it. Adding a region's file adds its demo; no code knows a region. Everybody in it is
marked 示例 (sample). Decides nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from models.values import Application, Frozen, Plan
from office.demo.samples import Sample, samples
from office.demo.world import Nominee, OrganisationSpec, PersonSpec, World, world_of
from office.runtime.settings import REPOSITORY

FOLDER = REPOSITORY / "samples" / "regions"
CHONGQING = "chongqing"
REFUSED = "refused"


@dataclass(frozen=True)
class RegionSample(Sample):
    """The sample programme of a region: its short key and everything that its file says."""

    @property
    def policy(self) -> str:
        """The pack that the host applies under."""
        return str(self.raw["application"]["policy"])

    @property
    def application(self) -> Application:
        """The application form, as the file gives it."""
        return Application.model_validate({**self.raw["application"], "sample": True})

    def plan(self, *, sealed: bool = True) -> Plan:
        """The implementation plan: the application's courses and experts, and what the file adds."""
        form = self.application
        return Plan(
            numbers=form.places,
            courses=form.courses,
            experts=form.experts,
            declared=form.declared,
            signed=True,
            sealed=sealed,
            **self.raw["plan"],
        )

    @property
    def host(self) -> str:
        """The host institution's name."""
        return str(self.raw["application"]["host"])

    @property
    def team(self) -> str | None:
        """The training team's name, where there is one."""
        found: str | None = self.raw["application"].get("team")
        return found

    @property
    def schools(self) -> list[dict[str, Any]]:
        """The visited schools stand in the application."""
        return []


class Refused(Frozen):
    """A start that a rule must refuse: on which day, by which clause (none: a setting of the office)."""

    day: date
    clause: str | None = None
    zh: str
    en: str


class Paper(Frozen):
    """A document handed in on a day; of the whole programme where no session is named."""

    kind: str
    day: date
    session: int | None = None
    by: str | None = None


class Mark(Frozen):
    """A mark that an entry gets after it was recorded, and from which role."""

    mark: str
    by: str


class Entry(Frozen):
    """An entry in a register: by which role, on which day; once, at each school, or for each trainee.

    Texts may hold `{school}`, `{trainee}` (a number) and `{person:NAME}` (the number of the person of that name).
    """

    register_: str = Field(alias="register")
    by: str
    day: date
    hour: int = Field(default=9, ge=0, le=23)
    per: Literal["school", "trainee"] | None = None
    schools: tuple[str, ...] = ()
    about: str | None = None
    content: dict[str, str | int | float | date] = Field(default_factory=dict, alias="fields")
    reasons: dict[str, str] = Field(default_factory=dict)
    marks: tuple[Mark, ...] = ()


class Told(Frozen):
    """A sample programme as a region's file tells it."""

    key: str = Field(pattern=r"^[A-Z0-9]+$")
    application: dict[str, Any]
    plan: dict[str, Any]
    organisations: tuple[dict[str, Any], ...]
    people: tuple[dict[str, Any], ...]
    nominees: tuple[dict[str, Any], ...]
    phases: dict[str, dict[str, Any]]
    refused: tuple[Refused, ...] = ()
    duties_opened: date | None = None
    documents: tuple[Paper, ...] = ()
    entries: tuple[Entry, ...] = ()
    trainees: dict[str, Any]
    expect: dict[str, Any]


class RegionFile(Frozen):
    """A region's file."""

    programmes: tuple[Told, ...] = Field(min_length=1)


class UnreadableSample(ValueError):
    """A region's file is not as it should be; the text says the file, where in it, and what is wrong, a line each."""


def of_region(region: str, folder: Path = FOLDER) -> dict[str, Sample]:
    """The sample programmes of a region by their short key; empty where there is no demo of it.

    Raises `UnreadableSample` naming each place of the file that is not as it should be.
    """
    if region == CHONGQING:
        return dict(samples())
    if region not in regions(folder):
        return {}
    file = folder / f"{region}.yaml"
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        RegionFile.model_validate(document)
        found = {entry["key"]: RegionSample(entry["key"], entry) for entry in document["programmes"]}
        for sample in found.values():
            _ = sample.application, sample.plan()
    except yaml.YAMLError as error:
        raise UnreadableSample(f"{file.name}: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        raise UnreadableSample("\n".join(f"{file.name}: {line}" for line in _lines(error))) from None
    return dict(found)


def _lines(error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_url=False):
        place = ".".join(map(str, detail["loc"]))
        yaml_word = " (write day: instead of on:, which YAML reads as true)" if detail["loc"][-1:] == ("True",) else ""
        yield f"{place}: {detail['msg']}{yaml_word}"


def regions(folder: Path = FOLDER) -> tuple[str, ...]:
    """The regions of which there is a demo, Chongqing's first."""
    return (CHONGQING, *sorted(file.stem for file in folder.glob("*.yaml")))


def world_for(chosen: Iterable[Sample]) -> World:
    """The world that some sample programmes of one region need."""
    programmes = list(chosen)
    told = [sample for sample in programmes if isinstance(sample, RegionSample)]
    return _told_world(told) if told else world_of(programmes)


def _told_world(programmes: list[RegionSample]) -> World:
    organisations: dict[str, OrganisationSpec] = {}
    people: dict[str, PersonSpec] = {}
    nominees: dict[str, tuple[Nominee, ...]] = {}
    for sample in programmes:
        for one in sample.raw["organisations"]:
            organisations.setdefault(one["name"], OrganisationSpec(**one))
        for one in sample.raw["people"]:
            address = f"sample-{len(people) + 1:03d}@songjiao.test"
            people.setdefault(
                one["name"],
                PersonSpec(one["name"], one["organisation"], tuple(one["roles"]), one.get("email", address)),
            )
        nominees[sample.key] = tuple(_nominees(sample))
    known = {one.name for one in people.values()}
    teachers = {one.name: one.school for rows in nominees.values() for one in rows if one.name not in known}
    taught = tuple(PersonSpec(name, school, ("teacher",)) for name, school in teachers.items())
    return World(tuple(organisations.values()), (*people.values(), *taught), nominees)


def _nominees(sample: RegionSample) -> Iterator[Nominee]:
    """The teachers who are nominated, numbered through; a row with `refused` names those who do not get in."""
    number = 0
    for row in sample.raw["nominees"]:
        for _ in range(row["count"]):
            number += 1
            story = REFUSED if "refused" in row else ""
            yield Nominee(f"示例教师{sample.key}-{number:03d}", row["school"], row.get("session", 1), story)
