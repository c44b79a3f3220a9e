"""The readers' pages in Chromium: axe finds nothing, in light and dark; no script, no mouse needed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from newsletter.web.app import make_app
from tests.axe import MODES, Mode, objections
from tests.browsers import Chromium
from tests.factories.mail import READER, PostOffice, link_in, post_office, reader_pages
from tests.servers.web import serving

pytestmark = pytest.mark.browser

NEWCOMER = "new@example.org"


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


@pytest.mark.sampled
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("mode", MODES)
def test_no_violations(tmp_path: Path, chromium: Chromium, mode: Mode, language: str) -> None:
    """All of axe's rules on every page, from left and from right, and on what comes of a form."""
    with (
        post_office(tmp_path, language=language) as office,
        serving(make_app(office.site, clock=lambda: office.now)) as base,
    ):
        found = look_at_all(office, base, chromium, mode)
    assert found == {path: [] for path in found}
    assert len(found) > 10


def look_at_all(
    office: PostOffice, base: str, chromium: Chromium, mode: Mode
) -> dict[str, list[str]]:
    """What axe objects to, page by page."""
    direction = {"en": "ltr", "ar": "rtl"}[office.site.settings.site.language]

    def look(browser: Browser) -> dict[str, list[str]]:
        context = browser.new_context(color_scheme=mode)
        page = context.new_page()
        found = {}
        for path in reader_pages(office):
            page.goto(base + path)
            found[path] = objections(page, mode)
            assert page.locator("html").get_attribute("dir") == direction
            width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert page.evaluate(width) <= 0  # nothing sticks out to either side
        page.goto(f"{base}/links/weekly")
        page.fill("[name=email]", "no@address")
        page.click("button")
        found["a wrong address"] = objections(page, mode)
        for name, place, press in (
            ("saved", 3, "[value=save]"), ("paused", 3, "[name=weeks]"), ("left", 2, "button"),
        ):  # fmt: skip
            page.goto(base + reader_pages(office)[place])
            page.click(press)
            found[name] = objections(page, mode)
        context.close()
        return found

    return chromium.run(look)


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
        page.wait_for_selector("text=Check your mail")
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


def test_a_browser_calculates_instead_of_waiting(
    office: PostOffice, base: str, chromium: Chromium
) -> None:
    """Sooner than a form without the calculation may come, on the page at the root."""

    def join(browser: Browser) -> str:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{base}/")
        page.fill("[name=email]", NEWCOMER)
        office.now += timedelta(seconds=3)
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Check your mail")
        heading = page.inner_text("h1")
        context.close()
        return heading

    assert chromium.run(join) == "Check your mail"
    # The page answers first, so that it does not tell how long the work takes.
    assert office.catcher.wait_for(1)
    assert office.status(NEWCOMER) == "pending"


def test_leaving_with_the_keyboard_and_without_scripts(
    office: PostOffice, base: str, chromium: Chromium
) -> None:
    """The first stop of Tab on the page from the mail is the button."""
    path = reader_pages(office)[2]

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


def test_choosing_with_the_keyboard_and_without_scripts(
    office: PostOffice, base: str, chromium: Chromium
) -> None:
    """Tab to the first subject, the space bar ticks it, Enter saves."""
    path = reader_pages(office)[3]

    def choose(browser: Browser) -> str:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(base + path)
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Saved.")
        said = page.inner_text("[role=status]")
        context.close()
        return said

    assert chromium.run(choose).startswith("Saved.")
    reader = office.person()
    assert reader is not None
    assert len(reader.follows) == 1
