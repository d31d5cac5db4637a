"""A matter that somebody owes by a day, whether a programme brings it or it stands outside all of them: what it is called,
when its next rung is due, which day it has once people moved it, and what was said on it and has not gone out.

One way for both tables. What people do to a deadline is `ledger.deadlines`, what climbs a ladder `ledger.climbing`.
Serves every obligation and duty of a pack.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlmodel import col, select

from ledger.anchors import step_rule
from ledger.outbox import cancel_messages
from ledger.packs import pack_at, pack_of
from ledger.standing_queries import unsent_on_duties
from models.act import Act
from models.documents import DeadlineChange, Obligation
from models.programme import Programme
from models.register import StandingDuty
from models.review import ApprovalStep
from models.states import MessageState
from policies.lookup import duty_of, obligation_of
from policies.mechanisms import Duty
from policies.schema import ObligationKind, Pack
from rules.deadlines import RungDue, due_at, rungs
from rules.extensions import Extended, Stood, due_after, runs_again_on, stood

Owed = Obligation | StandingDuty
TOP = "top-of-ladder"


@dataclass(frozen=True)
class Matter:
    """A matter as its row and its pack know it; a standing duty belongs to no programme."""

    row: Owed
    pack: Pack
    programme: Programme | None = None

    @cached_property
    def kind(self) -> ObligationKind | Duty:
        """What the pack says of it. Raises `UnknownId` where the pack knows it no more."""
        if isinstance(self.row, StandingDuty):
            return duty_of(self.pack, self.row.kind)
        return obligation_of(self.pack, self.row.kind)

    @property
    def noun(self) -> str:
        """What its events are called by."""
        return "duty" if isinstance(self.row, StandingDuty) else "obligation"

    @property
    def named(self) -> dict[str, Any]:
        """By what its events name it."""
        cause = {"cause": self.row.cause} if isinstance(self.row, StandingDuty) else {}
        return {self.noun: self.row.kind, **cause}

    @property
    def ref(self) -> str:
        """By what its messages are known."""
        return f"duty-{self.row.id}" if isinstance(self.row, StandingDuty) else str(self.row.id)

    @property
    def obligation_id(self) -> uuid.UUID | None:
        """What a message on it points to."""
        return self.row.id if isinstance(self.row, Obligation) else None

    @property
    def debtor_id(self) -> uuid.UUID | None:
        """Who owes it in person."""
        return self.row.person_id if isinstance(self.row, StandingDuty) else None


def matter_of(act: Act, matter_id: uuid.UUID) -> Matter:
    """The matter with this id."""
    row = act.session.get(Obligation, matter_id)
    if row is not None:
        programme = act.session.get_one(Programme, row.programme_id)
        return Matter(row, pack_of(act, programme), programme)
    duty = act.session.get_one(StandingDuty, matter_id)
    return Matter(duty, pack_at(act, duty.snapshot_id))


# --- when its next rung is due --------------------------------------------------------------------------------------


def aim(act: Act, matter: Matter) -> None:
    """Set the next rung: those whose moment passed before the matter was known are left out, but an overdue matter's
    latest.
    """
    row = matter.row
    ladder = rungs(matter.pack, matter.kind.ladder, row.due_on, act.zone)
    passed = [rung.number for rung in ladder if rung.at <= act.now]
    row.rung = (passed[-1] if row.due_at >= act.now else passed[-1] - 1) if passed else 0
    set_next(act, matter, ladder)


def set_next(act: Act, matter: Matter, ladder: Sequence[RungDue] | None = None) -> None:
    """Set the next moment after the rung reached: of the rung that comes, or of a stopped clock's running again."""
    row, rests = matter.row, None
    if row.stopped_at is not None:
        row.next_at = _runs_again_at(act, matter)
    else:
        ladder = rungs(matter.pack, matter.kind.ladder, row.due_on, act.zone) if ladder is None else ladder
        coming = ladder[row.rung] if row.rung < len(ladder) else None
        row.next_at = moment_of(row, coming) if coming else None
        rests = None if coming else TOP
    if isinstance(row, Obligation):
        row.rests = rests


