"""The sweep over what is due: climbs ladders rung by rung, oldest first, many matters in one transaction.

The claim of a rung is an insert under a unique key, so two sweeps at once, or one after a standstill, climb each rung
once and in order. Whoever would be told several things of one matter at one moment is told the last of them. At night
and on holidays nothing is climbed: it waits for the next office hours. Costs a fixed number of questions to the ledger a
batch, whatever else is open. Serves every deadline of a pack.
"""

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any

from pydantic import BaseModel
from sqlmodel import col, select

from ledger.audience import Audience, by_id, reachable
from ledger.core import chain
from ledger.deadlines import run_again
from ledger.obligations import moment_of, next_moment, set_next
from ledger.outbox import tell
from ledger.packs import ground_facts, pack_of
from ledger.silence import let_silence_speak
from ledger.together import Together
from models.act import Act
from models.documents import Obligation, RungFired
from models.office import Message
from models.people import Organisation, Person
from models.programme import Programme
from models.review import ApprovalStep
from models.states import MessageState, ObligationState
from policies.lookup import role_name
from policies.schema import LadderRung, ObligationKind, Pack
from rules.deadlines import RungDue, rungs
from rules.working_hours import is_open, next_open

BATCH = 200
"""How many matters one transaction takes, so that the ledger is never held for long."""

_PAST = {"remind": "reminded", "chase": "chased", "escalate": "escalated"}


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
        batch.together.write(act)
    coming = next_moment(act)
    return Swept(fired=fired, more=coming is not None and coming <= act.now)


def _take(act: Act, batch: "_Batch", row: Obligation) -> int:
    """Do what is due on one matter; what cannot be worked out is laid aside for the office and stops nobody else."""
    programme = batch.programmes[row.programme_id]
    pack = pack_of(act, programme)
    kind = next((one for one in pack.obligations if one.key == row.kind), None)
    if kind is None:
        _lay_aside(act, batch, programme, row, f"the pack {pack.pack} knows no obligation {row.kind}")
        return 0
    if not is_open(pack, act.now, act.zone):
        row.next_at = next_open(pack, act.now, act.zone)
        return 0
    if row.stopped_at is not None:
        run_again(act, programme, pack, kind, row)
        return 0
    if row.step_id and let_silence_speak(act, programme, pack, row):
        return 1
    try:
        return _climb(act, batch, programme, pack, kind, row)
    except LookupError as trouble:
        _lay_aside(act, batch, programme, row, str(trouble))
        return 0


def _lay_aside(act: Act, batch: "_Batch", programme: Programme, row: Obligation, why: str) -> None:
    """No next moment and no reason for it: the hourly audit finds that and tells the office."""
    row.next_at = None
    told = {"obligation": row.kind, "due_on": row.due_on, "why": why}
    chain(act, "obligation_stuck", programme, told, batch.together)


def _climb(act: Act, batch: "_Batch", programme: Programme, pack: Pack, kind: ObligationKind, row: Obligation) -> int:
    """Climb every rung that is due now, in order; one that reaches nobody brings the next with it once the day is over."""
    fired: list[tuple[RungDue, list[Person]]] = []
    nobody = False
    ladder = batch.ladder(pack, kind, row)
    for due in ladder[row.rung :]:
        if fired and moment_of(row, due) > act.now and not (nobody and row.due_at < act.now):
            break
        people = batch.recipients(row, due.rung)
        nobody = not any(reachable(who) for who in people)
        row.rung = due.number
        fired.append((due, people))
    told: set[uuid.UUID] = set()
    owner = batch.organisations[row.owed_by_id]
    for due, people in fired:
        _record(act, batch.together, programme, row, owner, due, people)
    unreached = [due for due, people in fired if not any(reachable(who) for who in people)]
    for due, people in reversed(fired):  # whoever is addressed by several rungs is told the last one
        mine = [who for who in people if who.id not in told]
        _tell(act, batch, programme, pack, kind, row, due, mine, unreached[-1:] == [due])
        told |= {who.id for who in people}
    batch.supersede(row, told)
    set_next(act, pack, kind, row, ladder)
    act.session.add(row)
    return len(fired)


