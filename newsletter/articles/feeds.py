"""Reads RSS 0.9x to 2.0, RDF and Atom with feedparser, after removing what could harm it."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from xml.sax import SAXException

from newsletter.articles.article import Image
from newsletter.articles.bylines import split_byline
from newsletter.articles.decoding import Decoded, decode
from newsletter.articles.entries import Entry, Origin, picture
from newsletter.articles.json_feed import looks_like_json, parse_json_feed
from newsletter.articles.sanitize import one_line, paragraphs_html, plain_text
from newsletter.articles.source_finding import SourceFinding
from newsletter.articles.urls import absolute_url, is_web_address
from newsletter.errors import SourceError

_PROLOG = re.compile(rb"\A(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_DOCTYPE = re.compile(rb"""<!DOCTYPE(?:"[^"]*"|'[^']*'|[^\[>"'])*(\[)?""", re.IGNORECASE)
"""Matches up to its end, or to the bracket that opens its internal subset."""
# Parsers compare every attribute of a tag with every other.
MAX_TAG = 20_000
_ENDLESS_TAG = re.compile(rb"<[a-zA-Z][^<>]{%d,}" % MAX_TAG)
_CHARACTER = re.compile(rb"&#(?:x([0-9a-f]{1,12})|([0-9]{1,12}));", re.IGNORECASE)
_FEED_ROOT = re.compile(rb"<(?:\w+:)?(?:rss|feed|rdf|channel)\b", re.IGNORECASE)
_HTML_ROOT = re.compile(rb"<!doctype\s+html|<html\b", re.IGNORECASE)
_FEED_LINK = re.compile(
    rb"""<link\b[^>]*type=["']?application/(?:rss|atom|feed)\+(?:xml|json)[^>]*>""", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedDocument:
    """A feed's own title, its entries in its order, and the findings about its form.

    `fresh_for` is how long the feed says that it stays the same.
    """

    title: str
    entries: tuple[Entry, ...]
    findings: tuple[SourceFinding, ...]
    fresh_for: timedelta = timedelta(0)


def parse_feed(body: bytes, *, content_type: str, url: str, origin: Origin) -> FeedDocument:
    """Read a feed of any kind; relative addresses are resolved against `url`.

    Raises SourceError if the body is not a feed, or declares XML entities.
    """
    if not body.strip(b" \t\r\n\0"):
        raise SourceError("it answers with an empty page", fix="check the address of the source")
    import feedparser  # It is slow to load, so only reading a feed loads it.

    if looks_like_json(body):
        title, entries, findings = parse_json_feed(body, url=url, origin=origin)
        return FeedDocument(title=title, entries=entries, findings=findings)
    decoded = decode(body, content_type)
    body = re.sub(r"\A\s*<\?xml[^>]*>", "", decoded.text).encode("utf-8", "replace")
    _require_feed(body, url)
    try:
        # feedparser first tries to open its argument as a file name, even bytes, unless it is
        # a stream.
        document = feedparser.parse(
            BytesIO(_defused(body)),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
        entries = tuple(_entry(raw, url) for raw in document.entries)
    except Exception as error:  # untrusted bytes make feedparser raise nearly any exception
        raise SourceError(
            f"it cannot be read as a feed: {type(error).__name__}: {error}",
            fix="check the feed with a validator, and tell its owner",
        ) from error
    if not document.get("version") and not entries:
        raise SourceError(
            "it is not a feed: neither RSS, RDF, Atom nor JSON Feed",
            fix="check the address of the source",
        )
    return FeedDocument(
        title=one_line(plain_text(document.feed.get("title", "")), 100),
        entries=entries,
        findings=tuple(_on_form(document, decoded, origin)),
        fresh_for=_fresh_for(document.feed),
    )


_PERIODS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760}
"""In hours, as RSS 1.0's module Syndication names them."""


def _fresh_for(feed: Any) -> timedelta:
    """RSS 2.0's `ttl` in minutes, or sy:updatePeriod divided by sy:updateFrequency."""
    ttl = str(feed.get("ttl") or "").strip()
    if re.fullmatch(r"\d{1,6}", ttl):
        return timedelta(minutes=int(ttl))
    period = _PERIODS.get(str(feed.get("sy_updateperiod") or "").strip().lower(), 0)
    frequency = str(feed.get("sy_updatefrequency") or "1").strip()
    times = int(frequency) if re.fullmatch(r"\d{1,4}", frequency) else 1
    return timedelta(hours=period) / max(1, times)


def _require_feed(body: bytes, url: str) -> None:
    head = body[:4096]
    if _HTML_ROOT.search(head) and not _FEED_ROOT.search(head):
        named = _FEED_LINK.search(body[:100_000])
        href = re.search(rb"""href=["']?([^"'\s>]+)""", named[0]) if named else None
        address = absolute_url(url, href[1].decode("utf-8", "replace")) if href else ""
        raise SourceError(
            "it answers with a web page where a feed was expected",
            fix=f"use the feed that the page names: {address}"
            if address
            else "check the address of the source, or configure it as a page",
        )
    if _ENDLESS_TAG.search(body):
        raise SourceError(
            f"it has a tag of more than {MAX_TAG:,} bytes", fix="tell the source's owner"
        )
    doctype = _DOCTYPE.match(body, _prolog_end(body))
    if doctype and doctype[1] and b"<!entity" in body[doctype.end() :].lower():
        raise SourceError(
            "it declares XML entities, which are never expanded",
            fix="tell the source's owner to write its text without entity declarations",
        )


def _prolog_end(body: bytes) -> int:
    match = _PROLOG.match(body)
    return match.end() if match else 0


def _defused(body: bytes) -> bytes:
    """The body without the parts that make feedparser fail, or take quadratic time.

    References to invalid characters raise in its loose parser. Its patterns for the prolog start
    again at every line end of a run of white space, so such runs are removed.
    """
    start = _prolog_end(body)
    doctype = _DOCTYPE.match(body, start)
    head = b""
    if doctype and not doctype[1]:
        start, head = doctype.end() + 1, b" ".join(doctype[0].split())[:500] + b">\n"
    # feedparser searches an unclosed processing instruction for its encoding in cubic time.
    rest = body[start:].lstrip().removeprefix(b"<?")
    return head + _CHARACTER.sub(_possible_character, rest)


def _possible_character(reference: re.Match[bytes]) -> bytes:
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    allowed = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF
    return reference[0] if allowed and code not in (0xFFFE, 0xFFFF) else b"&#65533;"


def _entry(raw: Any, feed_url: str) -> Entry:
    body, summary, base = _texts(raw, feed_url)
    author, agency = split_byline(_author(raw))
    given = raw.get("source")
    return Entry(
        id=one_line(str(raw.get("id") or ""), 1000),
        url=_link(raw, feed_url),
        title=_title(raw),
        summary=summary,
        body=body,
        base=base,
        published=_date(raw),
        author=author,
        agency=agency or one_line(str(given.get("title") or "") if given else "", 100),
        labels=tuple(
            str(tag.get("label") or tag.get("term") or "") for tag in raw.get("tags") or ()
        ),
        image=_image(raw, base),
    )


def _texts(raw: Any, feed_url: str) -> tuple[str, str, str]:
    """Body and summary as HTML, and the base address of relative links in them."""
    contents = [part for part in raw.get("content") or () if part.get("value")]
    chosen = next((part for part in contents if "html" in part.get("type", "")), None)
    chosen = chosen or (contents[0] if contents else None)
    detail = raw.get("summary_detail") or {}
    summary = _as_html(str(raw.get("summary") or ""), str(detail.get("type") or "text/html"))
    body = _as_html(str(chosen["value"]), str(chosen.get("type"))) if chosen else summary
    base = absolute_url(feed_url, str((chosen or detail).get("base") or "")) or feed_url
    return body, summary, base


def _as_html(text: str, content_type: str) -> str:
    if "html" in content_type or "xml" in content_type:
        return text
    return paragraphs_html(re.split(r"\n\s*\n", text))


def _title(raw: Any) -> str:
    title = str(raw.get("title") or "")
    detail = raw.get("title_detail") or {}
    return plain_text(title) if "html" in str(detail.get("type") or "") else one_line(title)


def _link(raw: Any, feed_url: str) -> str:
    link = str(raw.get("link") or "")
    if raw.get("guidislink") and not is_web_address(link):
        return ""  # a guid without isPermaLink="false" that is not an address
    return absolute_url(feed_url, link) if link else ""


def _author(raw: Any) -> str:
    people = [one_line(str(person.get("name") or ""), 100) for person in raw.get("authors") or ()]
    names = list(dict.fromkeys(name for name in people if name and "@" not in name))
    if names:
        return ", ".join(names)
    author = one_line(str(raw.get("author") or ""), 200)
    return "" if "@" in author else author


def _date(raw: Any) -> datetime | None:
    for name in ("published_parsed", "updated_parsed", "created_parsed"):
        # Asking for "updated" where only "published" is known makes feedparser warn.
        moment = raw.get(name) if name in raw.keys() else None  # noqa: SIM118 - `in raw` differs
        if moment:
            try:
                return datetime.fromtimestamp(calendar.timegm(moment), UTC)
            except (ValueError, OverflowError, OSError):
                return None
    return None


def _image(raw: Any, base: str) -> Image | None:
    media = [item for item in raw.get("media_content") or () if _is_picture(item)]
    media.sort(key=lambda item: -_width(item))
    enclosures = [
        {**link, "url": link.get("href", "")}
        for link in raw.get("links") or ()
        if link.get("rel") == "enclosure" and _is_picture({**link, "url": link.get("href", "")})
    ]
    for item in (*media, *(raw.get("media_thumbnail") or ()), *enclosures):
        if item.get("url"):
            image = picture(
                str(item["url"]), base, width=item.get("width"), height=item.get("height")
            )
            if image:
                return image
    return None


def _is_picture(item: Any) -> bool:
    kind = f"{item.get('medium') or ''} {item.get('type') or ''}".strip()
    if kind:
        return "image" in kind
    return bool(
        re.search(r"\.(?:jpe?g|png|gif|webp)(?:\?|$)", str(item.get("url") or ""), re.IGNORECASE)
    )


def _width(item: Any) -> int:
    width = str(item.get("width") or "")
    return int(width[:5]) if width.isdecimal() else 0


def _on_form(document: Any, decoded: Decoded, origin: Origin) -> Iterator[SourceFinding]:
    error = document.get("bozo_exception")
    if isinstance(error, SAXException):
        yield origin.warning(
            f"not well-formed XML ({one_line(str(error), 120)}); read as far as possible",
            "tell the source's owner",
        )
    if not decoded.as_claimed:
        yield origin.warning(
            f"says it is encoded as {decoded.claimed}, but is not; read as {decoded.used}",
            "check its accents, and tell the source's owner",
        )
    if not document.entries:
        yield origin.notice("a feed without entries")
