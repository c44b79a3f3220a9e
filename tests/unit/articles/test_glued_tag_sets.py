"""A hundred sets of tags, glued together, are split with the words of their articles."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.articles.glued_tags import split_glued
from newsletter.articles.tags import make_vocabulary

SETS = (Path(__file__).parents[2] / "data" / "articles" / "glued-tags.txt").read_text(
    encoding="utf-8"
)
NOTHING_KNOWN = make_vocabulary([], {})


@pytest.mark.parametrize(("lower", "at_least"), [(False, 85), (True, 75)])
def test_most_sets_are_split_exactly(lower: bool, at_least: int) -> None:
    """As written and in lower case, and without losing a letter."""
    exact = 0
    for line in SETS.splitlines():
        tags, body = line.split(" | ")
        labels = tuple((tags.lower() if lower else tags).split(", "))
        found, _unclear = split_glued("".join(labels), vocabulary=NOTHING_KNOWN, body=body)
        assert "".join(found) == "".join(labels)
        exact += found == labels
    assert len(SETS.splitlines()) == 100
    assert exact >= at_least
