"""The dispatcher (`python -m office.dispatcher`): sends messages, brings wakes to the runs, starts the watches in time.

One process in an office, under a lease in the ledger. Messages and wakes go their own ways, so that post goes out
while Prefect is down. It writes nothing of its own and decides nothing; SIGTERM ends it cleanly, SIGKILL at any line
loses nothing (a message under way is sent once more, marked as a repeat). Serves no clause of a regulation.
"""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError

from office.listening import Ear
from office.post import Post
from office.runtime.database import engine_for
from office.runtime.settings import Settings, settings
from office.rush import Rush

log = logging.getLogger("songjiao.dispatcher")

_LOOK_SECONDS = 0.5
"""How long until a look without a ring: for a writer that died between its commit and its ring, and for what has a time."""

_LATER_LOOK_SECONDS = 2.0
"""The same for the events in Prefect, which nobody waits for: half a second after an act Prefect has other things to do."""

_WATCH_SECONDS = 0.3
_RUSH_SECONDS = 0.05
"""How often it is asked whether a rush is over."""

_EVEN_IF_QUIET_SECONDS = 1.0
_LONGEST_PAUSE = 10.0


class Pulse:
    """Tells whether another connection has written to the ledger: one word of SQLite's header; elsewhere always yes."""

    def __init__(self, office: Settings) -> None:
        self._engine = engine_for(office.ledger_url)
        self._connection: Connection | None = None
        self._last: int | None = None
        self._looked = 0.0

    def beat(self) -> bool:
        """Whether it is worth looking: something was written since the last beat, or some time has passed."""
        if self._engine.dialect.name != "sqlite":
            return True
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        seen = self._connection.execute(text("PRAGMA data_version")).scalar_one()
        self._connection.rollback()
        now = time.monotonic()
        if seen == self._last and now - self._looked < _EVEN_IF_QUIET_SECONDS:
            return False
        self._last, self._looked = seen, now
        return True


@dataclass
class Calls:
    """What sends a thread of the dispatcher to work: a ring, and the word to leave; what holds it up, a rush."""

    office: Settings
    heard: threading.Event
    leaving: threading.Event
    rush: Rush = field(default_factory=Rush)
    look_seconds: float = _LOOK_SECONDS

    def wait(self, seconds: float) -> bool:
        """Wait for a ring at most so long; answers whether there was one. The next ring counts from here."""
        rang = self.heard.wait(seconds)
        self.heard.clear()
        return rang

    def let_post_go_first(self) -> None:
        """Wait while people decide one right after another."""
        while self.rush.holds() and not self.leaving.is_set():
            self.leaving.wait(_RUSH_SECONDS)


def _repeat(name: str, calls: Calls, work: Callable[[], int]) -> None:
    """Do `work` at each ring, and whenever there may be something to do, until told to leave; after a failure a pause,
    each longer.
    """
    pulse = Pulse(calls.office)
    pause = 0.0
    while not calls.leaving.wait(pause):
        rang = calls.wait(calls.look_seconds)
        if calls.leaving.is_set():
            return
        try:
            if not rang and pause == 0.0 and not pulse.beat():
                continue
            while work() and not calls.leaving.is_set():
                pass
            pause = 0.0
        except (DBAPIError, OperationalError) as busy:
            pause = _longer(pause)
            log.warning("%s: the ledger is busy (%s); again in %g s", name, busy.orig, pause)
        except Exception as trouble:
            pause = _longer(pause)
            log.warning("%s: %s: %s; again in %g s", name, type(trouble).__name__, str(trouble)[:300], pause)


def _longer(pause: float) -> float:
    return min(max(pause * 2, 0.5), _LONGEST_PAUSE)


def _carry_post(calls: Calls) -> None:
    post = Post(calls.office, calls.heard, calls.leaving, calls.rush)
    try:
        _repeat("post", calls, post.deliver)
    finally:
        post.close()


def _carry_wakes(calls: Calls) -> None:
    from prefect import get_client

    from office.waker import Waker

    waker = Waker(calls.office)
    with get_client(sync_client=True) as client:  # kept: to make one takes longer than to ask

        def tend() -> int:
            if not waker.anything_to_do():
                return 0
            calls.let_post_go_first()
            while waker.tend_all(client) and not calls.leaving.is_set():
                calls.wait(_WATCH_SECONDS)
                calls.let_post_go_first()
            return 0

        _repeat("wakes", calls, tend)


def _keep_watch(calls: Calls) -> None:
    from prefect import get_client

    from office.watches import Watches
    from office.worker_watch import WorkerWatch

    watches, worker = Watches(calls.office), WorkerWatch(calls.office)

    def start_due() -> int:
        worker.look()
        for name in watches.alarm():  # before Prefect is asked: it may be what keeps the watch silent
            log.warning("%s has not looked for too long; the programme office is told", name)
        due = watches.due()
        if due:
            with get_client(sync_client=True) as client:
                for name in due:
                    watches.start(client, name)
        return 0

    _repeat("watches", calls, start_due)


def _carry_news(calls: Calls) -> None:
    from prefect import get_client

    from office.announcer import Announcer

    announcer = Announcer(calls.office)

    def tell() -> int:
        if not announcer.anything_to_do():
            return 0
        calls.let_post_go_first()
        with get_client(sync_client=True) as client:
            while announcer.carry(client) and not calls.leaving.is_set():
                calls.let_post_go_first()
        return 0

    _repeat("events", calls, tell)


def run(office: Settings, leaving: threading.Event) -> None:
    """Carry post and wakes until told to leave; waits while another dispatcher holds the lease."""
    from tasks import lease
    from tasks.repair import DISPATCHER

    while not lease.take(DISPATCHER):
        log.info("another dispatcher is at work; waiting")
        if leaving.wait(1.0):
            return
    rush = Rush()
    ear = Ear(office, rush)
    threads = [_thread(carry, Calls(office, ear.told(), leaving, rush)) for carry in (_carry_post, _carry_wakes)]
    for carry, look in ((_keep_watch, _LOOK_SECONDS), (_carry_news, _LATER_LOOK_SECONDS)):  # by the time alone
        threads.append(_thread(carry, Calls(office, threading.Event(), leaving, rush, look)))
    ear.tell_all()
    with ear:
        log.info("at work")
        for thread in threads:
            thread.start()
        leaving.wait()
        ear.tell_all()
        for thread in threads:
            thread.join()
    lease.give_back(DISPATCHER)


def _thread(carry: Callable[[Calls], None], calls: Calls) -> threading.Thread:
    return threading.Thread(target=carry, args=(calls,), name=carry.__name__)


def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stdout)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # A wake that fails is tried again here, so that a stopped server is noticed at once and leaving never waits for it.
    os.environ["PREFECT_CLIENT_MAX_RETRIES"] = "0"
    leaving = threading.Event()

    def leave(_number: int, _frame: FrameType | None) -> None:
        leaving.set()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    run(settings(), leaving)
    log.info("left")


if __name__ == "__main__":
    main()
