"""The order of an issue's items: the lead, then section by section. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from newsletter.issues.issue import Item


def arrange(items: Sequence[Item], sections: Sequence[str]) -> tuple[Item, ...]:
    """The first item that readers see leads; the rest stand by section, in the order given.

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
    """Freshly assembled items in the order an editor gave their predecessors.

    What is new stands at the end of its section and never takes the lead. Where no editor has
    moved anything, the fresh order stands.
    """
    if not any(item.placed for item in previous):
        return tuple(fresh)
    # Two stories of the draft may have become one since; it stands where the first of them stood.
    now = {key: item.article.key for item in fresh for key in item.article.keys}
    by_key = {item.article.key: item for item in fresh}
    known = [
        by_key.pop(now[old.article.key]) for old in previous if now.get(old.article.key) in by_key
    ]
    return arrange([*known, *by_key.values()], sections)
