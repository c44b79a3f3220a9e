"""Strangers' text comes out harmless, well-formed and readable."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from mjml import mjml2html

from newsletter.articles.sanitize import (
    MAX_HTML,
    clean_text,
    clip,
    one_line,
    opening,
    paragraphs_html,
    plain_text,
    safe_html,
    text_of,
)
from tests.effort import at_most

ALLOWED = set(
    re.findall(
        r"\w+",
        "p div br hr h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong b i u s sub sup a",
    )
)
PIECES = st.lists(
    st.sampled_from(
        [
            *(
                "<p>",
                "</p>",
                "<div>",
                "</div>",
                "<b>",
                "</b>",
                "<li>",
                "<ul>",
                "</ul>",
                "<br>",
                "<td>",
            ),
            *(
                "<a href='/x'>",
                "<a href=javascript:x>",
                "</a>",
                "<h1>",
                "</h1>",
                "<!-- c -- >",
                "<![CDATA[",
            ),
            *(
                "]]>",
                "&nbsp;",
                "&amp;lt;",
                "&#1;",
                "&bogus;",
                "<",
                ">",
                "&",
                "\x00",
                "\u2028",
                "\ud800",
            ),
            *(
                "<script>x</script>",
                "<img src=x onerror=y>",
                "</mj-text><mj-text>",
                "<svg><p>",
                "text",
                "é",
            ),
            *(
                "<table>",
                "<style>p{}</style>",
                "<p style='x' onclick=y>",
                '<a href="x">"',
                "<template>",
            ),
        ]
    )
    | st.text(max_size=5),
    max_size=20,
).map("".join)


@pytest.mark.parametrize(
    ("source", "safe"),
    [
        ("<p>One<p>Two", "<p>One</p><p>Two</p>"),
        ("a<br>b&nbsp;c", "a<br/>b&#160;c"),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
        ("<h1>Big</h1>", "<h2>Big</h2>"),
        ("<section><td>A</td></section>", "<div>A</div>"),
        ("<table><tr><td>A</td><td>B</td></tr></table>", None),
        ("<script>x()</script><style>p{}</style>Hi", "Hi"),
        ("<p onclick='x' style='y' class='z'>Hi</p>", "<p>Hi</p>"),
        ("<a href='javascript:x'>a</a>", "<a>a</a>"),
        ("<a href='jAvA\tscript:x'>a</a>", "<a>a</a>"),
        ("<a href='data:text/html,x'>a</a>", "<a>a</a>"),
        ("<a href='/b?c=1&d=2'>a</a>", '<a href="https://example.org/b?c=1&amp;d=2">a</a>'),
        ("<a href='mailto:desk@example.org'>a</a>", '<a href="mailto:desk@example.org">a</a>'),
        ("<img src='https://example.org/pixel.gif'>", ""),
        ("<p></p><p> <br></p><p>x</p>", "<p>x</p>"),
        ("<iframe src=x></iframe><form><input></form>y", "y"),
    ],
)
def test_html_comes_to_the_allow_list(source: str, safe: str | None) -> None:
    """Only known elements and safe links stay; containers become div, empty ones go."""
    out = safe_html(source, "https://example.org/a/")
    assert out == safe if safe is not None else re.findall(r"\w+", text_of(out)) == ["A", "B"]


@given(PIECES)
def test_what_comes_out_is_well_formed_and_allowed(source: str) -> None:
    """Any soup becomes XML content of allowed elements, with href alone."""
    safe = safe_html(source, "https://example.org/")
    tree = etree.fromstring(f"<root>{safe}</root>")
    for element in tree.iterdescendants():
        assert element.tag in ALLOWED
        assert set(element.attrib) <= {"href"}
        href = element.get("href", "https://")
        assert href.startswith(("https://", "http://", "mailto:"))


@given(PIECES)
def test_mjml_takes_what_comes_out(source: str) -> None:
    """A stranger's body inside mj-text never stops the rendering of an issue, nor leaves its place."""
    body = f"<mj-text>[{safe_html(source, 'https://example.org/')}]</mj-text>"
    page = mjml2html(
        f"<mjml><mj-body><mj-section><mj-column>{body}</mj-column></mj-section></mj-body></mjml>"
    )
    assert page.count("<table") == mjml2html(
        "<mjml><mj-body><mj-section><mj-column><mj-text>[]</mj-text></mj-column></mj-section></mj-body></mjml>"
    ).count("<table")


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 50_000,
        "<b>" * 50_000 + "x",
        "<a " * 100_000,
        "<p " + "a=1 " * 100_000 + ">",
        "<" * 500_000,
        "&" * 500_000,
        "<!--" * 100_000,
        "<ul><li>" * 50_000,
        "x" * 5_000_000,
        "<p>\n</p>" * 30_000,
    ],
    ids=lambda source: source[:6].strip(),
)
def test_hostile_html_takes_bounded_time_and_room(source: str) -> None:
    """Deep nesting, endless tags and sheer size cost little and come out small."""
    with at_most(300):
        safe = safe_html(source)
    assert len(safe) <= 5 * MAX_HTML
    etree.fromstring(f"<root>{safe}</root>", etree.XMLParser(huge_tree=True))


