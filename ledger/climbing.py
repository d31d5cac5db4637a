"""How a ladder is climbed: which rungs are taken now, in order, what is recorded of each, and who is told what.

One way for what a programme owes and for what is owed outside one. A rung that reaches nobody moves on at once: the next
one is taken in the same sweep, whatever its own day, until somebody hears; it is not repeated on that day. The programme
office is told of a matter whose rungs reach nobody once, until its due day moves. Whoever would be told several things of
one matter at one moment is told the last of them. The claim of a rung is an insert under a unique key. Serves every ladder
of a pack.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlmodel import col, select

from ledger.audience import Audience, reachable
from ledger.core import chain
from ledger.matters import Matter, Owed, moment_of, silenced
from ledger.outbox import tell
from ledger.packs import ground_facts
from ledger.together import Together
from models.act import Act
from models.documents import RungFired
from models.office import Message
from models.people import Person
from models.register import StandingRung
from models.states import MessageState
from policies.lookup import role_name
from rules.deadlines import RungDue

_PAST = {"remind": "reminded", "chase": "chased", "escalate": "escalated"}


@dataclass(frozen=True)
class Taken:
    """A rung that is taken now: whom it speaks to, how many of them can be told anything, whether one before reached none."""

    due: RungDue
    people: list[Person]
    reached: int
    early: bool


def taken(
    row: Owed, ladder: Sequence[RungDue], people_of: Callable[[RungDue], list[Person]], now: datetime
) -> list[Taken]:
    """The rungs of a matter that are taken now: those whose moment has come, and after one that reaches nobody the next.

    The first is due, for the sweep asks for what is. None is skipped; an acknowledgement holds back what it silences.
    """
    found: list[Taken] = []
    for due in ladder[row.rung :]:
        unheard = bool(found) and not found[-1].reached and not silenced(row, due, now)
        if found and moment_of(row, due) > now and not unheard:
            break
        people = people_of(due)
        missed = any(not one.reached for one in found)
        found.append(Taken(due, people, sum(reachable(who) for who in people), missed))
    return found


class Ground:
    """What the matters of a batch stand on: the audience, the rows that are written together, what was said before."""

    def __init__(self, act: Act, rows: Iterable[Owed], claims: type[RungFired] | type[StandingRung], key: str) -> None:
        """For the rows of one table, whose rungs are claimed in `claims` under the column `key`."""
        rows = list(rows)
        self.act, self.claims, self.key = act, claims, key
        self.together = Together()
        self.audience = Audience(act, (row.owed_by_id for row in rows))
        self._ids = [row.id for row in rows]

    @cached_property
    def reported(self) -> set[tuple[uuid.UUID, int]]:
        """The matters, each with its due day's number, of which a rung reached nobody before. Asked where one does now."""
        of = col(getattr(self.claims, self.key))
        query = select(of, self.claims.move).where(of.in_(self._ids), self.claims.reached == 0).distinct()
        return {(matter, move) for matter, move in self.act.session.exec(query).all()}


def climb(ground: Ground, matter: Matter, rungs: Sequence[Taken], unsent: Iterable[Message]) -> int:
    """Record the rungs that are taken, each with its event, and tell each person the last that speaks to them.

    Of what is `unsent` on the matter, whoever is told something newer is told no more.
    """
    row, act = matter.row, ground.act
    unheard = [one for one in rungs if not one.reached]
    report = unheard[-1] if unheard and (row.id, row.moves) not in ground.reported else None
    for one in rungs:
        _record(ground, matter, one)
    row.rung = rungs[-1].due.number
    told: set[uuid.UUID] = set()
    for one in reversed(rungs):
        mine = [who for who in one.people if who.id not in told]
        _tell(ground, matter, one, mine, report is one)
        told |= {who.id for who in one.people}
    for older in unsent:
        if older.person_id in told:
            older.state = MessageState.CANCELLED
            act.session.add(older)
    return len(rungs)


def _said(matter: Matter, one: Taken) -> tuple[str, str]:
    """The kind of the message of a rung, and the matter that it is told on."""
    return f"obligation-{one.due.rung.rung}", f"{matter.ref}:{matter.row.moves}:{one.due.number}"


def _record(ground: Ground, matter: Matter, one: Taken) -> None:
    row, act, due = matter.row, ground.act, one.due
    owner = ground.audience.organisations[row.owed_by_id]
    told = {**matter.named, "owed_by": owner.name, "due_on": row.due_on, "rung": due.number}
    told["to"] = [who.ref for who in one.people]
    chain(act, f"{matter.noun}_{_PAST[due.rung.rung]}", matter.programme, told, ground.together)
    claim = {ground.key: row.id, "move": row.moves, "number": due.number, "rung": due.rung.rung}
    if ground.claims is RungFired:
        claim["due_at"] = due.at
    ground.together.add(ground.claims, **claim, fired_at=act.now, reached=one.reached, created_at=act.now)
    if not one.reached:
        message, about = _said(matter, one)
        chain(act, "nobody_reached", matter.programme, {"message": message, "matter": about}, ground.together)


def _tell(ground: Ground, matter: Matter, one: Taken, people: list[Person], report: bool) -> None:
    act, row, pack = ground.act, matter.row, matter.pack
    message, about = _said(matter, one)
    facts: dict[str, Any] = {
        "what": matter.kind.name.zh,
        "what_en": matter.kind.name.en,
        "owed_by": ground.audience.organisations[row.owed_by_id].name,
        "owed_by_role": role_name(pack, row.owed_by_role),
        "owed_by_role_en": role_name(pack, row.owed_by_role, "en"),
        "due_on": row.due_on,
        "days": (act.today - row.due_on).days,
        **ground_facts(pack, row.basis),
    }
    if people:
        said = facts | {"unheard": True} if one.early else facts
        of = matter.obligation_id
        tell(act, message, about, people, matter.programme, obligation_id=of, together=ground.together, **said)
    if report:
        office, key = ground.audience.office, f"{message}:{about}"
        tell(act, "nobody-reached", key, office, matter.programme, together=ground.together, about=message, **facts)
