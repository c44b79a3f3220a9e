"""Finds the addresses where the main feed of a web page may be. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from newsletter.articles.html_page import base_of, html_page
from newsletter.articles.sanitize import one_line
from newsletter.articles.urls import absolute_url

MOST = 12
"""The most links of one page that are tried."""
WELL_KNOWN = (
    "feed/",
    "rss.xml",
    "atom.xml",
    "feed.xml",
    "index.xml",
    "rss",
    "feed.json",
    "feeds/posts/default",
)
_FEED_TYPE = re.compile(
    r"application/(?:rss|atom|rdf)\+xml|application/feed\+json|(?:application|text)/(?:rss|atom|x-rss)",
    re.IGNORECASE,
)
_XML_OR_JSON = re.compile(r"(?:application|text)/(?:xml|json)\b(?!\+)", re.IGNORECASE)
_COMMENTS = re.compile(
    r"comment|kommentar|coment[aá]rio|commenti\b|reacties|kommentit|replies|评论|評論|コメント|댓글",
    re.IGNORECASE,
)
_PART = re.compile(
    r"/(?:tag|tags|category|categories|author|authors|topics?|search|archive)/|[?&](?:cat|tag|author|s)=",
    re.IGNORECASE,
)
"""Addresses of feeds that have only some of the stories."""
_FEED_WORD = re.compile(r"\b(?:rss|atom|feeds?)\b|\.(?:rss|atom|rdf)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedLink:
    """A link to a feed, as a page has it."""

    url: str
    title: str = ""

    @property
    def is_of_comments(self) -> bool:
        """Whether it is the feed of the readers' comments."""
        return bool(_COMMENTS.search(f"{self.title} {unquote(self.url)}"))


def feed_links(body: bytes, *, content_type: str, url: str) -> tuple[FeedLink, ...]:
    """The links to feeds in an HTML page, the most likely first, without feeds of comments.

    First those that `<link rel="alternate">` states, then those that the page's text links to.
    Within each kind a feed of one tag or author comes later; otherwise the page's order counts.
    """
    page = html_page(body, content_type)
    if page is None:
        return ()
    base = base_of(page, url)
    stated = _distinct(_stated(page, base))
    mentioned = _distinct(_mentioned(page, base, urlsplit(url).hostname))
    return tuple(dict.fromkeys((*stated, *mentioned)))[:MOST]


def well_known_addresses(url: str) -> tuple[str, ...]:
    """Where programs that publish put their feeds, below the page's folder and the site's root."""
    folder, root = urljoin(url, "."), urljoin(url, "/")
    addresses = [urljoin(place, path) for path in WELL_KNOWN for place in (folder, root)]
    return tuple(dict.fromkeys(addresses))


def _stated(page: Any, base: str) -> Iterator[FeedLink]:
    for link in page.iter("link", "a"):
        relations = (link.get("rel") or "").lower().split()
        kind, title = link.get("type") or "", one_line(link.get("title") or "", 200)
        address = absolute_url(base, _web(link.get("href") or ""))
        says_feed = _FEED_WORD.search(f"{title} {address}") and "/wp-json/" not in address
        is_feed = _FEED_TYPE.match(kind.strip()) or (
            _XML_OR_JSON.fullmatch(kind.strip()) and says_feed
        )
        if address and (
            ("alternate" in relations and is_feed) or (link.tag == "link" and "feed" in relations)
        ):
            yield FeedLink(url=address, title=title)


def _mentioned(page: Any, base: str, host: str | None) -> Iterator[FeedLink]:
    for link in page.iter("a"):
        address = absolute_url(base, _web(link.get("href") or ""))
        title = one_line(f"{link.get('title') or ''} {link.text_content()}", 200)
        if urlsplit(address).hostname == host and _FEED_WORD.search(
            f"{title if len(title) < 40 else ''} {urlsplit(address).path}"
        ):
            yield FeedLink(url=address, title=title)


def _distinct(links: Iterator[FeedLink]) -> list[FeedLink]:
    """The links without those of comments, each address once, partial feeds last."""
    first: dict[str, FeedLink] = {}
    for link in links:
        if not link.is_of_comments:
            first.setdefault(link.url, link)
    return sorted(first.values(), key=lambda link: bool(_PART.search(link.url)))


def _web(reference: str) -> str:
    return web_address_of(reference) if reference.lower().startswith("feed:") else reference


def web_address_of(text: str) -> str:
    """What a person wrote as an address, as a web address: with a scheme that is not `feed:`."""
    text = text.strip()
    if match := re.match(r"feed:(?://)?(?=https?:)", text, re.IGNORECASE):
        return text[match.end() :]
    if text.lower().startswith("feed://"):
        return f"https://{text[7:]}"
    return text if re.match(r"[a-z][a-z0-9+.-]*:(?!\d)", text, re.IGNORECASE) else f"https://{text}"
