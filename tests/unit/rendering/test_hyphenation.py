"""Places where long words may break."""

from __future__ import annotations

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering.hyphenation import soft_hyphenator, with_breaks
from newsletter.rendering.safe_text import one_line


def test_only_long_words_get_soft_hyphens() -> None:
    """A word that fits a phone's line stays whole; the letters are the same."""
    text = "Die Donaudampfschifffahrtsgesellschaft fährt Donaudampf"
    soft = soft_hyphenator("de")(text)
    assert soft.replace("\u00ad", "") == text
    assert "\u00ad" in soft.split()[1]
    assert soft.split()[3] == "Donaudampf"


def test_a_language_without_patterns_has_no_hyphens() -> None:
    """Nothing is guessed: a long string may break, but shows no hyphen."""
    assert soft_hyphenator("zh-Hant")("x" * 30) == f"{'x' * 12}<wbr/>{'x' * 12}<wbr/>{'x' * 6}"


def test_an_address_breaks_after_its_signs_and_shows_no_hyphen() -> None:
    """It is copied as it is shown."""
    soft = soft_hyphenator("en")("https://press.example.org/internationalisation/a-page?number=12")
    assert soft.startswith("https://<wbr/>press.<wbr/>example.org/<wbr/>")
    assert "\u00ad" not in soft


@pytest.mark.parametrize(
    "text",
    [
        "潮汐闸门学会了自己开启" * 5,
        "ประตูน้ำเรียนรู้ที่จะเปิดเอง",
        "short words only",
        "👩🏽‍🚀" * 6 + "e\u0301" * 9,
    ],
)
def test_what_breaks_by_itself_is_left_alone(text: str) -> None:
    """Scripts without spaces break anywhere; a letter keeps its marks, and an emoji its parts."""
    pieces = soft_hyphenator("en")(text).split("<wbr/>")
    assert "".join(pieces) == text
    assert not any(piece[0] in "\u0301\u200d🏽" for piece in pieces)


@pytest.mark.parametrize(
    ("html", "broken"),
    [
        ("<code>abcdefghijklmnopqrst</code>", "<code>abcdefghijkl<wbr/>mnopqrst</code>"),
        ('<a href="https://example.org/an-address">x</a>', '<a href="https://example.org/an-address">x</a>'),
        ("a&amp;b&amp;c&amp;d&amp;e&amp;f&amp;g&amp;h&amp;i", "a&amp;b&amp;c&amp;d&amp;e&amp;<wbr/>f&amp;g&amp;h&amp;i"),
    ],
)  # fmt: skip
def test_markup_is_not_broken(html: str, broken: str) -> None:
    """Neither tags nor entities."""
    assert with_breaks(html) == broken


@given(st.text())
def test_no_character_is_lost(text: str) -> None:
    """Whatever the text is, only places to break are added."""
    text = one_line(text).replace("\u00ad", "")
    soft = soft_hyphenator("de")(text).replace("<wbr/>", "").replace("\u00ad", "")
    assert unescape(soft) == text
