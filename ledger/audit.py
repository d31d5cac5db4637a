"""Proves that the audit events stand as they were written and that the rows still say so, or names what does not.

Each event carries a hash over what it says and over the hash before it; the last one's stands in a row beside the chain
as well, so a tail that was cut off is missed. Who can rewrite all of it at once is found out only against a head that
was kept elsewhere (`head`). Reads in pages; of each event only what a row must agree with is held on to. Serves no
clause of a regulation.
"""

import re

from pydantic import BaseModel
from sqlmodel import col, select

from ledger.agreement import Difference, Told
from ledger.core import GENESIS, event_hash
from ledger.errors import BadInput
from models.act import Act
from models.office import AuditEvent, AuditHead

_PAGE = 500


class Verified(BaseModel):
    """Whether chain and rows hold, over how many events, and the hash of the last good one (`head`, to be kept elsewhere).

    `broken_at` is the number of the first bad event and `why` what is wrong with it; both are None while the chain is
    whole. `why` stands alone where the chain is whole and only the `head` that was given is not in it. `differences`
    are the rows that say something else than their events, looked for only then.
    """

    ok: bool
    count: int
    head: str
    broken_at: int | None = None
    why: str | None = None
    differences: list[Difference] = []


def verify(act: Act, head: str | None = None) -> Verified:
    """Walk the chain from its first event, then hold the rows against it; with `head`, that earlier hash must be in it.

    Raises `BadInput` for a `head` that is no hash.
    """
    if head is not None and not re.fullmatch(r"[0-9a-f]{64}", head := head.strip().lower()):
        raise BadInput([("--head", f"{head} is no head: give the 64 digits that audit verify printed")])
    count, before, seen, told = 0, GENESIS, head is None or head == GENESIS, Told()
    while True:
        page = act.session.exec(
            select(AuditEvent).where(AuditEvent.number > count).order_by(col(AuditEvent.number)).limit(_PAGE)
        ).all()
        for event in page:
            why = _wrong(event, count + 1, before)
            if why is not None:
                return Verified(ok=False, count=count, head=before, broken_at=count + 1, why=why)
            count, before = count + 1, event.hash
            seen = seen or event.hash == head
            told.hear(event)
            act.session.expunge(event)  # bounded memory, also where somebody else holds on to the session
        if len(page) < _PAGE:
            break
    why = _cut(act, count, before)
    if why is not None:
        return Verified(ok=False, count=count, head=before, broken_at=count + 1, why=why)
    if not seen:
        why = f"no event here has the hash {head}: it is another ledger's, or its events were cut off or written anew"
        return Verified(ok=False, count=count, head=before, why=why)
    differences = told.differences(act)
    return Verified(ok=not differences, count=count, head=before, differences=differences)


def _cut(act: Act, count: int, last: str) -> str | None:
    """What the head that is kept beside the chain misses at its end."""
    kept = act.session.get(AuditHead, 1)
    if kept is None:
        return "the head that is kept beside the chain is gone" if count else None
    if kept.number > count:
        return f"the chain should end with event {kept.number}: what came after event {count} was cut off"
    if kept.number < count:
        return f"the chain goes on after event {kept.number}, its head as it was kept: later ones were slipped in"
    return f"event {count} is not the one that was written" if kept.hash != last else None


def _wrong(event: AuditEvent, number: int, before: str) -> str | None:
    if event.number != number:
        return f"event {number} is missing; the next one is {event.number}"
    if event.previous_hash != before:
        return f"event {number} does not follow from the one before it"
    if event.hash != event_hash(event):
        return f"event {number} ({event.kind}) was changed after it was written"
    return None
