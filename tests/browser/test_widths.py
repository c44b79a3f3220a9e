"""No theme is ever wider than the screen, whatever it prints."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser

from newsletter.rendering.mail_clients import MailClient, client_of
from newsletter.rendering.shown_in import shown_in
from newsletter.rendering.theme import open_theme
from tests.browsers import Chromium
from tests.factories.cases import CASES
from tests.factories.editions import make_edition
from tests.factories.issues import make_items

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


@pytest.mark.parametrize("name", ["standard", "letter"])
@pytest.mark.parametrize("width", [320, 375, 600, 1024])
def test_nothing_sticks_out(name: str, width: int, chromium: Chromium) -> None:
    """Long words, wide letters and pictures stay on the screen, from the smallest phone up."""
    theme = open_theme(None, name)
    documents = {title: case.edition(theme).html for title, case in CASES.items()}
    found = chromium.run(lambda browser: sticking_out(browser, documents, width))
    assert found == {title: [] for title in CASES}


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


WITHOUT_MEDIA_QUERIES = MailClient(key="", name="", tested_as="", lacks=frozenset({"css-at-media"}))
WITHOUT_PICTURES = MailClient(key="", name="", tested_as="", lacks=frozenset({"html-img"}))


@pytest.mark.parametrize(
    "client",
    [
        *[client_of(key) for key in ("gmail-app", "gmail-app-other-account", "yahoo", "gmx")],
        WITHOUT_MEDIA_QUERIES,
        WITHOUT_PICTURES,
    ],
    ids=["gmail", "no style sheets", "no word-break", "gmx", "no media queries", "no pictures"],
)
def test_nothing_sticks_out_of_what_a_client_leaves(client: MailClient, chromium: Chromium) -> None:
    """On the smallest phone too, whichever feature the client drops."""
    theme = open_theme(None, "standard")
    documents = {
        title: shown_in(CASES[title].edition(theme).html, client)
        for title in ("notes and blocks", "long words", "right to left", "wide letters")
    }
    found = chromium.run(lambda browser: sticking_out(browser, documents, 320))
    assert found == {title: [] for title in documents}
