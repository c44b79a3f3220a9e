"""MJML to HTML: what MRML and premailer would get wrong, one test each."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from premailer import Premailer

from newsletter.errors import RenderingError
from newsletter.rendering import inliner
from newsletter.rendering.edition import Slot
from newsletter.rendering.html import MAX_NESTING, MarkupError, encoded_size, make_html
from newsletter.rendering.slots import sentinel
from tests.factories.editions import NONCE


def make_mjml(content: str = "<mj-text>x</mj-text>", *, head: str = "") -> str:
    """A document of one column."""
    return (
        f'<mjml lang="en" dir="ltr"><mj-head><mj-title>t</mj-title>{head}</mj-head><mj-body>'
        f"<mj-section><mj-column>\n{content}\n</mj-column></mj-section></mj-body></mjml>"
    )


def test_doctype_survives() -> None:
    """premailer drops MRML's lower-case doctype; ours comes through."""
    assert make_html(make_mjml(), "").startswith("<!DOCTYPE html>\n")


def test_no_default_fonts() -> None:
    """MRML's default font would add a link to Google Fonts, which premailer downloads."""
    html = make_html(make_mjml('<mj-text font-family="Roboto, Open Sans">x</mj-text>'), "")
    assert "googleapis" not in html
    assert "<link" not in html


@pytest.mark.parametrize("rule", ["@import url(http://example.org/a.css);", "@IMPORT 'a.css';"])
def test_import_is_refused(rule: str) -> None:
    """premailer fetches an @import even without network access: it never gets one."""
    with pytest.raises(RenderingError, match=r"style\.css\.j2: @import"):
        make_html(make_mjml(), rule)


def test_image_keeps_its_width() -> None:
    """The width attribute stays in pixels, as classic Outlook needs it."""
    mjml = make_mjml(
        '<mj-image src="https://example.org/a.png" width="148px" padding="0" alt="" />'
    )
    html = make_html(mjml, "img { width: 100%; }")
    assert re.search(r'<img [^>]*width="148"', html)


def test_important_inside_media_stays() -> None:
    """Two columns fall apart on phones without MJML's !important; it stays in the style blocks."""
    content = '</mj-column><mj-column width="40%"><mj-text>y</mj-text>'
    head = "<mj-style>@media (max-width: 9px) { .a { color: red !important } }</mj-style>"
    html = make_html(make_mjml(content, head=head), ".b { color: #000000 }")
    assert "@media only screen and (min-width:480px)" in html
    assert ".c40{width:40% !important;" in html
    assert ".a{color:red !important}" in html


def test_style_blocks_are_left_alone() -> None:
    """Nested @media, @supports, @font-face and client hacks pass, without spaces and marks."""
    css = (
        "@media screen { @media (min-width: 1px) { .b { c: d } } }"
        "@supports (x: y) { .b { c: d } } @font-face { font-family: z }"
        "u + .body .gmail { display: none } [data-ogsc] .a { color: #ffffff !important }"
    )
    html = make_html(make_mjml(head=f"<mj-style>{css}</mj-style>"), ".c { color: #000000 }")
    passed = """@media screen{@media (min-width: 1px){.b{c:d}
}
}
@supports (x: y){.b{c:d}
}
@font-face{font-family:z}
u + .body .gmail{display:none}
[data-ogsc] .a{color:#ffffff !important}"""
    assert passed in html
    assert "data-premailer" not in html


def test_conditional_comments_stay() -> None:
    """Outlook's tables come through."""
    html = make_html(make_mjml(), "p { margin: 0 }")
    assert html.count("<!--[if mso | IE]>") == html.count("<![endif]-->") - 2
    assert "<!--[if mso]>" in html


def test_theme_css_goes_onto_elements() -> None:
    """Classes of the theme become style attributes, and stay for the dark mode."""
    html = make_html(make_mjml('<mj-text><p class="a">x</p></mj-text>'), ".a { color: #102030 }")
    assert '<p class="a" style="color:#102030">x</p>' in html


