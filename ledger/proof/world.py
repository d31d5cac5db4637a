"""The small office in which clauses are proven: a ledger in memory with a body and a person for every role of a pack.

Nothing of it touches the office's own ledger. Every probe runs in a nested transaction that is rolled back, so that
they neither see nor need one another.
"""

import itertools
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, event
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel, create_engine

import models.tables  # noqa: F401 - every table, before they are made
from ledger.anchors import target_of
from ledger.packs import hold, pin
from models.act import SYSTEM as SYSTEM_ACTOR
from models.act import Act, Actor
from models.people import Organisation, Person, RoleAssignment
from models.programme import PolicySnapshot, Programme, ProgrammeSession, SessionSchool, Strand
from models.review import Submission
from models.states import Door
from models.training import Nomination, Stage
from policies.mechanisms import SYSTEM
from policies.schema import Pack

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""The moment at which probes begin: a Monday in a year whose official calendar is published."""
OUTSIDER = "outsider"
TEACHERS = 2


class World:
    """One pack's office: `act_as` acts in a role, `programme` gives a programme, `probe` undoes what was done."""

    def __init__(self, pack: Pack) -> None:
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})

        @event.listens_for(engine, "connect")
        def _ours(connection: Any, _record: object) -> None:
            connection.isolation_level = None  # we say BEGIN ourselves, so that savepoints hold

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN")

        SQLModel.metadata.create_all(engine)
        self._engine = engine
        self._session = Session(engine, expire_on_commit=False)
        self._keys = itertools.count(1)
        self._people: dict[str, uuid.UUID] = {}
        self._settled: dict[int, Programme] = {}
        self.now = NOW
        self.teachers: list[str] = []
        self.zone = ZoneInfo(pack.time_zone)
        self._populate(pack)

    def close(self) -> None:
        """Let go of the ledger in memory."""
        self._session.close()
        self._engine.dispose()

    @contextmanager
    def probe(self) -> Iterator[None]:
        """What is done inside is undone at its end; the clock stands again where it stood."""
        nested = self._session.begin_nested()
        try:
            yield
        finally:
            self.now = NOW
            nested.rollback()

    def act_as(self, role: str = SYSTEM) -> Act:
        """An act by whoever holds the role; the system acts for no person."""
        person_id = None if role == SYSTEM else self._people.get(role, self._people[OUTSIDER])
        actor = SYSTEM_ACTOR if person_id is None else Actor(door=Door.CLI, person_id=person_id)
        return Act(
            session=self._session,
            actor=actor,
            key=f"proof-{next(self._keys)}",
            now=self.now,
            zone=self.zone,
            code_of=lambda step_id, who, nonce: "0",
        )

    def at(self, moment: datetime) -> None:
        """Move the clock of this office."""
        self.now = moment

    def person_of(self, role: str) -> Person:
        """The person who holds a role."""
        return self._session.get_one(Person, self._people[role])

    def organisation_of(self, role: str) -> Organisation:
        """The body in which a role is held."""
        return self._session.get_one(Organisation, self.person_of(role).organisation_id)

    def _populate(self, pack: Pack) -> None:
        root = self._body("示例上级", "root", None)
        host = self._body("示例承训机构", "host-institution", root.id)
        school: Organisation | None = None
        for role, spec in pack.roles.items():
            if spec.seat == "host":
                home = host
            elif role in ("teacher", "trainee"):
                continue
            elif role == "rural-school" and school is not None:
                home, school.rural = school, True
            else:
                home = self._body(f"示例{spec.name.zh}", role, root.id)
                school = home if role == "school" else school
            self._person(role, home)
        self._person("host-institution", host) if "host-institution" not in self._people else None
        home = school or host
        for number in range(TEACHERS):
            self.teachers.append(self._person("teacher" if number == 0 else f"teacher-{number}", home, "teacher").ref)
        self._person("trainee", home)
        self._person(OUTSIDER, self._body("示例外单位", "elsewhere", root.id), role=None)
        self._session.flush()

    def _body(self, name: str, kind: str, parent: uuid.UUID | None) -> Organisation:
        row = Organisation(name=name, kind=kind, parent_id=parent, sample=True, created_at=NOW)
        self._session.add(row)
        self._session.flush()
        return row

    def _person(self, name: str, home: Organisation, role: str | None = "") -> Person:
        number = len(self._people) + 1
        row = Person(
            ref=f"P-{number:04d}",
            name=f"示例·{name}",
            organisation_id=home.id,
            email=f"p{number}@example.com",
            created_at=NOW,
        )
        self._session.add(row)
        self._session.flush()
        if role is not None:
            self._session.add(
                RoleAssignment(person_id=row.id, organisation_id=home.id, role=role or name, created_at=NOW)
            )
        self._people[name] = row.id
        return row

    def programme(self, pack: Pack, kind: str, *, passing: bool = False) -> Programme:
        """A running programme of a kind with one session, one stage and two trainees, pinned to this pack.

        One that is `passing` lives as long as its probe: its snapshot is known and not written out.
        """
        snapshot = self._known(pack) if passing else pin(self.act_as(), pack)
        hold(snapshot.id, snapshot.hash, pack)
        starts, ends = date(2026, 3, 23), date(2026, 4, 10)
        row = Programme(
            ref=f"{pack.region_code}-2026-{next(self._keys):04d}",
            title="示例项目",
            short_name="示例",
            region_code=pack.region_code,
            year=2026,
            kind=kind,
            level=str(next(iter(pack.level_names), "national")),
            applicant_kind="university",
            subject="语文",
            theme="示例主题",
            host_id=self.organisation_of("host-institution").id,
            snapshot_id=snapshot.id,
            state="running",
            places=TEACHERS,
            starts_on=starts,
            ends_on=ends,
            budget_total="10000",
            created_at=self.now,
        )
        self._session.add(row)
        self._session.flush()
        strand = Strand(programme_id=row.id, number=1, subject="语文", created_at=self.now)
        self._session.add(strand)
        self._session.flush()
        session = ProgrammeSession(
            programme_id=row.id,
            strand_id=strand.id,
            number=1,
            name="第一期",
            places=TEACHERS,
            starts_on=starts,
            ends_on=ends,
            created_at=self.now,
        )
        self._session.add(session)
        self._session.flush()
        self._lay_out(row, session)
        self._lay_out_stages(pack, row, session)
        return row

    def settle(self, packs: Mapping[str, Pack]) -> None:
        """Have a programme of every kind from the start, so that no probe has to make its own."""
        self._settled = {id(packs[kind]): self.programme(packs[kind], kind) for kind in packs if kind}
        self._session.flush()

    def programme_of(self, pack: Pack, kind: str) -> Programme:
        """The programme of a kind under this text of the pack: the one from the start, or one made now."""
        return self._settled.get(id(pack)) or self.programme(pack, kind, passing=True)

    def _known(self, pack: Pack) -> PolicySnapshot:
        row = PolicySnapshot(hash=f"proof-{uuid.uuid4()}", name=pack.pack, content={}, created_at=NOW)
        self._session.add(row)
        return row

    def _lay_out(self, row: Programme, session: ProgrammeSession) -> None:
        self._session.add(
            Stage(
                programme_id=row.id,
                session_id=session.id,
                target=str(session.id),
                key="part-1",
                number=1,
                name="示例",
                hours=Decimal(40),
                state="open",
                planned_from=session.starts_on,
                planned_to=session.ends_on,
                created_at=self.now,
            )
        )
        host = self.person_of("host-institution")
        self._session.add(
            Submission(
                programme_id=row.id,
                subject="application",
                version=1,
                state="passed",
                content={"budget": [{"line": "场地费"}, {"line": "专家费"}]},
                verdicts=[],
                submitted_by_id=host.id,
                submitted_at=self.now,
                created_at=self.now,
            )
        )
        for name in ("teacher", *(f"teacher-{number}" for number in range(1, TEACHERS))):
            who = self.person_of(name)
            self._session.add(
                Nomination(
                    programme_id=row.id,
                    session_id=session.id,
                    person_id=who.id,
                    school_id=who.organisation_id,
                    state="confirmed",
                    created_at=self.now,
                )
            )
        self._session.flush()

    def _lay_out_stages(self, pack: Pack, row: Programme, session: ProgrammeSession) -> None:
        """The stages of the pack on the days of the session, each at the one school that it visits where it runs per
        school."""
        home = self.person_of("teacher").organisation_id
        if any(phase.per == "school" for phase in pack.phases):
            self._session.add(
                SessionSchool(session_id=session.id, school_id=home, places=TEACHERS, created_at=self.now)
            )
        for phase in pack.phases:
            spec = next((one for one in pack.stages if one.key == phase.stage), None)
            school = home if phase.per == "school" else None
            if spec is None:
                continue
            self._session.add(
                Stage(
                    programme_id=row.id,
                    session_id=session.id,
                    school_id=school,
                    target=target_of(session.id, school),
                    key=spec.key,
                    number=spec.number,
                    name=spec.name.zh,
                    hours=Decimal(8),
                    state="planned",
                    planned_from=session.starts_on,
                    planned_to=session.ends_on,
                    created_at=self.now,
                )
            )
        self._session.flush()

    @property
    def roles(self) -> frozenset[str]:
        """The roles that somebody holds here."""
        return frozenset(self._people)

    @property
    def session(self) -> Session:
        """The open session, to look at what was recorded."""
        return self._session
