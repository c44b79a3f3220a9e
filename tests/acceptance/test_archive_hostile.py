"""Articles written to harm, once they are sent: in the mails, on the archive's pages, in its feeds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from lxml import etree, html
from playwright.sync_api import Browser

from newsletter.issues.issue import State
from newsletter.pipeline.approve import approve
from newsletter.pipeline.send import send
from tests.acceptance.conftest import SiteMaker
from tests.acceptance.site import NOW
from tests.browsers import Chromium
from tests.demo.catcher import MailCatcher
from tests.factories.office import Office, open_office
from tests.factories.siege import HOSTILE, besiege

ARCHIVE = "/archive/weekly"
ACTIVE = {"script", "iframe", "form", "object", "embed", "base", "link", "svg", "input", "button"}
FORMS = ("rss", "atom", "json")
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def published(new_site: SiteMaker, catcher: MailCatcher) -> Iterator[Office]:
    """A site whose only issue, full of hostile articles, has been sent and is on the web."""
    with open_office(Path(new_site("drafted").folder)) as office:
        besiege(office.site)
        approve(office.site, "weekly", 1, now=NOW)
        assert send(office.site, "weekly", 1, clock=lambda: NOW).issue.state is State.SENT
        yield office


def test_the_mails_that_arrive_hold_words_and_web_links_only(
    published: Office, catcher: MailCatcher
) -> None:
    """No reader got an element, an attribute or a header that does anything; each got one mail."""
    recipients = [mail.recipient for mail in catcher.mails]
    assert len(recipients) == len(set(recipients)) == 20
    assert not any("evil" in recipient for recipient in recipients)
    for mail in catcher.mails:
        assert mail.message.defects == []
        assert "Bcc" not in mail.message
        assert len(mail.message.get_all("Subject", [])) == 1
        tree = html.document_fromstring(mail.part("html"))
        assert ACTIVE & {element.tag for element in tree.iter()} == set()
        attributes = [(name, value) for element in tree.iter() for name, value in element.items()]
        assert [
            name for name, _value in attributes if name.startswith(("on", "hx-", "data-"))
        ] == []
        addresses = [value for name, value in attributes if name in ("href", "src", "action")]
        assert {urlsplit(address).scheme for address in addresses} <= {"http", "https", "mailto"}


@pytest.mark.browser
@pytest.mark.parametrize("address", [ARCHIVE, f"{ARCHIVE}/1", f"{ARCHIVE}/tags/hostile"])
def test_nothing_runs_on_the_archives_pages(
    published: Office, chromium: Chromium, address: str
) -> None:
    """No script, no dialog, no request to a stranger, not even for a picture; the page stays where it is."""

    def visit(browser: Browser) -> tuple[list[str], list[str], str]:
        context = browser.new_context(base_url=published.base)
        asked: list[str] = []
        trouble: list[str] = []
        context.on(
            "request", lambda request: asked.append(f"{request.resource_type} {request.url}")
        )
        page = context.new_page()
        page.on("dialog", lambda dialog: trouble.append(dialog.message))
        answer = page.goto(address)
        trouble += [] if answer is not None and answer.ok else ["the answer is not a page"]
        for frame in page.frames:
            trouble += [f"ran in {frame.url}"] * bool(frame.evaluate("window.pwned"))
        trouble += page.evaluate(
            """() => [...document.querySelectorAll('a[href], form, script, iframe, object, embed, base')]
                .filter(e => e.tagName !== 'A' || !/^(https?|mailto):/.test(e.href))
                .map(e => e.outerHTML)"""
        )
        where = urlsplit(page.url).path
        context.close()
        return asked, trouble, where

    asked, trouble, where = chromium.run(visit)
    assert trouble == []
    assert where == address
    assert [one for one in asked if "evil.example" in one] == []


@pytest.mark.parametrize("place", [ARCHIVE, f"{ARCHIVE}/tags/hostile"])
@pytest.mark.parametrize("form", FORMS)
def test_feeds_hold_words_and_web_links_only(published: Office, place: str, form: str) -> None:
    """Each feed parses, says all that the fifty said as text, and its markup is ours alone."""
    answer = httpx2.get(f"{published.base}{place}/feed.{form}")
    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    markup = contents(answer.content, form)
    assert markup
    for text in markup:
        tree = html.fragment_fromstring(text, create_parent=True)
        assert {element.tag for element in tree.iter()} <= {"div", "ul", "li", "a", "br"}
        assert {name for element in tree.iter() for name in element.keys()} <= {"href"}  # noqa: SIM118 - lxml's elements iterate over children
        schemes = {urlsplit(link.get("href", "")).scheme for link in tree.iter("a")}
        assert schemes <= {"http", "https"}
        said = tree.text_content()
        assert sum(squeezed(words) in squeezed(said) for words in HOSTILE) >= 45


def contents(body: bytes, form: str) -> list[str]:
    """The markup of every entry; the document itself must be well-formed."""
    if form == "json":
        return [item["content_html"] for item in json.loads(body)["items"]]
    tree = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    assert not tree.xpath("//*[local-name()='script' or local-name()='form']")
    return [element.text or "" for element in tree.iter(CONTENT, f"{ATOM}content")]


def squeezed(text: str) -> str:
    """The printable characters, for the comparison of what a page says."""
    return re.sub(r"[\s\x00-\x1f\ufffe\ufffd]+", "", text)
