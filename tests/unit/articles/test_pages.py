"""A page gives its article: text, tags, by-line, date, picture and address."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.articles.article import Image
from newsletter.articles.entries import Origin, article_of
from newsletter.articles.pages import Page, parse_page
from newsletter.articles.tags import make_vocabulary
from newsletter.errors import SourceError
from tests.effort import at_most
from tests.sampling import sampled

BRIDGE = (Path(__file__).parents[2] / "data" / "articles" / "pages" / "bridge.html").read_text(
    encoding="utf-8"
)
NOW = datetime(2026, 5, 13, 7, 0, tzinfo=UTC)
PROSE = (
    "<p>The harbour bridge reopened to traffic on Monday morning, eleven weeks after inspectors"
    " found cracks in two of its hangers, and the first bus crossed at ten past five.</p>"
)


def page(source: str, *, url: str = "https://times.example.org/bridge?ref=1") -> Page:
    """The article of a page's HTML."""
    return parse_page(source.encode(), content_type="text/html; charset=utf-8", url=url, now=NOW)


def minimal(head: str = "", body: str = "") -> str:
    """A page around the head and the body."""
    return f"<html><head><title>Bridge opens</title>{head}</head><body><article><h1>Bridge opens</h1>{PROSE * 3}{body}</article></body></html>"


def test_a_page_gives_its_article() -> None:
    """What the page says for machines comes first, and the boilerplate is left behind."""
    found = page(BRIDGE)
    entry = found.entry
    assert (found.site, entry.title, entry.url) == (
        "Example Times",
        "Harbour bridge reopens",
        "https://times.example.org/bridge",
    )
    assert (entry.author, entry.agency) == ("Jane Doe, John Roe", "Example Wire")
    assert entry.published == datetime(2026, 5, 11, 23, 30, tzinfo=UTC)
    assert entry.labels == (
        *("harbour works", "Bridges", "transport", "local news", "Ferries", "City"),
    )
    assert entry.image == Image(
        url="https://times.example.org/pictures/bridge.jpg",
        alt="A bus on the bridge at dawn",
        width=1200,
        height=630,
    )


def test_the_body_is_clean_and_has_no_boilerplate() -> None:
    """Paragraphs, headings, lists and links stay; title, by-line, menu and footer do not."""
    origin = Origin(source="x", location="", vocabulary=make_vocabulary([], {}), now=NOW)
    article = article_of(page(BRIDGE).entry, origin)
    assert article is not None
    assert article.summary == "Ferries keep their extra trips until the end of the month."
    assert article.body_text.startswith("The harbour bridge reopened to traffic")
    assert article.body_text.endswith("Until then the toll stays where it is.")
    assert '<a href="https://times.example.org/hangers">two of its hangers</a>' in article.body_html
    assert "<li>The lane is one metre wide.</li>" in article.body_html
    for boilerplate in ("Sport", "Privacy", "Copyright", "Ferries\n"):
        assert boilerplate not in article.body_text


@pytest.mark.parametrize(
    ("head", "published"),
    [
        (
            '<meta property="article:published_time" content="2026-05-12T09:30Z">',
            "2026-05-12T09:30",
        ),
        ('<meta itemprop="datePublished" content="2026-05-12">', "2026-05-12T00:00"),
        (
            '<script type="application/ld+json">{"@type": "BlogPosting", "datePublished": "2026-05-12T08:00:00Z"}</script>',
            "2026-05-12T08:00",
        ),
        (
            '<script type="application/ld+json">[{"@type": "Event"}, 7, null]</script>'
            '<meta name="date" content="2026-05-10">',
            "2026-05-10T00:00",
        ),
    ],
)
def test_the_date_is_read_where_pages_state_it(head: str, published: str) -> None:
    """JSON-LD, Open Graph, microdata and meta elements, to the minute where stated."""
    found = page(minimal(head)).entry.published
    assert found == datetime.fromisoformat(published).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("head", "url"),
    [
        ("", "https://times.example.org/bridge?ref=1"),
        ('<link rel="canonical" href="/story/7">', "https://times.example.org/story/7"),
        ('<link rel="canonical" href="/">', "https://times.example.org/bridge?ref=1"),
        ('<meta property="og:url" content="https://m.example.org/a">', "https://m.example.org/a"),
        (
            '<meta property="og:url" content="https://other.example/a">',
            "https://times.example.org/bridge?ref=1",
        ),
        ('<link rel="canonical" href="javascript:x">', "https://times.example.org/bridge?ref=1"),
    ],
)
def test_the_page_says_where_it_lives(head: str, url: str) -> None:
    """Its canonical address counts, unless it is the front page, another site's, or no address."""
    assert page(minimal(head)).entry.url == url


