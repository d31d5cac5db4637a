"""Proves that the audit events stand as they were written, or names the first one that does not.

Each event carries a hash over what it says and over the hash before it. A cut-off tail can be seen only against a
head that was kept elsewhere (`head`). Reads in pages, so that memory does not grow with the ledger. Serves no
clause of a regulation.
"""

from pydantic import BaseModel
from sqlmodel import col, select

from ledger.core import GENESIS, event_hash
from models.act import Act
from models.office import AuditEvent

_PAGE = 500


class Verified(BaseModel):
    """Whether the chain holds, over how many events, and the hash of the last good one (`head`, to be kept elsewhere).

    `broken_at` is the number of the first bad event and `why` what is wrong with it; both are None when all is well.
    """

    ok: bool
    count: int
    head: str
    broken_at: int | None = None
    why: str | None = None


def verify(act: Act, head: str | None = None) -> Verified:
    """Walk the chain from its first event; with `head`, that earlier hash must still be in it."""
    count, before, seen = 0, GENESIS, head is None or head == GENESIS
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
            act.session.expunge(event)  # bounded memory, also where somebody else holds on to the session
        if len(page) < _PAGE:
            break
    if not seen:
        why = f"the chain no longer holds {head}: events were cut off at its end, or it is another ledger's"
        return Verified(ok=False, count=count, head=before, broken_at=count + 1, why=why)
    return Verified(ok=True, count=count, head=before)


def _wrong(event: AuditEvent, number: int, before: str) -> str | None:
    if event.number != number:
        return f"event {number} is missing; the next one is {event.number}"
    if event.previous_hash != before:
        return f"event {number} does not follow from the one before it"
    if event.hash != event_hash(event):
        return f"event {number} ({event.kind}) was changed after it was written"
    return None
