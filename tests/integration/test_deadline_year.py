"""A year in which nobody acts, seen from the mailbox: what each person got, on which day, and that nothing else came.

The sample programme is awarded in January; its plan is sent before Spring Festival of 2026 and then everybody is silent. The
clock looks in before, in and after office hours on every single day, workday or not, and a real mail server takes what the
office sends. The same spring again with the process's time zone changed on the way and the office at a standstill for two days.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from sqlmodel import col, select

from ledger.audit import verify
from ledger.sweeping import sweep
from models.documents import Obligation, RungFired
from models.office import Message
from models.people import Person
from office.post import Post
from office.runtime.clock import move_clock
from office.runtime.settings import Settings
from office.runtime.transactions import reading
from office.smtp_sink import SmtpSink
from rules.workdays import is_workday
from tests.support.road import Road
from tests.support.scenario import Drive, at, play, rows_of, sample

PLAN_SENT = date(2026, 2, 10)
LOOKS = (8, 10, 19)
"""Hours of a day at which the office looks: before, in and after its message hours."""

HOST, HEAD = "示例·何老师", "示例·周校长"
INSTITUTE, COUNTY = "示例云溪区·培训部", "示例云溪区·人事科"
OFFICE = ("示例·项目办陈老师", "示例·项目办林主任")
ABOVE = (COUNTY, *OFFICE)
"""Who hears of what is escalated here: the level above the school and the institute is the county, beside the office."""

Got = tuple[date, str, str, str]
"""A mail that somebody got: day, person, kind, subject without the programme's name."""


@dataclass(frozen=True)
class Silence:
    """A matter on which nobody acts: what it is, who owes it until when, and on which day each rung must be said."""

    what: str
    body: str
    due: date
    reminded: tuple[date, ...]
    chased: date
    escalated: date
    owners: tuple[str, ...] = (HOST,)
    chases: tuple[str, ...] = (HOST, HEAD)

    def got(self, said_on: Callable[[date], date]) -> Iterator[Got]:
        """All that anybody may get of it; `said_on` is when the office is awake that would say it on a day."""
        for day in map(said_on, self.reminded):
            yield from self._each(
                day, self.owners, "remind", f"提醒：{self.what}，{self.due.month}月{self.due.day}日到期"
            )
        for rung, day, people in (
            ("chase", said_on(self.chased), self.chases),
            ("escalate", said_on(self.escalated), ABOVE),
        ):
            late = (day - self.due).days
            words = f"催办：{self.what}" if rung == "chase" else f"督办：{self.body}未办“{self.what}”"
            yield from self._each(day, people, rung, f"{words}，已逾期{late}天")

    @staticmethod
    def _each(day: date, people: tuple[str, ...], rung: str, words: str) -> Iterator[Got]:
        for who in people:
            yield day, who, f"obligation-{rung}", words


SCHOOL = "示例云溪区实验小学"
SILENCES = (
    # due on Saturday, 14 February, a make-up workday; nine days of festival follow it
    Silence(
        *("审核办理", "示例云溪区教师进修学院", date(2026, 2, 14), (date(2026, 2, 13),)),
        *(date(2026, 2, 24), date(2026, 2, 25), (INSTITUTE,), (INSTITUTE,)),
    ),
    Silence(
        *("发出报到通知书", SCHOOL, date(2026, 3, 13), (date(2026, 3, 10), date(2026, 3, 13))),
        *(date(2026, 3, 16), date(2026, 3, 17)),  # chased on the Monday, escalated on a day of its own
    ),
    Silence(
        *("报送安全应急预案", SCHOOL, date(2026, 3, 20), (date(2026, 3, 17), date(2026, 3, 20))),
        *(date(2026, 3, 23), date(2026, 3, 24)),
    ),
    Silence(
        *("训前需求调研", SCHOOL, date(2026, 3, 22), (date(2026, 3, 19), date(2026, 3, 20))),  # due on a Sunday
        *(date(2026, 3, 23), date(2026, 3, 25)),
    ),
)


def _expected(said_on: Callable[[date], date] = lambda day: day) -> list[Got]:
    """All that may come in the year, and nothing else."""
    asked = (PLAN_SENT, INSTITUTE, "decision-asked", "请审核：实施方案（第1级），最迟2月14日")
    return sorted([asked, *(one for silence in SILENCES for one in silence.got(said_on))])


