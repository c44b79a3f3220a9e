"""Tables of words with one meaning."""

from __future__ import annotations

from typing import TypeVar

Meaning = TypeVar("Meaning")


def all_mean(words: str, meaning: Meaning) -> dict[str, Meaning]:
    """Each of the words, which commas separate, with the meaning."""
    return {word.strip(): meaning for word in words.split(",")}
