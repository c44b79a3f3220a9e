"""Reads RSS 0.9x to 2.0, RDF, Atom and CDF with feedparser, after removing what could harm it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from newsletter.articles.bounded_body import BoundedBody
from newsletter.articles.dated_entries import doubts
from newsletter.articles.decoding import Decoded, decode
from newsletter.articles.entries import Entry, Origin
from newsletter.articles.entry_text import unescaped_line
from newsletter.articles.feed_entries import EntryReader
from newsletter.articles.feed_markup import feed_markup
from newsletter.articles.json_feed import looks_like_json, parse_json_feed
from newsletter.articles.sanitize import one_line, plain_text
from newsletter.articles.source_finding import SourceFinding
from newsletter.errors import SourceError
from newsletter.plural import counted

MAX_UNPACKED = 20_000_000
"""In bytes: how large the feed in a compressed file may be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedDocument:
    """A feed's own title, its entries in its order, and the findings about its form.

    `fresh_for` is how long the feed says that it stays the same.
    """

    title: str
    entries: tuple[Entry, ...]
    findings: tuple[SourceFinding, ...]
    fresh_for: timedelta = timedelta(0)


def parse_feed(
    body: bytes, *, content_type: str, url: str, origin: Origin, modified: datetime | None = None
) -> FeedDocument:
    """Read a feed of any kind; relative addresses are resolved against `url`.

    `modified` is when its server says that it was changed.
    Raises SourceError if the body is not a feed.
    """
    if body.startswith(b"\x1f\x8b"):  # a feed that is kept as a .gz file
        unpacked = BoundedBody(encoding="gzip", limit=MAX_UNPACKED)
        unpacked.add(body)
        body = unpacked.finish()
    if not body.strip(b" \t\r\n\0"):
        raise SourceError("it answers with an empty page", fix="check the address of the source")
    if looks_like_json(body):
        title, entries, findings = parse_json_feed(body, url=url, origin=origin)
        entries = doubts(entries, origin.now, modified)
        return FeedDocument(title=title, entries=entries, findings=findings)
    decoded = decode(body, content_type)
    markup, declares_entities = feed_markup(decoded.text, url)
    from newsletter.articles.feed_parser import parse_document  # feedparser is slow to load.

    try:
        document, flaw = parse_document(markup.encode("utf-8", "replace"))
        atom = str(document.version).startswith("atom")
        entries = EntryReader(document.feeddata, url, origin, atom=atom).read(document.entries)
        if flaw and _is_cut_off(markup):
            entries = entries[:-1]  # its end, and perhaps its address, is missing
        entries = doubts(entries, origin.now, modified)
    except Exception as error:  # untrusted bytes make feedparser raise nearly any exception
        raise SourceError(
            f"it cannot be read as a feed: {type(error).__name__}: {error}",
            fix="check the feed with a validator, and tell its owner",
        ) from error
    is_channel = markup.lstrip()[:8].lower() == "<channel"  # Microsoft's CDF has no version
    if not document.version and not entries and not is_channel:
        raise SourceError(
            "it is not a feed: neither RSS, RDF, Atom nor JSON Feed",
            fix="check the address of the source",
        )
    findings = (
        *_on_form(flaw, decoded, origin, declares_entities=declares_entities),
        *(() if entries else (origin.notice("a feed without entries"),)),
    )
    return FeedDocument(
        title=one_line(unescaped_line(plain_text(str(document.feeddata.get("title") or ""))), 100),
        entries=entries,
        findings=findings,
        fresh_for=_fresh_for(document.feeddata),
    )


def _is_cut_off(markup: str) -> bool:
    """Whether the document ends within an entry."""
    return any(
        markup.rfind(f"<{name}") > markup.rfind(f"</{name}")
        for name in ("item", "entry")
        if f"<{name}" in markup
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


def _on_form(
    flaw: Exception | None, decoded: Decoded, origin: Origin, *, declares_entities: bool
) -> Iterator[SourceFinding]:
    if flaw is not None:
        yield origin.warning(
            f"not well-formed XML ({one_line(str(flaw), 120)}); read as far as possible",
            "tell the source's owner",
        )
    if not decoded.as_claimed:
        yield origin.warning(
            f"says it is encoded as {decoded.claimed}, but is not; read as {decoded.used}",
            "check its accents, and tell the source's owner",
        )
    if decoded.broken:
        yield origin.warning(
            f"{counted(decoded.broken, 'character')} {'is' if decoded.broken == 1 else 'are'} not"
            f" encoded as {decoded.used}; the rest is read",
            "tell the source's owner",
        )
    if declares_entities:
        yield origin.warning(
            "it declares XML entities, which are not expanded, but shown as they are written",
            "tell the source's owner to write its text without entity declarations",
        )
