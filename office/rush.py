"""Tells when people decide one right after another: then what they told comes first, and Prefect hears of it a moment
later, of each run once.

The wakes behind a decision cost many times what the decision does, and take the processor and the ledger's lock from the
next one. A decision that comes alone is shown at once. Decides nothing else. Serves no clause of a regulation.
"""

import threading
import time
from collections.abc import Callable

CLOSE_SECONDS = 0.3
"""How soon after the act before it an act makes a rush, and how long after the last one a rush is over."""

LONGEST_SECONDS = 10.0
"""How long a rush may hold up what waits for its end; then that has a turn, and the rush goes on."""


class Rush:
    """Whether it is on: told of each act, asked by whoever can wait. For several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._last = float("-inf")
        self._until = float("-inf")
        self._turn_at = 0.0

    def note(self) -> None:
        """Somebody's act has told people something just now."""
        now = self._clock()
        with self._guard:
            if now - self._last < CLOSE_SECONDS:
                if now >= self._until:
                    self._turn_at = now + LONGEST_SECONDS
                self._until = now + CLOSE_SECONDS
            self._last = now

    @property
    def on(self) -> bool:
        """Whether people act one right after another now."""
        return self._clock() < self._until

    def holds(self) -> bool:
        """Whether to wait a little longer. False once in a while in a rush that does not end: then it is one's turn."""
        with self._guard:
            now = self._clock()
            if now >= self._until:
                return False
            if now >= self._turn_at:
                self._turn_at = now + LONGEST_SECONDS
                return False
            return True
