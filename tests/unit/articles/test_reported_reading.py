"""What people reported to other readers as a wrong title, date, address, author, picture or text is read right."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.articles.article import Article
from newsletter.articles.entries import Origin, articles_of
from newsletter.articles.feeds import parse_feed
from newsletter.articles.tags import make_vocabulary

ORIGIN = Origin(
    source="Feed",
    location="https://site.example/feed.xml",
    vocabulary=make_vocabulary([], {}),
    now=datetime(2026, 3, 8, tzinfo=UTC),
)
LINK = "<link>https://site.example/a</link>"
HEAD = f"<title>Bridge reopens</title>{LINK}"
ENTRY = "<id>urn:1</id><title>Bridge reopens</title><updated>2026-03-02T10:00:00Z</updated>"


def read(body: str) -> Article:
    """The only article of a feed."""
    document = parse_feed(body.encode(), content_type="", url=ORIGIN.location, origin=ORIGIN)
    return articles_of(document.entries, ORIGIN)[0][0]


def rss(inside: str) -> Article:
    """The article of an RSS item."""
    return read(
        "<rss version='2.0' xmlns:media='http://search.yahoo.com/mrss/'"
        " xmlns:content='http://purl.org/rss/1.0/modules/content/'>"
        f"<channel><title>X</title><item>{inside}</item></channel></rss>"
    )


def atom(inside: str) -> Article:
    """The article of an Atom entry."""
    return read(
        "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:s='http://jadedpixel.com/-/spec/shopify'>"
        f"<title>X</title><entry>{inside}</entry></feed>"
    )


@pytest.mark.parametrize(
    ("stated", "moment"),
    [
        ("Mon, 02 Mar 2026 10:00:00 GMT+7", datetime(2026, 3, 2, 3, tzinfo=UTC)),
        ("Sat, 28 Feb 2026 20:21:00 America/Los_Angeles", datetime(2026, 3, 1, 4, 21, tzinfo=UTC)),
        ("Fri, 27 Feb 2026 01:45:08 +02:00", datetime(2026, 2, 26, 23, 45, 8, tzinfo=UTC)),
        ("Mon, 02 Mar 2026 13:03:47 PST", datetime(2026, 3, 2, 21, 3, 47, tzinfo=UTC)),
        ("2026-03-02T10:00:00+0700 GMT", datetime(2026, 3, 2, 3, tzinfo=UTC)),
    ],
)
def test_zones_in_unusual_forms(stated: str, moment: datetime) -> None:
    """A zone beside an offset, an offset with a colon, and names of zones."""
    assert rss(f"{HEAD}<pubDate>{stated}</pubDate>").published == moment


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("<![CDATA[Jahresr&uuml;ckblick 2026]]>", "Jahresrückblick 2026"),
        ("<![CDATA[He said &quot;no&quot; &amp;amp; left]]>", 'He said "no" & left'),
        ("Channels are not &amp;quot;persistent&amp;quot;", 'Channels are not "persistent"'),
    ],
)
def test_titles_that_were_escaped_too_often(title: str, expected: str) -> None:
    """A reader sees signs, never their entities."""
    assert rss(f"<title>{title}</title>{LINK}").title == expected


def test_titles_of_other_things_within_an_entry() -> None:
    """An author's role, a variant in a shop, a picture's title and a drawing's are not the article's."""
    role = "<author><name>Ann Example</name><title>Product Director</title></author>"
    assert rss(f"{role}{HEAD}").title == rss(f"{HEAD}{role}").title == "Bridge reopens"
    variant = "<s:variant><id>v</id><title>Default Title</title></s:variant>"
    link = "<link href='https://site.example/a'/>"
    assert atom(f"{ENTRY}{link}{variant}").title == "Bridge reopens"
    image = "<image><url>https://i.example/b.jpg</url><title>Other</title><link>https://o.example/</link></image>"
    article = rss(f"{HEAD}{image}")
    assert (article.title, article.url) == ("Bridge reopens", "https://site.example/a")
    drawing = (
        "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><svg"
        " xmlns='http://www.w3.org/2000/svg'><title>Inner</title></svg><p>The text of it.</p></div></content>"
    )
    assert atom(f"{ENTRY}{link}{drawing}").title == "Bridge reopens"


@pytest.mark.parametrize(
    "links",
    [
        "<link href='https://site.example/a'/><link rel='alternate' type='application/x+json' href='x:1'/>",
        "<link rel='replies' type='application/atom+xml' href='/a/feed'/><link rel='alternate' href='/a'/>",
        "<link rel='alternate' type='application/pdf' href='/a.pdf'/><link rel='alternate' type='text/html' href='/a'/>",
        "<link rel='self' href='/feed.xml'/><link rel='Alternate' href='/a'/>",
        "<link rel='alternate' href='/a'/><link rel='enclosure' type='image/jpeg'>https://i.example/q.jpg</link>",
        "<link>https://site.example/a</link>",
    ],
)
def test_the_page_among_the_links_of_an_entry(links: str) -> None:
    """Comments, other formats, the feed itself and pictures are not the article's page."""
    assert atom(f"{ENTRY}{links}").url == "https://site.example/a"


def test_code_in_a_text_stays_code() -> None:
    """Tags that an article writes about are neither applied nor lost."""
    text = "<![CDATA[<p>Set <code>&lt;system&gt;</code> first.</p>]]>"
    article = rss(f"{HEAD}<content:encoded>{text}</content:encoded>")
    assert article.summary == "Set <system> first."
    assert "<code>&lt;system&gt;</code>" in article.body_html


def test_a_portrait_among_the_media_is_not_the_picture() -> None:
    """The picture of the story is, also where the portrait stands first."""
    media = (
        "<media:content url='https://1.gravatar.com/avatar/1ef?s=96' medium='image'/>"
        "<media:content url='https://site.example/bridge.jpg' medium='image'/>"
    )
    image = rss(f"{HEAD}{media}").image
    assert image is not None
    assert image.url == "https://site.example/bridge.jpg"