def test_a_saved_page_knows_where_it_was_saved_from() -> None:
    """Browsers write the address into the file."""
    saved = "<!-- saved from url=(0031)https://times.example.org/saved -->" + minimal()
    assert page(saved, url="").entry.url == "https://times.example.org/saved"
    assert page(minimal(), url="").entry.url == ""


@pytest.mark.parametrize(
    "source",
    ["", "<html></html>", "<html><body><nav><a href='/'>Home</a></nav></body></html>", "{}"],
)
def test_a_page_without_an_article_is_refused(source: str) -> None:
    """Nothing to read is an error that says so."""
    with pytest.raises(SourceError, match=r"no article|not an HTML"):
        page(source)


@pytest.mark.parametrize(
    "source",
    ["<div>" * 100_000, "<p>word</p>" * 15_000, "<b>" * 900 + "text " * 100, "<!--" * 40_000],
    ids=["nested", "long", "bold", "comments"],
)
def test_hostile_pages_take_bounded_time(source: str) -> None:
    """What is small enough to be read in a thread is read in seconds, or refused."""
    with at_most(800), suppress(SourceError):
        page(source)


@settings(
    suppress_health_check=[HealthCheck.too_slow],
    deadline=None,
    max_examples=sampled(whole=60, sample=20),
)
@given(st.integers(0, len(BRIDGE)), st.integers(0, len(BRIDGE)), st.text(max_size=5))
def test_a_damaged_page_is_read_or_refused(start: int, end: int, between: str) -> None:
    """Pages with a piece missing give an article or a SourceError, never another error."""
    with suppress(SourceError):
        assert page(BRIDGE[:start] + between + BRIDGE[end:]).entry.body


def test_entities_and_the_site_are_not_part_of_what_a_page_says() -> None:
    """Headline, tags and author are decoded, and a tag may have an ampersand."""
    data = (
        '{"@type": "NewsArticle", "headline": "It&#8217;s open: Smith &amp;amp; Sons | Example Times",'
        ' "keywords": "Trier &amp; Region, Hafen", "author": {"name": "Ann O&#039;Neil"},'
        ' "publisher": {"name": "Example Times"}}'
    )
    entry = page(minimal(f'<script type="application/ld+json">{data}</script>')).entry
    assert (entry.title, entry.author) == ("It’s open: Smith & Sons", "Ann O’Neil")
    assert entry.labels == ("Trier & Region", "Hafen")


def test_a_list_of_tags_is_taken_as_it_is() -> None:
    """A tag of a list may have a comma; a text is split at its commas."""
    data = '{"@type": "Article", "keywords": ["Example, Ann", "harbour"]}'
    listed = page(minimal(f'<script type="application/ld+json">{data}</script>')).entry
    assert listed.labels == ("Example, Ann", "harbour")


def test_a_deeply_nested_page_is_read_whole() -> None:
    """What lies deeper than a parser's usual limit is not lost; drawings do not count as depth."""
    drawing = "<svg><path d='M0 0'/><circle r='1'/></svg>" * 1500
    deep = (
        f"{'<div>' * 400}<p>The lowest paragraph of all says that the toll stays where it is.</p>"
    )
    assert "The lowest paragraph of all" in page(minimal(body=drawing + deep)).entry.body


def test_a_very_long_article_is_cut_with_a_word() -> None:
    """Its beginning is kept whole, and the page says that more was there."""
    found = page(minimal(body=PROSE * 1500))
    assert found.cut
    assert found.entry.body.endswith("</p>")
    assert not page(minimal()).cut


@pytest.mark.parametrize(
    ("title", "text", "message"),
    [
        (
            "We value your privacy",
            "We and our partners use cookies. Consent to cookies?",
            "cookies",
        ),
        (
            "404 - Page not found",
            "The page that you were looking for is not here.",
            "cannot be found",
        ),
        ("Just a moment...", "Enable JavaScript and cookies to continue.", "check for robots"),
        ("Bridge opens", "Subscribe now for $1 to continue reading this article.", "subscribe"),
    ],
)
def test_a_page_without_an_article_says_what_it_shows(title: str, text: str, message: str) -> None:
    """Walls and error pages are refused by name."""
    source = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
    with pytest.raises(SourceError, match=message):
        page(source)
