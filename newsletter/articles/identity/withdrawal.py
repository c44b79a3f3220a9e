"""What a source has taken back: it is missing although the source still shows what is older. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from newsletter.articles.article import Article

NEIGHBOURS = timedelta(days=30)
"""An entry that is older by more is pinned to its place, and says nothing of what left above it."""
OLDER_BESIDE_NEW = 2
"""Older entries still shown where new ones have come, which push others out at the feed's end."""


def withdrawn(
    found: Sequence[Article], missing: Mapping[int, datetime], *, newcomers: bool
) -> frozenset[int]:
    """Of the stories that a source showed before and does not show now, those it has taken back.

    `found` is what it shows, in its order; `missing` are dates of publication by story;
    `newcomers`: something is shown for the first time. Only a source that stands in the order of
    its dates can be judged: of any other nobody knows why an entry is missing.
    """
    dates = [article.published for article in found]
    if not all(article.dated for article in found) or not _in_order(dates):
        return frozenset()
    needed = OLDER_BESIDE_NEW if newcomers else 1
    return frozenset(
        story
        for story, date in missing.items()
        if sum(date - NEIGHBOURS < shown < date for shown in dates) >= needed
    )


def _in_order(dates: Sequence[datetime]) -> bool:
    pairs = list(pairwise(dates))
    return all(one >= other for one, other in pairs) or all(one <= other for one, other in pairs)
