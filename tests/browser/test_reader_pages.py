"""The readers' pages in Chromium: axe finds nothing, in light and dark; no script, no mouse needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from newsletter.web.app import make_app
from subscribers.tokens import Purpose
from tests.browsers import Chromium
from tests.factories.mail import READER, PostOffice, link_in, post_office
from tests.servers.web import serving

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

NEWCOMER = "new@example.org"

Mode = Literal["light", "dark"]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A site that takes mail."""
    with post_office(tmp_path) as running:
        yield running


@pytest.fixture
def base(office: PostOffice) -> Iterator[str]:
    """Its address."""
    with serving(make_app(office.site, clock=lambda: office.now)) as address:
        yield address


def pages(office: PostOffice) -> list[str]:
    """The path of every page a reader can meet."""
    person = office.person()
    assert person is not None
    tokens, now = office.site.tokens, office.now
    mailed = [
        f"/{purpose}/{tokens.make(purpose, person.id, 'weekly', now)}"
        for purpose in (Purpose.CONFIRM, Purpose.ERASE, Purpose.EXPORT)
    ]
    return [
        "/join/weekly",
        "/links/weekly",
        f"/u/{tokens.make(Purpose.UNSUBSCRIBE, person.id, 'weekly')}",
        f"/p/{tokens.make(Purpose.PREFERENCES, person.id, 'weekly')}",
        *mailed,
        "/u/nonsense",
    ]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_no_violations(office: PostOffice, base: str, chromium: Chromium, mode: Mode) -> None:
    """All of axe's rules on every page, and on what a wrong address makes of two of them."""

    def look(browser: Browser) -> dict[str, list[str]]:
        # Axe is put into the page, which its policy forbids.
        context = browser.new_context(color_scheme=mode, bypass_csp=True)
        page = context.new_page()
        found = {}
        for path in pages(office):
            page.goto(base + path)
            found[path] = violations(page)
        page.goto(f"{base}/links/weekly")
        page.fill("[name=email]", "no@address")
        page.click("button")
        found["a wrong address"] = violations(page)
        context.close()
        return found

    found = chromium.run(look)
    assert found == {path: [] for path in found}


def violations(page: Page) -> list[str]:
    """What axe objects to: rule and element."""
    result = Axe().run(page).response
    return [
        f"{violation['id']}: {node['html'][:120]}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def test_joining_with_the_keyboard_and_without_scripts(
    office: PostOffice, base: str, chromium: Chromium
) -> None:
    """Tab, type and Enter lead from the form to the list."""

    def join(browser: Browser) -> str:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{base}/join/weekly")
        office.now = office.now.replace(second=30)  # a person takes some seconds
        page.keyboard.press("Tab")
        page.keyboard.type(NEWCOMER)
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Look into your mail")
        assert office.catcher.wait_for(1, seconds=20)
        page.goto(base + link_in(office.last(), "confirm"))
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=You are subscribed")
        heading = page.inner_text("h1")
        context.close()
        return heading

    assert chromium.run(join) == "You are subscribed"
    assert office.status(NEWCOMER) == "active"


def test_leaving_with_the_keyboard_and_without_scripts(
    office: PostOffice, base: str, chromium: Chromium
) -> None:
    """The first stop of Tab on the page from the mail is the button."""
    path = pages(office)[2]

    def leave(browser: Browser) -> str:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(base + path)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=You are unsubscribed")
        heading = page.inner_text("h1")
        context.close()
        return heading

    assert chromium.run(leave) == "You are unsubscribed"
    assert office.status(READER) == "unsubscribed"