def moment_of(row: Owed, coming: RungDue) -> datetime:
    """When a rung is due: an acknowledgement puts off what is said to the owner, never an escalation."""
    if row.silenced_until is None or coming.rung.rung == "escalate":
        return coming.at
    return max(coming.at, row.silenced_until)


def silenced(row: Owed, coming: RungDue, now: datetime) -> bool:
    """Whether an acknowledgement holds a rung back at this moment."""
    return row.silenced_until is not None and row.silenced_until > now and coming.rung.rung != "escalate"


# --- which day it has -----------------------------------------------------------------------------------------------


def counts_working(act: Act, matter: Matter) -> bool:
    """Whether the rule or setting that gives the due day counts working days."""
    rule_id, row = matter.kind.due, matter.row
    if isinstance(row, Obligation) and row.step_id and matter.programme is not None:
        rule_id = step_rule(matter.pack, matter.programme, act.session.get_one(ApprovalStep, row.step_id))
    rule = matter.pack.rules.get(rule_id) or matter.pack.settings.get(rule_id)
    return rule is not None and rule.unit == "working_day"


def stands_since(act: Act, matter: Matter) -> int:
    """For how many days, counted as the rule counts, a stopped clock has stood; never for more than its budget has left."""
    assert matter.row.stopped_at is not None
    first = matter.row.stopped_at.astimezone(act.zone).date()
    return min(stood(first, act.today, working=counts_working(act, matter)), _left(matter.row))


def _left(row: Owed) -> int:
    return max(0, (row.stop_budget or 0) - row.stopped_days)


def _runs_again_at(act: Act, matter: Matter) -> datetime:
    """When a stopped clock runs again by itself, its budget used up: the end of that day."""
    assert matter.row.stopped_at is not None
    first = matter.row.stopped_at.astimezone(act.zone).date()
    last = runs_again_on(first, _left(matter.row), working=counts_working(act, matter))
    return due_at(last, act.zone)


def due_so_far(act: Act, matter: Matter) -> date:
    """The due day at this moment: of a stopped clock with the days that it has stood until today."""
    if matter.row.stopped_at is None:
        return matter.row.due_on
    return due_after(matter.row.due_on, [Stood(stands_since(act, matter))], working=counts_working(act, matter))


def move(act: Act, matter: Matter) -> bool:
    """Work out the due day anew from the derived one and what people did to it; answers whether it moved.

    Where it did, unsent messages on it are cancelled and its ladder starts anew.
    """
    row = matter.row
    due = due_after(row.derived_on, _changes(act, row), working=counts_working(act, matter))
    if due == row.due_on:
        return False
    cancel_unsent(act, row)
    row.due_on, row.due_at, row.moves = due, due_at(due, act.zone), row.moves + 1
    aim(act, matter)
    act.session.add(row)
    return True


def _changes(act: Act, row: Owed) -> list[Extended | Stood]:
    """The extensions and standstills of a matter, in the order in which they were recorded."""
    found: list[Extended | Stood] = []
    of = DeadlineChange.obligation_id if isinstance(row, Obligation) else DeadlineChange.duty_id
    query = select(DeadlineChange).where(of == row.id)
    for change in act.session.exec(query.order_by(col(DeadlineChange.created_at), col(DeadlineChange.id))).all():
        if change.change == "extended" and change.until_on is not None:
            found.append(Extended(change.until_on))
        elif change.change == "resumed" and change.days:
            found.append(Stood(change.days))
    return found


def cancel_unsent(act: Act, row: Owed) -> None:
    """Cancel what was said on a matter and has not gone out."""
    if isinstance(row, Obligation):
        cancel_messages(act, obligation_id=row.id)
        return
    for message in unsent_on_duties(act, row.id):
        message.state = MessageState.CANCELLED
        act.session.add(message)
