"""One act on a ledger, in a process of its own that may be killed at a stop point."""

import os
import uuid
from collections.abc import Callable

from sqlmodel import select

from ledger.delivery import start_session, submit_document
from ledger.programmes import apply
from ledger.review import decide_step
from ledger.sweeping import sweep
from models.review import ApprovalStep
from models.states import DecisionOutcome
from office.runtime.settings import settings
from tests.support.road import Road
from tests.support.scenario import Drive, a_file, rows_of, sample

COUNTY = "示例云溪区·人事科"


def _apply(drive: Drive, road: Road) -> None:
    drive.do(road.contact, apply, road.application, road.pack, key="crash-apply")


def _decide(drive: Drive, road: Road) -> None:
    step: uuid.UUID = rows_of(drive, select(ApprovalStep.id).where(ApprovalStep.subject == "application"))[0]
    code = drive.code(step, COUNTY)
    drive.do(None, decide_step, step, drive.refs[COUNTY], code, DecisionOutcome.APPROVE, key="crash-decide")


def _sweep(drive: Drive, road: Road) -> None:
    while drive.do(None, sweep).more:
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
    "start": _start,
    "archive": _archive,
}


def run(data_dir: str, act: str, stop_at: str | None) -> None:
    """Do an act on the ledger of a data folder; at the stop point, where one is named, this process is killed."""
    os.environ["SONGJIAO_DATA_DIR"] = data_dir
    if stop_at is not None:
        os.environ["SONGJIAO_STOP_AT"] = stop_at
    settings.cache_clear()
    drive = Drive.again(settings(), "S01")
    ACTS[act](drive, Road.again(drive, sample("S01")))
