"""Counts with their noun, as messages in English write them."""

from __future__ import annotations


def counted(count: int, one: str, many: str = "") -> str:
    """The count with its noun: "1 article", "1,200 articles"; `many` is for nouns such as "entry"."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
