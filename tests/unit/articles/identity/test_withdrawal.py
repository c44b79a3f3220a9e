"""What a source has taken back, and what has only left at its end."""

from __future__ import annotations

from datetime import datetime, timedelta

from newsletter.articles.article import Article
from newsletter.articles.identity.withdrawal import withdrawn
from tests.factories.articles import PUBLISHED, an_article

HOUR = timedelta(hours=1)


def shows(*hours: int) -> list[Article]:
    """A source that shows entries of so many hours after a moment, in this order."""
    return [an_article(f"Story {hour}", published=PUBLISHED + hour * HOUR) for hour in hours]


def missing(*hours: int) -> dict[int, datetime]:
    """Stories of those hours that are no longer shown."""
    return {hour: PUBLISHED + hour * HOUR for hour in hours}


def test_what_is_missing_among_its_neighbours_is_withdrawn() -> None:
    """The entry is gone, though an older one is still shown and no newer one pushed it out."""
    assert withdrawn(shows(5, 3), missing(4), newcomers=False) == {4}
    assert withdrawn(shows(6, 5, 3, 2), missing(4), newcomers=True) == {4}


def test_what_left_at_the_end_is_not() -> None:
    """A window of five loses its oldest entries, also above one that is pinned for ever."""
    assert withdrawn(shows(7, 6, 5), missing(4, 3), newcomers=True) == set()
    pinned = [*shows(7, 6, 5), *shows(-2000)]
    assert withdrawn(pinned, missing(4), newcomers=False) == set()
    assert withdrawn(shows(7, 6, 1), missing(5, 4), newcomers=True) == set()


def test_a_source_without_order_is_not_judged() -> None:
    """A list of the most read loses entries for reasons of its own."""
    assert withdrawn(shows(5, 1, 3, 2), missing(4), newcomers=False) == set()
    undated = [an_article("x", dated=False), *shows(5, 3)]
    assert withdrawn(undated, missing(4), newcomers=False) == set()
