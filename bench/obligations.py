"""Open obligations by the million, written in bulk: for measuring what else costs something when so many are open.

One programme is made by the ledger's own operations; its copies, and the obligations of them all, are rows written by the
database itself. Every due one stands before the rung that goes to the next level and the programme office. Decides
nothing; serves no clause of a regulation.
"""

import uuid
from datetime import date, datetime, timedelta

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Uuid, insert, text
from sqlmodel import select

from bench.world import HOST, World
from ledger.people import add_organisation, add_person
from models.act import SYSTEM
from models.documents import Obligation
from models.programme import Programme
from models.states import ObligationState
from office.runtime.database import WRITE, engine_for
from office.runtime.settings import Settings
from office.runtime.transactions import reading, transaction
from rules.deadlines import due_at

KIND, ROLE = "archive", "host-institution"
_SCHOOLS, _PROGRAMMES, _MOMENTS = 50, 200, 300
_BEFORE_ESCALATION = 3
_CACHE_KB = 262_144
"""For writing alone: nine indexes of a million rows do not fit into SQLite's usual two megabytes."""

_SOURCES = {
    "sqlite": "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s)",
    "postgresql": "(SELECT n FROM generate_series(1, {count}) AS n)",
}
_IDS = {"sqlite": "printf('%032x', s.n)", "postgresql": "lpad(to_hex(s.n), 32, '0')::uuid"}


def seed(office: Settings, count: int, due: int) -> None:
    """Write `count` open obligations to an empty ledger, of which `due` have a rung that is due now."""
    world = World.build(office)
    [ref] = world.stand(1)
    schools = _schools(office)
    programmes = _programmes(office, ref, schools)
    with reading(office) as act:
        now, today = act.now, act.today
        zone = act.zone
    model = _template(
        programmes[0][0], schools[0], now, today - timedelta(days=10), due_at(today - timedelta(days=10), zone)
    )
    engine = engine_for(office.ledger_url).execution_options(**{WRITE: True})
    places, moments = _aids()
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA cache_size=-{_CACHE_KB}")
        places.metadata.create_all(connection)
        connection.execute(
            insert(places), [{"k": k, "programme_id": p, "owner_id": o} for k, (p, o) in enumerate(programmes)]
        )
        late = [
            {"k": k, "at": now - timedelta(minutes=_MOMENTS - k), "coming": now + timedelta(days=1, hours=k)}
            for k in range(_MOMENTS)
        ]
        connection.execute(insert(moments), late)
        connection.execute(insert(Obligation.__table__), [model])  # type: ignore[attr-defined]
        _multiply(connection, count, max(1, count // due), due, model["id"])
        connection.execute(Obligation.__table__.delete().where(Obligation.__table__.c.id == model["id"]))  # type: ignore[attr-defined]
        places.metadata.drop_all(connection)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()  # the last connection folds the WAL into the file; what follows opens its own, with the usual cache


def _schools(office: Settings) -> list[uuid.UUID]:
    """Schools under one county, each with a contact and a head who can be reached."""
    with reading(office) as act:
        from ledger.people import organisation

        county = organisation(act, "示例区教育委员会").name
    found = []
    for number in range(1, _SCHOOLS + 1):
        name = f"示例第{number}小学"
        with transaction(SYSTEM, office=office) as act:
            done = add_organisation(act, name, HOST, parent=county, sample=True)
        for role, word in ((ROLE, "经办"), ("head", "负责人")):
            with transaction(SYSTEM, office=office) as act:
                add_person(act, f"示例{word}{number}", name, (role,), email=f"{role}{number}@songjiao.test")
        assert done.id is not None
        found.append(done.id)
    return found


def _programmes(office: Settings, ref: str, schools: list[uuid.UUID]) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Copies of the programme, spread over the schools; gives their ids and hosts."""
    found = []
    with transaction(SYSTEM, office=office) as act:
        first = act.session.exec(select(Programme).where(Programme.ref == ref)).one()
        given = first.model_dump(exclude={"id", "ref", "host_id", "run_id"})
        for number in range(_PROGRAMMES):
            host = schools[number % len(schools)]
            copy = Programme(**given, ref=f"{ref}-{number}", host_id=host)
            act.session.add(copy)
            found.append((copy.id, host))
    return found


def _template(
    programme_id: uuid.UUID, owner_id: uuid.UUID, now: datetime, due_on: date, moment: datetime
) -> dict[str, object]:
    return Obligation(
        programme_id=programme_id,
        kind=KIND,
        target="template",
        owed_by_id=owner_id,
        owed_by_role=ROLE,
        derived_on=due_on,
        due_on=due_on,
        due_at=moment,
        next_at=now,
        state=ObligationState.OPEN,
        rung=_BEFORE_ESCALATION,
        basis={"clause": "CQ2021-6.11"},
        created_at=now,
    ).model_dump()


def _aids() -> tuple[Table, Table]:
    """Two tables that stand only while rows are written: which programme and owner, and which moments."""
    aids = MetaData()
    kind = Obligation.__table__.c.next_at.type  # type: ignore[attr-defined]
    places = Table(
        "bench_place",
        aids,
        Column("k", Integer, primary_key=True),
        Column("programme_id", Uuid),
        Column("owner_id", Uuid),
    )
    moments = Table(
        "bench_moment", aids, Column("k", Integer, primary_key=True), Column("at", kind), Column("coming", kind)
    )
    return places, moments


def _multiply(connection: Connection, count: int, every: int, due: int, template_id: object) -> None:
    """Every so-many-th one is due now, the others later."""
    dialect = connection.dialect.name
    is_due = f"(s.n % {every} = 0 AND s.n / {every} <= {due})"
    given = {
        "id": _IDS[dialect],
        "programme_id": "p.programme_id",
        "owed_by_id": "p.owner_id",
        "target": "CAST(s.n AS TEXT)",
        "next_at": f"CASE WHEN {is_due} THEN m.at ELSE m.coming END",
    }
    columns = [column.name for column in Obligation.__table__.columns]  # type: ignore[attr-defined]
    values = ", ".join(given.get(name, f"t.{name}") for name in columns)
    source = _SOURCES[dialect].format(count=count)
    template = uuid.UUID(str(template_id))
    key = template.hex if dialect == "sqlite" else str(template)
    connection.execute(
        text(
            f"INSERT INTO obligation ({', '.join(columns)}) SELECT {values} FROM {source} AS s"
            f" JOIN bench_place p ON p.k = s.n % {_PROGRAMMES} JOIN bench_moment m ON m.k = s.n % {_MOMENTS}"
            f" JOIN obligation t ON t.id = '{key}'"
        )
    )
