"""Compares the words of two headlines, in any form of each word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from newsletter.articles.identity.headlines import weight
from newsletter.articles.identity.lexicon import endings, is_unspaced, lexicon


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """The words that two headlines share, and those that only one of them has."""

    common: tuple[str, ...]
    mine: tuple[str, ...]
    theirs: tuple[str, ...]

    @property
    def shared(self) -> float:
        """The weight of the common words."""
        return sum(map(weight, self.common))


def compare(one: Sequence[str], other: Sequence[str]) -> Difference:
    """The words that both have, in any form, and those that only one has."""
    theirs = Counter(other)
    common: list[str] = []
    mine: list[str] = []
    for word in one:
        if theirs[word] > 0:
            theirs[word] -= 1
            common.append(word)
        else:
            mine.append(word)
    rest = [word for word in other if theirs[word] > 0 and not theirs.subtract([word])]
    mine, rest = _without_pairs(mine, rest, common)
    return Difference(common=tuple(common), mine=tuple(mine), theirs=tuple(rest))


def same_word(one: str, other: str) -> bool:
    """Whether two words are forms of one: "opens" and "opened", but not "Iran" and "Iraq"."""
    if one == other:
        return True
    if is_unspaced(one) or is_unspaced(other):
        return False
    if one[0] != other[0]:
        return one[1:] == other[1:] and len(one) >= 4 and {one[0], other[0]} <= _ARABIC_PERSONS
    short, long = sorted((one, other), key=len)
    start = _common_start(short, long)
    if "\uac00" <= short[0] <= "\ud7a3":  # Korean particles
        return start >= 2 and len(long) - start <= 2 and len(short) - start <= 1
    if start == len(short) >= 4 and long[start:] in _NAME_ENDINGS:
        return True
    ends = {short[start:], long[start:]}
    return start >= max(4, round(0.6 * len(long))) and ends <= endings()


def starts_of_forms(word: str) -> tuple[str, ...]:
    """The two letters with which every form of the word begins that `same_word` knows.

    Its own come first; an Arabic verb has those of its other person besides.
    """
    own = word[:2]
    if word[0] in _ARABIC_PERSONS and len(word) >= 4:
        return own, *(person + word[1] for person in sorted(_ARABIC_PERSONS) if person != word[0])
    return (own,)


def fragment(word: str) -> str:
    """The letters of the word that stand in all its forms that `same_word` knows."""
    if "\uac00" <= word[0] <= "\ud7a3":
        return word[:2]
    if word[0] in _ARABIC_PERSONS and len(word) >= 4:
        return word[1:4]
    return word[:4]


def meanings_of(word: str) -> frozenset[tuple[str, int]]:
    """The meanings of the word in `events.txt` and `contrasts.txt`."""
    return _events(word) | _contrasts(word)


def same_sense(one: str, other: str) -> bool:
    """Whether two words are forms of one, or mean the same in `events.txt` or `contrasts.txt`."""
    if same_word(one, other):
        return True
    mine, theirs = _events(one), _events(other)
    if mine and theirs:
        return not mine.isdisjoint(theirs)
    return not _contrasts(one).isdisjoint(_contrasts(other))


@lru_cache(maxsize=20_000)
def _events(word: str) -> frozenset[tuple[str, int]]:
    return frozenset(lexicon().events.meanings(word))


@lru_cache(maxsize=20_000)
def _contrasts(word: str) -> frozenset[tuple[str, int]]:
    return frozenset(lexicon().contrasts.meanings(word))


_ARABIC_PERSONS = frozenset("يت")
"""The letters before a verb of which the subject is masculine or feminine."""
_NAME_ENDINGS = frozenset(("s", "n", "en", "i", "es"))
"""Endings that turn the name of a country into the name of its people or its adjective."""


def _without_pairs(
    mine: list[str], rest: list[str], common: list[str]
) -> tuple[list[str], list[str]]:
    """The words that remain when forms of a word, and compounds and their parts, are paired."""
    left: list[str] = []
    for word in mine:
        match = next((candidate for candidate in rest if same_word(word, candidate)), None)
        if match is None:
            left.append(word)
        else:
            rest.remove(match)
            common.append(word)
    for one, other in ((left, rest), (rest, left)):
        for first, second in combinations(list(one), 2):
            if first + second in other and first in one and second in one:
                other.remove(first + second)
                one.remove(first)
                one.remove(second)
                common.append(first + second)
    return left, rest


def _common_start(one: str, other: str) -> int:
    return next(
        (index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
