"""A page fills in what the feed leaves out, and takes nothing away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.articles.article import Image, Tag
from newsletter.articles.fetch import FetchMemory
from newsletter.articles.follow import FRESH, NEWS, FollowedPage, filled, wanted
from tests.factories.issues import DUE, make_article, make_image

SECURITY, NEWS_TAG = Tag(slug="security", label="security"), Tag(slug="news", label="news")
PAGE = make_article(
    9,
    summary="The page's own deck, which is a whole sentence about the sluice.",
    body_html="<p>Long.</p>",
    body_text="A long text. " * 30,
    tags=(SECURITY,),
    author="Ann Example",
    agency="Example Wire",
    image=make_image(9),
)
BARE = make_article(
    1, summary="", body_html="", body_text="", tags=(), author="", agency="", image=None
)


def test_what_the_feed_leaves_out_is_filled_in() -> None:
    """Summary, text, tags, author, agency and picture come from the page, nothing else does."""
    found = filled(BARE, PAGE)
    assert (found.summary, found.body_text, found.tags) == (PAGE.summary, PAGE.body_text, PAGE.tags)
    assert (found.author, found.agency, found.image) == ("Ann Example", "Example Wire", PAGE.image)
    same = ("key", "url", "title", "source", "published", "dated", "entry_id")
    assert [getattr(found, name) for name in same] == [getattr(BARE, name) for name in same]


def test_what_the_feed_gives_stays() -> None:
    """A page that has less, or other, replaces nothing."""
    own = make_article(1, body_text="A longer text. " * 90, image=make_image(1), tags=(NEWS_TAG,))
    found = filled(own, PAGE)
    assert (found.summary, found.body_text, found.author) == (
        own.summary,
        own.body_text,
        own.author,
    )
    assert found.image == own.image
    assert found.tags == (NEWS_TAG, SECURITY)


@pytest.mark.parametrize(
    ("summary", "taken"),
    [
        ("Engineers fitted a sluice with …", True),
        ("Engineers fitted a sluice [...]", True),
        (BARE.title, True),
        ("Engineers fitted a sluice.", False),
    ],
)
def test_a_cut_summary_gives_way(summary: str, taken: bool) -> None:
    """A summary that breaks off, or that is only the headline, is worse than the page's."""
    own = make_article(1, summary=summary)
    assert (filled(own, PAGE).summary == PAGE.summary) is taken


@pytest.mark.parametrize(("width", "taken"), [(80, True), (640, False), (None, False)])
def test_a_small_picture_gives_way(width: int | None, taken: bool) -> None:
    """A thumbnail of the feed is replaced by the page's picture."""
    own = make_article(1, image=Image(url="https://press.example.org/own.png", width=width))
    assert (filled(own, PAGE).image == PAGE.image) is taken


def test_new_articles_are_followed_first() -> None:
    """Old articles and pages seen today are not; pages never seen come before others."""

    def page(number: int, age: timedelta) -> tuple[str, FollowedPage]:
        url = make_article(number).url
        return url, FollowedPage(memory=FetchMemory(source=url), checked_at=DUE - age)

    articles = [make_article(number) for number in (1, 2, 3, 4)]
    articles += [make_article(5, published=DUE - NEWS), make_article(6, url="", key="x")]
    pages = dict([page(1, FRESH), page(3, timedelta(hours=1))])
    assert [article.url[-1] for article in wanted(articles, pages, DUE)] == ["2", "4", "1"]
