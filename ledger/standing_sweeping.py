"""The sweep over standing duties: climbs their ladders rung by rung, oldest first, as that over programmes' matters does.

In office hours and on workdays only; each rung once and in order (`ledger.climbing`). Serves the standing and annual
clauses of the kind remind-escalate.
"""

from collections.abc import Sequence

from pydantic import BaseModel
from sqlmodel import col, select

from ledger.audience import by_id
from ledger.climbing import Ground, climb, taken
from ledger.core import chain
from ledger.deadlines import run_again
from ledger.matters import Matter, set_next
from ledger.packs import pack_at
from ledger.standing import meet_by_hours
from ledger.standing_opening import renew
from ledger.standing_queries import OPEN, next_standing, unsent_on_duties
from models.act import Act
from models.office import Message
from models.people import Person
from models.register import StandingDuty, StandingRung
from policies.schema import Pack
from rules.deadlines import RungDue, rungs
from rules.working_hours import is_open, next_open

_BATCH = 200


class Climbed(BaseModel):
    """How many rungs of standing duties a sweep climbed, and whether more are due."""

    fired: int
    more: bool


def sweep_standing(act: Act, limit: int = _BATCH) -> Climbed:
    """Open the duties of periods that have begun, then climb what is due, oldest first, of at most `limit` duties."""
    renew(act)
    rows = act.session.exec(
        select(StandingDuty)
        .where(StandingDuty.state == OPEN, col(StandingDuty.next_at) <= act.now)
        .order_by(col(StandingDuty.next_at), col(StandingDuty.id))
        .limit(limit)
    ).all()
    fired = 0
    if rows:
        batch = _Batch(act, rows)
        fired = sum(_take(act, batch, row) for row in rows)
        batch.ground.together.write(act)
    coming = next_standing(act)
    return Climbed(fired=fired, more=coming is not None and coming <= act.now)


class _Batch:
    """What a batch of duties needs to know of people, asked for once, and what is written for it."""

    def __init__(self, act: Act, rows: Sequence[StandingDuty]) -> None:
        self.ground = Ground(act, rows, StandingRung, "duty_id")
        self.debtors = by_id(act, Person, (row.person_id for row in rows))
        self.unsent: dict[str, list[Message]] = {}
        for message in unsent_on_duties(act):
            if message.tries == 0 and message.kind.startswith("obligation-"):
                self.unsent.setdefault(message.key.partition(":duty-")[2][:36], []).append(message)

    def recipients(self, pack: Pack, row: StandingDuty, due: RungDue) -> list[Person]:
        """The people a rung of a duty speaks to; who owes in person is told only while they are here."""
        audience = self.ground.audience
        owner = audience.organisations[row.owed_by_id]
        if row.person_id is None:
            return audience.of_rung(pack, owner, due.rung, audience.owners(owner, row.owed_by_role))
        debtor = self.debtors[row.person_id]
        return audience.of_rung(pack, owner, due.rung, [debtor] if debtor.active else [], personal=True)


def _take(act: Act, batch: _Batch, row: StandingDuty) -> int:
    """Do what is due on one duty; what cannot be worked out is laid aside for the office and stops nobody else."""
    pack = pack_at(act, row.snapshot_id)
    act.session.add(row)
    if not is_open(pack, act.now, act.zone):
        row.next_at = next_open(pack, act.now, act.zone)
        return 0
    matter = Matter(row, pack)
    try:
        ladder = rungs(pack, matter.kind.ladder, row.due_on, act.zone)
    except LookupError as trouble:  # no next moment though the ladder goes on: the hourly audit finds that
        row.next_at = None
        told = {"duty": row.kind, "due_on": row.due_on, "why": str(trouble)}
        chain(act, "duty_stuck", None, told, batch.ground.together)
        return 0
    if matter.kind.met_by.startswith("hours:"):
        meet_by_hours(act, pack, row.person_id, act.today)
        if row.state != OPEN:
            return 0
    if row.stopped_at is not None:
        run_again(act, matter)
        return 0
    taken_now = taken(row, ladder, lambda due: batch.recipients(pack, row, due), act.now)
    fired = climb(batch.ground, matter, taken_now, batch.unsent.get(str(row.id), ()))
    set_next(act, matter, ladder)
    return fired
