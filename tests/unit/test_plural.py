"""Counts with their noun."""

from __future__ import annotations

import pytest

from newsletter.plural import counted


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 entries"), (1, "1 entry"), (2, "2 entries"), (1200, "1,200 entries")]
)
def test_one_is_singular(count: int, said: str) -> None:
    """Only one is singular, and thousands are grouped."""
    assert counted(count, "entry", "entries") == said


def test_most_nouns_take_an_s() -> None:
    """A noun without a plural of its own gets an s."""
    assert (counted(1, "article"), counted(2, "article")) == ("1 article", "2 articles")
