"""Which items of an issue a reader gets, by the tags they follow."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.issues.issue import Item


def items_for(items: Sequence[Item], follows: frozenset[str]) -> tuple[Item, ...]:
    """The items with a followed tag, and the pinned ones, in the issue's order.

    Who follows nothing gets every item; so does who follows only tags that this issue lacks:
    an empty mail helps nobody, and silence would look like a lost issue.
    """
    followed = tuple(
        item
        for item in items
        if item.pinned or any(tag.slug in follows for tag in item.article.tags)
    )
    if not any(not item.pinned for item in followed):
        return tuple(items)
    return followed
