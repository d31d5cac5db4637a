"""The three sample programmes acted out on a ledger alone, day by day on a moved clock, through the ledger's own
operations.

`Drive` holds an office with the sample world in it; `Road` is one sample programme and yields what its people do on
which day; `play` lets the days pass, sweeping every rung at its own moment, as the scheduled watch would.
"""

import hashlib
import heapq
import sqlite3
import uuid
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import select

from ledger.errors import LedgerError
from ledger.filings import Stored
from ledger.obligations import next_moment
from ledger.people import add_organisation, add_person
from ledger.review import Decided, decide_step
from ledger.sweeping import sweep
from models.act import SYSTEM, Act, Actor
from models.documents import Obligation
from models.people import Organisation, Person
from models.programme import Programme, ProgrammeSession
from models.review import ApprovalStep, OneTimeCode
from models.states import DecisionOutcome, Door
from models.training import Nomination
from office.demo.samples import Sample, samples
from office.demo.world import World, world_of
from office.runtime.clock import business_now, move_clock
from office.runtime.database import engine_for
from office.runtime.migrate import open_ledger
from office.runtime.settings import Settings
from office.runtime.transactions import reading, transaction
from policies.loader import Library
from tests.support.libraries import library_of

ZONE = ZoneInfo("Asia/Shanghai")
FIRST_DAY = date(2025, 11, 24)
LEDGER = "songjiao.db"
_RECORDED: dict[tuple[str, ...], tuple[bytes, dict[str, str], dict[str, uuid.UUID]]] = {}
"""The ledger's file with the world of some samples, and its people's numbers and ids."""
Doing = tuple[date, str, Callable[[], Any]]
"""What happens on a day: the day, a word for it, and the act."""


def at(day: date, hour: int = 10, minute: int = 0) -> datetime:
    """A moment of a day where the regulation holds."""
    return datetime.combine(day, time(hour, minute), tzinfo=ZONE)


def a_file(name: str) -> Stored:
    """A stored file of that name; its content is its name."""
    content = name.encode()
    return Stored(
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        media_type="application/pdf",
        file_name=f"{name}.pdf",
    )


