"""Categories of feeds become the tags that were meant."""

from __future__ import annotations

import pytest

from newsletter.articles.feed_labels import labels_of
from newsletter.articles.tags import make_vocabulary

KNOWN = make_vocabulary(["Arts, Crafts"], {"bits/bytes": "computing"})


@pytest.mark.parametrize(
    ("category", "labels"),
    [
        ("Security, Privacy", ("Security", "Privacy")),
        ("＃海港", ("海港",)),
        ("Security,Privacy", ("Security", "Privacy")),
        ("Security; Privacy", ("Security", "Privacy")),
        ("Security | Privacy", ("Security", "Privacy")),
        ("News/Security", ("News", "Security")),
        ("News > Security", ("News", "Security")),
        ("安全、隐私", ("安全", "隐私")),
        ("Arts &amp; Culture", ("Arts & Culture",)),
        ("Arts &amp;amp; Culture", ("Arts & Culture",)),
        ("<b>Trains</b>", ("Trains",)),
        ("TCP/IP", ("TCP/IP",)),
        ("A/B testing", ("A/B testing",)),
        ("r/python", ("r/python",)),
        ("1,000 islands", ("1,000 islands",)),
        ("Arts, Crafts", ("Arts, Crafts",)),
        ("bits/bytes", ("bits/bytes",)),
        ("Uncategorized", ()),
        ("Trains, Uncategorized", ("Trains",)),
        ("http://schemas.google.com/blogger/2008/kind#post", ()),
        ("https://example.org/tag/x", ()),
        (" ", ()),
    ],
)
def test_a_category_is_taken_apart(category: str, labels: tuple[str, ...]) -> None:
    """Lists and paths are several tags, unless the site knows the whole as one."""
    assert labels_of([category], KNOWN) == labels


def test_each_label_is_there_once() -> None:
    """In the order of the feed."""
    assert labels_of(["b, a", "a", "c"], KNOWN) == ("b", "a", "c")
