"""examine_source: what would be read at an address, and how; nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.articles.article import Article
from newsletter.articles.decoding import decode
from newsletter.articles.pace import FIRST, LATEST
from newsletter.articles.source_summary import SourceSummary, summarise
from newsletter.pipeline.find_source import FoundSource, find_source
from newsletter.site.site import Site

EXAMPLES = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class ExaminedSource:
    """A source that was read once. `charset` is what it was decoded with, `interval` its first pace.

    `examples` are its newest articles, which show where each field is read from.
    """

    found: FoundSource
    charset: str
    summary: SourceSummary
    interval: timedelta
    examples: tuple[Article, ...]


def examine_source(site: Site, url: str, *, now: datetime) -> ExaminedSource:
    """Read a feed, the feed of a page, or a page without a feed.

    Raises InputError if it is not a web address, SourceError if it cannot be fetched.
    """
    found = find_source(site, url, as_configured=True, now=now)
    pace = max(FIRST, min(LATEST, max(found.fetched.fresh_for, found.reading.fresh_for)))
    newest = sorted(found.reading.articles, key=lambda article: article.published, reverse=True)
    return ExaminedSource(
        found=found,
        charset=decode(found.fetched.body, found.fetched.content_type).used,
        summary=summarise(found.reading.articles),
        interval=found.source.every or pace,
        examples=tuple(newest[:EXAMPLES]),
    )
