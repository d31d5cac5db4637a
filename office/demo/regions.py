"""The sample programmes of regions that are told as data alone (`samples/regions/*.yaml`): one file for each region.

A file holds who there is, what the host hands in, on which day each phase of the pack is gone through, what is entered
in registers, and what must come of it. Adding a region's file adds its demo; no code knows a region. Everybody in it is
marked 示例 (sample). Decides nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from models.values import Application, Plan
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


@cache
def of_region(region: str, folder: Path = FOLDER) -> dict[str, Sample]:
    """The sample programmes of a region by their short key; empty where there is no demo of it."""
    if region == CHONGQING:
        return dict(samples())
    file = folder / f"{region}.yaml"
    if region not in regions(folder):
        return {}
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {entry["key"]: RegionSample(entry["key"], entry) for entry in document["programmes"]}


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