def _record(
    act: Act,
    together: Together,
    programme: Programme,
    row: Obligation,
    owner: Organisation,
    due: RungDue,
    people: list[Person],
) -> None:
    told = {"obligation": row.kind, "owed_by": owner.name, "due_on": row.due_on, "rung": due.number}
    told["to"] = [who.ref for who in people]
    chain(act, f"obligation_{_PAST[due.rung.rung]}", programme, told, together)
    reached = sum(reachable(who) for who in people)
    together.add(
        RungFired,
        obligation_id=row.id,
        move=row.moves,
        number=due.number,
        rung=due.rung.rung,
        due_at=due.at,
        fired_at=act.now,
        reached=reached,
        created_at=act.now,
    )
    if not reached:
        message, matter = f"obligation-{due.rung.rung}", f"{row.id}:{row.moves}:{due.number}"
        chain(act, "nobody_reached", programme, {"message": message, "matter": matter}, together)


def _tell(
    act: Act,
    batch: "_Batch",
    programme: Programme,
    pack: Pack,
    kind: ObligationKind,
    row: Obligation,
    due: RungDue,
    people: list[Person],
    tell_office: bool,
) -> None:
    message, matter = f"obligation-{due.rung.rung}", f"{row.id}:{row.moves}:{due.number}"
    facts: dict[str, Any] = {
        "what": kind.name.zh,
        "what_en": kind.name.en,
        "owed_by": batch.organisations[row.owed_by_id].name,
        "owed_by_role": role_name(pack, row.owed_by_role, "zh-CN"),
        "owed_by_role_en": role_name(pack, row.owed_by_role, "en"),
        "due_on": row.due_on,
        "days": (act.today - row.due_on).days,
        **ground_facts(pack, row.basis),
    }
    if people:
        tell(act, message, matter, people, programme, obligation_id=row.id, together=batch.together, **facts)
    if tell_office:
        about = f"{message}:{matter}"
        tell(act, "nobody-reached", about, batch.office, programme, together=batch.together, about=message, **facts)


class _Batch:
    """What a batch of matters needs to know of people and organisations, asked for once."""

    def __init__(self, act: Act, rows: Iterable[Obligation]) -> None:
        self._act, self._rows = act, list(rows)
        self.together = Together()
        self.programmes = by_id(act, Programme, (row.programme_id for row in self._rows))
        self._audience = Audience(act, (row.owed_by_id for row in self._rows))
        self.organisations, self.office = self._audience.organisations, self._audience.office
        by_id(act, ApprovalStep, (row.step_id for row in self._rows))
        self._ladders: dict[tuple[int, str, date], tuple[RungDue, ...]] = {}
        self._unsent: dict[uuid.UUID, list[Message]] = {}
        self._ask_for_unsent()

    def ladder(self, pack: Pack, kind: ObligationKind, row: Obligation) -> tuple[RungDue, ...]:
        """The rungs of a matter; of many with one ladder and due day worked out once."""
        key = (id(pack), kind.ladder, row.due_on)
        if key not in self._ladders:
            self._ladders[key] = rungs(pack, kind.ladder, row.due_on, self._act.zone)
        return self._ladders[key]

    def recipients(self, row: Obligation, rung: LadderRung) -> list[Person]:
        """The people a rung of a matter speaks to."""
        owner = self.organisations[row.owed_by_id]
        return self._audience.of_rung(owner, rung, self._audience.owners(owner, row.owed_by_role))

    def _ask_for_unsent(self) -> None:
        query = select(Message).where(
            col(Message.obligation_id).in_([one.id for one in self._rows]),
            col(Message.state).in_((MessageState.QUEUED, MessageState.BUNDLED)),
            col(Message.tries) == 0,
        )
        for message in self._act.session.exec(query).all():
            if message.obligation_id and message.kind.startswith("obligation-"):
                self._unsent.setdefault(message.obligation_id, []).append(message)

    def supersede(self, row: Obligation, told: set[uuid.UUID]) -> None:
        """Cancel what was queued on a matter before for people who are told something newer on it now."""
        for message in self._unsent.get(row.id, []):
            if message.person_id in told:
                message.state = MessageState.CANCELLED
                self._act.session.add(message)
