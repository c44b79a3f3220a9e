"""Sign-in, account, record, archive and API pages in Chromium: axe finds nothing, nothing sticks out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from newsletter.pipeline.approve import approve
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.send import begin
from newsletter.pipeline.sign_in import first_link
from tests.axe import LOOKS, Mode, complaints
from tests.browsers import Chromium
from tests.factories.editors import ADDRESS, PASSWORD, Office, open_office
from tests.factories.site import make_site, publish

pytestmark = pytest.mark.browser

SENT = datetime(2026, 3, 2, 7, tzinfo=UTC)
OPEN = ("/sign-in", "/archive/weekly", "/archive/weekly/tags/news", "/archive/none", "/api/docs")
BEHIND = ("/account", "/audit")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A site with one sent issue, an editor, and a key."""
    folder: Path = tmp_path_factory.mktemp("pages")
    site = make_site(folder, now=SENT - timedelta(days=7))
    publish(folder, *(SENT - timedelta(hours=hours) for hours in (1, 2, 3)))
    gather(site, "weekly", now=SENT)
    approve(site, "weekly", draft(site, "weekly", now=SENT).number, now=SENT)
    begin(site, "weekly", 1, now=SENT)
    with open_office(site) as office:
        office.add()
        yield office


def sign_in(page: Page, office: Office) -> None:
    """As an editor does it, with the keyboard alone."""
    page.goto(f"{office.client.base_url}/sign-in?next=/account")
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(ADDRESS)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Your account").wait_for()


@pytest.mark.sampled
@pytest.mark.parametrize(("mode", "width"), LOOKS)
def test_pages_are_whole_and_clean(
    office: Office, chromium: Chromium, mode: Mode, width: int
) -> None:
    """Every page, in light and dark, on a phone and a desk, with an account that has everything."""

    def look(browser: Browser) -> dict[str, list[str]]:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=mode,
            base_url=str(office.client.base_url),
        )
        page, found = context.new_page(), {}
        for path in OPEN:
            page.goto(path)
            found[path] = complaints(page, mode)
        page.goto("/api/docs")
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found["/api/docs, opened"] = complaints(page, mode)
        sign_in(page, office)
        page.get_by_label("What the key is for").fill("the nightly report")
        page.get_by_role("button", name="Make a key").click()
        page.get_by_text("not shown again").wait_for()
        found["a new key"] = complaints(page, mode)
        for path in BEHIND:
            page.goto(path)
            found[path] = complaints(page, mode)
        page.goto("/sign-in")
        page.get_by_label("E-mail address").fill("who@example.org")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("alert").wait_for()
        found["wrong password"] = complaints(page, mode)
        office.now += timedelta(minutes=16)  # the next case may try, too
        context.close()
        return found

    found = chromium.run(look)
    assert found == {place: [] for place in found}


def test_the_first_editor_needs_only_the_link(tmp_path: Path, chromium: Chromium) -> None:
    """From the link on the terminal to the desk, in a browser with a real cookie."""
    site = make_site(tmp_path, now=SENT)
    link = str(first_link(site, now=SENT))

    def come_in(browser: Browser) -> str:
        with open_office(site) as office:
            office.now = SENT
            context = browser.new_context(base_url=str(office.client.base_url))
            page = context.new_page()
            page.goto(link)
            assert complaints(page) == []
            page.get_by_label("E-mail address").fill(ADDRESS)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/desk")
            page.goto("/account")
            shown = page.get_by_role("main").inner_text()
            context.close()
            return shown

    assert ADDRESS in chromium.run(come_in)
