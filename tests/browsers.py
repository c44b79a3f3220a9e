"""One Chromium for all browser tests of a process; without one on the machine they are skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.install_programs import find_chromium, find_headless

T = TypeVar("T")

# Machines differ in speed; a condition that holds at once costs nothing of this.
expect.set_options(timeout=60_000)


class Chromium:
    """A running browser. Playwright keeps an event loop, so it has a thread to itself."""

    def __init__(self, path: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="chromium")
        self._playwright = self._thread.submit(sync_playwright().start).result()
        self._browser = self._thread.submit(self._launch, path).result()

    def _launch(self, path: str) -> Browser:
        # Root in a container has no sandbox to start it in.
        return self._playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-background-networking"]
        )

    def run(self, work: Callable[[Browser], T]) -> T:
        """What `work` makes of the browser."""
        return self._thread.submit(work, self._browser).result()

    def close(self) -> None:
        """End the browser."""
        self._thread.submit(self._browser.close).result()
        self._thread.submit(self._playwright.stop).result()
        self._thread.shutdown()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """The browser without windows; tests that ask for it are marked `browser`."""
    yield from _running(find_headless())


@pytest.fixture(scope="session")
def full_chromium() -> Iterator[Chromium]:
    """The browser that people have: its pictures differ a little from those of the other."""
    yield from _running(find_chromium())


def _running(path: str | None) -> Iterator[Chromium]:
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    browser = Chromium(path)
    yield browser
    browser.close()
