"""Voices on a step that needs several: each is recorded once, the decision follows when the quorum stands.

Decides in whose seat a person speaks, and asks `rules.quorum` whether that settles the step. A step that one person
decides has no voices: its decision is all there is. Serves the `quorum` of a pack's tiers.
"""

import uuid

from sqlmodel import col, select

from ledger.core import record
from ledger.filings import Stored, keep
from ledger.seats import Seat, seats_of, tier_of
from models.act import Act
from models.people import Organisation, Person
from models.programme import Programme
from models.review import ApprovalStep, OneTimeCode, Vote
from models.states import DecisionOutcome
from policies.lookup import find
from policies.schema import Pack
from rules.quorum import Voice, settled


def seat_for(act: Act, step: ApprovalStep, who: Person, on_behalf_of: str | None, *, many: bool = True) -> Seat | None:
    """The seat in which a person would speak now: their own, else that of an absent one; None where none is free. A step
    that needs one voice (not `many`) has no voice yet.

    A clerk who records on behalf speaks in the seat of the head whom they name.
    """
    heard = set(act.session.exec(select(Vote.seat_id).where(Vote.step_id == step.id)).all()) if many else set()
    free = [seat for seat in seats_of(act, step) if seat.holder.id not in heard]
    if on_behalf_of:
        return next((seat for seat in free if seat.holder.name == on_behalf_of.strip()), None)
    own = [seat for seat in free if seat.holder.id == who.id]
    return next((seat for seat in (*own, *free) if who.id in {one.id for one in seat.speakers}), None)


def hear(
    act: Act,
    programme: Programme,
    pack: Pack,
    step: ApprovalStep,
    seat: Seat,
    who: Person,
    outcome: DecisionOutcome,
    comment: str,
    on_behalf_of: str | None,
    scan: Stored | None,
) -> DecisionOutcome | None:
    """Record a voice; answers how the step is decided by it, or None while more are needed."""
    quorum = tier_of(act, programme, step).quorum
    act.session.add(
        Vote(
            step_id=step.id,
            person_id=who.id,
            seat_id=seat.holder.id,
            outcome=outcome,
            comment=comment.strip()[:2000],
            on_behalf_of=on_behalf_of,
            document_id=keep(act, scan).id if scan else None,
            voted_at=act.now,
            created_at=act.now,
        )
    )
    act.session.flush()
    voices = voices_on(act, step)
    record(
        act,
        "voice_heard",
        programme,
        subject=step.subject,
        tier=step.number,
        organisation=act.session.get_one(Organisation, step.organisation_id).name,
        recorded_by=who.ref,
        seat=seat.holder.ref,
        outcome=outcome,
        voices=len(voices),
    )
    seats = {one.holder.id: one.groups for one in seats_of(act, step)}
    least = int(str(find(pack, quorum.least, act.today).value)) if quorum.least else 1
    found = settled(
        quorum.kind,
        seats,  # type: ignore[arg-type]  # a mapping of ids is one of hashables
        [Voice(one.seat_id, DecisionOutcome(one.outcome)) for one in voices],
        least=least,
        groups=quorum.groups,
    )
    if found is None and seat_for(act, step, who, None) is None:
        _use_up_code(act, step, who.id)
    return found


def voices_on(act: Act, step: ApprovalStep) -> list[Vote]:
    """The voices on a step, in the order in which they were raised."""
    query = select(Vote).where(Vote.step_id == step.id).order_by(col(Vote.voted_at), col(Vote.id))
    return list(act.session.exec(query).all())


def reasons_of(votes: list[Vote], outcome: DecisionOutcome) -> str:
    """The comments of those who said so, one a line: what the decision tells."""
    return "\n".join(vote.comment for vote in votes if vote.outcome == outcome and vote.comment)


def _use_up_code(act: Act, step: ApprovalStep, person_id: uuid.UUID) -> None:
    row = act.session.exec(
        select(OneTimeCode).where(OneTimeCode.step_id == step.id, OneTimeCode.person_id == person_id)
    ).first()
    if row is not None:
        row.used_at = act.now
        act.session.add(row)
