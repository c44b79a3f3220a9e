"""A desk of its own for browser tests: a site with a drafted issue, served, and who works there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from newsletter.store.database import open_database
from newsletter.web.app import make_app
from tests.browsers import Chromium
from tests.factories.desk import NOW, drafted, make_site, subscribe
from tests.factories.office import Office
from tests.factories.site import put_tables
from tests.servers.web import serving

DESK = "/desk/weekly/1"


@contextmanager
def open_desk(
    folder: Path, *, articles: int = 12, readers: int = 3, **site: Any
) -> Iterator[Office]:
    """Serve a site with the draft of No. 1; for it the present is NOW, and time goes on from there.

    `site` is what `make_site` takes.
    """
    put_tables(folder / "newsletter.db")
    database = open_database(f"sqlite:///{folder / 'newsletter.db'}", folder)
    opened = make_site(database, folder, **site)
    drafted(opened, articles)
    subscribe(opened, *(f"reader{number}@example.net" for number in range(readers)))
    started = datetime.now(UTC)
    clock: Callable[[], datetime] = lambda: NOW + (datetime.now(UTC) - started)  # noqa: E731 - short
    try:
        with serving(make_app(opened, clock=clock)) as base:
            yield Office(site=opened, base=base)
    finally:
        database.close()


def open_page(context: BrowserContext, address: str = DESK) -> Page:
    """A page of the desk, whose scripts may not fail."""
    page = context.new_page()
    page.on("pageerror", lambda error: (_ for _ in ()).throw(AssertionError(str(error))))
    page.goto(address)
    return page


def version(page: Page) -> int:
    """The version of the issue that the page shows."""
    return int(page.locator("#desk").get_attribute("data-version") or 0)


def saved(page: Page, before: int) -> int:
    """Wait until the page shows another version; returns it."""
    expect(page.locator("#desk")).not_to_have_attribute("data-version", str(before))
    return version(page)


def visiting(
    office: Office,
    chromium: Chromium,
    visit: Callable[[Page], None],
    *,
    width: int = 1280,
    scheme: str = "light",
    script: bool = True,
    address: str = DESK,
) -> None:
    """The visit of an editor, whose browser's console stays empty."""
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # The pictures and stories of the factories are nowhere.
        if message.type == "error" and "press.example.org" not in message.location.get("url", ""):
            said.append(message.text)

    def work(browser: Browser) -> None:
        context = office.sit_down(browser, width=width, scheme=scheme, script=script)
        page = open_page(context, address)
        page.on("console", listen)
        try:
            visit(page)
        finally:
            context.close()

    chromium.run(work)
    assert said == []
