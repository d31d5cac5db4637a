"""The outgoing post: claims queued messages, sends a few at once outside of any transaction, and settles them.

Decides only when to look: the ledger says what is due and what comes of a failure. Runs on real time, and with
Prefect down too. A message whose sender died is sent once more, marked as a repeat. Serves no clause of a regulation.
"""

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from ledger import outbox
from models.act import SYSTEM, Act
from models.office import Message
from models.states import MessageState
from notifications.lines import Lines
from notifications.send import SendResult, send
from office.envelope import opened
from office.runtime.settings import Settings
from office.runtime.stop_points import stop_point
from office.runtime.transactions import reading, transaction
from office.rush import Rush

log = logging.getLogger("songjiao.post")

AT_ONCE = 4
_UNDER_WAY = AT_ONCE * 2
"""How many may be claimed and not settled: as many at most are sent once more after a crash."""

_FIRST_LOT = 200
_LOT_SECONDS = 0.06
"""In a rush this lies between two lots: each takes the ledger's only write lock from those who act."""

_STALE_AFTER = timedelta(minutes=10)
_HOLD = timedelta(minutes=1)
_BUSY_PAUSES = (0.2, 1.0, 5.0, 20.0)
_LOOK_SECONDS = 1.0


class Post:
    """Sends what the outbox holds. One process at a time does so: the dispatcher, under its lease.

    `heard` is set when there may be something new, so that one slow recipient keeps nobody waiting; `leaving` ends a lot;
    `rush` tells whether many act at once.
    """

    def __init__(
        self,
        office: Settings,
        heard: threading.Event | None = None,
        leaving: threading.Event | None = None,
        rush: Rush | None = None,
    ) -> None:
        self._office = office
        self._heard = heard or threading.Event()
        self._leaving = leaving or threading.Event()
        self._rush = rush or Rush()
        self._senders = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="post")
        self._lines = Lines()
        self._first = True
        self._pause_until = 0.0
        self._lot_at = 0.0
        self._sending: dict[Future[SendResult], outbox.Parcel] = {}
        self._sent: list[tuple[outbox.Parcel, SendResult]] = []

    def deliver(self) -> int:
        """Send what is due until nothing is, and give the number of messages that were claimed.

        The first lot takes up whatever a former dispatcher had claimed and did not settle: it is dead, since the
        lease is ours.
        """
        count = 0
        while not self._leaving.is_set():
            if self._rush.on:
                self._leaving.wait(max(0.0, self._lot_at + _LOT_SECONDS - time.monotonic()))
            count += self._claim()
            if not self._sending and not self._sent:
                break
            self._heard.wait(_LOOK_SECONDS)  # for a message that was sent as well as for a new one
            self._heard.clear()
            self._gather()
        self._lines.leave_idle()
        return count

    def close(self) -> None:
        """Let the messages under way be sent and settled; the rest stays queued."""
        self._senders.shutdown(wait=True, cancel_futures=True)
        self._gather()
        if self._sent:
            self._settle_and_claim(0)
        self._lines.close()

    def _claim(self) -> int:
        """Settle what was sent and claim what there is room for, in one transaction; none where neither is due."""
        room = _FIRST_LOT if self._first else _UNDER_WAY - len(self._sending)
        if room <= 0 or time.monotonic() < self._pause_until or not (self._first or self._anything_due()):
            room = 0
        if not room and not self._sent:
            return 0
        parcels = self._settle_and_claim(room)
        self._lot_at = time.monotonic()
        if parcels:
            stop_point("dispatcher.message.claimed")
        for parcel in parcels:
            under_way = self._senders.submit(self._send_one, parcel)
            self._sending[under_way] = parcel
            under_way.add_done_callback(lambda _: self._heard.set())
        return len(parcels)

    def _gather(self) -> None:
        for future in [future for future in self._sending if future.done()]:
            parcel = self._sending.pop(future)
            if not future.cancelled():
                self._sent.append((parcel, future.result()))

    def _anything_due(self) -> bool:
        now = datetime.now(UTC)
        with reading(self._office) as act:
            query = select(Message.id).where(outbox.due(act, now, _STALE_AFTER))
            return act.session.exec(query.limit(1)).first() is not None

    def _send_one(self, parcel: outbox.Parcel) -> SendResult:
        result = self._send(parcel)
        stop_point("dispatcher.message.sent")
        return result

    def _settle_and_claim(self, room: int) -> list[outbox.Parcel]:
        """Tried again while the ledger is busy, since a message not settled is sent anew."""
        for pause in (*_BUSY_PAUSES, None):
            try:
                # People wait for what it carries, and each lot is small: it need not queue with those who act at once.
                with transaction(SYSTEM, office=self._office, ahead=True) as act:
                    now = datetime.now(UTC)
                    outbox.look_at_messages(act, [parcel.id for parcel, _ in self._sent])
                    states = [_settle(act, parcel, result, now) for parcel, result in self._sent]
                    stale_after = timedelta(0) if self._first else _STALE_AFTER
                    parcels = outbox.claim_messages(act, room, now, stale_after) if room else []
                break
            except DBAPIError:
                if pause is None:
                    raise
                time.sleep(pause)
        self._first = self._first and not room
        for (parcel, result), state in zip(self._sent, states, strict=True):
            stop_point("dispatcher.message.settled")
            # Never the recipient, the words or the code: only what happened to which message.
            log.info(
                "message %s (%s): %s%s", parcel.id, parcel.kind, state.value, "" if result.ok else f": {result.error}"
            )
            if not result.configured:
                self._pause_until = time.monotonic() + 5
        self._sent = []
        return parcels

    def _send(self, parcel: outbox.Parcel) -> SendResult:
        office = self._office
        return send(
            opened(office, parcel),
            smtp_url=office.smtp_url,
            sender=office.smtp_from,
            overrides=office.templates_dir,
            lines=self._lines,
        )


def _settle(act: Act, parcel: outbox.Parcel, result: SendResult, now: datetime) -> MessageState:
    if not result.configured:
        outbox.hold_message(act, parcel.id, result.error or "not configured", now + _HOLD)
        return MessageState.QUEUED
    error = None if result.ok else result.error or "not sent"
    return outbox.settle_message(
        act, parcel.id, error, result.final, now, ways=result.ways, told=result.told, doubtful=result.doubtful
    )
