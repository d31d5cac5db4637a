"""The sweep over standing duties: climbs their ladders rung by rung, oldest first, as that over programmes' matters does.

In office hours and on workdays only; each rung once, the claim being an insert under a unique key; whoever would be told
several things of one duty at one moment is told the last of them; one that reaches nobody tells the office and, once the
day is over, brings the next one with it. Serves the standing and annual clauses of the kind remind-escalate.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from sqlmodel import col, select

from ledger.audience import Audience, by_id, reachable
from ledger.core import chain
from ledger.obligations import moment_of
from ledger.outbox import tell
from ledger.packs import ground_facts, pack_at
from ledger.standing import meet_by_hours
from ledger.standing_opening import renew
from ledger.standing_queries import OPEN, next_standing, unsent_on_duties
from ledger.together import Together
from models.act import Act
from models.office import Message
from models.people import Organisation, Person
from models.register import StandingDuty, StandingRung
from models.states import MessageState
from policies.lookup import duty_of, role_name
from policies.mechanisms import Duty
from policies.schema import Pack
from rules.deadlines import RungDue, rungs
from rules.working_hours import is_open, next_open

_PAST = {"remind": "reminded", "chase": "chased", "escalate": "escalated"}
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
        batch.together.write(act)
    coming = next_standing(act)
    return Climbed(fired=fired, more=coming is not None and coming <= act.now)


class _Batch:
    """What a batch of duties needs to know of people, asked for once, and what is written for it."""

    def __init__(self, act: Act, rows: Sequence[StandingDuty]) -> None:
        self.together = Together()
        self.audience = Audience(act, (row.owed_by_id for row in rows))
        self.debtors = by_id(act, Person, (row.person_id for row in rows))
        self.unsent: dict[str, list[Message]] = {}
        for message in unsent_on_duties(act):
            if message.tries == 0 and message.kind.startswith("obligation-"):
                self.unsent.setdefault(message.key.partition(":duty-")[2][:36], []).append(message)

    def recipients(self, row: StandingDuty, due: RungDue) -> list[Person]:
        """The people a rung of a duty speaks to; who owes in person is told only while they are here."""
        owner = self.audience.organisations[row.owed_by_id]
        if row.person_id is None:
            return self.audience.of_rung(owner, due.rung, self.audience.owners(owner, row.owed_by_role))
        debtor = self.debtors[row.person_id]
        return self.audience.of_rung(owner, due.rung, [debtor] if debtor.active else [], personal=True)


def _take(act: Act, batch: _Batch, row: StandingDuty) -> int:
    """Do what is due on one duty; what cannot be worked out is laid aside for the office and stops nobody else."""
    pack = pack_at(act, row.snapshot_id)
    act.session.add(row)
    if not is_open(pack, act.now, act.zone):
        row.next_at = next_open(pack, act.now, act.zone)
        return 0
    try:
        duty = duty_of(pack, row.kind)
        ladder = rungs(pack, duty.ladder, row.due_on, act.zone)
    except LookupError as trouble:  # no next moment though the ladder goes on: the hourly audit finds that
        row.next_at = None
        told = {"duty": row.kind, "due_on": row.due_on, "why": str(trouble)}
        chain(act, "duty_stuck", None, told, batch.together)
        return 0
    if duty.met_by.startswith("hours:"):
        meet_by_hours(act, pack, row.person_id, act.today)
        if row.state != OPEN:
            return 0
    return _climb(act, batch, pack, duty, row, ladder)


def _climb(act: Act, batch: _Batch, pack: Pack, duty: Duty, row: StandingDuty, ladder: Sequence[RungDue]) -> int:
    """Climb every rung that is due now, in order; tell each person the last one that speaks to them."""
    fired: list[tuple[RungDue, list[Person]]] = []
    nobody = False
    for due in ladder[row.rung :]:
        if fired and moment_of(row, due) > act.now and not (nobody and row.due_at < act.now):
            break
        people = batch.recipients(row, due)
        nobody = not any(reachable(who) for who in people)
        row.rung = due.number
        fired.append((due, people))
    row.next_at = moment_of(row, ladder[row.rung]) if row.rung < len(ladder) else None
    owner = batch.audience.organisations[row.owed_by_id]
    for due, people in fired:
        _record(act, batch.together, row, owner, due, people)
    unreached = [due for due, people in fired if not any(reachable(who) for who in people)]
    told: set[uuid.UUID] = set()
    facts = _facts(act, pack, duty, row, owner)
    for due, people in reversed(fired):
        message, matter = f"obligation-{due.rung.rung}", f"duty-{row.id}:{row.moves}:{due.number}"
        mine = [who for who in people if who.id not in told]
        if mine:
            tell(act, message, matter, mine, together=batch.together, **facts)
        if unreached[-1:] == [due]:
            office = batch.audience.office
            tell(act, "nobody-reached", f"{message}:{matter}", office, together=batch.together, about=message, **facts)
        told |= {who.id for who in people}
    for older in batch.unsent.get(str(row.id), []):
        if older.person_id in told:
            older.state = MessageState.CANCELLED
            act.session.add(older)
    return len(fired)


def _record(
    act: Act, together: Together, row: StandingDuty, owner: Organisation, due: RungDue, people: list[Person]
) -> None:
    told = {"duty": row.kind, "cause": row.cause, "owed_by": owner.name, "due_on": row.due_on, "rung": due.number}
    told["to"] = [who.ref for who in people]
    chain(act, f"duty_{_PAST[due.rung.rung]}", None, told, together)
    reached = sum(reachable(who) for who in people)
    together.add(
        StandingRung,
        duty_id=row.id,
        move=row.moves,
        number=due.number,
        rung=due.rung.rung,
        fired_at=act.now,
        reached=reached,
        created_at=act.now,
    )
    if not reached:
        message, matter = f"obligation-{due.rung.rung}", f"duty-{row.id}:{row.moves}:{due.number}"
        chain(act, "nobody_reached", None, {"message": message, "matter": matter}, together)


def _facts(act: Act, pack: Pack, duty: Duty, row: StandingDuty, owner: Organisation) -> dict[str, Any]:
    return {
        "what": duty.name.zh,
        "what_en": duty.name.en,
        "owed_by": owner.name,
        "owed_by_role": role_name(pack, row.owed_by_role),
        "owed_by_role_en": role_name(pack, row.owed_by_role, "en"),
        "due_on": row.due_on,
        "days": (act.today - row.due_on).days,
        **ground_facts(pack, row.basis),
    }
