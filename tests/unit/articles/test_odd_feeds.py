"""Feeds as the world really sends them: broken, wrapped, of wrong types."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from newsletter.articles.article import Article
from newsletter.articles.entries import Origin, articles_of
from newsletter.articles.feeds import parse_feed
from newsletter.articles.tags import make_vocabulary
from newsletter.errors import SourceError

ORIGIN = Origin(
    source="Feed",
    location="https://site.example/feed.xml",
    vocabulary=make_vocabulary([], {}),
    now=datetime(2026, 3, 8, tzinfo=UTC),
)
ITEM = "<item><title>Ferry</title><link>https://site.example/a</link><description>It sails.</description>{}</item>"


def articles_in(body: str) -> tuple[Article, ...]:
    """The articles of the document."""
    document = parse_feed(body.encode(), content_type="", url=ORIGIN.location, origin=ORIGIN)
    return articles_of(document.entries, ORIGIN)[0]


def rss(items: str) -> str:
    """An RSS feed around the items."""
    return f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>"


def items_of(*items: dict[str, Any], **feed: Any) -> tuple[Article, ...]:
    """The articles of a JSON Feed."""
    version = {"version": "https://jsonfeed.org/version/1.1"}
    return articles_in(json.dumps({**version, **feed, "items": items}))


def test_a_feed_in_a_comment_of_a_page() -> None:
    """A page may carry the feed in a comment; a page with other comments is no feed."""
    page = "<!DOCTYPE html><html><body>{}</body></html>"
    (article,) = articles_in(page.format(f"<!-- {rss(ITEM.format(''))} -->"))
    assert article.title == "Ferry"
    with pytest.raises(SourceError):
        articles_in(page.format("<!-- the rss feed is gone -->"))


def test_a_cdata_section_without_its_end() -> None:
    """It ends with its element, and no entry after it is lost."""
    unclosed = (
        "<item><title>{0}</title><description><![CDATA[<p>Text {0}.</p>{1}</description></item>"
    )
    articles = articles_in(
        rss(unclosed.format(1, "") + unclosed.format(2, "]]>") + unclosed.format(3, ""))
    )
    assert [article.body_text for article in articles] == ["Text 1.", "Text 2.", "Text 3."]


def test_a_cdata_section_that_writes_about_markup() -> None:
    """An end tag within a section that has its end is text."""
    text = "<pre>&lt;/description&gt;</pre> and </description> are markup."
    (article,) = articles_in(
        rss(f"<item><title>A</title><description><![CDATA[{text}]]></description></item>")
    )
    assert article.body_text.endswith("are markup.")


def test_a_picture_within_the_text_itself() -> None:
    """Megabytes of base64 are left out, and the next picture is taken."""
    picture = f'<img src="data:image/png;base64,{"iVBOR" * 50_000}"/>'
    text = f'{picture}<p>It sails.</p><img src="/ferry.jpg" width="800">'
    (article,) = articles_in(
        rss(f"<item><title>A</title><description><![CDATA[{text}]]></description></item>")
    )
    assert article.image is not None
    assert article.image.url == "https://site.example/ferry.jpg"
    assert article.body_text == "It sails."


def test_a_figure_that_names_its_picture() -> None:
    """Lazy loading may put the addresses on the figure around a placeholder."""
    text = (
        '<figure data-srcset="/m.jpg 400w, /l.jpg 1200w"><img src="data:image/gif;base64,R0lG">'
        "</figure><p>It sails.</p>"
    )
    (article,) = articles_in(
        rss(f"<item><title>A</title><description><![CDATA[{text}]]></description></item>")
    )
    assert article.image is not None
    assert article.image.url == "https://site.example/l.jpg"


def test_what_plays_comes_before_a_document() -> None:
    """Of an episode with notes as PDF, the sound is the file, and the link where there is no page."""
    files = (
        "<enclosure url='https://site.example/notes.pdf' type='application/pdf' length='9'/>"
        "<enclosure url='https://site.example/talk.mp3' type='audio/mpeg' length='9'/>"
    )
    (article,) = articles_in(rss(f"<item><title>A</title>{files}</item>"))
    assert article.url == "https://site.example/talk.mp3"
    (article,) = articles_in(rss(ITEM.format(files)))
    assert article.url == "https://site.example/a"
    assert article.enclosure is not None
    assert article.enclosure.url == "https://site.example/talk.mp3"


def test_a_link_without_its_scheme() -> None:
    """A host that begins with www. is a host, and not a path below the feed."""
    (article,) = articles_in(rss("<item><title>A</title><link>www.site.example/b</link></item>"))
    assert article.url == "https://www.site.example/b"


def test_the_address_of_an_author_is_not_a_picture() -> None:
    """An entry's picture is not the page of its author."""
    (article,) = articles_in(
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>A</title><link href='/a'/>"
        "<author><name>Ann Example</name><uri>https://site.example/users/1</uri></author></entry></feed>"
    )
    assert article.image is None


def test_json_values_of_wrong_types() -> None:
    """Numbers, single texts and objects in place of texts and lists are read as they were meant."""
    (article,) = items_of(
        {
            "id": 2,
            "url": "https://site.example/2",
            "title": 2026,
            "content_html": "<p>It sails.</p>",
            "date_published": 1772445600,
            "authors": [None, {"name": None}, "Ann Example"],
            "tags": "ferry",
            "image": {"url": "https://site.example/ferry.jpg"},
            "attachments": {},
        },
        title=None,
        authors=None,
    )
    assert (article.title, article.author) == ("2026", "Ann Example")
    assert article.published == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert [tag.label for tag in article.tags] == ["ferry"]
    assert article.image is not None


def test_json_without_a_version_or_with_a_comma_too_many() -> None:
    """Items are known by their fields; other JSON is refused."""
    (article,) = articles_in('{"items": [{"id": "1", "url": "/1", "title": "A", "tags": [],},]}')
    assert article.url == "https://site.example/1"
    with pytest.raises(SourceError):
        articles_in('{"items": [{"sku": 1, "price": 2}]}')
