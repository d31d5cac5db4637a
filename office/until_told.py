"""Runs an office until Ctrl-C or SIGTERM: what `songjiao up` is made of.

Decides only when it is over: when somebody says so, or when the office has ended by itself. Serves no clause of a regulation.

Errors: `OfficeError`, as `office.supervisor`, and where the office ended by itself.
"""

import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from office.children import ChildPlan, OfficeError
from office.runtime.settings import Settings
from office.supervisor import Office, Say

_LOOK_SECONDS = 0.1


class Supervisor:
    """Runs an office until Ctrl-C or SIGTERM: what `songjiao up` is made of."""

    def __init__(
        self,
        settings: Settings,
        *,
        before_start: Callable[[], None] | None = None,
        dispatcher: bool = True,
        prefect_file: Path | None = None,
        more: Callable[[int], Sequence[ChildPlan]] | None = None,
        say: Say = print,
        on_ready: Callable[[Office], None] | None = None,
    ) -> None:
        self._office = Office(
            settings, dispatcher=dispatcher, before_start=before_start, prefect_file=prefect_file, more=more, say=say
        )
        self._on_ready = on_ready
        self._told = threading.Event()

    def run(self) -> None:
        """Start, call `on_ready`, wait to be told to stop, stop in reverse.

        Raises `OfficeError`. For the main thread.
        """

        def tell(_number: int, _frame: FrameType | None) -> None:
            self._told.set()
            self._office.tell_to_leave()

        former = {number: signal.signal(number, tell) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            try:
                with self._office as office:
                    if self._on_ready is not None:
                        self._on_ready(office)
                    while not self._told.wait(_LOOK_SECONDS):
                        if office.trouble is not None:
                            raise OfficeError(f"the office ended by itself: {office.trouble}") from office.trouble
            except OfficeError:
                if not self._told.is_set():  # told to stop while starting is no trouble
                    raise
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)
