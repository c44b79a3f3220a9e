"""The body of a page is whole: nothing large is lost in silence."""

from __future__ import annotations

import lxml.html
import pytest

from newsletter.articles.page_body import (
    Extraction,
    extract_body,
    marked_paragraphs,
    with_spaces_of,
)

PROSE = [
    f"Paragraph {number} of the article tells what the council decided about the harbour that evening, and why the cranes stood still for weeks."
    for number in range(12)
]


def body_of(inside: str, *, stated: str = "") -> tuple[str, Extraction]:
    """The text found in a page with `inside` as its body, and how."""
    found = extract_body(
        lxml.html.document_fromstring(
            f"<html><head><title>x</title></head><body>{inside}</body></html>"
        ),
        stated=stated,
    )
    return found.html, found.extraction


def paragraphs(texts: list[str]) -> str:
    """The texts as paragraphs of HTML."""
    return "".join(f"<p>{text}</p>" for text in texts)


def test_the_usual_reading_is_taken_where_it_is_whole() -> None:
    """An ordinary article needs no second opinion."""
    found, how = body_of(f"<article><h1>Bridge</h1>{paragraphs(PROSE)}</article>")
    assert how is Extraction.USUAL
    assert all(text in found for text in PROSE)


def test_a_text_that_the_page_states_completes_what_it_shows() -> None:
    """Where the page shows only its beginning, the text for machines is the article."""
    found, how = body_of(f"<article>{paragraphs(PROSE[:2])}</article>", stated="\n\n".join(PROSE))
    assert how is Extraction.STATED
    assert found.count("<p>") == 12


def test_a_stated_text_of_something_else_is_not_taken() -> None:
    """A template's text does not replace the article."""
    found, how = body_of(
        f"<article>{paragraphs(PROSE[:3])}</article>", stated="lorem ipsum dolor " * 200
    )
    assert how is Extraction.USUAL
    assert PROSE[0] in found


def test_paragraphs_of_the_marked_article_leave_out_what_is_beside_it() -> None:
    """Navigation, comments, teasers and lists of links are not the article."""
    tree = lxml.html.document_fromstring(
        f"<body><nav><p>Home</p></nav><article>{paragraphs(PROSE[:2])}<aside><p>Ad</p></aside>"
        f"<div class='related-stories'><p>Other</p></div><p><a href='/x'>Only a link</a></p>"
        f"<section id='comments'><p>First!</p></section></article></body>"
    )
    assert marked_paragraphs(tree) == paragraphs(PROSE[:2])


def test_teasers_of_other_articles_do_not_count_as_lost() -> None:
    """A page that lists many other articles is read as usual."""
    teasers = "".join(
        f"<article><h2>Other {number}</h2><p>{PROSE[-1]}</p></article>" for number in range(20)
    )
    found, how = body_of(f"<article><h1>x</h1>{paragraphs(PROSE[:6])}</article>{teasers}")
    assert how is Extraction.USUAL
    assert found.count("Paragraph 0") == 1


@pytest.mark.parametrize(
    ("rich", "plain", "expected"),
    [
        (
            '<p>was <a href="/x">moved</a>on</p>',
            "<p>was moved on</p>",
            '<p>was <a href="/x">moved</a> on</p>',
        ),
        ("<p>a<b>b</b>c</p>", "<p>abc</p>", "<p>a<b>b</b>c</p>"),
        (
            "<p>x &amp;<i>y</i></p><p>z</p>",
            "<p>x &amp; y</p><p>z</p>",
            "<p>x &amp;<i> y</i></p><p>z</p>",
        ),
        ("<p>other words</p>", "<p>than these</p>", "<p>other words</p>"),
        ("", "<p>a</p>", ""),
    ],
)
def test_lost_spaces_come_back(rich: str, plain: str, expected: str) -> None:
    """Words beside links are apart where the plain version has them apart."""
    assert with_spaces_of(rich, plain) == expected
