"""The whole text of an article is fit for a mail, and is cut at a paragraph."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.sanitize import safe_html, text_of
from newsletter.rendering.full_body import full_body

PARAGRAPHS = [f"Paragraph {number} says what was said in the harbour." for number in range(1, 5)]


def body(source: str, *, limit: int | None = None) -> tuple[str, bool]:
    """The HTML of the full body of `source`, and whether it was cut."""
    safe = safe_html(source)
    found = full_body(safe, text_of(safe), limit=limit, level=4)
    assert found is not None
    return str(found.html), found.cut


def paragraphs(texts: list[str]) -> str:
    """The texts as paragraphs."""
    return "".join(f"<p>{text}</p>" for text in texts)


def test_headings_are_below_those_of_the_mail() -> None:
    """An article's own headings begin below its title, and go down one level at a time."""
    source = "<h1>One</h1><p>a</p><h4>Two</h4><p>b</p><h2>Three</h2><p>c</p>"
    assert body(source)[0] == "<h4>One</h4><p>a</p><h5>Two</h5><p>b</p><h4>Three</h4><p>c</p>"


def test_lists_quotes_code_and_footnotes_stay() -> None:
    """What carries meaning is kept; containers become paragraphs."""
    source = (
        "<ul><li>one</li><li>two</li></ul><blockquote><p>said</p></blockquote>"
        "<pre><code>x = 1</code></pre><div>loose</div><p>text<sup>1</sup></p>"
    )
    assert body(source)[0] == source.replace("div>", "p>")


@pytest.mark.parametrize(
    ("limit", "count", "cut"), [(None, 4, False), (1000, 4, False), (160, 3, True), (60, 1, True)]
)
def test_it_is_cut_between_paragraphs(limit: int | None, count: int, cut: bool) -> None:
    """As many whole paragraphs as fit."""
    assert body(paragraphs(PARAGRAPHS), limit=limit) == (paragraphs(PARAGRAPHS[:count]), cut)


def test_a_heading_does_not_end_what_was_cut() -> None:
    """A heading whose text does not fit is left out too."""
    source = f"<p>{PARAGRAPHS[0]}</p><h2>Next</h2><p>{PARAGRAPHS[1] * 9}</p>"
    assert body(source, limit=120) == (f"<p>{PARAGRAPHS[0]}</p>", True)


def test_a_long_first_paragraph_is_shortened() -> None:
    """Something is always shown."""
    html, cut = body(f"<p>{'word ' * 100}</p><p>more</p>", limit=40)
    assert html == "<p>word word word word word word word word…</p>"
    assert cut


def test_an_article_without_text_has_no_body() -> None:
    """Its summary is shown instead."""
    assert full_body("", "", limit=None, level=4) is None
    assert full_body("<p> </p>", "\n", limit=None, level=4) is None


def test_the_plain_text_is_whole() -> None:
    """The text part has no size limit."""
    safe = safe_html(paragraphs(PARAGRAPHS))
    found = full_body(safe, text_of(safe), limit=60, level=4)
    assert found is not None
    assert list(found.paragraphs) == PARAGRAPHS


@given(st.text(alphabet='<>/pdivul h2bra&;"= x', max_size=200), st.integers(1, 100))
def test_any_body_is_well_formed(source: str, limit: int) -> None:
    """Whatever the article, each element that is opened is closed."""
    safe = safe_html(f"<p>start</p>{source}")
    found = full_body(safe, text_of(safe), limit=limit, level=4)
    assert found is not None
    for name in ("p", "ul", "h4", "b", "a"):
        opened = found.html.count(f"<{name}>") + found.html.count(f"<{name} ")
        assert opened == found.html.count(f"</{name}>")


def with_pictures(source: str, *, shown: str = "", limit: int | None = None) -> str:
    """The full body of an article that has pictures."""
    safe = safe_html(source, with_pictures=True, with_tables=True)
    found = full_body(safe, "Some text.", limit=limit, level=4, shown=shown)
    assert found is not None
    return str(found.html)


def test_pictures_are_as_wide_as_the_column_at_most() -> None:
    """None is enlarged, none taller than the column is wide, and no markup but theirs stays."""
    source = "".join(
        f'<p><img src="https://example.org/{name}.jpg" alt="{name}"{size} onerror="x"></p>'
        for name, size in (
            ("large", ' width="1600" height="900"'),
            ("small", ' width="300" height="200"'),
            ("tall", ' width="500" height="1000"'),
        )
    )
    assert with_pictures(source) == (
        '<p><img src="https://example.org/large.jpg" alt="large" width="552"/></p>'
        '<p><img src="https://example.org/small.jpg" alt="small" width="300"/></p>'
        '<p><img src="https://example.org/tall.jpg" alt="tall" width="276"/></p>'
    )


def test_the_picture_above_the_text_is_not_repeated() -> None:
    """Not in another size either."""
    source = '<p>a</p><p><img src="https://example.org/a-1024x768.jpg"></p>'
    assert with_pictures(source, shown="https://example.org/a.jpg?w=552") == "<p>a</p>"


def test_only_the_largest_pictures_are_shown() -> None:
    """Eight are enough for a mail, in the order of the article."""
    source = "".join(
        f'<p><img src="https://example.org/{width}.jpg" width="{width}"></p>'
        for width in range(100, 550, 50)
    )
    html = with_pictures(source)
    assert html.count("<img") == 8
    assert "100.jpg" not in html
    assert html.index("150.jpg") < html.index("500.jpg")


def test_footnotes_lead_to_the_page_and_not_back() -> None:
    """A mark is a link to the note of the page; the arrow back from the note goes."""
    source = (
        '<p>said<sup><a href="#fn1">1</a></sup></p>'
        '<ol><li id="fn1">Note. <a href="#ref1">↩︎</a></li></ol>'
    )
    safe = safe_html(source, "https://example.org/a", with_pictures=True)
    found = full_body(safe, "said", limit=None, level=4)
    assert found is not None
    assert str(found.html) == (
        '<p>said<sup><a href="https://example.org/a#fn1">1</a></sup></p><ol><li>Note. </li></ol>'
    )
