"""The outgoing post: claims queued messages, sends a few at once outside of any transaction, and settles each.

Decides only when to look: the ledger says what is due and what comes of a failure. Runs on real time, and with
Prefect down too. A message whose sender died is sent once more, marked as a repeat. Serves no clause of a regulation.
"""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from ledger import outbox
from models.act import SYSTEM
from models.office import Message
from models.states import MessageState
from notifications.send import SendResult, send
from office.runtime.secrets import SealBroken, unseal
from office.runtime.settings import Settings, server_key
from office.runtime.stop_points import stop_point
from office.runtime.transactions import reading, transaction
from policies.clauses import clauses

log = logging.getLogger("songjiao.post")

AT_ONCE = 4
_FIRST_LOT = 200
_STALE_AFTER = timedelta(minutes=10)
_HOLD = timedelta(minutes=1)
_BUSY_PAUSES = (0.2, 1.0, 5.0, 20.0)


class Post:
    """Sends what the outbox holds. One process at a time does so: the dispatcher, under its lease."""

    def __init__(self, office: Settings) -> None:
        self._office = office
        self._senders = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="post")
        self._first = True
        self._pause_until = 0.0

    def deliver(self) -> int:
        """Send one lot of what is due, and give the number of messages that were claimed.

        The first lot takes up whatever a former dispatcher had claimed and did not settle: it is dead, since the
        lease is ours.
        """
        if not self._first and (time.monotonic() < self._pause_until or not self._anything_due()):
            return 0
        limit, stale_after = (_FIRST_LOT, timedelta(0)) if self._first else (AT_ONCE * 2, _STALE_AFTER)
        with transaction(SYSTEM, office=self._office) as act:
            parcels = outbox.claim_messages(act, limit, datetime.now(UTC), stale_after)
        self._first = False
        if parcels:
            stop_point("dispatcher.message.claimed")
        for result in self._senders.map(self._deliver_one, parcels):
            if not result.configured:
                self._pause_until = time.monotonic() + 5
        return len(parcels)

    def close(self) -> None:
        """Let the messages under way be sent and settled; the rest stays queued."""
        self._senders.shutdown(wait=True, cancel_futures=True)

    def _anything_due(self) -> bool:
        now = datetime.now(UTC)
        with reading(self._office) as act:
            query = select(Message.id).where(
                ((col(Message.state) == MessageState.QUEUED) & (col(Message.next_try_at) <= max(now, act.now)))
                | ((col(Message.state) == MessageState.SENDING) & (col(Message.next_try_at) <= now - _STALE_AFTER))
            )
            return act.session.exec(query.limit(1)).first() is not None

    def _deliver_one(self, parcel: outbox.Parcel) -> SendResult:
        result = self._send(parcel)
        stop_point("dispatcher.message.sent")
        state = self._settle(parcel, result)
        stop_point("dispatcher.message.settled")
        # Never the recipient, the words or the code: only what happened to which message.
        log.info("message %s (%s): %s%s", parcel.id, parcel.kind, state.value, "" if result.ok else f": {result.error}")
        return result

    def _settle(self, parcel: outbox.Parcel, result: SendResult) -> MessageState:
        """Note how the sending ended; tried again while the ledger is busy, since a message not settled is sent anew."""
        for pause in (*_BUSY_PAUSES, None):
            try:
                with transaction(SYSTEM, office=self._office) as act:
                    now = datetime.now(UTC)
                    if not result.configured:
                        outbox.hold_message(act, parcel.id, result.error or "not configured", now + _HOLD)
                        return MessageState.QUEUED
                    error = None if result.ok else result.error or "not sent"
                    return outbox.settle_message(act, parcel.id, error, result.final, now)
            except DBAPIError:
                if pause is None:
                    raise
                time.sleep(pause)
        raise AssertionError("not reached")

    def _send(self, parcel: outbox.Parcel) -> SendResult:
        if parcel.channel is not None:
            try:
                parcel = parcel.model_copy(update={"channel": unseal(parcel.channel, server_key(self._office))})
            except SealBroken as broken:
                return SendResult(ok=False, final=True, error=str(broken))
        office = self._office
        if quote := self._quote(parcel.facts.get("clause")):
            parcel = parcel.model_copy(update={"facts": {**parcel.facts, "quote": quote}})
        return send(parcel, smtp_url=office.smtp_url, sender=office.smtp_from, overrides=office.templates_dir)

    def _quote(self, clause: object) -> str | None:
        """The words of the clause a message rests on, for the reader; the row itself keeps only the id."""
        known = clauses(self._office.policies_dir).get(str(clause)) if clause else None
        return known.quote if known else None
