"""What past issues carried, held against what a coming one might take. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from newsletter.articles.article import Article
from newsletter.articles.identity.candidates import pairs_to_compare
from newsletter.articles.identity.sameness import goes_on, same_story
from newsletter.articles.identity.tale import Tale
from newsletter.issues.issue import Follows, Item


@dataclass(frozen=True, kw_only=True, slots=True)
class Carried:
    """A story that an issue carried: as it stood there, and on which day the issue went out.

    `article` has the beginning of its text only; `places` are the numbers of the sources that
    ever told it.
    """

    article: Article
    newsletter: str
    number: int
    day: date
    places: frozenset[int] = frozenset()

    @property
    def issue(self) -> str:
        """The issue with its day, as editors read it."""
        return f"{self.newsletter}/{self.number} ({self.day.isoformat()})"


def already_told(
    stories: Sequence[Article], places: Mapping[str, frozenset[int]], carried: Sequence[Carried]
) -> dict[str, Carried]:
    """By the keys of those `stories` that an issue carried under another key, what it carried.

    `places` are the sources of each story, as in Carried: two entries of one source are never
    one story, in whatever weeks it told them.
    """
    known = {key for past in carried for key in past.article.keys}
    fresh = [story for story in stories if not story.keys & known]
    told: dict[str, Carried] = {}
    for story, past, new, old in _near(fresh, carried):
        if not places[story.key] & past.places and same_story(new, old):
            told.setdefault(story.key, past)
    return told


def follow_ups(items: Sequence[Item], carried: Sequence[Carried]) -> tuple[Item, ...]:
    """The items, each with the newest story of an earlier issue that it goes on from."""
    found: dict[str, Carried] = {}
    for story, past, new, old in _near([item.article for item in items], carried):
        before = found.get(story.key)
        if (before is None or before.number < past.number) and goes_on(new, old):
            found[story.key] = past
    return tuple(
        _marked(item, found[item.article.key]) if item.article.key in found else item
        for item in items
    )


def _marked(item: Item, past: Carried) -> Item:
    title = past.article.title
    return replace(
        item,
        follows=Follows(number=past.number, title=title, url=past.article.url),
        reason=f"{item.reason}; follows No. {past.number}: {title}",
    )


def _near(
    stories: Sequence[Article], carried: Sequence[Carried]
) -> Iterator[tuple[Article, Carried, Tale, Tale]]:
    """Each story with each carried one that is worth comparing, and how they are compared."""
    titles = [*(story.title for story in stories), *(past.article.title for past in carried)]
    tales: dict[int, Tale] = {}
    for first, second in pairs_to_compare(titles, ours=len(stories)):
        story, past = stories[first], carried[second - len(stories)]
        for place, article in ((first, story), (second, past.article)):
            if place not in tales:
                tales[place] = Tale(article)
        yield story, past, tales[first], tales[second]
