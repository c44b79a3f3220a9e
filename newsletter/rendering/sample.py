"""A sample issue that uses every feature of a theme; `newsletter check` renders it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from newsletter.articles.article import Article, Coverage, Image, Tag
from newsletter.issues.blocks import Block, BlockKind, Place
from newsletter.issues.issue import Issue, Item, Overrides, State, Window, Words
from newsletter.issues.reasons import ADDED
from newsletter.rendering.masthead import Masthead

_DUE = datetime(2025, 3, 3, 7, 0, tzinfo=UTC)

SAMPLE_MASTHEAD = Masthead(
    newsletter="sample",
    title="Sample & Co.",
    site_url="https://news.example.org",
    postal_address="Example Media, 1 Example St",
    tagline="What a theme must cope with",
)


def sample_items(count: int) -> tuple[Item, ...]:
    """Items of each kind in turn: with every field, without a picture, and with a title only."""
    return tuple(_item(number) for number in range(count))


def sample_issue(items: tuple[Item, ...]) -> Issue:
    """An issue of these items."""
    return Issue(
        newsletter="sample",
        number=1,
        state=State.DRAFT,
        window=Window(start=_DUE - timedelta(days=7), end=_DUE),
        due=_DUE,
        subject="Sample <issue>",
        preheader="",
        items=items,
        words=Words(
            intro="Good *morning*.\n\n::: podcast Sample\nminutes: 7\n\nHear it.\n:::",
            closing="## Until then\n\nWrite to <desk@example.org>.",
        ),
        blocks=tuple(_block(kind, place) for kind in BlockKind for place in Place),
    )


def _block(kind: BlockKind, place: Place) -> Block:
    """A block with every field after the lead, or with only the required ones at the end."""
    full = place is Place.AFTER_LEAD
    return Block(
        id=f"{kind}-{place}",
        kind=kind,
        title="Sample <block>" if full else "",
        text="- [one](https://example.org/one)\n- two",
        url="https://example.org/block" if full else "",
        link_text="See the block" if full else "",
        on=_DUE.date() if full else None,
        place=place,
    )


def _item(number: int) -> Item:
    kind = number % 3
    url = "" if kind == 2 else f"https://example.org/{number}?a=1&b=2"
    article = Article(
        key=str(number),
        url=url,
        title=f"Sample {number}: <mj-text> & {{{{ braces }}}}",
        source="Example Wire" if kind else "https://example.org/feed",
        published=_DUE - timedelta(hours=number),
        summary="" if kind == 2 else 'What happened, "told" in a sentence of the usual length.',
        body_html="<p>What happened, <b>at length</b>.</p>",
        body_text="What happened, at length.",
        author="" if kind == 2 else "Desk of Example Wire",
        agency="" if kind else "Example Agency",
        tags=() if kind == 2 else (Tag(slug="sample", label="sample"),),
        image=Image(url="https://example.org/p.png", alt="A picture") if kind == 0 else None,
        also=(Coverage(source="Example Post", title="Told again", url="https://example.org/c"),)
        if kind == 0
        else (),
    )
    return Item(
        article=article,
        section=("News", "More")[number % 2],
        position=number,
        reason=ADDED,
        overrides=Overrides(link_text="Read the sample" if kind == 1 else None),
    )
