"""One act on a ledger, in a process of its own that may be killed at a stop point."""

import os
import signal
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event
from sqlmodel import select

from ledger.delivery import start_session, submit_document
from ledger.programmes import apply
from ledger.review import decide_step
from ledger.standing import open_duties
from ledger.standing_sweeping import sweep_standing
from ledger.sweeping import sweep
from models.review import ApprovalStep
from models.states import DecisionOutcome
from office.runtime.settings import settings
from tests.support.road import OFFICE_PERSON, Road
from tests.support.scenario import Drive, a_file, rows_of, sample

COUNTY = "示例云溪区·人事科"
SQL = "sql:"
"""A stop point that begins so is a statement: the process is killed just before it reaches the database."""


def _apply(drive: Drive, road: Road) -> None:
    drive.do(road.contact, apply, road.application, road.pack, key="crash-apply")


def _decide(drive: Drive, road: Road) -> None:
    step: uuid.UUID = rows_of(drive, select(ApprovalStep.id).where(ApprovalStep.subject == "application"))[0]
    code = drive.code(step, COUNTY)
    drive.do(None, decide_step, step, drive.refs[COUNTY], code, DecisionOutcome.APPROVE, key="crash-decide")


def _sweep(drive: Drive, road: Road) -> None:
    while drive.do(None, sweep).more:
        pass


def _duties(drive: Drive, road: Road) -> None:
    drive.do(OFFICE_PERSON, open_duties, road.pack, key="crash-duties")
    while drive.do(None, sweep_standing).more:
        pass


def _start(drive: Drive, road: Road) -> None:
    drive.do(road.contact, start_session, road.ref, 1, key="crash-start")


def _archive(drive: Drive, road: Road) -> None:
    stored = a_file("档案资料")
    drive.do(road.contact, submit_document, road.ref, "archive-documents", stored, key="crash-archive")


ACTS: dict[str, Callable[[Drive, Road], None]] = {
    "apply": _apply,
    "decide": _decide,
    "sweep": _sweep,
    "duties": _duties,
    "start": _start,
    "archive": _archive,
}


def run(data_dir: str, act: str, stop_at: str | None) -> None:
    """Do an act on the ledger of a data folder; at the stop point, where one is named, this process is killed."""
    os.environ["SONGJIAO_DATA_DIR"] = data_dir
    if stop_at is not None and stop_at.startswith(SQL):
        _die_before(stop_at.removeprefix(SQL))
    elif stop_at is not None:
        os.environ["SONGJIAO_STOP_AT"] = stop_at
    settings.cache_clear()
    drive = Drive.again(settings(), "S01")
    ACTS[act](drive, Road.again(drive, sample("S01")))


def _die_before(statement: str) -> None:
    @event.listens_for(Engine, "before_cursor_execute")
    def look(_connection: Any, _cursor: Any, said: str, *_: Any) -> None:
        if said.startswith(statement):
            os.kill(os.getpid(), signal.SIGKILL)
