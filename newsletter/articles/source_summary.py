"""What a source shows, summed up for the person who is about to choose it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter.articles.article import Article

MOST_TAGS = 12


class KnownBy(StrEnum):
    """By what an entry is recognised at the next fetch (articles/identity/entries.py)."""

    IDS = "ids"
    ADDRESSES = "addresses"
    TITLES = "titles and dates"


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceSummary:
    """Counts over the articles of one reading; `tags` are the most frequent, with their numbers."""

    entries: int
    undated: int
    oldest: datetime | None
    newest: datetime | None
    with_picture: int
    with_author: int
    with_summary: int
    tags: tuple[tuple[str, int], ...]
    known_by: KnownBy


def summarise(articles: Sequence[Article]) -> SourceSummary:
    """The summary of the articles."""
    dates = [article.published for article in articles if article.dated]
    labels = Counter(tag.label for article in articles for tag in article.tags)
    return SourceSummary(
        entries=len(articles),
        undated=len(articles) - len(dates),
        oldest=min(dates, default=None),
        newest=max(dates, default=None),
        with_picture=sum(article.image is not None for article in articles),
        with_author=sum(bool(article.author) for article in articles),
        with_summary=sum(bool(article.summary) for article in articles),
        tags=tuple(labels.most_common(MOST_TAGS)),
        known_by=_known_by(articles),
    )


def _known_by(articles: Sequence[Article]) -> KnownBy:
    if _tell_apart([article.entry_id for article in articles]):
        return KnownBy.IDS
    if _tell_apart([article.url for article in articles]):
        return KnownBy.ADDRESSES
    return KnownBy.TITLES


def _tell_apart(values: Sequence[str]) -> bool:
    return all(values) and len(set(values)) == len(values)
