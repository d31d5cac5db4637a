"""What the audience sees while the year goes by: on a terminal one moving picture, elsewhere a line for each thing that
happens.
"""

import time
from collections import deque
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from office.demo.year import Moment

_LINES = 8


class Showing:
    """The year as it goes by. `out` is where it is shown, kept apart from what commands print."""

    def __init__(self, out: TextIO, locale: str) -> None:
        self.console = Console(file=out, highlight=False, soft_wrap=True)
        self._locale = locale
        self._last: deque[str] = deque(maxlen=_LINES)
        self._moment: Moment | None = None
        self._waiting: list[str] = []
        self._began = time.monotonic()
        self._live: Live | None = None
        if self.console.is_terminal:
            # Commands run in this process and their output is caught; the picture must not get between.
            self._live = Live(
                get_renderable=self._picture,
                console=self.console,
                refresh_per_second=4,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def line(self, words: str) -> None:
        """Say something that is no moment of the year."""
        self._last.append(words)
        if self._live is None:
            self.console.print(f"[{time.monotonic() - self._began:6.1f} s] {words}", markup=False)

    def moment(self, moment: Moment) -> None:
        """Something happens in the year."""
        self._moment = moment
        self.line(f"{moment.at:%Y-%m-%d %H:%M}  {moment.says}")

    def waiting(self, runs: list[str]) -> None:
        """Which runs are looked for just now."""
        self._waiting = runs

    def _picture(self) -> Group:
        english = self._locale == "en"
        head = Table.grid(padding=(0, 2))
        day = f"{self._moment.at:%Y-%m-%d %H:%M}" if self._moment else ("starting" if english else "启动中")
        bar = ProgressBar(total=1.0, completed=self._moment.done if self._moment else 0.0, width=40)
        head.add_row(Text(day, style="bold"), bar, Text(f"{time.monotonic() - self._began:.0f} s", style="dim"))
        lines = [Text(f"  {words}", overflow="ellipsis", no_wrap=True) for words in self._last]
        waits = [
            Text(("  waits: " if english else "  等待: ") + one, style="cyan", no_wrap=True)
            for one in self._waiting[:4]
        ]
        return Group(head, *lines, *waits)
