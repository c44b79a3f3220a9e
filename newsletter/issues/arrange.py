"""The order of an issue's items: the lead, then section by section. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from newsletter.issues.issue import Item


def arrange(items: Sequence[Item], sections: Sequence[str]) -> tuple[Item, ...]:
    """The items with the first shown one as the lead, and the rest by section in their order.

    `sections` are titles in reading order; items of any other section come last.
    """
    rank = {title: number for number, title in enumerate(sections)}
    rest = list(items)
    lead = next((item for item in rest if not item.hidden), None)
    if lead is not None:
        rest.remove(lead)
    rest.sort(key=lambda item: rank.get(item.section, len(rank)))
    ordered = rest if lead is None else [lead, *rest]
    return tuple(
        item if item.position == number else replace(item, position=number)
        for number, item in enumerate(ordered)
    )


def keep_arrangement(
    fresh: Sequence[Item], previous: Sequence[Item], sections: Sequence[str]
) -> tuple[Item, ...]:
    """Newly assembled items in the order that an editor gave to the previous ones.

    New items come at the end of their section and never become the lead. If no editor has moved
    anything, the new order is kept.
    """
    if not any(item.placed for item in previous):
        return tuple(fresh)
    # Two stories of the previous draft may be one now; it takes the place of the first of them.
    now = {key: item.article.key for item in fresh for key in item.article.keys}
    by_key = {item.article.key: item for item in fresh}
    known = [
        by_key.pop(now[old.article.key]) for old in previous if now.get(old.article.key) in by_key
    ]
    return arrange([*known, *by_key.values()], sections)
