"""The sweep over what is due: climbs ladders rung by rung, oldest first, many matters in one transaction.

Two sweeps at once, or one after a standstill, climb each rung once and in order (`ledger.climbing`). At night and on
holidays nothing is climbed: it waits for the next office hours. Costs a fixed number of questions to the ledger a
batch, whatever else is open. Serves every deadline of a pack.
"""

import uuid
from collections.abc import Iterable
from datetime import date

from pydantic import BaseModel
from sqlmodel import col, select

from ledger.audience import by_id
from ledger.climbing import Ground, climb, taken
from ledger.core import chain
from ledger.deadlines import run_again
from ledger.matters import Matter, set_next
from ledger.obligations import next_moment
from ledger.packs import pack_of
from ledger.silence import let_silence_speak
from models.act import Act
from models.documents import Obligation, RungFired
from models.office import Message
from models.people import Person
from models.programme import Programme
from models.review import ApprovalStep
from models.states import MessageState, ObligationState
from policies.schema import LadderRung, Pack
from rules.deadlines import RungDue, rungs
from rules.working_hours import is_open, next_open

BATCH = 200
"""How many matters one transaction takes, so that the ledger is never held for long."""


class Swept(BaseModel):
    """How many rungs a sweep climbed, and whether more are due."""

    fired: int
    more: bool


def sweep(act: Act, limit: int = BATCH) -> Swept:
    """Climb what is due, oldest first, of at most `limit` matters; each rung once, its messages in this transaction."""
    rows = act.session.exec(
        select(Obligation)
        .where(Obligation.state == ObligationState.OPEN, col(Obligation.next_at) <= act.now)
        .order_by(col(Obligation.next_at), col(Obligation.id))
        .limit(limit)
    ).all()
    batch = _Batch(act, rows) if rows else None
    fired = sum(_take(act, batch, row) for row in rows) if batch else 0
    if batch:
        batch.ground.together.write(act)
    coming = next_moment(act)
    return Swept(fired=fired, more=coming is not None and coming <= act.now)


def _take(act: Act, batch: "_Batch", row: Obligation) -> int:
    """Do what is due on one matter; what cannot be worked out is laid aside for the office and stops nobody else."""
    programme = batch.programmes[row.programme_id]
    pack = pack_of(act, programme)
    matter = Matter(row, pack, programme)
    if not is_open(pack, act.now, act.zone):
        row.next_at = next_open(pack, act.now, act.zone)
        return 0
    if row.step_id and row.stopped_at is None and let_silence_speak(act, programme, pack, row):
        return 1
    try:
        ladder = batch.ladder(matter)
    except LookupError as trouble:
        _lay_aside(act, batch, programme, row, str(trouble))
        return 0
    if row.stopped_at is not None:
        run_again(act, matter)
        return 0
    rungs = taken(row, ladder, lambda due: batch.recipients(pack, row, due.rung), act.now)
    fired = climb(batch.ground, matter, rungs, batch.unsent.get(row.id, ()))
    set_next(act, matter, ladder)
    act.session.add(row)
    return fired


def _lay_aside(act: Act, batch: "_Batch", programme: Programme, row: Obligation, why: str) -> None:
    """No next moment and no reason for it: the hourly audit finds that and tells the office."""
    row.next_at = None
    told = {"obligation": row.kind, "due_on": row.due_on, "why": why}
    chain(act, "obligation_stuck", programme, told, batch.ground.together)


class _Batch:
    """What a batch of matters needs to know of people and organisations, asked for once."""

    def __init__(self, act: Act, rows: Iterable[Obligation]) -> None:
        self._act, self._rows = act, list(rows)
        self.ground = Ground(act, self._rows, RungFired, "obligation_id")
        self.programmes = by_id(act, Programme, (row.programme_id for row in self._rows))
        by_id(act, ApprovalStep, (row.step_id for row in self._rows))
        self._ladders: dict[tuple[int, str, date], tuple[RungDue, ...]] = {}
        self.unsent: dict[uuid.UUID, list[Message]] = {}
        self._ask_for_unsent()

    def ladder(self, matter: Matter) -> tuple[RungDue, ...]:
        """The rungs of a matter; of many with one ladder and due day worked out once. Raises `LookupError`."""
        ladder, due_on = matter.kind.ladder, matter.row.due_on
        key = (id(matter.pack), ladder, due_on)
        if key not in self._ladders:
            self._ladders[key] = rungs(matter.pack, ladder, due_on, self._act.zone)
        return self._ladders[key]

    def recipients(self, pack: Pack, row: Obligation, rung: LadderRung) -> list[Person]:
        """The people a rung of a matter speaks to."""
        audience = self.ground.audience
        owner = audience.organisations[row.owed_by_id]
        return audience.of_rung(pack, owner, rung, audience.owners(owner, row.owed_by_role))

    def _ask_for_unsent(self) -> None:
        query = select(Message).where(
            col(Message.obligation_id).in_([one.id for one in self._rows]),
            col(Message.state).in_((MessageState.QUEUED, MessageState.BUNDLED)),
            col(Message.tries) == 0,
        )
        for message in self._act.session.exec(query).all():
            if message.obligation_id and message.kind.startswith("obligation-"):
                self.unsent.setdefault(message.obligation_id, []).append(message)
