"""Articles written to harm: on the desk, in the preview and in the mail they are only words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from newsletter.store.issues import find_issue
from tests.acceptance.conftest import SiteMaker
from tests.browsers import Chromium
from tests.factories.office import NEWS_DESK, Office, open_office
from tests.factories.siege import HOSTILE, besiege

pytestmark = [pytest.mark.browser]

DESK = "/desk/weekly/1"


@pytest.fixture(scope="module")
def besieged(new_site: SiteMaker) -> Iterator[Office]:
    """An office whose coming issue holds fifty hostile articles, past every sanitiser."""
    with open_office(Path(new_site("drafted").folder)) as office:
        besiege(office.site)
        yield office


def test_there_are_fifty_ways_to_try() -> None:
    """The siege is as large as promised."""
    assert len(set(HOSTILE)) == 50


@pytest.mark.parametrize(
    "address",
    [
        DESK,
        f"{DESK}/preview",
        f"{DESK}/preview?part=text",
        f"{DESK}/preview?part=raw",
        f"{DESK}/preview?scheme=inverted",
        f"{DESK}/publish",
        f"{DESK}/frame",
        f"{DESK}/frame?mark=40",
        "/desk",
    ],
)
def test_nothing_runs_and_nothing_is_fetched(
    besieged: Office, chromium: Chromium, address: str
) -> None:
    """No script, no dialog, no request to a stranger, not even for a picture; the page stays where it is."""

    def visit(browser: Browser) -> tuple[list[str], list[str], str]:
        context = besieged.sit_down(browser, NEWS_DESK)
        asked: list[str] = []
        trouble: list[str] = []
        context.on(
            "request",
            lambda request: asked.append(f"{request.resource_type} {request.url}"),
        )
        page = context.new_page()
        page.on("dialog", lambda dialog: trouble.append(dialog.message))
        answer = page.goto(address)
        trouble += [] if answer is not None and answer.ok else ["the answer is not a page"]
        open_everything(page)
        for frame in page.frames:
            trouble += [f"ran in {frame.url}"] * bool(frame.evaluate("window.pwned"))
        where = urlsplit(page.url).path
        context.close()
        return asked, trouble, where

    asked, trouble, where = chromium.run(visit)
    assert trouble == []
    assert where == urlsplit(address).path
    assert [entry for entry in asked if "evil.example" in entry] == []


def open_everything(page: Page) -> None:
    """Open every fold and point at every card, as a curious editor does."""
    for details in page.locator("details").all():
        details.evaluate("element => element.open = true")
    for card in page.locator("li.item").all()[:60:6]:
        card.hover(position={"x": 60, "y": 12})


def test_the_mail_itself_says_only_words(besieged: Office, chromium: Chromium) -> None:
    """What readers would get holds no element or address that does anything."""

    def read(browser: Browser) -> list[str]:
        context = besieged.sit_down(browser, NEWS_DESK)
        page = context.new_page()
        page.goto(f"{DESK}/frame")
        found: list[str] = page.evaluate(
            """() => [...document.querySelectorAll('*')].flatMap(element => [
                ...(['SCRIPT', 'IFRAME', 'FORM', 'OBJECT', 'EMBED', 'BASE', 'LINK', 'SVG', 'INPUT']
                    .includes(element.tagName.toUpperCase()) ? [element.outerHTML] : []),
                ...[...element.attributes].filter(a => a.name.startsWith('on')
                    || /^\\s*(javascript|data|vbscript):/i.test(a.value)).map(a => a.name + '=' + a.value),
            ])"""
        )
        context.close()
        return found

    assert chromium.run(read) == []
    with besieged.site.database.transaction(read_only=True) as connection:
        issue = find_issue(connection, "weekly", 1)
    assert sum(item.article.key.startswith("hostile") for item in issue.items) == 50
