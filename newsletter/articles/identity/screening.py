"""Whether two articles can be one story at all, by what is quick to see. Pure.

Most articles that share a rare word report two stories. Reading every word of both texts to find that
out is slow; here a bound is computed from their headlines and by searching the texts for a few words. It
never excludes a pair that `sameness` would join.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from newsletter.articles.identity.features import Features
from newsletter.articles.identity.headlines import Headline, events_of
from newsletter.articles.identity.likeness import Difference, fragment, meanings_of
from newsletter.articles.identity.one_event import SOME
from newsletter.articles.identity.texts import may_agree
from newsletter.articles.identity.wording import LEAST


def may_be_one_story(
    one: Features, other: Features, mine: Headline, theirs: Headline, difference: Difference
) -> bool:
    """Whether a closer look may find one story; `mine` and `theirs` are the headlines to compare."""
    if not difference.mine and not difference.theirs:
        return True
    shared = _most_shared(mine, theirs)
    if shared >= LEAST:
        return True
    explained = (
        _most_mentioned((*difference.common, *difference.mine), other),
        _most_mentioned((*difference.common, *difference.theirs), one),
    )
    return _may_be_one_event(mine, theirs, shared, one, other) or may_agree(
        one, other, difference, explained
    )


def _may_be_one_event(
    mine: Headline, theirs: Headline, shared: int, one: Features, other: Features
) -> bool:
    """Whether both tell of an event, and have a name or a number in common anywhere."""
    if not (mine.told and theirs.told):
        return False
    elsewhere = sum(
        other.may_mention(part.word) for part in mine.parts if not part.is_number
    ) + sum(one.may_mention(part.word) for part in theirs.parts if not part.is_number)
    return shared + elsewhere >= SOME


def _most_shared(one: Headline, other: Headline) -> int:
    """The most words and numbers of the one headline that the other can have in some form or sense."""
    there = frozenset().union(*(_senses(part.word) for part in other.parts))
    return sum(not there.isdisjoint(_senses(part.word)) for part in one.parts)


def _most_mentioned(words: Sequence[str], article: Features) -> float:
    """The largest share of the words that the article can mention or tell of."""
    if not words:
        return 1.0
    return sum(article.may_mention(word) or bool(events_of(word)) for word in words) / len(words)


@lru_cache(maxsize=50_000)
def _senses(word: str) -> frozenset[object]:
    """What two words must share to be forms of one word, or to have one sense."""
    return frozenset((fragment(word), *meanings_of(word)))