def test_too_deep_html_keeps_its_text() -> None:
    """What nests too deep is read as plain paragraphs."""
    deep = "<div>" * 200 + "<p>One &amp; two</p><p>Three</p>"
    assert safe_html(deep) == "<p>One &amp; two</p><p>Three</p>"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>One <b>and</b> two.</p><p>Three.</p>", "One and two.\n\nThree."),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("a<br>b", "a\nb"),
        ("Tom &amp; Jerry &lt;3", "Tom & Jerry <3"),
    ],
)
def test_text_keeps_paragraphs(source: str, text: str) -> None:
    """The text of a body has an empty line between paragraphs, and entities decoded."""
    assert text_of(safe_html(source)) == text


def test_plain_text_is_one_line() -> None:
    """A summary loses its markup and its line ends."""
    assert plain_text("<p>One\n <i>two</i></p>\n<p>three&hellip;</p>") == "One two three…"


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("  Two\r\nlines\t here ", "Two lines here"),
        ("Bcc:\x00 x\u2028y\x85z", "Bcc: x y z"),
        ("evil \u202egnp.exe", "evil gnp.exe"),
        ("e\u0301te\u0301", "été"),
        ("soft\u00adhyphen", "softhyphen"),
        ("👩\u200d🚀 می\u200cخواهم", "👩\u200d🚀 می\u200cخواهم"),
        ("half \ud83d", "half"),
    ],
)
def test_a_title_is_one_clean_line(title: str, line: str) -> None:
    """No line end, control character or override of direction stays; joiners of scripts do."""
    assert one_line(title) == line


@given(st.text())
def test_a_line_has_nothing_in_it_that_breaks_lines(text: str) -> None:
    """Whatever comes in, a header or an attribute can hold what comes out."""
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert all(unicodedata.category(letter) not in ("Cc", "Cs", "Zl", "Zp") for letter in line)
    assert one_line(line) == line
    line.encode("utf-8")


@given(st.text(), st.integers(2, 40))
def test_clipping_keeps_the_limit(text: str, limit: int) -> None:
    """A clipped text is at most as long as asked, and begins as the text does."""
    short = clip(text, limit)
    assert len(short) <= limit
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


def test_clipping_cuts_between_words() -> None:
    """The cut falls between words where there are any."""
    assert clip("The harbour bridge is open again", 20) == "The harbour bridge…"
    assert clip("港口大桥维修后重新开放了", 6) == "港口大桥维…"


@pytest.mark.parametrize(
    ("text", "limit", "start"),
    [
        ("Short.", 40, "Short."),
        (
            "One is here. Two is here too. Three is a long sentence.",
            40,
            "One is here. Two is here too.",
        ),
        (
            "A long sentence without any end in sight for a while",
            30,
            "A long sentence without any…",
        ),
        (
            "第一句话在这里。第二句话在这里。第三句话在这里。",
            17,
            "第一句话在这里。第二句话在这里。",
        ),
    ],
)
def test_an_opening_is_whole_sentences(text: str, limit: int, start: str) -> None:
    """A summary made of a body ends with a sentence, or with an ellipsis."""
    assert opening(text, limit) == start


def test_paragraphs_are_escaped() -> None:
    """Plain text becomes HTML without becoming markup."""
    assert paragraphs_html(["1 < 2 & 3", " ", "b"]) == "<p>1 &lt; 2 &amp; 3</p><p>b</p>"


def test_line_ends_of_every_kind_are_newlines() -> None:
    """CR, CRLF and the Unicode separators are one thing."""
    assert clean_text("a\r\nb\rc\u2029d\x0ce") == "a\nb\nc\nd\ne"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('<p>x <a name="top"/>y</p><p>z</p>', "x y\n\nz"),
        ('<script src="x.js"/><p>after</p>', "after"),
        ("<p>a</p><div/><p>b</p>", "a\n\nb"),
        ("<p>a <a href=http://example.org/>link</a> b</p>", "a link b"),
        ("<span/>" * 5000 + "<p>a</p><p>b</p>", "a\n\nb"),
        ("<p><b>x</p>" * 500, "\n\n".join(["x"] * 500)),
    ],
    ids=["anchor", "script", "container", "unquoted", "many", "left open"],
)
def test_self_closed_and_unclosed_elements_lose_no_text(source: str, text: str) -> None:
    """XHTML's empty elements end where they begin, and what is left open is not deep."""
    assert text_of(safe_html(source)) == text


def test_formatting_that_is_left_open_stays_small() -> None:
    """Elements that HTML opens again in each paragraph do not multiply."""
    source = "".join(f"<font color='{number}'>" for number in range(500)) + "<p>x" * 40_000
    with at_most(300):
        assert len(safe_html(source)) <= 5 * MAX_HTML
