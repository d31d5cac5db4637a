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
from types import FrameType

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError

from office.post import Post
from office.runtime.database import engine_for
from office.runtime.settings import Settings, settings

log = logging.getLogger("songjiao.dispatcher")

_LOOK_SECONDS = 0.1
_WATCH_SECONDS = 0.3
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


def _repeat(name: str, office: Settings, leaving: threading.Event, work: Callable[[], int]) -> None:
    """Do `work` whenever there may be something to do, until told to leave; after a failure a pause, each longer."""
    pulse = Pulse(office)
    pause = 0.0
    while not leaving.wait(pause or _LOOK_SECONDS):
        try:
            if pause == 0.0 and not pulse.beat():
                continue
            while work() and not leaving.wait(_LOOK_SECONDS):
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


def _carry_post(office: Settings, leaving: threading.Event) -> None:
    post = Post(office)
    try:
        _repeat("post", office, leaving, post.deliver)
    finally:
        post.close()


def _carry_wakes(office: Settings, leaving: threading.Event) -> None:
    from prefect import get_client

    from office.waker import Waker

    waker = Waker(office)

    def tend() -> int:
        if not waker.anything_to_do():
            return 0
        with get_client(sync_client=True) as client:
            while (count := waker.tend_all(client)) and not leaving.wait(_WATCH_SECONDS):
                pass
        return count

    _repeat("wakes", office, leaving, tend)


def _keep_watch(office: Settings, leaving: threading.Event) -> None:
    from prefect import get_client

    from office.watches import Watches

    watches = Watches(office)

    def start_due() -> int:
        due = watches.due()
        if due:
            with get_client(sync_client=True) as client:
                for name in due:
                    watches.start(client, name)
        return 0

    _repeat("watches", office, leaving, start_due)


def run(office: Settings, leaving: threading.Event) -> None:
    """Carry post and wakes until told to leave; waits while another dispatcher holds the lease."""
    from tasks import lease
    from tasks.repair import DISPATCHER

    while not lease.take(DISPATCHER):
        log.info("another dispatcher is at work; waiting")
        if leaving.wait(1.0):
            return
    log.info("at work")
    threads = [
        threading.Thread(target=carry, args=(office, leaving), name=carry.__name__)
        for carry in (_carry_post, _carry_wakes, _keep_watch)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lease.give_back(DISPATCHER)


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
