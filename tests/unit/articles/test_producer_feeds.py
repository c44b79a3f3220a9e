"""A feed of each program that writes feeds gives the article that its writer meant."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from newsletter.articles.article import Article
from newsletter.articles.entries import Origin, articles_of
from newsletter.articles.feeds import parse_feed
from newsletter.articles.tags import make_vocabulary

FEEDS = Path(__file__).parents[2] / "data" / "articles" / "producers"
ORIGIN = Origin(
    source="Feed",
    location="https://site.example/feed.xml",
    vocabulary=make_vocabulary([], {}),
    now=datetime(2026, 3, 8, tzinfo=UTC),
)


def shown(article: Article) -> dict[str, Any]:
    """What an editor sees of the article."""
    return {
        "title": article.title,
        "url": article.url,
        "published": article.published.isoformat(),
        "author": article.author,
        "agency": article.agency,
        "tags": [tag.label for tag in article.tags],
        "image": article.image.url if article.image else "",
        "summary": article.summary,
        "text": [line for line in article.body_text.split("\n") if line],
        "enclosure": article.enclosure.url if article.enclosure else "",
    }


@pytest.mark.parametrize("path", sorted(FEEDS.glob("*.xml")), ids=lambda path: path.stem)
def test_a_feed_of_a_program_gives_its_article(path: Path) -> None:
    """Each field is as expected, without anything that the program added."""
    document = parse_feed(path.read_bytes(), content_type="", url=ORIGIN.location, origin=ORIGIN)
    (article,), _findings = articles_of(document.entries, ORIGIN)
    assert shown(article) == json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
