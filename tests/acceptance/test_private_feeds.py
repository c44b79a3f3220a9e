"""A reader makes a private feed by hand; it is ended by hand, by command and by program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import feedparser
import pytest
from playwright.sync_api import Browser, Page, expect

from newsletter.site.site import Site
from subscribers import people
from subscribers.tokens import Purpose
from tests.acceptance.conftest import SiteMaker
from tests.acceptance.site import NOW, READERS, CommandLine
from tests.axe import objections_in_both_modes
from tests.browsers import Chromium
from tests.demo.catcher import MailCatcher
from tests.factories.office import Office, open_office
from tests.servers.web import web_client

pytestmark = [pytest.mark.browser]

READER, OTHER = "guard0@example.net", "guard1@example.net"
EVERYTHING = "reader00@example.org"


@pytest.fixture
def site(new_site: SiteMaker) -> CommandLine:
    """An approved issue."""
    return new_site("approved")


@pytest.fixture
def office(site: CommandLine) -> Iterator[Office]:
    """The site in a browser."""
    with open_office(Path(site.folder)) as running:
        yield running


def preferences(site: Site, address: str) -> str:
    """The path of the reader's preferences."""
    with site.database.transaction(read_only=True) as connection:
        number = people.find(connection, address).id
    return f"/p/{site.tokens.make(Purpose.PREFERENCES, number, 'weekly')}"


def make_feed(page: Page, office: Office, address: str) -> str:
    """Make the reader's feed on the page; returns its path, of the form Atom."""
    page.goto(preferences(office.site, address))
    page.get_by_role("button", name=re.compile("Make my feed|Make a new address")).click()
    shown = page.get_by_label("Atom").input_value()
    assert page.get_by_label("JSON Feed").input_value() == shown.replace(".atom", ".json")
    return shown[shown.index("/feed/") :]


def test_a_reader_reads_by_feed_alone_and_everything_says_so(
    site: CommandLine, office: Office, chromium: Chromium, catcher: MailCatcher
) -> None:
    """Without JavaScript: made, shown once, chosen in place of the mail; the send leaves this reader out."""
    paths: list[str] = []

    def work(browser: Browser) -> None:
        context = browser.new_context(base_url=office.base, java_script_enabled=False)
        page = context.new_page()
        paths.append(make_feed(page, office, READER))
        page.get_by_role("button", name="By feed alone, no issues by mail").click()
        expect(page.get_by_text("You read by feed alone")).to_be_visible()
        expect(page.get_by_label("Atom")).to_have_count(0)
        paths.append(make_feed(page, office, READER))
        expect(page.get_by_text("You read by feed alone")).to_be_visible()
        paths.append(make_feed(page, office, EVERYTHING))
        context.close()

    chromium.run(work)
    before = len(catcher.mails)
    sent = site.done("send", "weekly", "--json", now=NOW).document
    assert sent["audience"] == len(READERS) - 1
    assert READER not in [mail.recipient for mail in catcher.mails[before:]]
    with web_client(base_url=office.base) as client:
        old, new, other = (client.get(path) for path in paths)
    assert (old.status_code, new.status_code) == (410, 200)
    entries = feedparser.parse(new.content).entries
    titles = {one.title for one in entries}
    assert titles < {one.title for one in feedparser.parse(other.content).entries}
    mail = next(one for one in catcher.mails[before:] if one.recipient == OTHER)
    part = mail.message.get_body(("plain",))
    assert part is not None
    text = " ".join(str(part.get_content()).split())
    assert all(title in text for title in titles)
    lists = site.done("lists", "list", "--json").document["lists"]
    assert [one["feeds"] for one in lists if one["list"] == "weekly"] == [{"beside": 1, "alone": 1}]
    assert "2 with a private feed, 1 of them without mail" in site.done("lists", "list").out
    shown = site.done("subscribers", "show", READER)
    assert "without issues by mail" in shown.out
    assert (
        "by private feed alone" in site.done("subscribers", "suppressions", "explain", READER).out
    )


def test_a_feed_whose_address_is_known_is_ended_by_hand_and_by_command(
    site: CommandLine, office: Office, chromium: Chromium
) -> None:
    """The editor sees that there is one, not its address; afterwards it opens nothing."""
    paths: list[str] = []

    def work(browser: Browser) -> None:
        context = browser.new_context(base_url=office.base)
        paths.append(make_feed(context.new_page(), office, READER))
        page = context.new_page()
        paths.append(make_feed(page, office, OTHER))
        assert objections_in_both_modes(page) == []
        page.set_viewport_size({"width": 320, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.get_by_role("button", name="By feed alone, no issues by mail").click()
        context.close()
        editor = office.sit_down(browser)
        page = editor.new_page()
        page.goto("/desk")
        expect(page.get_by_text("1 by private feed alone")).to_be_visible()
        page.goto("/people")
        expect(page.get_by_text("1 of them by private feed alone")).to_be_visible()
        with office.site.database.transaction(read_only=True) as connection:
            number = people.find(connection, OTHER).id
        page.goto(f"/people/{number}")
        expect(page.get_by_text("Gets no issues by mail")).to_be_visible()
        assert "/feed/" not in page.content()
        page.get_by_text("End feed …").click()
        page.get_by_role("button", name="End the feed").click()
        expect(page.get_by_text("The feed has ended")).to_be_visible()
        expect(page.get_by_text("Gets every issue of weekly")).to_be_visible()
        assert objections_in_both_modes(page) == []
        editor.close()

    chromium.run(work)
    with web_client(base_url=office.base) as client:
        assert [client.get(path).status_code for path in paths] == [200, 410]
        ended = site.done("subscribers", "end-feed", READER, "--list", "weekly", "--json", now=NOW)
        assert ended.document["ended"] == ["weekly"]
        assert [client.get(path).status_code for path in paths] == [410, 410]
    assert site.done("subscribers", "end-feed", READER, "--json").document["ended"] == []
    assert site("subscribers", "end-feed", READER, "--list", "wekly").code != 0
