"""No theme is ever wider than the screen, whatever it prints."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from playwright.sync_api import Browser

from newsletter.rendering.theme import open_theme
from tests.browsers import Chromium
from tests.factories.cases import CASES

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
