"""The sample world: which organisations and people there are, and which teachers want to take part in what.

Made up from the samples; every name is marked 示例 (sample), every address ends in `.test`. Decides nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from office.demo.samples import Sample, county_authority

COMMISSION = "示例市教育委员会"
CENTRE = "示例市中小学教师发展中心"
OFFICE = "示例市教师培训项目办"
PANEL = "示例市项目视导组"
INSTITUTES = {
    "示例云溪区": "示例云溪区教师进修学院",
    "示例巫山口县": "示例巫山口县教师进修学院",
    "示例江北新城": "示例江北新城教师发展中心",
}
TOWN_SCHOOL = "示例云溪区城关初级中学"
"""A school in town: its teachers are not whom a rural programme is for (CQ2021-10.4)."""

_GUESTS = (
    ("示例江北新城第一小学", "示例江北新城"),
    ("示例江北新城中学", "示例江北新城"),
    ("示例石桥镇中心小学", "示例云溪区"),
    ("示例云台中学", "示例云溪区"),
    ("示例大坪中学", "示例巫山口县"),
    ("示例红岩九年制学校", "示例巫山口县"),
)
"""Whose teachers come to the programme without visited schools, in equal numbers."""

BANNED, REPEATED, ALTERNATE = "banned", "repeated", "alternate"
NOT_RURAL, NOT_REVIEWED, IN_SESSION_1 = "not-rural", "not-reviewed", "in-session-1"


@dataclass(frozen=True)
class OrganisationSpec:
    """An organisation to be recorded."""

    name: str
    kind: str
    parent: str | None = None
    level: str | None = None
    rural: bool = False


@dataclass(frozen=True)
class PersonSpec:
    """A person to be recorded, with the roles held in their organisation."""

    name: str
    organisation: str
    roles: tuple[str, ...]
    email: str | None = None


@dataclass(frozen=True)
class Nominee:
    """A teacher who enrols for a session; `story` says why they do not get in as the others do."""

    name: str
    school: str
    session: int
    story: str = ""


@dataclass(frozen=True)
class World:
    """Everything that is recorded before the first application comes in."""

    organisations: tuple[OrganisationSpec, ...]
    people: tuple[PersonSpec, ...]
    nominees: dict[str, tuple[Nominee, ...]]

    def holder(self, organisation: str, role: str) -> str:
        """The name of the first person who holds a role in an organisation. Raises `LookupError` where nobody does."""
        for person in self.people:
            if person.organisation == organisation and role in person.roles:
                return person.name
        raise LookupError(f"nobody holds {role} in {organisation}")


def world_of(chosen: Iterable[Sample]) -> World:
    """The world that some sample programmes need; names and numbers stay the same whichever are chosen."""
    programmes = list(chosen)
    nominees = {sample.key: tuple(nominees_of(sample)) for sample in programmes}
    organisations = tuple({one.name: one for one in _organisations(programmes)}.values())
    officials = list(_officials(programmes))
    people = [*officials, *_schools_people(organisations, {where for _, where, _ in officials})]
    teachers = {one.name: one.school for rows in nominees.values() for one in rows}
    addressed = [
        PersonSpec(name, where, roles, f"sample-{number:03d}@songjiao.test")
        for number, (name, where, roles) in enumerate(people, start=1)
    ]
    addressed += [PersonSpec(name, school, ("teacher",)) for name, school in teachers.items()]
    return World(organisations, tuple(addressed), nominees)


def nominees_of(sample: Sample) -> Iterator[Nominee]:
    """The teachers who enrol for a sample programme, in the order in which they do."""
    numbers = iter(range(1, 1000))

    def teachers(count: int, school: str, session: int, story: str = "") -> Iterator[Nominee]:
        for _ in range(count):
            yield Nominee(f"示例教师{sample.key}-{next(numbers):03d}", school, session, story)

    if sample.raw["kind"] != "send-teaching":
        yield from _guests(sample, teachers)
        return
    sessions = {one["county"]: number for number, one in enumerate(sample.raw.get("classes", []), start=1)}
    for school in sample.schools:
        yield from teachers(school["trainees"], school["name"], sessions.get(school.get("county", ""), 1))
    for refused in sample.raw["trainees"]["refused"]:
        story = {"banned": BANNED, "repeated participation": REPEATED, "not a rural school": NOT_RURAL}[refused["why"]]
        where = TOWN_SCHOOL if story == NOT_RURAL else sample.schools[1]["name"]
        yield from teachers(refused["count"], where, 1, story)
    yield from teachers(sample.raw["trainees"]["alternates"], sample.schools[0]["name"], 1, ALTERNATE)


def _guests(sample: Sample, teachers: Any) -> Iterator[Nominee]:
    first: Nominee | None = None
    for session in sample.raw["sessions"]:
        share, rest = divmod(session["trainees"], len(_GUESTS))
        for number, (school, _) in enumerate(_GUESTS):
            for nominee in teachers(share + (number < rest), school, session["number"]):
                first = first or nominee
                yield nominee
    reasons = {refused["why"]: refused["count"] for refused in sample.raw["trainees"]["refused"]}
    yield from teachers(reasons["no county review"], _GUESTS[-1][0], 1, NOT_REVIEWED)
    assert first is not None and reasons["in session 1 already"] == 1
    yield Nominee(first.name, first.school, 2, IN_SESSION_1)


def _organisations(programmes: list[Sample]) -> Iterator[OrganisationSpec]:
    yield OrganisationSpec(COMMISSION, "municipal-education-commission", None, "municipal")
    yield OrganisationSpec(CENTRE, "municipal-teacher-development-centre", COMMISSION, "municipal")
    yield OrganisationSpec(OFFICE, "programme-office", COMMISSION, "municipal")
    yield OrganisationSpec(PANEL, "inspection-panel", COMMISSION, "municipal")
    for county, institute in INSTITUTES.items():
        authority = county_authority(county)
        yield OrganisationSpec(authority, "county-education-authority", COMMISSION, "county")
        yield OrganisationSpec(institute, "county-teacher-development-institute", authority, "county")
    yield OrganisationSpec(TOWN_SCHOOL, "school", county_authority("示例云溪区"), "school")
    for sample in programmes:
        host = sample.raw["host"]
        above = county_authority(host["county"]) if "county" in host else COMMISSION
        yield OrganisationSpec(sample.host, host["kind"], above, "school" if host["kind"] == "school" else None)
        if sample.team:
            yield OrganisationSpec(sample.team, "training-team", above)
        for school in sample.schools:
            county = school.get("county", host.get("county"))
            yield OrganisationSpec(school["name"], "school", county_authority(county), "school", rural=True)
    if any(sample.raw["kind"] != "send-teaching" for sample in programmes):
        known = {school["name"] for sample in programmes for school in sample.schools}
        for name, county in _GUESTS:
            if name not in known:
                rural = county != "示例江北新城"
                yield OrganisationSpec(name, "school", county_authority(county), "school", rural=rural)


def _officials(programmes: list[Sample]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    yield "示例·项目办陈老师", OFFICE, ("programme-office",)
    yield "示例·项目办林主任", OFFICE, ("programme-office", "head")
    yield "示例·师范处吴处长", COMMISSION, ("municipal-education-commission", "head")
    yield "示例·发展中心许老师", CENTRE, ("municipal-teacher-development-centre",)
    yield "示例·视导组沈专家", PANEL, ("inspection-panel",)
    for county, institute in INSTITUTES.items():
        yield f"{county}·人事科", county_authority(county), ("county-education-authority", "head")
        yield f"{county}·培训部", institute, ("county-teacher-development-institute", "head")
    for sample in programmes:
        host = sample.raw["host"]
        yield host["contact"], sample.host, ("host-institution", "contact")
        if host["kind"] == "university":
            yield host["head"], sample.host, ("head",)
            yield "示例·校办邓老师", sample.host, ("clerk",)
        elif host["kind"] == "school":
            yield host["head"], sample.host, ("head",)
        else:
            yield host["legal_representative"], sample.host, ("legal-representative", "head")
        if sample.team:
            yield sample.raw["team"]["lead"], sample.team, ("training-team",)


def _schools_people(
    organisations: tuple[OrganisationSpec, ...], staffed: set[str]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for one in organisations:
        if one.kind == "school" and one.name not in staffed:
            yield f"{one.name}·管理员", one.name, ("school", "contact")
