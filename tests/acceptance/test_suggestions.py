"""A reader suggests an article by the bookmark; an editor adds it by hand, or by command."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from newsletter.pipeline.form_requests import handle_requests
from newsletter.pipeline.suggested_pages import read_suggested_pages
from tests.acceptance.conftest import SiteMaker
from tests.acceptance.site import NOW, CommandLine
from tests.axe import objections_in_both_modes
from tests.browsers import Chromium
from tests.demo.catcher import MailCatcher
from tests.factories.office import COPY_DESK, Office, open_office
from tests.factories.suggestions import HOST, PAGE, let_lead_to_loopback
from tests.servers.feeds import FeedServer

pytestmark = [pytest.mark.browser]

READER = "reader03@example.org"
TITLE = "The old lock opens again"


@pytest.fixture
def site(new_site: SiteMaker) -> CommandLine:
    """A drafted issue of a newsletter that takes suggestions."""
    site = new_site("drafted")
    path = site.folder / "newsletter.toml"
    text = path.read_text("utf-8")
    assert "[newsletters.weekly]\n" in text
    path.write_text(
        text.replace("[newsletters.weekly]\n", "[newsletters.weekly]\nsuggestions = true\n", 1),
        encoding="utf-8",
    )
    site.done("check")
    return site


@pytest.fixture
def office(site: CommandLine) -> Iterator[Office]:
    """It is served."""
    with open_office(Path(site.folder)) as running:
        yield running


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a public article."""
    let_lead_to_loopback(monkeypatch)
    with FeedServer() as server:
        server.put("/lock", PAGE.format(title=TITLE), "text/html; charset=utf-8")
        yield f"http://{HOST}:{server.port}/lock"


def suggested(office: Office, url: str, chromium: Chromium) -> None:
    """A reader suggests it, and its page is read."""
    chromium.run(lambda browser: suggest(office, browser, url))
    later = NOW + timedelta(hours=1)
    handle_requests(office.site, later)
    assert read_suggested_pages(office.site, now=later) == 1


def suggest(office: Office, browser: Browser, url: str) -> None:
    """A reader opens the bookmark on the article's page, fills in the rest and presses the button."""
    context = browser.new_context(base_url=office.base, locale="en-GB")
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
    page.goto("/")
    page.get_by_role("link", name="Suggest an article").click()
    link = page.get_by_role("link", name="Suggest to")
    bookmark = link.get_attribute("href") or ""
    assert bookmark.startswith("javascript:")
    assert objections_in_both_modes(page) == []
    page.set_viewport_size({"width": 375, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.set_viewport_size({"width": 1000, "height": 800})
    ours = bookmark.removeprefix("javascript:").replace(office.site.settings.site.url, office.base)
    page.route(
        "http://article.test/**",
        lambda route: route.fulfill(content_type="text/html", body=f"<title>{TITLE}</title>"),
    )
    page.goto("http://article.test/x?a=1&b=2")
    page.evaluate(ours)
    page.wait_for_url("**/suggest/weekly?**")
    expect(page.get_by_label("Address of the article")).to_have_value(
        "http://article.test/x?a=1&b=2"
    )
    expect(page.get_by_label("Its headline")).to_have_value(TITLE)
    page.get_by_label("Address of the article").fill(url)
    page.get_by_label("Why?").fill("The <b>valve</b> again.")
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Your e-mail address").fill(READER)
    page.get_by_role("button", name="Suggest").click()
    expect(page.get_by_text("An editor will see what you suggested.")).to_be_visible()
    assert objections_in_both_modes(page) == []
    context.close()


def test_a_reader_suggests_and_an_editor_adds_it(
    office: Office, site: CommandLine, url: str, catcher: MailCatcher, chromium: Chromium
) -> None:
    """Bookmark, form, shelf, Add; the issue goes out, and the reader is told once."""
    suggested(office, url, chromium)

    def work(browser: Browser) -> None:
        editor = office.sit_down(browser, COPY_DESK)
        page = editor.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
        page.goto("/desk/weekly/1")
        shelf = page.locator("#tray-suggested-by-readers")
        said = shelf.locator("p.suggested")
        expect(said).to_have_text("Suggested by 1 reader: Ann: “The <b>valve</b> again.”")
        assert objections_in_both_modes(page) == []
        page.set_viewport_size({"width": 375, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        page.set_viewport_size({"width": 1280, "height": 900})
        shelf.get_by_role("button", name="Add: ").click()
        expect(page.locator("#tray-suggested-by-readers")).to_have_count(0)
        expect(page.locator(".item").filter(has_text=TITLE).first).to_be_visible()
        editor.close()

    chromium.run(work)
    before = len(catcher.mails)
    site.done("approve", "weekly", now=NOW)
    site.done("send", "weekly", now=NOW.replace(day=8, hour=21))
    site("run", "--now", NOW.replace(day=8, hour=22).isoformat())
    told = [
        one for one in catcher.mails[before:] if "what you suggested" in str(one.message["Subject"])
    ]
    assert [one.recipient for one in told] == [READER]
    assert TITLE in told[0].part("plain")


def test_a_suggestion_is_dismissed_at_the_desk(
    office: Office, url: str, chromium: Chromium
) -> None:
    """It leaves the shelf."""
    suggested(office, url, chromium)

    def work(browser: Browser) -> None:
        editor = office.sit_down(browser, COPY_DESK)
        page = editor.new_page()
        page.goto("/desk/weekly/1")
        page.locator("#tray-suggested-by-readers").get_by_role("button", name="Dismiss").click()
        expect(page.locator("#tray-suggested-by-readers")).to_have_count(0)
        expect(page.locator("#left-out").get_by_role("link", name=TITLE)).to_have_count(0)
        editor.close()

    chromium.run(work)


def test_a_suggestion_is_added_by_command(
    office: Office, site: CommandLine, url: str, chromium: Chromium
) -> None:
    """What came by the form is listed, and put into the issue."""
    suggested(office, url, chromium)
    (found,) = site.done("suggestions", "list", "weekly", "--json").document["suggestions"]
    assert (found["title"], found["state"], found["readers"]) == (TITLE, "shelved", 1)
    site.done("suggestions", "add", "weekly", str(found["id"]), now=NOW)
    shown = site.done("show", "weekly", "--json").document
    assert TITLE in {item["title"] for item in shown["items"]}
