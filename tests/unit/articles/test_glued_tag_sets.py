"""Two hundred sets of tags, glued together, are split with the words of their articles."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.articles.glued_tags import split_glued
from newsletter.articles.tags import make_vocabulary

DATA = Path(__file__).parents[2] / "data" / "articles"
NOTHING_KNOWN = make_vocabulary([], {})


@pytest.mark.parametrize(
    ("sets", "lower", "at_least"),
    [
        ("glued-tags.txt", False, 98),
        ("glued-tags.txt", True, 98),
        ("glued-tags-sites.txt", False, 85),
        ("glued-tags-sites.txt", True, 80),
    ],
)
def test_most_sets_are_split_exactly(sets: str, lower: bool, at_least: int) -> None:
    """As written and in lower case, without losing a letter; on few lines a wrong cut is not reported.

    In the second file are the tags that news sites give; its articles have only some of them.
    """
    lines = (DATA / sets).read_text(encoding="utf-8").splitlines()
    exact = silent = 0
    for line in lines:
        tags, body = line.split(" | ")
        labels = tuple((tags.lower() if lower else tags).split(", "))
        found, unclear = split_glued("".join(labels), vocabulary=NOTHING_KNOWN, body=body)
        assert "".join(found) == "".join(labels)
        exact += found == labels
        silent += found != labels and not unclear
    assert len(lines) == 100
    assert exact >= at_least
    assert silent <= 10
