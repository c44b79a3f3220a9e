"""The list of popular stories on a web page, as sites mark it up."""

from __future__ import annotations

import pytest

from newsletter.articles.ranked_links import ranked_links
from newsletter.errors import SourceError

PAGE = "https://www.example.org/news/today"


def links(html: str) -> list[tuple[str, str]]:
    """The title and path of each story of the list."""
    found = ranked_links(html.encode(), content_type="text/html; charset=utf-8", url=PAGE)
    return [(link.title, link.url.removeprefix("https://www.example.org")) for link in found]


ROWS = """
<li><a href="/a"><img src="/a.jpg" alt=""></a><a href="/a">Bridge over the bay opens</a> <a href="/a#comments">12</a></li>
<li><a href="b">A phone for everyone, reviewed</a></li>
<li><a href="https://www.example.org/c">Rain until Friday at least</a></li>"""
EXPECTED = [
    ("Bridge over the bay opens", "/a"),
    ("A phone for everyone, reviewed", "/news/b"),
    ("Rain until Friday at least", "/c"),
]


@pytest.mark.parametrize(
    "html",
    [
        f"<h2>Most Popular Reviews</h2><ol>{ROWS}</ol>",
        f"<aside><div class=head><h3><span>Trending now</span></h3></div><ul>{ROWS}</ul></aside><a href=/x>Another story altogether</a>",
        f"<section><p><strong>Meistgelesen</strong></p><div><ul>{ROWS}</ul></div></section>",
        f"<h2>Les plus lus</h2><ol>{ROWS}</ol><h2>Services</h2><a href=/abo>Take out a subscription</a>",
        "<h2>Most read</h2>"
        + ROWS.replace("<li>", "<article><h3>").replace("</li>", "</h3></article>"),
        f"<div>热门文章</div><ul>{ROWS}</ul>",
    ],
    ids=["list", "aside", "paragraph", "until the next heading", "rows are headings", "unspaced"],
)
def test_the_links_below_the_heading_are_the_list(html: str) -> None:
    """In their order, each story once, without the links of pictures and of counts of comments."""
    start = "<html><body><nav><a href=/most-popular>Most popular</a><a href=/s>Sport and games</a></nav>"
    assert links(f"{start}<main><h1>News of the day</h1><p>Text.</p>{html}</main>") == EXPECTED


def test_a_story_about_something_popular_is_no_heading_of_a_list() -> None:
    """A headline that has the word is a link, or too long for a heading."""
    html = (
        "<h2><a href=/1>Why cats are popular</a></h2><h2><a href=/2>Another story here</a></h2>"
        "<h2>The most popular holiday island of the north has had enough of visitors this year</h2>"
        "<a href=/3>A third story here</a><a href=/4>A fourth story here</a>"
    )
    with pytest.raises(SourceError, match="no list of popular stories"):
        links(html)


@pytest.mark.parametrize("html", ["", "<!-- -->", "<h2>Most read</h2><p>Nothing yet.</p>", "\x00"])
def test_a_page_without_a_list_is_said_to_have_none(html: str) -> None:
    """Nothing is guessed from other links of the page."""
    with pytest.raises(SourceError):
        links(html)
