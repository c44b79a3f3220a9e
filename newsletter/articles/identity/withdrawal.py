"""Which entries a source has withdrawn: they are missing though older ones are shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from newsletter.articles.article import Article

NEIGHBOURS = timedelta(days=30)
"""A shown entry that is older by more may be pinned, so it does not count as evidence."""
OLDER_BESIDE_NEW = 2
"""How many older entries must be shown if new ones have come, as these push out the last ones."""


def withdrawn(
    found: Sequence[Article], missing: Mapping[int, datetime], *, newcomers: bool
) -> frozenset[int]:
    """The stories that a source showed before and has withdrawn.

    `found` are its entries now, in its order; `missing` are the publication dates of stories that
    it no longer shows. `newcomers` says that an entry is shown for the first time. Only a source
    in the order of its dates is judged; in others the reason of a missing entry is unknown.
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
