"""What is owed outside any programme: yearly plans, regular meetings, hours of a cycle, what follows from an entry.

A duty is opened for its period or its cause (`ledger.standing_opening`), met by entries of a register or by hours, and
climbed by its own sweep (`ledger.standing_sweeping`). Meeting one cancels its later rungs and unsent messages in the same
transaction. Serves the standing and annual clauses of the kind remind-escalate.
"""

from collections.abc import Sequence
from datetime import date

from sqlmodel import col, select

from ledger.core import record
from ledger.entries import fact_of
from ledger.matters import Matter, cancel_unsent, due_so_far
from ledger.meeting import all_there
from ledger.standing_opening import ENDED, open_after, open_duties
from ledger.standing_queries import OPEN, duties_of, next_standing
from models.act import Act
from models.programme import Programme
from models.register import RegisterEntry, StandingDuty
from models.states import ObligationState
from policies.mechanisms import Count, Duty
from policies.schema import Pack
from rules.deadlines import late_days
from rules.duties import times_asked
from rules.hours import hours_met, hours_period
from rules.indicators import fits

__all__ = [
    "ENDED",
    "duties_of",
    "meet_by_hours",
    "meet_standing",
    "next_standing",
    "open_after",
    "open_duties",
]


# --- meeting ----------------------------------------------------------------------------------------------------------


def meet_standing(act: Act, pack: Pack, matter: str, entry: RegisterEntry) -> None:
    """An entry meets the earliest open duty it stands for; its later rungs and unsent messages are cancelled."""
    for duty in pack.duties:
        if duty.met_by != matter or not fits(_meeting(duty), fact_of(entry)):
            continue
        bodies = [one for one in (entry.subject_organisation_id, entry.organisation_id) if one is not None]
        query = select(StandingDuty).where(
            StandingDuty.pack == pack.pack,
            StandingDuty.kind == duty.key,
            StandingDuty.state == OPEN,
            col(StandingDuty.owed_by_id).in_(bodies),
        )
        if duty.per == "person":
            query = query.where(StandingDuty.person_id == (entry.subject_person_id or entry.person_id))
        if duty.opens_with == ENDED:
            query = query.where(StandingDuty.cause == entry.subject)
            if duty.covers == "trainees" and not _all_told(act, pack, matter, entry):
                continue
        row = act.session.exec(query.order_by(col(StandingDuty.due_on))).first()
        if row is not None and _made(act, pack, duty, row, bodies) >= times_asked(pack, duty, row.starts_on)[0]:
            _settle(act, Matter(row, pack), act.today)


def _all_told(act: Act, pack: Pack, matter: str, entry: RegisterEntry) -> bool:
    """Whether there is an entry about every trainee of the programme."""
    programme = act.session.get(Programme, entry.programme_id) if entry.programme_id else None
    return programme is not None and all_there(act, pack, matter, programme)


def _made(act: Act, pack: Pack, duty: Duty, row: StandingDuty, bodies: Sequence[object]) -> int:
    """How many entries since the duty's first day stand for it."""
    query = select(RegisterEntry).where(
        RegisterEntry.pack == pack.pack,
        RegisterEntry.register_key == duty.met_by.removeprefix("register:"),
        RegisterEntry.state == "kept",
        RegisterEntry.happened_on >= row.starts_on,
        col(RegisterEntry.subject_organisation_id).in_(bodies) | col(RegisterEntry.organisation_id).in_(bodies),
    )
    return sum(fits(_meeting(duty), fact_of(one)) for one in act.session.exec(query).all())


def _meeting(duty: Duty) -> Count:
    return Count(register_=duty.met_by.removeprefix("register:"), where=duty.met_where)


def _settle(act: Act, matter: Matter, on: date) -> None:
    row = matter.row
    row.late_days = late_days(due_so_far(act, matter), on)
    row.state = ObligationState.MET_LATE if row.late_days else ObligationState.MET
    row.met_at, row.next_at, row.stopped_at = act.now, None, None
    act.session.add(row)
    cancel_unsent(act, row)
    record(act, "duty_met", **matter.named, due_on=row.due_on, late_days=row.late_days)


def meet_by_hours(act: Act, pack: Pack, person_id: object, on: date) -> None:
    """A teacher's hours meet the duties that ask for them, as soon as the minimum of the period is collected."""
    from ledger.hours import hours_of

    for duty in pack.duties:
        kind, _, key = duty.met_by.partition(":")
        if kind != "hours":
            continue
        hours = next(one for one in pack.hours if one.key == key)
        query = select(StandingDuty).where(
            StandingDuty.pack == pack.pack,
            StandingDuty.kind == duty.key,
            StandingDuty.person_id == person_id,
            StandingDuty.state == OPEN,
        )
        for row in act.session.exec(query).all():
            since = row.starts_on if duty.opens_with else None
            day = on if since else hours_period(pack, hours, row.starts_on).starts_on
            if hours_met(pack, hours, hours_of(act, pack, person_id), day, since).allowed:
                _settle(act, Matter(row, pack), on)
