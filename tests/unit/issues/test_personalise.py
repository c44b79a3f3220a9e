from __future__ import annotations

from newsletter.articles.article import Tag
from newsletter.issues.issue import Item
from newsletter.issues.personalise import items_for
from tests.factories.issues import make_article, make_item


def item(number: int, *slugs: str, pinned: bool = False) -> Item:
    """Item `number` with these tags."""
    tags = tuple(Tag(slug=slug, label=slug) for slug in slugs)
    return make_item(make_article(number, tags=tags), position=number, pinned=pinned)


ITEMS = (item(0, "ai"), item(1, "security", "ai"), item(2, "reviews"), item(3, "space"))


def test_a_reader_gets_the_items_with_a_followed_tag_in_order() -> None:
    """Following ai and reviews brings three of the four."""
    assert items_for(ITEMS, frozenset({"ai", "reviews"})) == (ITEMS[0], ITEMS[1], ITEMS[2])


def test_who_follows_nothing_gets_everything() -> None:
    """Without a wish there is no filter."""
    assert items_for(ITEMS, frozenset()) == ITEMS


def test_who_follows_only_what_is_missing_gets_everything() -> None:
    """A week without gardening does not send an empty mail."""
    assert items_for(ITEMS, frozenset({"gardening"})) == ITEMS


def test_a_pinned_item_reaches_everyone() -> None:
    """The editor's pin is stronger than a wish, and alone does not make an issue."""
    pinned = (*ITEMS, item(4, "notice", pinned=True))
    assert items_for(pinned, frozenset({"space"})) == (pinned[3], pinned[4])
    assert items_for(pinned, frozenset({"gardening"})) == pinned
