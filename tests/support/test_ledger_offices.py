"""An office's ledger is a test's own, whole, and on the database that the test asked for."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect
from sqlmodel import Session, select

from models.office import BusinessClock
from office.runtime.database import engine_for
from office.runtime.settings import Settings, settings


def clocks(office: Settings) -> list[int]:
    with Session(engine_for(office.ledger_url)) as session:
        return [clock.id for clock in session.exec(select(BusinessClock)).all()]


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_finds_an_empty_ledger_with_its_tables(each_office: Settings, turn: int) -> None:
    assert each_office is settings()
    assert "business_clock" in inspect(engine_for(each_office.ledger_url)).get_table_names()
    assert clocks(each_office) == []
    with Session(engine_for(each_office.ledger_url)) as session:
        session.add(BusinessClock(id=turn))
        session.commit()
    assert clocks(each_office) == [turn]


@pytest.mark.postgres
def test_postgres_office_lies_on_postgres(postgres_office: Settings) -> None:
    assert engine_for(postgres_office.ledger_url).dialect.name == "postgresql"


def test_sqlite_office_lies_in_its_data_folder(sqlite_office: Settings) -> None:
    assert engine_for(sqlite_office.ledger_url).url.database == str(sqlite_office.root / "songjiao.db")
