"""The sample year in its order: everything that people do, rung by rung and day by day, on the moved clock.

Before each moment the clock jumps to every rung of a ladder that falls due until then, the deadline watch runs, and no
wake may be open before time goes on. By an act the clock moves when every message has gone out and the runs follow
closely. Decides nothing about a programme.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from office.demo.acting import Acting
from office.demo.deeds import ZONE, Decision, Deed, at, carry_out
from office.demo.looking import Due, Report
from office.demo.region_road import RegionRoad
from office.demo.regions import RegionSample
from office.demo.samples import Sample
from office.demo.teaching import Teaching
from office.demo.words import Say
from office.demo.world import World
from office.runtime.clock import move_clock

_REPORT_AT = (8, 30)
_MATTERS = 3
"""How many matters of one deadline watch are named in its line."""
_LAG = 8
"""How many wakes may be open while the clock moves on by an act: as in an office, the runs follow within a moment. At a
rung of a ladder, and at the end, none may."""

_MISSED = ("U01", 1, 2)
"""The weekly report that is forgotten once: programme, session, which one. It comes in three days late, after
the chase."""


@dataclass(frozen=True)
class Moment:
    """What the audience sees: the business moment, what happens, and how much of the year is done (0 to 1)."""

    at: datetime
    says: str
    done: float


def road_of(sample: Sample, world: World) -> RegionRoad | Teaching:
    """The road that a sample programme goes: a region's told as data, or one of Chongqing's three."""
    return RegionRoad(sample, world) if isinstance(sample, RegionSample) else Teaching(sample, world)


def deeds_of(chosen: list[Sample], world: World) -> list[Deed | Decision]:
    """Everything that the people of the chosen programmes do, in the order of its moments."""
    homes = {one.name: one.organisation for one in world.people}
    found = [
        replace(deed, where=homes[deed.who]) if isinstance(deed, Decision) else deed
        for sample in chosen
        for deed in road_of(sample, world).deeds()
    ]
    return sorted(found, key=lambda deed: deed.at)


def people_the_world(acting: Acting, world: World) -> None:
    """The programme office records who there is."""
    for one in world.organisations:
        arguments = ["organisation", "add", one.name, "--kind", one.kind, "--sample"]
        arguments += ["--parent", one.parent] if one.parent else []
        arguments += ["--level", one.level] if one.level else []
        arguments += ["--rural"] if one.rural else []
        acting.command(*arguments)
    for person in world.people:
        arguments = ["person", "add", person.name, "--in", person.organisation]
        arguments += [word for role in person.roles for word in ("--role", role)]
        arguments += ["--email", person.email] if person.email else []
        acting.command(*arguments)


class Year:
    """The year of some sample programmes in one office."""

    def __init__(
        self, acting: Acting, chosen: list[Sample], world: World, show: Callable[[Moment], None], locale: str
    ) -> None:
        self._acting, self._show, self._locale = acting, show, locale
        self._deeds = deeds_of(chosen, world)
        self._world = world
        self._say = Say(locale)
        self._roads = {sample.key: road_of(sample, world) for sample in chosen}
        self.begins_at = at(self._deeds[0].at.date() - timedelta(days=1), 9)

    def act_out(self) -> None:
        """Play the year from its first day to its last."""
        self._move(self.begins_at)
        people_the_world(self._acting, self._world)
        moments = [(moment, list(group)) for moment, group in groupby(self._deeds, key=lambda deed: deed.at)]
        for number, (moment, deeds) in enumerate(moments):
            done = number / len(moments)
            self._until(moment, done)
            for deed in deeds:
                self._show(Moment(moment, f"{deed.programme} {deed.says(self._locale)}", done))
            carry_out(self._acting, deeds)
        self._acting.settle()
        self._let_reconcile()

    def _let_reconcile(self) -> None:
        """The reconciliation finds every run complete and settles what nobody has looked at since."""
        acting = self._acting
        acting.journal.reconciled = acting.trigger("reconcile")
        acting.wait("runs that are not complete", lambda: not acting.looking.unsettled())
        acting.settle()

    # ── the clock ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _until(self, moment: datetime, done: float) -> None:
        """Let the time go by until a moment: rungs are climbed when they are due, weekly reports come in on
        their days."""
        while True:
            rung, report = self._acting.looking.next_rung(), self._next_report()
            known = (rung, report[0] if report else None)
            coming = min((one for one in known if one is not None and one <= moment), default=None)
            if coming is None:
                self._move(moment)
                return
            self._move(coming)
            if report is not None and report[0] == coming:
                self._hand_in(report[1], coming, done)
            else:
                self._sweep(coming, done)

    def _move(self, moment: datetime) -> None:
        now = self._acting.looking.now()
        if now is not None and now >= moment:
            return
        self._acting.settle(_LAG)
        move_clock(self._acting.settings, moment, frozen=True)

    def _sweep(self, moment: datetime, done: float) -> None:
        acting = self._acting
        self._show(Moment(moment.astimezone(ZONE), self._of_sweep(acting.looking.rungs_due(moment)), done))
        acting.journal.sweeps.append(acting.trigger("deadline-watch"))

        def climbed() -> bool:
            coming = acting.looking.next_rung()
            return coming is None or coming > moment

        acting.wait("the rungs that are due", climbed)
        acting.settle()

    def _of_sweep(self, due: list[Due]) -> str:
        """What the deadline watch looks at: the first few matters, each with its programme and session."""
        say, matters = self._say, []
        for one in due[:_MATTERS]:
            key = self._key_of(one.programme) if one.programme else say("常设事项", "standing")
            where = " " + say(*self._roads[key].session_words(one.session)) if one.session else ""
            matters.append(f"{key}{where} {say(one.zh, one.en)}")
        more = say(" 等", " and more") if len(due) > _MATTERS else ""
        return say(f"时限督办:{';'.join(matters)}{more}", f"deadline watch: {'; '.join(matters)}{more}")

    # ── weekly reports ───────────────────────────────────────────────────────────────────────────────────────────────

    def _next_report(self) -> tuple[datetime, Report] | None:
        """The weekly report that comes in next, and when."""
        rows = [(self._comes_in_at(report), report) for report in self._acting.looking.weekly_reports()]
        return min(rows, key=lambda row: row[0], default=None)

    def _key_of(self, ref: str) -> str:
        return next(key for key, known in self._acting.programmes.items() if known == ref)

    def _comes_in_at(self, report: Report) -> datetime:
        """In the morning of its day; the one that is forgotten, three days later."""
        day = report.due_at.astimezone(ZONE).date()
        if (self._key_of(report.programme), report.session, report.number) == _MISSED:
            return at(day + timedelta(days=3), 10, 30)
        return at(day, 8, 30)

    def _hand_in(self, report: Report, moment: datetime, done: float) -> None:
        key, acting = self._key_of(report.programme), self._acting
        zh, en = self._roads[key].session_words(report.session)
        words = f"{zh} 工作简报(第{report.number}期)"
        self._show(Moment(moment, f"{key} {self._say(words, f'{en}: weekly report {report.number}')}", done))
        file = acting.paper(f"{key}-weekly-report-{report.session}-{report.number}.txt", words)
        acting.command(
            "document",
            "submit",
            report.programme,
            "weekly-report",
            file,
            "--session",
            report.session,
            who=self._roads[key].contact,
        )
