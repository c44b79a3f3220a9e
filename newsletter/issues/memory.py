"""Compares the stories that past issues carried with those of a coming issue. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from newsletter.articles.article import Article
from newsletter.articles.identity.candidates import first_words, pairs_to_compare
from newsletter.articles.identity.features import Features
from newsletter.articles.identity.sameness import follows_up, same_story
from newsletter.issues.issue import Follows, Item


@dataclass(frozen=True, kw_only=True, slots=True)
class Carried:
    """A story as an issue carried it, and the day of that issue.

    `article` has only the beginning of its text; `sources` are the numbers of all sources that
    ever had the story.
    """

    article: Article
    newsletter: str
    number: int
    day: date
    sources: frozenset[int] = frozenset()

    @property
    def issue(self) -> str:
        """The issue with its day, as editors read it."""
        return f"{self.newsletter}/{self.number} ({self.day.isoformat()})"


def already_carried(
    stories: Sequence[Article], sources: Mapping[str, frozenset[int]], carried: Sequence[Carried]
) -> dict[str, Carried]:
    """The carried story for each of `stories` that an issue carried under another key, by its key.

    `sources` are the source numbers of each story. Two entries of one source are never one story,
    even weeks apart.
    """
    known = {key for past in carried for key in past.article.keys}
    fresh = [story for story in stories if not story.keys & known]
    found: dict[str, Carried] = {}
    for story, past, new, old in _near(fresh, carried):
        if not sources[story.key] & past.sources and same_story(new, old):
            found.setdefault(story.key, past)
    return found


def follow_ups(items: Sequence[Item], carried: Sequence[Carried]) -> tuple[Item, ...]:
    """The items, each with the newest story of an earlier issue that it follows up."""
    found: dict[str, Carried] = {}
    for story, past, new, old in _near([item.article for item in items], carried):
        before = found.get(story.key)
        if (before is None or before.number < past.number) and follows_up(new, old):
            found[story.key] = past
    return tuple(
        _marked(item, found[item.article.key]) if item.article.key in found else item
        for item in items
    )


def _marked(item: Item, past: Carried) -> Item:
    article = past.article
    return replace(item, follows=Follows(number=past.number, title=article.title, url=article.url))


def _near(
    stories: Sequence[Article], carried: Sequence[Carried]
) -> Iterator[tuple[Article, Carried, Features, Features]]:
    """The pairs of a story and a carried story to compare, with their features."""
    articles = [*stories, *(past.article for past in carried)]
    features: dict[int, Features] = {}
    for first, second in pairs_to_compare(list(map(first_words, articles)), ours=len(stories)):
        story, past = stories[first], carried[second - len(stories)]
        for index, article in ((first, story), (second, past.article)):
            if index not in features:
                features[index] = Features(article)
        yield story, past, features[first], features[second]
