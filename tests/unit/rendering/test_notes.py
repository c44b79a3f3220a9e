"""What editors write around the articles, in HTML and in text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering.html import make_html
from newsletter.rendering.notes import make_note
from newsletter.rendering.plain_text import WIDTH, Footnotes, columns
from newsletter.rendering.theme import open_theme
from tests.factories.cases import BLOCKS, CASES

DATA = Path(__file__).parents[2] / "data" / "rendering"


def html_of(source: str) -> str:
    """The note as HTML."""
    note = make_note(source)
    assert note is not None
    return str(note.html)


def text_of(source: str) -> str:
    """The note as text."""
    note = make_note(source)
    assert note is not None
    return note.text(Footnotes())


@pytest.mark.parametrize(
    ("source", "html", "text"),
    [
        ("a *b* `c`", '<p dir="ltr">a <em>b</em> <code>c</code></p>', "a b c"),
        ("one\ntwo", '<p dir="ltr">one\ntwo</p>', "one two"),
        ("# Head", '<p class="subhead" dir="ltr">Head</p>', "Head"),
        ("<b>x</b>", '<p dir="ltr">&lt;b&gt;x&lt;/b&gt;</p>', "<b>x</b>"),
        ("![pic](ftp://x.test/a.png)", '<p dir="ltr">pic</p>', "pic"),
        (
            "![pic](https://x.test/a.png)",
            '<p><img src="https://x.test/a.png" alt="pic" width="552" style="width:100%;height:auto;"/></p>',
            "pic",
        ),
        ("Linux مرحبا بكم", '<p dir="rtl">Linux مرحبا بكم</p>', "Linux مرحبا بكم"),
        ("[call](tel:12) [up](#top)", '<p dir="ltr">call up</p>', "call up"),
        (
            "| a | b |\n|---|---|\n| 1 | [2](https://x.test) |",
            '<table class="whole">\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n'
            '<td><a href="https://x.test">2</a></td>\n</tr>\n</tbody>\n</table>',
            "a | b\n1 | 2 [1]",
        ),
        ("```\na  <b\n```", "<pre><code>a  &lt;b\n</code></pre>", "a  <b"),
        (
            "[go](https://x.test/?a=1&b=2)",
            '<p dir="ltr"><a href="https://x.test/?a=1&amp;b=2">go</a></p>',
            "go [1]",
        ),
        (
            "<desk@example.org>",
            '<p dir="ltr"><a href="mailto:desk@example.org">desk@example.org</a></p>',
            "desk@example.org",
        ),
        (
            "[us](mailto:desk@example.org)",
            '<p dir="ltr"><a href="mailto:desk@example.org">us</a></p>',
            "us <desk@example.org>",
        ),
        ("[x](javascript:alert(1))", '<p dir="ltr">[x](javascri<wbr/>pt:alert(1))</p>', None),
        (
            "3. a\n4. b\n   - c",
            '<ol start="3" dir="ltr">\n<li>a</li>\n<li>b\n<ul dir="ltr">\n<li>c</li>\n</ul>\n</li>\n</ol>',
            "3. a\n4. b\n  - c",
        ),
    ],
)
def test_markdown(source: str, html: str, text: str | None) -> None:
    """Markdown becomes safe HTML and readable text; HTML, scripts and pictures do not pass."""
    assert html_of(source) == html
    assert text is None or text_of(source) == text


def test_long_items_hang_under_their_words() -> None:
    """A list's item that is wrapped stays behind its mark."""
    first, second = text_of("1. " + "word " * 20).split("\n")
    assert first.startswith("1. word")
    assert second.startswith("   word")


def test_no_words_no_note() -> None:
    """White space alone is not a note."""
    assert make_note(" \n ") is None


@given(st.text())
def test_anything_editors_type_can_be_laid_out(source: str) -> None:
    """Whatever is typed comes out well-formed for MJML, and as lines that fit."""
    note = make_note(source)
    if note is None:
        return
    make_html(
        f"<mjml><mj-body><mj-section><mj-column><mj-text>{note.html}</mj-text></mj-column>"
        "</mj-section></mj-body></mjml>",
        "",
    )
    lines = note.text(Footnotes()).split("\n")
    assert all(columns(line) <= WIDTH or " " not in line.strip() for line in lines)


def test_text_of_a_full_issue() -> None:
    """Notes and blocks stand in the text part where they stand in the HTML, links as footnotes."""
    edition = CASES["notes and blocks"].edition(open_theme(None))
    assert edition.text == (DATA / "issue.full.txt").read_text(encoding="utf-8")
    places = [edition.html.index(f">{block.shown_label}</h2>") for block in BLOCKS]
    assert places == sorted(places)
