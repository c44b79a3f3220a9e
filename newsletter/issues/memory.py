"""What past issues carried, held against what a coming one might take. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from newsletter.articles.article import Article
from newsletter.articles.identity.candidates import pairs_to_compare
from newsletter.articles.identity.sameness import goes_on, same_story
from newsletter.articles.identity.tale import Tale
from newsletter.issues.issue import Follows


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """By the keys of stories: what is carried already under another key, and what one goes on from."""

    told: Mapping[str, Carried]
    follows: Mapping[str, Follows]


def remember(
    stories: Sequence[Article], places: Mapping[str, frozenset[int]], carried: Sequence[Carried]
) -> Memory:
    """Compare `stories` with all that was `carried`, newest first; `places` as in Carried.

    Two entries of one source are never one story, in whatever weeks it told them.
    """
    told: dict[str, Carried] = {}
    known = {key for past in carried for key in past.article.keys}
    titles = [*(story.title for story in stories), *(past.article.title for past in carried)]
    tales: dict[int, Tale] = {}
    follows: dict[str, Follows] = {}
    for first, second in pairs_to_compare(titles):
        if not first < len(stories) <= second:
            continue
        story, past = stories[first], carried[second - len(stories)]
        if story.keys & known:
            continue
        new = tales.setdefault(first, Tale(story))
        old = tales.setdefault(second, Tale(past.article))
        if not places[story.key] & past.places and same_story(new, old):
            told.setdefault(story.key, past)
        elif goes_on(new, old):
            before = follows.get(story.key)
            if before is None or before.number < past.number:
                follows[story.key] = Follows(
                    number=past.number, title=past.article.title, url=past.article.url
                )
    return Memory(told=told, follows=follows)
