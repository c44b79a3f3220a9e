"""Articles, items and issues with defaults: a test names only what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from newsletter.articles.article import Article, Image, Tag
from newsletter.issues.issue import Issue, Item, State, Window
from newsletter.issues.reasons import Inclusion, InclusionReason

DUE = datetime(2025, 3, 3, 7, 0, tzinfo=UTC)


def make_article(number: int = 1, **changes: Any) -> Article:
    """Article `number` of an imaginary week; `changes` replace its fields."""
    url = f"https://press.example.org/story-{number}"
    article = Article(
        key=url,
        url=url,
        title=f"Story {number}: a valve that learns the tide",
        source="Harbour Press",
        published=DUE - timedelta(hours=number),
        summary=f"Summary {number}: engineers fitted a sluice with a clock, and the marsh kept time.",
        body_html="<p>The whole story.</p>",
        body_text="The whole story.",
        tags=(Tag(slug="engineering", label="engineering"),),
        author="Desk of Harbour Press",
    )
    return replace(article, **changes)


def make_image(number: int = 1, **changes: Any) -> Image:
    """A landscape picture with a description."""
    image = Image(
        url=f"https://press.example.org/picture-{number}.png",
        alt=f"The sluice at low water, view {number}",
        width=1200,
        height=675,
    )
    return replace(image, **changes)


def make_item(article: Article | None = None, **changes: Any) -> Item:
    """An item in the section "News"."""
    item = Item(
        article=article or make_article(),
        section="News",
        position=0,
        reason=Inclusion(kind=InclusionReason.IN_WINDOW, section="News"),
    )
    return replace(item, **changes)


def make_items(
    count: int, *, sections: Sequence[str] = ("News",), pictures: bool = False
) -> tuple[Item, ...]:
    """`count` items, shared out over the sections in blocks, with or without pictures."""
    return tuple(
        make_item(
            make_article(number, image=make_image(number) if pictures else None),
            section=sections[(number - 1) * len(sections) // count],
            position=number - 1,
        )
        for number in range(1, count + 1)
    )


def make_issue(items: Sequence[Item] | None = None, **changes: Any) -> Issue:
    """Number 12 of "weekly", due on Monday 3 March 2025 at 07:00 UTC."""
    items = tuple(items if items is not None else make_items(3))
    issue = Issue(
        newsletter="weekly",
        number=12,
        state=State.DRAFT,
        window=Window(start=DUE - timedelta(days=7), end=DUE),
        due=DUE,
        subject=items[0].title if items else "Nothing this week",
        preheader="",
        items=items,
    )
    return replace(issue, **changes)
