"""How the sample teachers come into their sessions: enrolment, recommendation, notice, review by the counties,
confirmation.

Each step is taken by whoever takes it in life; days come from the sample. Decides nothing about a nominee; the ledger
does.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from office.demo.acting import Acting
from office.demo.deeds import Deed
from office.demo.road import Road
from office.demo.samples import POLICY, county_authority
from office.demo.world import BANNED, NOT_REVIEWED, OFFICE, REPEATED, Nominee

_COUNTY_O01 = {1: date(2026, 4, 7), 2: date(2026, 9, 4)}
"""When the counties review O01's nominations, by session; the sample leaves it open."""


class Selecting(Road):
    """The deeds of the selection."""

    def selection(self) -> Iterator[Deed]:
        """Enrolment, recommendation, notice where there is one, review by the counties, confirmation."""
        nominees = self.world.nominees[self.sample.key]
        if any(one.story in (BANNED, REPEATED) for one in nominees):
            yield self.deed(
                date(2026, 2, 24),
                9,
                30,
                "补录以前的参训限制和培训经历",
                "an earlier ban and an earlier training are recorded",
                self._take_over,
            )
        for planned in self.application.sessions:
            mine = [one for one in nominees if one.session == planned.number]
            yield from self._select(planned.number, mine)

    def _select(self, session: int, nominees: list[Nominee]) -> Iterator[Deed]:
        steps, (zh, en) = self.sample.steps, self.session_words(session)
        own = next((one for one in self.sample.raw.get("sessions", []) if one["number"] == session), steps)
        closed_on: date = own["nominations_closed"]
        notice = steps.get("public_notice")
        yield self.deed(
            closed_on - timedelta(days=1),
            10,
            0,
            f"{zh} {len(nominees)}名教师自愿报名",
            f"{en}: {len(nominees)} teachers volunteer",
            self.volunteer(session, nominees),
        )
        yield self.deed(
            closed_on,
            15,
            0,
            f"{zh} 学校择优推荐",
            f"{en}: schools recommend",
            self.recommend(session, nominees),
        )
        if notice:
            yield self.deed(
                notice["from"],
                9,
                30,
                f"{zh} 学校公示名单",
                f"{en}: schools post their lists",
                self.post_notices(session, nominees, notice["from"], notice["to"]),
            )
        for county, day in self._reviews(session):
            left_out = [one for one in nominees if one.story == NOT_REVIEWED]
            yield self.deed(
                day,
                10,
                0,
                f"{zh} {county_authority(county)}审核报送",
                f"{en}: {county_authority(county)} reviews and sends on",
                self.review(
                    session, self.world.holder(county_authority(county), "county-education-authority"), left_out
                ),
            )
        yield self.deed(
            own["selection_confirmed"],
            16,
            0,
            f"{zh} 名单确认",
            f"{en}: the list is confirmed",
            self.confirm(session),
        )

    def _reviews(self, session: int) -> list[tuple[str, date]]:
        """Which county reviews a session's nominations, and when."""
        raw, steps = self.sample.raw, self.sample.steps
        if self.sample.key == "S01":
            return [(raw["host"]["county"], steps["selection_confirmed"])]
        if self.sample.key == "U01":
            county = raw["classes"][session - 1]["county"]
            return [(county, steps["county_forwarded"][county])]
        return [(county, _COUNTY_O01[session]) for county in raw["counties"]]

    def _take_over(self, acting: Acting) -> None:
        """What happened before Songjiao, as the programme office knows it."""
        refused = next(one for one in self.sample.raw["trainees"]["refused"] if one["why"] == "banned")
        office = self.world.holder(OFFICE, "programme-office")
        for one in self.world.nominees[self.sample.key]:
            if one.story == BANNED:
                acting.command(
                    "ban",
                    "record",
                    acting.ref_of(one.name),
                    "--returned-on",
                    refused["returned_on"],
                    "--policy",
                    POLICY,
                    "--cause",
                    "无故缺席,被退回",
                    who=office,
                )
            elif one.story == REPEATED:
                acting.command(
                    "trainee",
                    "took-part",
                    acting.ref_of(one.name),
                    "--kind",
                    self.sample.raw["kind"],
                    "--subject",
                    self.sample.raw["subject"],
                    "--title",
                    "示例2025年小学数学送教下乡培训",
                    "--ended-on",
                    "2025-11-14",
                    who=office,
                )
