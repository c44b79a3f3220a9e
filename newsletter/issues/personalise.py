"""The items of an issue that a reader gets, by section and by the tags that the reader follows."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.issues.issue import Item
from newsletter.issues.selection import Selection


def items_seen(items: Sequence[Item], selection: Selection, sees: str) -> tuple[Item, ...]:
    """The items outside the sections that are not for a reader with these digits (ReaderGroup)."""
    hidden = {rule.title for rule, digit in zip(selection.rules, sees, strict=True) if digit == "0"}
    return tuple(item for item in items if item.section not in hidden)


def items_for(items: Sequence[Item], follows: frozenset[str]) -> tuple[Item, ...]:
    """The items with a followed tag, and the pinned ones, in the issue's order.

    A reader who follows no tags gets every item. So does a reader who follows only tags that this
    issue lacks, because an empty or missing mail would look like an error.
    """
    followed = tuple(
        item
        for item in items
        if item.pinned or any(tag.slug in follows for tag in item.article.tags)
    )
    if not any(not item.pinned for item in followed):
        return tuple(items)
    return followed