@dataclass
class Drive:
    """An office on a demo ledger, with the sample world of some programmes recorded in it."""

    office: Settings
    world: World
    refs: dict[str, str] = field(default_factory=dict)
    ids: dict[str, uuid.UUID] = field(default_factory=dict)
    refused: list[tuple[str, str]] = field(default_factory=list)
    swept: int = 0

    @classmethod
    def begin(cls, office: Settings, *keys: str) -> "Drive":
        """Open a demo ledger in the office and record the world of these samples (`S01`, `U01`, `O01`).

        On SQLite a world is recorded once per process, then its file is copied: only into a ledger that nothing stands in.
        """
        drive = cls(office, world_of(samples()[key] for key in keys))
        if office.database_url is not None or not _is_empty(office):
            return drive._record()
        if keys not in _RECORDED:
            drive._record()
            engine_for(office.ledger_url).dispose()  # the last connection leaves everything in the one file
            _RECORDED[keys] = ((office.root / LEDGER).read_bytes(), drive.refs, drive.ids)
        else:
            office.root.mkdir(parents=True, exist_ok=True)
            (office.root / LEDGER).write_bytes(_RECORDED[keys][0])
        drive.refs, drive.ids = dict(_RECORDED[keys][1]), dict(_RECORDED[keys][2])
        return drive

    def _record(self) -> "Drive":
        open_ledger(self.office, demo=True)
        self.pass_to(at(FIRST_DAY))
        with transaction(SYSTEM, office=self.office) as act:
            for one in self.world.organisations:
                add_organisation(
                    _fresh(act), one.name, one.kind, parent=one.parent, level=one.level, rural=one.rural, sample=True
                )
            for person in self.world.people:
                done = add_person(_fresh(act), person.name, person.organisation, person.roles, email=person.email)
                assert done.ref is not None and done.id is not None
                self.refs[person.name], self.ids[person.name] = done.ref, done.id
        return self

    @classmethod
    def again(cls, office: Settings, *keys: str) -> "Drive":
        """The same world in a ledger that holds it already: for another process."""
        drive = cls(office, world_of(samples()[key] for key in keys))
        for name, ref, person_id in rows_of(drive, select(Person.name, Person.ref, Person.id)):
            drive.refs[name], drive.ids[name] = ref, person_id
        return drive

    @cached_property
    def library(self) -> Library:
        """The packs."""
        return library_of(self.office.policies_dir)

    def actor(self, name: str) -> Actor:
        """The person of that name, at the command line."""
        return Actor(door=Door.CLI, person_id=self.ids[name])

    def do(
        self, name: str | None, operation: Callable[..., Any], *args: Any, key: str | None = None, **kwargs: Any
    ) -> Any:
        """One act of a person (of the system without a name) in a transaction of its own."""
        actor = self.actor(name) if name else SYSTEM
        with transaction(actor, key, office=self.office) as act:
            return operation(act, *args, **kwargs)

    def is_refused(self, word: str, name: str | None, operation: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """An act that must be refused; what the refusal says is kept under the word."""
        try:
            self.do(name, operation, *args, **kwargs)
        except LedgerError as error:
            self.refused.append((word, str(error)))
            return
        raise AssertionError(f"{word}: was not refused")

    def pass_to(self, moment: datetime) -> None:
        """Let time pass to a moment; every rung that falls due on the way is climbed at its own moment."""
        while True:
            with reading(self.office) as act:
                coming = next_moment(act)
            if coming is None or coming > moment:
                break
            if coming > business_now(self.office):
                move_clock(self.office, coming, frozen=True)
            while True:
                done = self.do(None, sweep)
                self.swept += done.fired
                if not done.more:
                    break
        move_clock(self.office, moment, frozen=True)

    def decide(
        self, ref: str, subject: str, name: str, outcome: DecisionOutcome, comment: str = "", **kwargs: Any
    ) -> Decided:
        """A person decides the open step of a subject with the code that their message would bear."""
        step_id = self.open_step(ref, subject)
        decided: Decided = self.do(
            None, decide_step, step_id, self.refs[name], self.code(step_id, name), outcome, comment, **kwargs
        )
        return decided

    def open_step(self, ref: str, subject: str) -> uuid.UUID:
        """The step of a subject that waits for a decision."""
        with reading(self.office) as act:
            query = (
                select(ApprovalStep.id)
                .join(Programme, Programme.id == ApprovalStep.programme_id)  # type: ignore[arg-type]
                .where(Programme.ref == ref, ApprovalStep.subject == subject, ApprovalStep.state == "open")
            )
            return act.session.exec(query).one()

    def code(self, step_id: uuid.UUID, name: str) -> str:
        """The one-time code of a person for a step, as the sender of their message makes it."""
        with reading(self.office) as act:
            kept = act.session.exec(
                select(OneTimeCode).where(OneTimeCode.step_id == step_id, OneTimeCode.person_id == self.ids[name])
            ).one()
            return act.code_of(step_id, self.ids[name], kept.nonce)


def _is_empty(office: Settings) -> bool:
    """Whether no event was recorded in an office's SQLite ledger, or there is no ledger yet. Leaves no connection open."""
    if not (office.root / LEDGER).exists():
        return True
    engine_for(office.ledger_url).dispose()
    with closing(sqlite3.connect(office.root / LEDGER)) as ledger:
        return ledger.execute("SELECT count(*) FROM audit_event").fetchone() == (0,)


def _fresh(act: Act) -> Act:
    """The same act under a key of its own: many small acts in one transaction."""
    return Act(act.session, act.actor, f"once:{uuid.uuid4()}", act.now, act.zone, act.code_of)


def play(drive: Drive, doings: Iterable[Doing], until: date | None = None) -> None:
    """Act in the order of the days; within a day in the order given, a minute apart. Sweeps what falls due in between.

    An act that answers a list adds what it lists to what is still to come.
    """
    rows = [(day, number, word, act) for number, (day, word, act) in enumerate(doings)]
    heapq.heapify(rows)
    count, today, minute = len(rows), None, 0
    while rows and (until is None or rows[0][0] <= until):
        day, _, word, act = heapq.heappop(rows)
        minute = minute + 1 if day == today else 0
        today = day
        drive.pass_to(at(day) + timedelta(minutes=minute))
        try:
            more = act()
        except LedgerError as error:
            raise AssertionError(f"{day} {word}: {error}") from error
        for one in more if isinstance(more, list) else ():
            count += 1
            heapq.heappush(rows, (one[0], count, one[1], one[2]))


def recurring(drive: Drive, ref: str, kind: str) -> list[tuple[date, int]]:
    """The obligations of a kind that sessions owe, as (due day, session number)."""
    with reading(drive.office) as act:
        rows = act.session.exec(
            select(Obligation.due_on, ProgrammeSession.number)
            .join(Programme, Programme.id == Obligation.programme_id)  # type: ignore[arg-type]
            .join(ProgrammeSession, ProgrammeSession.id == Obligation.session_id)  # type: ignore[arg-type]
            .where(Programme.ref == ref, Obligation.kind == kind)
            .order_by(Obligation.due_on)  # type: ignore[arg-type]
        ).all()
    return [(day, number) for day, number in rows]


def rows_of(drive: Drive, query: Any) -> list[Any]:
    """The rows of a query over columns, read afresh."""
    with reading(drive.office) as act:
        return list(act.session.exec(query).all())


def nominated(drive: Drive, ref: str) -> dict[str, int]:
    """How many nominations of a programme stand in each state."""
    found: dict[str, int] = {}
    query = (
        select(Nomination.state).join(Programme, Programme.id == Nomination.programme_id).where(Programme.ref == ref)
    )  # type: ignore[arg-type]
    for state in rows_of(drive, query):
        found[state] = found.get(state, 0) + 1
    return found


def sample(key: str) -> Sample:
    """One of the three sample programmes."""
    return samples()[key]


def parents(drive: Drive) -> dict[str, str]:
    """Each organisation's name and its parent's."""
    with reading(drive.office) as act:
        rows = act.session.exec(select(Organisation)).all()
        names = {row.id: row.name for row in rows}
        return {row.name: names[row.parent_id] for row in rows if row.parent_id}
