"""The main feed of a page is found, and never that of its comments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.feed_discovery import feed_links, web_address_of, well_known_addresses

URL = "https://site.example/blog/"


def found(head: str, body: str = "", url: str = URL) -> list[str]:
    """The addresses in a page, in their order."""
    page = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>".encode()
    return [link.url for link in feed_links(page, content_type="text/html", url=url)]


def link(href: str, title: str = "", kind: str = "application/rss+xml") -> str:
    """A link element."""
    return f'<link rel="alternate" type="{kind}" title="{title}" href="{href}">'


@pytest.mark.parametrize(
    "comments",
    [
        link("/comments/feed/", "Site » Comments Feed"),
        link("/?feed=comments-rss2", "Site"),
        link("/feeds/comments/default", "Blog - Atom"),
        link("/kommentare/feed/", "Site » Kommentar-Feed"),
        link("/fr/feed/c", "Site » Flux des commentaires"),
        link("/es/feed/c", "Site » Feed de los comentarios"),
        link("/pt/feed/c", "Site » Feed de comentários"),
        link("/nl/feed/c", "Site » reacties feed"),
        link("/blog/a-post/feed/", "Site » A post Comments Feed"),
    ],
)
def test_a_feed_of_comments_is_never_taken(comments: str) -> None:
    """Whether its title or its address says so, and wherever it stands."""
    assert found(comments + link("/feed/", "Site » Feed")) == ["https://site.example/feed/"]
    assert found(comments) == []


@pytest.mark.parametrize(
    "head",
    [
        link("feed.xml"),
        link("feed.xml", kind="application/atom+xml"),
        link("feed.xml", kind="application/feed+json"),
        link("feed.xml", kind="Application/RSS+XML; charset=utf-8"),
        link("feed.xml", kind="text/xml"),
        link("feed.xml", "JSON feed", kind="application/json"),
        "<link rel='alternate nofollow' type=application/rss+xml href=feed.xml>",
        "<LINK REL=Alternate TYPE='application/rss+xml' HREF=' feed.xml '>",
        "<link rel=feed href=feed.xml>",
        "<base href='https://site.example/blog/'>" + link("feed.xml"),
        link("//site.example/blog/feed.xml"),
        link("feed:https://site.example/blog/feed.xml"),
        link("feed://site.example/blog/feed.xml"),
    ],
)
def test_the_ways_of_naming_a_feed(head: str) -> None:
    """Types, cases, relative addresses and the scheme feed."""
    assert found(head) == ["https://site.example/blog/feed.xml"]


@pytest.mark.parametrize(
    "head",
    [
        link("/wp-json/wp/v2/pages/2", "JSON", kind="application/json"),
        link("/oembed?url=feed", "oEmbed", kind="application/json+oembed"),
        link("/oembed?url=feed", "oEmbed", kind="text/xml+oembed"),
        "<link rel=alternate hreflang=de href=/de/>",
        "<link rel=stylesheet type=text/css href=/feed.css>",
        link("javascript:feed()"),
    ],
)
def test_other_alternates_are_not_feeds(head: str) -> None:
    """WordPress' API, embeds, translations and scripts."""
    assert found(head) == []


def test_the_whole_comes_before_its_parts() -> None:
    """Feeds of a tag or an author come after that of the site; else the page's order counts."""
    assert found(
        link("/tag/boats/feed/") + link("/author/jo/feed/") + link("/feed/") + link("/atom.xml")
    ) == [
        f"https://site.example{path}"
        for path in ("/feed/", "/atom.xml", "/tag/boats/feed/", "/author/jo/feed/")
    ]


def test_a_feed_that_the_text_links_to_is_found() -> None:
    """Where no element of the head names one; links to others' feeds do not count."""
    body = "<a href='/news.rss'>Follow us</a> <a href='https://else.example/rss'>RSS</a>"
    assert found("", body + "<a href='/comments.rss'>Comments</a>") == [
        "https://site.example/news.rss"
    ]


def test_well_known_places_are_below_the_folder_and_the_root() -> None:
    """Of a page in a folder; a site's front page has each place once."""
    places = well_known_addresses(URL)
    assert places[:2] == ("https://site.example/blog/feed/", "https://site.example/feed/")
    assert len(well_known_addresses("https://site.example/")) == len(
        set(well_known_addresses("https://site.example/"))
    )


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://site.example/feed", "https://site.example/feed"),
        (" HTTP://site.example/feed ", "HTTP://site.example/feed"),
        ("site.example/feed", "https://site.example/feed"),
        ("site.example:8080/feed", "https://site.example:8080/feed"),
        ("feed://site.example/feed", "https://site.example/feed"),
        ("feed:https://site.example/feed", "https://site.example/feed"),
        ("feed://http://site.example/feed", "http://site.example/feed"),
        ("file:///etc/passwd", "file:///etc/passwd"),
        ("javascript:alert(1)", "javascript:alert(1)"),
    ],
)
def test_what_a_person_types_becomes_an_address(typed: str, address: str) -> None:
    """A missing scheme is added, the scheme feed is replaced, others stay and are refused later."""
    assert web_address_of(typed) == address


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(body: bytes) -> None:
    """No bytes raise."""
    feed_links(body, content_type="text/html", url=URL)
    feed_links(b"<link rel=alternate type=text/xml href='" + body, content_type="", url=URL)
