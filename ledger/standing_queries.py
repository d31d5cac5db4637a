"""Standing duties as they stand: whom a rung speaks to, when the next one is due, what is open. Reads only."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import col, select

from ledger.people import HEAD, holders, office_people
from models.act import Act
from models.people import Organisation, Person
from models.register import StandingDuty
from models.states import ObligationState
from policies.schema import LadderRung

OPEN = ObligationState.OPEN


def recipients(act: Act, row: StandingDuty, owner: Organisation, rung: LadderRung) -> list[Person]:
    """The people a rung speaks to: who owes, their head, the body above, the programme office."""
    people: list[Person] = []
    for to in rung.to:
        if to == "owner":
            debtor = act.session.get(Person, row.person_id) if row.person_id else None
            people += [debtor] if debtor else holders(act, owner.id, row.owed_by_role, "contact", owner.kind)
        elif to == "head":
            people += holders(act, owner.id, HEAD, *(("contact", owner.kind) if row.person_id else ()))
        elif to == "organisation":
            people += holders(act, owner.id, "contact", owner.kind)
        elif to == "next-level" and owner.parent_id:
            above = act.session.get_one(Organisation, owner.parent_id)
            people += holders(act, above.id, above.kind, "contact")
        elif to == "programme-office":
            people += office_people(act)
    return list({who.id: who for who in people}.values())


def next_standing(act: Act) -> datetime | None:
    """The next moment at which a rung of a standing duty is due, or None."""
    return act.session.exec(
        select(StandingDuty.next_at)
        .where(StandingDuty.state == OPEN, col(StandingDuty.next_at).is_not(None))
        .order_by(col(StandingDuty.next_at))
        .limit(1)
    ).first()


def duties_of(act: Act, pack: str | None = None, *, only_open: bool = True) -> Iterable[StandingDuty]:
    """The standing duties, the soonest due first."""
    query = select(StandingDuty)
    if pack is not None:
        query = query.where(StandingDuty.pack == pack)
    if only_open:
        query = query.where(StandingDuty.state == OPEN)
    return act.session.exec(query.order_by(col(StandingDuty.due_on), col(StandingDuty.id))).all()
