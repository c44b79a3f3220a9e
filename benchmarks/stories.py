"""Generated articles for measuring, all different and of realistic lengths."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

from newsletter.articles.article import Article, Image, Tag
from newsletter.issues.issue import Item
from newsletter.issues.reasons import ADDED

_PROSE = (
    "a valve that learns the tide opened early while engineers at the harbour read the clock "
    "and wrote down what the marsh did with fresh water over night because nobody had measured "
    "it before with sensors so small cheap patient or well sealed against salt mud and crabs"
)
_WORDS = _PROSE.split()
SECTIONS = ("Harbours", "Sensors", "Repair", "Everything else")


def make_article(number: int, published: datetime) -> Article:
    """Article `number`; the same number always gives the same article."""
    generator = random.Random(number)  # noqa: S311 - not for security
    url = f"https://press.example.org/2026/story-{number}-{generator.getrandbits(24):06x}"
    body = " ".join(_sentence(generator, 18) for _ in range(25))
    return Article(
        key=url,
        url=url,
        title=_sentence(generator, 9).rstrip("."),
        source="Harbour Press",
        published=published,
        summary=" ".join(_sentence(generator, 16) for _ in range(3)),
        body_html=f"<p>{body}</p>",
        body_text=body,
        tags=(Tag(slug="engineering", label="engineering"),),
        author=f"Desk {number} of Harbour Press",
        image=Image(url=f"{url}.png", alt=_sentence(generator, 7), width=1200, height=675),
    )


def make_items(count: int, due: datetime) -> tuple[Item, ...]:
    """`count` items of the week before `due`, in four sections."""
    return tuple(
        Item(
            article=make_article(number, due - timedelta(hours=1 + number)),
            section=SECTIONS[number * len(SECTIONS) // count],
            position=number,
            reason=ADDED,
        )
        for number in range(count)
    )


def make_feed(name: str, articles: Iterable[Article]) -> bytes:
    """The articles as RSS 2.0 with full bodies."""
    entries = "".join(
        f"<item><title>{article.title}</title><link>{article.url}</link>"
        f"<guid>{article.url}</guid><pubDate>{article.published:%a, %d %b %Y %H:%M:%S} +0000</pubDate>"
        f"<category>engineering</category><description>{article.summary}</description>"
        f'<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<![CDATA[{article.body_html}]]></content:encoded></item>"
        for article in articles
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{name}</title>'
        f"<link>https://press.example.org/</link><description>{name}</description>{entries}"
        "</channel></rss>"
    ).encode()


def _sentence(generator: random.Random, words: int) -> str:
    chosen = [generator.choice(_WORDS) for _ in range(generator.randint(words - 3, words + 3))]
    return " ".join(chosen).capitalize() + "."
