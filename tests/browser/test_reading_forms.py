"""Mails in large type and high contrast, as Chromium shows them: every theme and palette."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from newsletter.rendering.reading_form import html_in_form
from newsletter.rendering.theme import open_theme, palette_names, shipped_templates, theme_names
from newsletter.site.letter_mail import render_letter
from subscribers.subscriber import MailFormat
from tests.axe import MODES
from tests.browser.test_axe import look
from tests.browser.test_widths import sticking_out
from tests.browsers import Chromium
from tests.factories.dated_letters import SUBJECT, letters_site
from tests.factories.hard_cases import ALL_CASES, COLOURFUL, kinds_for
from tests.sampling import IS_WHOLE

pytestmark = pytest.mark.browser

LARGE, BOTH = MailFormat.LARGE, MailFormat.LARGE_CONTRAST
ENHANCED = {"resultTypes": ["violations"], "runOnly": ["color-contrast-enhanced"]}
"""At least 7 to 1, and 4.5 to 1 for large type."""

EVERYTHING = {"resultTypes": ["violations"]}
LETTER = (
    "Dear *reader*,\n\n## Begin\n\n- [here](https://a.example/)\n\n> a quote\n\n|a|b|\n|-|-|\n|1|2|"
)

SIZES = """() => [...document.body.querySelectorAll('*')].filter(element =>
  [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())
).map(element => parseFloat(getComputedStyle(element).fontSize))"""


def sizes(browser: Browser, html: str) -> list[float]:
    """The size in pixels of every element with text of its own."""
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.set_content(html, wait_until="domcontentloaded")
    found: list[float] = page.evaluate(SIZES)
    page.close()
    return found


@pytest.fixture
def letter(tmp_path: Path) -> str:
    """The HTML of a letter, with every kind of block."""
    site = letters_site(tmp_path)
    html = render_letter(site, "weekly", subject=SUBJECT, text=LETTER).html
    site.database.close()
    return html


def require_larger(html: str, chromium: Chromium) -> None:
    """Every text is at least a quarter larger, but for what nobody is to see."""
    before = chromium.run(lambda browser: sizes(browser, html))
    after = chromium.run(lambda browser: sizes(browser, html_in_form(html, LARGE)))
    assert len(before) == len(after) > 5
    small = [(old, new) for old, new in zip(before, after, strict=True) if old > 1]
    assert [(old, new) for old, new in small if new < 1.25 * old] == []


@pytest.mark.sampled
@pytest.mark.parametrize("name", theme_names())
def test_every_text_is_larger_and_stays_on_the_screen(name: str, chromium: Chromium) -> None:
    """From the smallest phone up; only words that no line can hold are broken."""
    theme = open_theme(None, name)
    documents = {title: ALL_CASES[title].edition(theme).html for title in kinds_for(name)}
    require_larger(documents[COLOURFUL[1]], chromium)
    title = COLOURFUL[1]
    own = {title: html_in_form(documents[title], BOTH)}
    found = chromium.run(lambda browser: look(browser, own, "light", lambda _title: EVERYTHING))
    assert found == {title: []}
    large = {title: html_in_form(html, BOTH) for title, html in documents.items()}
    for width in (320, 390):
        found = chromium.run(lambda browser, width=width: sticking_out(browser, large, width))
        assert found == {title: [] for title in large}, width


@pytest.mark.sampled
@pytest.mark.parametrize("name", theme_names())
def test_every_palette_has_seven_to_one(name: str, chromium: Chromium) -> None:
    """In light and dark."""
    folders = (shipped_templates() / "themes" / name, shipped_templates() / "issue")
    documents = {
        f"{palette}: {title}": html_in_form(
            ALL_CASES[title].edition(open_theme(None, name, palette=palette)).html, BOTH
        )
        for palette in (None, *palette_names(tuple(one for one in folders if one.is_dir())))
        for title in (COLOURFUL if IS_WHOLE else COLOURFUL[1:2])
    }
    for mode in MODES:
        found = chromium.run(
            lambda browser, mode=mode: look(browser, documents, mode, lambda _title: ENHANCED)
        )
        assert found == {title: [] for title in documents}, mode


def test_letters_have_both_forms(letter: str, chromium: Chromium) -> None:
    """As issues: larger, on the screen, and in two colours."""
    require_larger(letter, chromium)
    documents = {"letter": html_in_form(letter, BOTH)}
    for width in (320, 390):
        found = chromium.run(lambda browser, width=width: sticking_out(browser, documents, width))
        assert found == {"letter": []}
    for mode in MODES:
        found = chromium.run(
            lambda browser, mode=mode: look(browser, documents, mode, lambda _title: ENHANCED)
        )
        assert found == {"letter": []}, mode
