"""Strangers' words, made fit to print."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering.markup import find_imbalance
from newsletter.rendering.safe_text import (
    MAX_FRAGMENT,
    MAX_NESTING,
    fragment,
    one_line,
    shorten,
    web_link,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nBcc: b", "a Bcc: b"),
        ("a\x00b\x1b[31mc\x7f\x9f", "ab[31mc"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("\ufffe\uffffkept", "kept"),
        ("  many \t  spaces ", "many spaces"),
        ("全角\u3000空白", "全角\u3000空白"),
        ("10\u00a0km", "10\u00a0km"),
        ("مرحبا 👩‍🔬", "مرحبا 👩‍🔬"),
    ],
)
def test_one_line(text: str, expected: str) -> None:
    """Line breaks become spaces, unprintable characters go, any script stays."""
    assert one_line(text) == expected


@given(st.text())
def test_one_line_can_always_be_sent(text: str) -> None:
    """Whatever comes in, one line of encodable text comes out."""
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    line.encode()
    assert one_line(line) == line


@given(st.text(), st.integers(min_value=0, max_value=60))
def test_shorten_keeps_the_limit(text: str, limit: int) -> None:
    """The result is never longer than asked, and the whole text where that fits."""
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == text or len(text) > limit


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two…"),
        ("one two, three", 10, "one two…"),
        ("海岸工程师教会了水闸", 6, "海岸工程师…"),
        ("go 👩‍🔬👩‍🔬", 6, "go…"),
        ("cafe\u0301s", 5, "caf…"),
        ("anything", 0, ""),
    ],
)
def test_shorten_cuts_where_a_reader_would(text: str, limit: int, expected: str) -> None:
    """Between words, never inside an emoji or between a letter and its accent."""
    assert shorten(text, limit) == expected


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        " data:text/html,<b>",
        "//example.org/x",
        "/relative",
        "https://",
        "https://[broken",
        "",
    ],
)
def test_web_link_refuses(url: str) -> None:
    """Only http and https with a host are links."""
    assert web_link(url) == ""


def test_web_link_cannot_leave_its_attribute() -> None:
    """Quotes, angle brackets and spaces are percent-encoded; the rest is untouched."""
    assert (
        web_link('https://example.org/a b"><x?q=é&r=%20')
        == "https://example.org/a%20b%22%3E%3Cx?q=é&r=%20"
    )


@given(st.text(max_size=200))
def test_fragment_is_well_formed(html: str) -> None:
    """Whatever an article holds, every tag of its fragment has its partner."""
    assert find_imbalance(str(fragment(html, ""))) is None


def test_fragment_drops_what_runs_or_styles() -> None:
    """Scripts, handlers and style attributes do not pass; neither does MJML."""
    html = '<p style=".headline" onclick="x()">a</p><script>b</script></mj-text><mj-text>c'
    assert fragment(html, "") == "<p>a</p>c"


@pytest.mark.parametrize(
    "html", ["<div>" * (MAX_NESTING + 1) + "x", "<b>x</b>" * (MAX_FRAGMENT // 8 + 1)]
)
def test_fragment_of_too_much_is_plain_text(html: str) -> None:
    """Nested too deep or too long, an article's HTML gives way to its text."""
    assert fragment(html, "one <b>\n\ntwo") == "<p>one &lt;b&gt;</p><p>two</p>"
