"""Days that cannot be: a notice too short, before its names or said twice, each answered with the day that will do."""

from __future__ import annotations

from pathlib import Path

import pytest

from office.runtime.settings import Settings
from tests.integration.cli_world import (
    Answer,
    code_of,
    done,
    example,
    head,
    paper,
    people_the_office,
    set_clock,
    songjiao,
)

REF = "CQ-2026-0001"
SCHOOL = "示例石桥镇中心小学"


class World:
    """The small office with an awarded programme."""

    def __init__(self, office: Settings, folder: Path) -> None:
        self.refs, self.folder = dict(people_the_office(office)), folder
        set_clock("2025-12-08")
        done("programme", "apply", paper(folder, "a.yaml", example("application")), *self.by("host"))
        for who in ("county", "commission"):
            decide = ["approval", "decide", REF, "--decision", "approve", *self.by(who)]
            done(*decide, "--code", code_of(self.refs[who]))

    def by(self, who: str) -> list[str]:
        return ["--as", self.refs[who]]

    def recommend(self, on: str, *teachers: str) -> None:
        set_clock(on)
        for teacher in teachers:
            done("trainee", "volunteer", REF, *self.by(teacher))
        done("trainee", "recommend", REF, *(self.refs[one] for one in teachers), *self.by("school"))

    def notice(self, first: str, last: str, who: str = "school", lang: str = "zh-CN") -> Answer:
        days = ["--from", first, "--to", last]
        return songjiao("trainee", "notice", REF, "--school", SCHOOL, *days, *self.by(who), lang=lang)

    def events(self, kind: str) -> list[dict[str, object]]:
        from sqlmodel import select

        from models.office import AuditEvent
        from office.runtime.transactions import reading

        with reading() as act:
            query = select(AuditEvent.facts).where(AuditEvent.kind == kind).order_by(AuditEvent.number)  # type: ignore[arg-type]
            return list(act.session.exec(query).all())


@pytest.fixture
def world(sqlite_office: Settings, tmp_path: Path) -> World:
    return World(sqlite_office, tmp_path)


def _refused(answer: Answer) -> str:
    assert (answer.status, answer.out) == (1, "")
    return answer.err.splitlines()[0]


# --- the public notice ----------------------------------------------------------------------------------------------


def test_a_notice_that_is_too_short_is_refused_at_the_door_with_the_earliest_day(world: World) -> None:
    world.recommend("2026-02-24", "teacher-1")
    before = head()
    said = _refused(world.notice("2026-03-04", "2026-03-05"))
    assert said.startswith("公示期只有 2 个工作日,不足 5 个;请延长公示,--to 最早为 2026-03-10。 [SL2017-5A.2")
    assert "the earliest --to is 2026-03-10" in _refused(world.notice("2026-03-04", "2026-03-09", lang="en"))
    assert "早于开始日" in _refused(world.notice("2026-03-04", "2026-03-03"))
    assert head() == before
    assert world.notice("2026-03-04", "2026-03-10").status == 0  # the day that it named will do


def test_a_notice_may_be_recorded_late_but_never_begins_before_its_names(world: World) -> None:
    world.recommend("2026-02-24", "teacher-1")
    set_clock("2026-03-12")
    said = _refused(world.notice("2026-02-23", "2026-03-10"))
    assert "公示开始日(2026-02-23)早于推荐之日(2026-02-24)" in said
    assert "SL2017-5A.2" in said
    assert "before its names were recommended on 2026-02-24" in _refused(
        world.notice("2025-12-01", "2025-12-31", lang="en")
    )
    assert world.notice("2026-02-24", "2026-03-02").status == 0  # on paper it stood then, and is over
    assert done("trainee", "review", REF, *world.by("county")).out == "审核报送 1 人,不符合条件 0 人\n"


def test_a_posted_notice_is_extended_as_an_event_until_its_list_is_reviewed(world: World) -> None:
    world.recommend("2026-02-24", "teacher-1", "teacher-2")
    assert world.notice("2026-02-25", "2026-03-03").status == 0
    assert "已登记公示至 2026-03-03,不必重复;要延长公示,--to 须晚于 2026-03-03" in _refused(
        world.notice("2026-02-25", "2026-03-03")
    )
    assert "请写 --from 2026-02-25" in _refused(world.notice("2026-02-26", "2026-03-09"))
    assert "您没有此角色" in _refused(world.notice("2026-02-25", "2026-03-09", who="host"))
    assert world.notice("2026-02-25", "2026-03-06").status == 0
    assert [(one["to_on"], one["former_from"], one["former_to"]) for one in world.events("notice_extended")] == [
        ("2026-03-06", "2026-02-25", "2026-03-03")
    ]
    assert len(world.events("notice_posted")) == 1
    set_clock("2026-03-04")
    review = ["trainee", "review", REF, *world.by("county")]
    assert "公示期至 2026-03-06(含当日)" in _refused(songjiao(*review))  # the review waits for the later day
    set_clock("2026-03-07")
    assert done(*review).out == "审核报送 2 人,不符合条件 0 人\n"
    said = _refused(world.notice("2026-02-25", "2026-03-13"))
    assert said.startswith(f"{SCHOOL}的名单已审核,公示(2026-02-25 至 2026-03-06)不再更改 [")
    assert done("audit", "verify", "--json").data["ok"] is True


def test_later_names_are_posted_from_their_own_day_and_take_none_from_the_first(world: World) -> None:
    world.recommend("2026-02-24", "teacher-1")
    assert world.notice("2026-02-24", "2026-03-20").status == 0
    world.recommend("2026-02-27", "teacher-2")
    assert "早于推荐之日(2026-02-27)" in _refused(world.notice("2026-02-26", "2026-03-13"))
    assert world.notice("2026-02-27", "2026-03-13").status == 0
    set_clock("2026-03-16")
    assert "公示期至 2026-03-20" in _refused(songjiao("trainee", "review", REF, *world.by("county")))
