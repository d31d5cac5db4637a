"""The system's Chromium, driven by Playwright, for tests that look at pages as people do.

Playwright's synchronous interface keeps an event loop running in the thread that uses it, which would break every later
`asyncio.run` of the test run. So it lives in a thread of its own: a test hands over a function that gets the page.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.support.presence import absent

T = TypeVar("T")

ARGUMENTS = [
    "--no-sandbox",  # tests may run as root in a container
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",
]
PICTURES = Path(__file__).resolve().parents[2] / "test-output"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def chromium_path() -> str | None:
    """Where the system's Chromium or Chrome lies, or None."""
    found = (shutil.which(name) for name in NAMES)
    return next((path for path in found if path), next((path for path in APPLICATIONS if Path(path).exists()), None))


class BrowserThread:
    """A running Chromium. `visit` runs a function with a fresh page (own cookies) and answers what it returns."""

    def __init__(self, executable: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="browser")
        self._playwright: Playwright
        self._browser: Browser
        self._thread.submit(self._open, executable).result(timeout=60)

    def visit(
        self,
        look: Callable[[Page], T],
        *,
        credentials: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float = 15,
    ) -> T:
        """Call `look(page)` in the browser's thread. `credentials`: user and password where the site asks for them.

        Each wait on the page lasts at most `timeout_seconds`. When `look` fails, a picture of the page is kept in
        `test-output/` and the exception goes on to the test.
        """
        return self._thread.submit(self._visit, look, credentials, headers, timeout_seconds).result()

    def close(self) -> None:
        """End the browser and its thread."""
        self._thread.submit(self._close).result(timeout=60)
        self._thread.shutdown()

    def _open(self, executable: str) -> None:
        self._playwright = sync_playwright().start()
        try:
            self._browser = self._playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        except BaseException:
            self._playwright.stop()
            raise

    def _close(self) -> None:
        self._browser.close()
        self._playwright.stop()

    def _visit(
        self,
        look: Callable[[Page], T],
        credentials: tuple[str, str] | None,
        headers: Mapping[str, str] | None,
        timeout_seconds: float,
    ) -> T:
        context = self._browser.new_context(
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport={"width": 1440, "height": 1000},
            http_credentials={"username": credentials[0], "password": credentials[1]} if credentials else None,
            extra_http_headers=dict(headers) if headers else None,
        )
        context.set_default_timeout(timeout_seconds * 1000)
        page = context.new_page()
        try:
            return look(page)
        except Exception:
            PICTURES.mkdir(exist_ok=True)
            name = re.sub(r"\W+", "-", getattr(look, "__qualname__", "page")).strip("-")
            page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
            raise
        finally:
            context.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[BrowserThread]:
    """The run's one Chromium; tests without it are skipped, or fail under CI=true."""
    executable = chromium_path()
    if executable is None:
        absent("Chromium is not installed. Debian: apt install chromium fonts-noto-cjk")
    opened = BrowserThread(executable)
    yield opened
    opened.close()
