"""No theme is ever wider than the screen, whatever it prints."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser

from newsletter.rendering.mail_clients import MailClient, client_of
from newsletter.rendering.shown_in import shown_in
from newsletter.rendering.theme import STANDARD, open_theme, theme_names
from tests.browsers import Chromium
from tests.factories.editions import make_edition, make_masthead
from tests.factories.hard_cases import ALL_CASES, kinds_for
from tests.factories.issues import make_items
from tests.sampling import IS_WHOLE

pytestmark = pytest.mark.browser

# Elements that stick out, apart from those a client hides.
STICKING_OUT = """() => [...document.body.querySelectorAll('*')].filter(element => {
  const box = element.getBoundingClientRect();
  return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1);
}).map(element => element.outerHTML.slice(0, 100))"""


def sticking_out(
    browser: Browser, documents: Mapping[str, str], width: int
) -> dict[str, list[str]]:
    """For each document the elements that reach beyond the screen."""
    context = browser.new_context(viewport={"width": width, "height": 800}, offline=True)
    page = context.new_page()
    found: dict[str, list[str]] = {}
    for title, document in documents.items():
        page.set_content(document, wait_until="domcontentloaded")
        found[title] = page.evaluate(STICKING_OUT)
    context.close()
    return found


@pytest.mark.sampled
@pytest.mark.parametrize("name", theme_names())
def test_nothing_sticks_out(name: str, chromium: Chromium) -> None:
    """Long words, wide letters and pictures stay on the screen, from the smallest phone up."""
    theme = open_theme(None, name)
    documents = {title: ALL_CASES[title].edition(theme).html for title in kinds_for(name)}
    for width in (320, 375, 600, 1024):
        found = chromium.run(lambda browser, width=width: sticking_out(browser, documents, width))
        assert found == {title: [] for title in documents}, width


def test_eight_stories_are_short_on_a_phone(chromium: Chromium) -> None:
    """The standard theme prints eight stories, half of them with pictures, in 2,520 pixels."""
    buffer = BytesIO()
    Image.new("RGB", (1200, 675)).save(buffer, "PNG")
    html = make_edition(make_items(8, pictures=True, sections=("Security", "Networks"))).html

    def height(browser: Browser) -> int:
        page = browser.new_page(viewport={"width": 375, "height": 800})
        page.route(
            "**/*", lambda route: route.fulfill(content_type="image/png", body=buffer.getvalue())
        )
        page.set_content(html, wait_until="load")
        tall: int = page.evaluate("document.documentElement.scrollHeight")
        page.close()
        return tall

    assert chromium.run(height) <= 2520


@pytest.mark.parametrize("name", theme_names())
def test_what_stands_alone_can_be_hit_with_a_thumb(name: str, chromium: Chromium) -> None:
    """Buttons and the links at top and foot, Unsubscribe among them, are 44 pixels high and apart."""
    masthead = make_masthead(join_url="https://news.example.org/join/weekly")
    html = make_edition(make_items(2), masthead=masthead, theme=open_theme(None, name)).html

    def boxes(browser: Browser) -> list[dict[str, float]]:
        page = browser.new_page(viewport={"width": 320, "height": 800})
        page.set_content(html, wait_until="domcontentloaded")
        found: list[dict[str, float]] = page.evaluate(
            """() => [...document.querySelectorAll('.links a, a.near, .button a')].map(link => {
              const box = link.getBoundingClientRect()
              return {left: box.left, right: box.right, top: box.top, bottom: box.bottom}
            })"""
        )
        page.close()
        return found

    found = chromium.run(boxes)
    assert len(found) >= 4
    assert [box for box in found if box["bottom"] - box["top"] < 44] == []
    assert [
        (one, other)
        for number, one in enumerate(found)
        for other in found[:number]
        if min(one["right"], other["right"]) > max(one["left"], other["left"])
        and min(one["bottom"], other["bottom"]) > max(one["top"], other["top"])
    ] == []


def without(*features: str) -> MailClient:
    """A client that lacks these features and no others."""
    return MailClient(key="", name="", tested_as="", lacks=frozenset(features))


CLIENTS = {
    "no word-break": without("css-word-break", "css-overflow-wrap"),
    "no style sheets": without("html-style"),
    "no media queries": without("css-at-media"),
    "no pictures": without("html-img"),
    **{
        key: client
        for key in ("gmail-app-other-account", "yahoo", "gmx", "web-de")
        if (client := client_of(key))
    },
}


@pytest.mark.sampled
@pytest.mark.parametrize("name", theme_names())
def test_nothing_sticks_out_of_what_a_client_leaves(name: str, chromium: Chromium) -> None:
    """On the smallest phone too, whichever feature the client drops."""
    theme = open_theme(None, name)
    titles = ("notes and blocks", "Markdown", "German", "right to left", "wide letters")
    is_all = IS_WHOLE or name == STANDARD
    documents = {
        f"{title}, {lack}": shown_in(html, client)
        for title in (titles if is_all else titles[:2])
        for html in [ALL_CASES[title].edition(theme).html]
        for lack, client in CLIENTS.items()
        if is_all or lack.startswith("no ")
    }
    found = chromium.run(lambda browser: sticking_out(browser, documents, 320))
    assert found == {title: [] for title in documents}
