"""What others reported of newsletters in mail clients, tried on ours.

The reports: TryGhost/Ghost 17475, 18587 and 19527 and mjmlio/mjml 2840 (pictures too wide in Outlook),
hteumeuleu/email-bugs 130 (Gmail drops a sheet with an address in it), 145 (Yahoo and `<img />`), 149
(Yahoo and media queries with a comma), buttondown/roadmap 1644 (links without a colour),
mjmlio/mjml 1787 (white lines in Outlook), decidim 6892 and resend/react-email 1512 (buttons in
Outlook), LemmyNet/lemmy 2921 (long addresses broken in the text part).
"""

from __future__ import annotations

import re

import pytest
from lxml.html import document_fromstring

from newsletter.rendering.edition import Edition
from newsletter.rendering.theme import open_theme, theme_names
from tests.factories.cases import CASES
from tests.factories.editions import make_edition, make_masthead
from tests.factories.issues import make_article, make_image, make_item

STILL = "https://news.example.org/pictures/still/a"
LONG = "https://press.example.org/" + "a-long-address/" * 20 + "?a=1&b=2"


@pytest.fixture(scope="module", params=theme_names())
def editions(request: pytest.FixtureRequest) -> list[Edition]:
    """What a theme makes of several contents."""
    theme = open_theme(None, request.param)
    names = ("notes and blocks", "whole articles")
    moving = make_item(make_article(1, url=LONG, image=make_image(1, moves=True)))
    masthead = make_masthead(still_of=lambda _url: STILL)
    return [
        *(CASES[name].edition(theme) for name in names),
        make_edition([moving, make_item(make_article(2))], theme=theme, masthead=masthead),
    ]


def test_pictures_have_a_width_in_pixels(editions: list[Edition]) -> None:
    """Outlook shows a picture without one, or with "auto", in the size of its file."""
    for edition in editions:
        for image in document_fromstring(edition.html).iter("img"):
            assert 0 < int(image.get("width")) <= 600
            assert image.get("height") is None
        assert not re.search(r"<img[^>]*/>", edition.html)


def test_an_address_in_a_sheet_costs_no_other_rule(editions: list[Edition]) -> None:
    """A sheet with an address has only rules for readers who ask for less movement."""
    for edition in editions:
        for sheet in re.findall(r"<style\b[^>]*>(.*?)</style>", edition.html, re.DOTALL):
            if "url(" in sheet:
                assert sheet.startswith("@media (prefers-reduced-motion: reduce)")
                assert sheet.count("url(") == sheet.count(STILL) == sheet.count("img")
        assert not re.search(r"@media[^{]*,", edition.html)


def test_links_have_a_colour_of_their_own(editions: list[Edition]) -> None:
    """The clients' blue is too dark on a dark ground."""
    for edition in editions:
        for link in document_fromstring(edition.html).xpath("//a[normalize-space()]"):
            assert re.search(r"(?:^|;)color:#", link.get("style") or ""), link.text_content()


def test_outlook_has_grounds_and_paddings_as_attributes(editions: list[Edition]) -> None:
    """Lines between sections show the paper, buttons have their padding, and pixels are pixels."""
    for edition in editions:
        assert "<o:PixelsPerInch>96</o:PixelsPerInch>" in edition.html
        for button in re.findall(r'<td[^>]*class="button".*?</td>', edition.html, re.DOTALL):
            assert "mso-padding-alt:" in button
            assert re.search(r'bgcolor="#', button)
        if 'class="paper' in edition.html:
            assert re.search(r'<table[^>]*bgcolor="#\w{6}"[^>]*width="600"', edition.html)


def test_addresses_stay_whole_in_the_text(editions: list[Edition]) -> None:
    """However long they are, one stands on one line."""
    assert f"\n{LONG}\n" in editions[-1].text


def test_apple_colours_nothing_and_dark_rules_are_for_screens(editions: list[Edition]) -> None:
    """Dates that Apple Mail makes links of look like text, and nobody prints white on black."""
    for edition in editions:
        assert "a[x-apple-data-detectors]{color:inherit !important" in edition.html
        assert "@media screen and (prefers-color-scheme: dark)" in edition.html
        assert "@media (prefers-color-scheme" not in edition.html
        assert not re.search(r"<(?:span|img)[^>]*bgcolor|height=\"auto\"", edition.html)


def test_cells_in_outlook_leave_room_for_paddings(editions: list[Edition]) -> None:
    """They are 552 of 600 pixels wide; only a picture from edge to edge takes all."""
    for edition in editions:
        parts = re.findall(r"<!--\[if mso \| IE\]>(.*?)<!\[endif\]-->", edition.html, re.DOTALL)
        widths = [width for part in parts for width in re.findall(r"<td[^>]*?width:(\d+)px", part)]
        assert "552" in widths
        assert widths.count("600") <= edition.html.count("bleed")


def test_pictures_have_a_ground_of_their_own(editions: list[Edition]) -> None:
    """What is black on nothing can be seen in the dark."""
    for edition in editions:
        for image in document_fromstring(edition.html).iter("img"):
            assert re.search(r"background-color:#fff\b", image.get("style") or "")