def test_sentinels_are_not_rewritten() -> None:
    """A slot in an href or a src arrives as it went in."""
    word = sentinel(Slot.UNSUBSCRIBE, NONCE)
    html = make_html(
        make_mjml(f'<mj-text><a href="{word}">x</a> {word}</mj-text>'), "p { margin: 0 }"
    )
    assert f'<a href="{word}">' in html
    assert html.count(word) == 2


@pytest.mark.parametrize(
    "text",
    [
        "你好，世界",
        "مرحبا بالعالم",
        "שלום",
        "👩‍🔬🔥",
        "Ελληνικά",
        "na\u00efve\u00a0\u200f\u200d",
        "\u0301 \\ back",
    ],
)
def test_any_script_survives(text: str) -> None:
    """Text of any script comes out as the same characters, in content and in attributes."""
    mjml = make_mjml(
        f'<mj-text title="{text}">{text} <a title="{text}">a</a></mj-text>'
        f'<mj-image src="https://example.org/a.png" alt="{text}" />',
        head=f"<mj-preview>{text}</mj-preview>",
    ).replace("<mj-title>t<", f"<mj-title>{text}<")
    html = make_html(mjml, "p { margin: 0 }")
    assert html.count(text) == 6  # title, aria-label, preview, text, the link's title, alt


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("<mj-text>\n<p>never closed</mj-text>", 3),
        ("<mj-text>fine</mj-text>\n<mj-text>x</b></mj-text>", 3),
        ("<mj-text>fine</mj-text></mj-section>", 1),
        ("<mj-text>\na < b</mj-text>", 3),
        ("<mj-text>fine</mj-text>\n\n<mj-text bad=unquoted>x</mj-text>", 4),
    ],
)
def test_broken_markup_names_its_line(content: str, line: int) -> None:
    """Where MRML says only "unexpected token", or nothing at all, the line is named."""
    with pytest.raises(MarkupError) as caught:
        make_html(make_mjml(content), "")
    assert caught.value.line == line
    assert f"line {line} of the rendered MJML: " in str(caught.value)


def test_deep_nesting_is_refused() -> None:
    """Tags nested without end would overflow MRML's stack and kill the process."""
    deep = "<mj-text>" + "<b>" * 20_000 + "x" + "</b>" * 20_000 + "</mj-text>"
    with pytest.raises(MarkupError, match=f"more than {MAX_NESTING} deep"):
        make_html(make_mjml(deep), "")


def test_threads_do_not_disturb_each_other() -> None:
    """premailer is not thread-safe; documents made at once are those made one by one."""
    mjml = make_mjml('<mj-text><p class="a">x</p></mj-text>' * 20)
    sheets = [f".a {{ margin: {number}px; color: #10203{number} }}" for number in range(8)]
    alone = [make_html(mjml, css) for css in sheets]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda css: make_html(mjml, css), sheets)) == alone


def test_encoded_size_counts_quoted_printable() -> None:
    """A letter outside ASCII travels as three octets for each of its own."""
    assert encoded_size("abc") == 3
    assert encoded_size("好") == 9


def test_sheets_read_once_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A theme's style sheet kept from an earlier edition puts the same style on every element."""
    css = ".a, p { color: #102030; margin: 0 !important } .a:hover { color: #ffffff } p > b { top: 0 }"
    mjml = make_mjml('<mj-text><p class="a" style="color: #000000">x <b>y</b></p></mj-text>')
    first, second = make_html(mjml, css), make_html(mjml, css)
    monkeypatch.setattr(inliner, "Inliner", Premailer)
    assert first == second == make_html(mjml, css)
    assert "color:#102030" in first or "color:#000000" in first


def test_preheader_is_not_white_on_white() -> None:
    """Filters count text in the colour of its ground; the preheader is hidden, not painted over."""
    html = make_html(make_mjml(head="<mj-preview>In short</mj-preview>"), "")
    assert re.search(r'<div style="display:none;font-size:1px;[^"]*">In short</div>', html)
    assert "color:#ffffff" not in html
