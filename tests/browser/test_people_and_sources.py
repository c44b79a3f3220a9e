"""People and sources in Chromium: usable by everybody, at every width, with no error in the console."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.receive import receive
from newsletter.store.people_imports import ImportChoices, ImportState, add_import, end_run
from newsletter.web.app import make_app
from newsletter.web.sources.source_form import key_of
from subscribers import suppression
from subscribers.history import Way
from subscribers.unsubscribe import unsubscribe
from tests.axe import LOOKS, complaints
from tests.browsers import Chromium
from tests.factories.office import NEWS_DESK, Office
from tests.factories.site import make_site, publish
from tests.factories.web_requests import NOW
from tests.servers.web import serving

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SECTIONS = '[[newsletters.weekly.sections]]\ntitle = "Security"\ntags = ["Security"]\n'
INBOUND = '[inbound]\ndomain = "news.example.org"\nmaildir = "Maildir"\n'
LETTER = b"From: jo@example.net\nTo: weekly@news.example.org\nMessage-ID: <1@example.net>\n\nHi\n"
REFUSED = {"rejected_rows": [{"line": 3, "address": "broken", "reason": "no address"}]}
REPORT = {
    "layout": "csv",
    "again": False,
    "added": 1,
    "updated": 0,
    "unchanged": 0,
    "rejected": 1,
    "asked": 0,
    "statuses": {},
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A site on whose pages there is something of everything."""
    folder: Path = tmp_path_factory.mktemp("people")
    site = make_site(
        folder, now=NOW - timedelta(days=9), url="http://127.0.0.1:8000", keys=SECTIONS,
        tables=INBOUND,
    )  # fmt: skip
    publish(folder, *(NOW - timedelta(hours=hours) for hours in (1, 2, 3)))
    gather(site, "weekly", now=NOW)
    draft(site, "weekly", now=NOW)
    receive(
        site, LETTER, recipient="weekly@news.example.org", envelope_sender="jo@example.net", now=NOW
    )
    with site.database.transaction() as connection:
        unsubscribe(connection, 2, "weekly", Way.PAGE, NOW)
        suppression.suppress(connection, "@bad.example.net", "a trap", NOW)
        number = add_import(
            connection, who=NEWS_DESK, file_name="x.csv", content=b"email,town\na@example.org,P\n",
            choices=ImportChoices(list_slug="weekly"), now=NOW,
        )  # fmt: skip
        end_run(connection, number, ImportState.CHECKED, NOW, report=REPORT | REFUSED)
    try:
        with serving(make_app(site, clock=lambda: NOW)) as base:
            yield Office(site=site, base=base)
    finally:
        site.database.close()


def watched(page: Page, errors: list[str]) -> Page:
    """The page, whose errors are noted."""
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    return page


@pytest.mark.sampled
def test_everybody_can_use_the_pages(office: Office, chromium: Chromium) -> None:
    """axe finds nothing in light and dark, nothing is wider than a phone, no script fails."""
    source = key_of(office.site.settings.newsletters["weekly"].sources[0])
    addresses = (
        "/people", "/people?q=nobody", "/people/1", "/people/2", "/people/1/erase",
        "/people/blocked", "/people/growth", "/people/import", "/people/import/1", "/people/mail",
        "/sources", f"/sources/weekly/{source}",
    )  # fmt: skip

    def visit(browser: Browser) -> list[str]:
        found = list[str]()
        for scheme, width in LOOKS:
            context = office.sit_down(browser, width=width, scheme=scheme)
            page = watched(context.new_page(), found)
            for address in addresses:
                page.goto(address)
                page.evaluate(
                    "document.querySelectorAll('main details').forEach(e => e.open = true)"
                )
                found += [f"{address} {scheme}: {one}" for one in complaints(page, scheme)]
            context.close()
        return found

    assert chromium.run(visit) == []


def test_a_reader_and_a_file_from_beginning_to_end(office: Office, chromium: Chromium) -> None:
    """By hand as an editor does it: add, find, unsubscribe, put back, erase; upload, look, import."""

    def work(browser: Browser) -> list[str]:
        errors: list[str] = []
        page = watched(office.sit_down(browser).new_page(), errors)
        page.goto("/people")
        page.get_by_text("Add a reader").click()
        page.get_by_label("Address", exact=True).fill("ann@example.org")
        page.get_by_label("Name", exact=True).fill("Ann Walsh")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_role("status").first).to_contain_text("Added")
        page.goto("/people")
        page.get_by_role("searchbox").fill("wal")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name="ann@example.org").click()
        page.get_by_text("Unsubscribe …").click()
        page.get_by_label("Why").first.fill("asked by telephone")
        page.get_by_role("button", name="Unsubscribe from weekly").click()
        expect(page.get_by_text("Gets no mail: unsubscribed from weekly.")).to_be_visible()
        page.get_by_text("Put back …").click()
        page.get_by_label("How and when did they agree").fill("by letter")
        page.get_by_role("button", name="Put back on weekly").click()
        expect(page.get_by_text("Gets every issue of weekly.")).to_be_visible()
        page.get_by_role("link", name="Erase …").click()
        page.get_by_role("button", name="Erase this person").click()
        expect(page.get_by_role("status").first).to_contain_text("Erased")

        page.goto("/people/import")
        file = {
            "name": "new.csv",
            "mimeType": "text/csv",
            "buffer": b"email,name\nnew@example.org,N\n",
        }
        page.get_by_label("File").set_input_files(files=[file])  # type: ignore[list-item] # a dict will do
        page.get_by_role("button", name="Look through the file").click()
        expect(page.get_by_text("Ready", exact=True)).to_be_visible()
        page.get_by_role("button", name="Import", exact=True).click()
        expect(page.get_by_text("Imported", exact=True)).to_be_visible()
        page.goto("/people?q=new@")
        expect(page.get_by_role("link", name="new@example.org")).to_be_visible()
        page.context.close()
        return errors

    assert chromium.run(work) == []
