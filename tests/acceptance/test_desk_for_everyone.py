"""Everybody can work at the desk: axe objects to none of its pages, none is wider than its window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.conftest import SiteMaker
from tests.axe import LOOKS, objections, objections_in_both_modes
from tests.browsers import Chromium
from tests.demo.catcher import MailCatcher
from tests.factories.office import (
    COPY_DESK,
    NEWS_DESK,
    Office,
    count_clicks,
    follow_links,
    open_office,
)

pytestmark = [pytest.mark.browser, pytest.mark.sampled]

DESK = "/desk/weekly/1"


@pytest.fixture
def office(new_site: SiteMaker) -> Iterator[Office]:
    """A drafted issue whose clicks will be counted, and two publishers who may sign in."""
    folder = Path(new_site("drafted").folder)
    count_clicks(folder)
    with open_office(folder) as running:
        yield running


def test_a_clash_and_a_report_are_open_to_everyone_too(
    office: Office, chromium: Chromium, catcher: MailCatcher
) -> None:
    """axe finds nothing on the pages that only come about by what people do."""

    def visit(browser: Browser) -> list[str]:
        news_desk, copy_desk = (
            office.sit_down(browser, NEWS_DESK),
            office.sit_down(browser, COPY_DESK),
        )
        pages = [news_desk.new_page(), copy_desk.new_page()]
        for page in pages:
            page.goto(DESK)
        news_desk.set_offline(True)
        for page, words in zip(pages, ("News desk's words", "Copy desk's words"), strict=True):
            page.get_by_role("textbox", name="Opening note").fill(words)
        expect(pages[1].locator("ol.history")).to_contain_text("changed the opening note")
        news_desk.set_offline(False)
        expect(pages[0].locator(".pairing")).to_be_visible()
        found = [f"clash {objection}" for objection in objections_in_both_modes(pages[0])]
        news_page = pages[0]
        news_page.goto(f"{DESK}/publish")
        news_page.get_by_role("button", name="Approve and schedule").click()
        news_page.get_by_text("Another time …").click()
        news_page.get_by_text("Send now …").click()
        found += [f"approved {objection}" for objection in objections_in_both_modes(news_page)]
        refuse = {"example.com": "550 5.1.1 no such mailbox"}
        with catcher.answering(lambda to: refuse.get(to.rpartition("@")[2], "")):
            news_page.get_by_role("button", name="Send 20 messages").click()
            expect(news_page.locator("h1 .badge")).to_have_text("Sent", timeout=30_000)
        follow_links(office, catcher.mails[-1].part("html"))
        for _look in range(100):  # clicks are counted when the answers have gone
            if news_page.locator(".links tbody tr").count():
                break
            news_page.reload()
        expect(news_page.locator(".links tbody tr").first).to_be_visible()
        for width in (1280, 360):
            news_page.set_viewport_size({"width": width, "height": 800})
            found += [f"report {objection}" for objection in objections_in_both_modes(news_page)]
            found += too_wide(news_page, width)
        expect(news_page.locator(".reasons")).to_contain_text("no such mailbox")
        news_desk.close()
        copy_desk.close()
        return found

    assert chromium.run(visit) == []


PAGES = (
    "/desk",
    DESK,
    f"{DESK}/preview",
    f"{DESK}/preview?part=changes",
    f"{DESK}/preview?width=375&scheme=inverted&images=off",
    f"{DESK}/publish",
    "/desk/weekly/77",
)


def test_every_page_is_open_to_everyone(office: Office, chromium: Chromium) -> None:
    """axe finds nothing in light or dark, on a desktop or a phone, and no page is wider than it."""

    def visit(browser: Browser) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for scheme, width in LOOKS:
            context = office.sit_down(browser, width=width, scheme=scheme)
            page = context.new_page()
            for address in PAGES:
                page.goto(address)
                found[f"{address} {scheme} {width}"] = [
                    *objections(page, scheme),
                    *too_wide(page, width),
                ]
                if (scheme, width) == ("light", 1280):
                    page.set_viewport_size({"width": 768, "height": 900})
                    found[f"{address} 768"] = too_wide(page, 768)
                    page.set_viewport_size({"width": width, "height": 900})
            page.goto(DESK)
            for details in page.locator("details").all():
                details.evaluate("element => element.open = true")
            found[f"{DESK} all open {scheme} {width}"] = [
                *objections(page, scheme),
                *too_wide(page, width),
            ]
            context.close()
        return found

    found = chromium.run(visit)
    assert {name: objections for name, objections in found.items() if objections} == {}


def test_what_a_reviewer_sees_is_open_to_everyone(office: Office, chromium: Chromium) -> None:
    """The page behind a share link, and what an ended link leads to: axe, both schemes, two widths."""

    def visit(browser: Browser) -> list[str]:
        context = office.sit_down(browser)
        page = context.new_page()
        page.goto(f"{DESK}/publish")
        page.get_by_role("button", name="Make a link").click()
        link = page.locator("#shared").input_value()
        context.close()
        context = browser.new_context(base_url=office.base)  # nobody is signed in
        page = context.new_page()
        found: list[str] = []
        for address in (f"/shared/{link.rpartition('/')[2]}", "/shared/ended"):
            for width in (1280, 360):
                page.set_viewport_size({"width": width, "height": 800})
                page.goto(address)
                found += [
                    f"{address[:9]} {objection}" for objection in objections_in_both_modes(page)
                ]
                found += too_wide(page, width)
            expect(page.locator("iframe")).to_have_count(0 if address.endswith("ended") else 1)
        context.close()
        return found

    assert chromium.run(visit) == []


def too_wide(page: Page, width: int) -> list[str]:
    """A complaint when the page scrolls sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [f"{wide} pixels wide"] if wide > width else []