@dataclass
class Year:
    """An office whose clock goes through the days and whose post goes out to a real server."""

    office: Settings
    mailbox: SmtpSink
    road: Road
    post: Post
    got: list[Got] = field(default_factory=list)
    hours: set[int] = field(default_factory=set)

    def live(self, first: date, last: date, asleep: tuple[date, ...] = ()) -> None:
        """Live from a day to a day; on those of a standstill neither watch nor post runs."""
        day = first
        while day <= last:
            if day == PLAN_SENT:
                self.road._plan()()
            for hour in LOOKS if day not in asleep else ():
                move_clock(self.office, at(day, hour), frozen=True)
                seen = len(self.mailbox.mails)
                while self.road.drive.do(None, sweep).more:
                    pass
                self.post.deliver()
                self._take_in(day, hour, seen)
            day += timedelta(days=1)

    def _take_in(self, day: date, hour: int, seen: int) -> None:
        for mail in self.mailbox.mails[seen:]:
            kind = str(mail.header("X-Songjiao-Kind"))
            self.got.append((day, self._name(mail.recipient), kind, mail.subject.partition(" · ")[2]))
            if kind.startswith("obligation-"):
                self.hours.add(hour)

    def _name(self, address: str) -> str:
        [name] = rows_of(self.road.drive, select(Person.name).where(Person.email == address))
        return str(name)


@pytest.fixture
def year(sqlite_office: Settings, mailbox: SmtpSink) -> Iterator[Year]:
    """The sample programme on 20 January 2026, awarded; what was told until then has gone out."""
    office = sqlite_office.model_copy(update={"smtp_url": mailbox.url})
    road = Road(Drive.begin(office, "S01"), sample("S01"))
    play(road.drive, road.doings(), date(2026, 1, 20))
    post = Post(office)
    post.deliver()
    yield Year(office, mailbox, road, post)
    post.close()


def _settled(year: Year) -> None:
    """Every ladder was climbed to its top, each rung once and in order; what is not sent was superseded; the chain holds."""
    with reading(year.office) as act:
        climbed = act.session.exec(
            select(RungFired.obligation_id, RungFired.number).order_by(col(RungFired.fired_at), col(RungFired.number))
        ).all()
        open_ones = act.session.exec(select(Obligation).where(Obligation.state == "open")).all()
        assert len(open_ones) == len(SILENCES)
        for row in open_ones:
            assert [number for owed, number in climbed if owed == row.id] == list(range(1, row.rung + 1))
            assert (row.next_at, row.rests) == (None, "top-of-ladder")
        assert set(act.session.exec(select(Message.state)).all()) <= {"sent", "cancelled"}
        assert verify(act).ok


def test_a_year_of_silence_tells_each_person_once_a_rung_and_nothing_else(year: Year) -> None:
    year.live(date(2026, 1, 21), date(2026, 12, 31))
    assert sorted(year.got) == _expected()
    assert year.hours == {10}
    assert all(is_workday(day) for day, *_ in year.got)
    _settled(year)


@pytest.fixture
def moving() -> Iterator[Callable[[str], None]]:
    """Changes the time zone of this process, as if the machine were carried there; back home afterwards."""
    before = os.environ.get("TZ")

    def move(zone: str) -> None:
        os.environ["TZ"] = zone
        time.tzset()

    yield move
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def test_a_change_of_the_machines_time_zone_on_the_way_changes_nothing(
    year: Year, moving: Callable[[str], None]
) -> None:
    """Over the dates of both hemispheres' summer time: New York's begins on 8 March, Auckland's ends on 5 April."""
    day = date(2026, 2, 9)
    for zone, last in (
        ("America/New_York", date(2026, 2, 24)),
        ("Pacific/Auckland", date(2026, 3, 6)),
        ("America/New_York", date(2026, 3, 12)),
        ("UTC", date(2026, 3, 16)),
        ("Pacific/Auckland", date(2026, 3, 23)),
        ("Asia/Kolkata", date(2026, 4, 10)),
    ):
        moving(zone)
        year.live(day, last)
        day = last + timedelta(days=1)
    assert sorted(year.got) == _expected()
    assert year.hours == {10}
    _settled(year)


def test_a_standstill_of_two_days_is_caught_up_once_a_rung_and_nothing_is_told_twice(year: Year) -> None:
    asleep = (date(2026, 3, 17), date(2026, 3, 18))
    year.live(date(2026, 2, 9), date(2026, 4, 10), asleep)
    assert sorted(year.got) == _expected(lambda day: date(2026, 3, 19) if day in asleep else day)
    assert year.hours == {10}  # not at eight in the morning, though the office was awake and late
    _settled(year)
