"""The ledger's tables come from revisions: from nothing, from any earlier revision with data, and from two starts
at once.
"""

import multiprocessing
import os
import shutil
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlmodel import Session

from ledger.processes import lives
from models.office import BusinessClock
from models.people import Organisation
from office.runtime.database import engine_for
from office.runtime.migrate import LedgerUnfit, configuration, migrate, open_ledger
from office.runtime.settings import Settings
from office.runtime.transactions import SYSTEM, transaction
from tests.support.postgres import PostgresServer

STORED = Path(__file__).resolve().parents[1] / "data" / "ledgers"
"""A ledger with data as each earlier revision left it, `<revision>.db`, made when the next revision is written."""


def _differs(url: str) -> None:
    with engine_for(url).connect() as connection:
        command.check(configuration(connection))  # raises when a table differs from the models


def test_revisions_make_the_tables_that_the_models_say(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    _differs(url)


@pytest.mark.postgres
def test_revisions_make_the_same_tables_on_postgresql(postgres: PostgresServer) -> None:
    with postgres.database() as url:
        migrate(url)
        _differs(url)
        engine_for(url).dispose()


@pytest.mark.postgres
def test_down_and_up_again_works_on_postgresql(postgres: PostgresServer) -> None:
    with postgres.database() as url:
        migrate(url)
        with engine_for(url).begin() as connection:
            command.downgrade(configuration(connection), "base")
        migrate(url)
        _differs(url)
        engine_for(url).dispose()


def test_migrating_again_keeps_what_was_recorded(tmp_path: Path) -> None:
    office = Settings(data_dir=tmp_path)
    open_ledger(office)
    with transaction(SYSTEM, office=office) as act:
        act.session.add(Organisation(name="示例学校", kind="school", created_at=act.now))
    open_ledger(office)
    with engine_for(office.ledger_url).connect() as connection:
        assert connection.execute(text("SELECT name FROM organisation")).scalars().all() == ["示例学校"]


def test_every_earlier_revision_has_a_stored_ledger_that_still_upgrades(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'fresh.db'}"
    migrate(url)
    with engine_for(url).connect() as connection:
        script = ScriptDirectory.from_config(configuration(connection))
        earlier = sorted(revision.revision for revision in script.walk_revisions() if not revision.is_head)
    assert sorted(path.stem for path in STORED.glob("*.db")) == earlier
    for revision in earlier:
        copy = tmp_path / f"{revision}.db"
        shutil.copyfile(STORED / f"{revision}.db", copy)
        migrate(f"sqlite:///{copy}")
        _differs(f"sqlite:///{copy}")


def _start(url: str) -> None:
    migrate(url)


def test_two_starts_at_once_follow_one_another(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    context = multiprocessing.get_context("spawn")
    starts = [context.Process(target=_start, args=(url,)) for _ in range(2)]
    for one in starts:
        one.start()
    for one in starts:
        one.join(60)
    assert [one.exitcode for one in starts] == [0, 0]
    _differs(url)


def test_a_row_that_points_nowhere_stops_the_start_and_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    with engine_for(url).connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    raw = __import__("sqlite3").connect(tmp_path / "ledger.db")
    raw.execute(
        "INSERT INTO strand (id, created_at, programme_id, number, subject) VALUES ('a', '2026-01-01', 'b', 1, '数学')"
    )
    raw.commit()
    raw.close()
    with pytest.raises(LedgerUnfit, match=r"table strand points to nothing in programme"):
        migrate(url)


def test_only_an_empty_ledger_becomes_a_demo(tmp_path: Path) -> None:
    office = Settings(data_dir=tmp_path / "one")
    open_ledger(office, demo=True)
    open_ledger(office)  # a later start without the word changes nothing
    with Session(engine_for(office.ledger_url)) as session:
        assert session.get_one(BusinessClock, 1).demo is True
    real = Settings(data_dir=tmp_path / "two")
    open_ledger(real)
    with transaction(SYSTEM, office=real) as act:
        from ledger.people import add_organisation

        add_organisation(act, "示例学校", "school")
    with pytest.raises(LedgerUnfit, match="its clock cannot be moved"):
        open_ledger(real, demo=True)
    with Session(engine_for(real.ledger_url)) as session:
        assert session.get_one(BusinessClock, 1).demo is False


def test_revision_0002_forgets_refused_keys_and_takes_earlier_leases_for_dead(tmp_path: Path) -> None:
    shutil.copyfile(STORED / "0001.db", tmp_path / "songjiao.db")
    office = Settings(data_dir=tmp_path)
    open_ledger(office)
    with engine_for(office.ledger_url).connect() as connection:
        keys = connection.execute(text("SELECT key FROM act_key WHERE operation='decide-step' AND key LIKE '%before'"))
        assert keys.scalars().all() == ["accepted-before"]
        head, last = (
            connection.execute(text(f"SELECT number, hash FROM {table} ORDER BY number DESC LIMIT 1")).one()
            for table in ("audit_head", "audit_event")
        )
        assert head == last
        known = connection.execute(text("SELECT process_identity FROM lease")).scalar_one()
    assert not lives(os.getpid(), known)


def test_revision_0007_leaves_every_clock_of_a_duty_running_and_can_be_taken_back(tmp_path: Path) -> None:
    copy = tmp_path / "ledger.db"
    shutil.copyfile(STORED / "0006.db", copy)
    url = f"sqlite:///{copy}"
    asked = "SELECT id, derived_on, due_on, moves, state FROM standing_duty ORDER BY id"
    with engine_for(url).connect() as connection:
        before = connection.exec_driver_sql(asked).all()
    assert len({one[3] for one in before}) == 2  # one of them was extended
    migrate(url)
    with engine_for(url).connect() as connection:
        clocks = connection.exec_driver_sql("SELECT DISTINCT stopped_at, stopped_days, stop_budget FROM standing_duty")
        assert clocks.all() == [(None, 0, None)]
        assert connection.exec_driver_sql(asked).all() == before
    plain = create_engine(url)  # keys to other tables are not watched while tables are made anew, as in `migrate`
    with plain.begin() as connection:
        command.downgrade(configuration(connection), "0006")
    plain.dispose()
    with engine_for(url).connect() as connection:
        assert connection.exec_driver_sql(asked).all() == before
    migrate(url)
    _differs(url)
