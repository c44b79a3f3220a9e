"""Whether the texts of two articles report one story under headlines of different words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from newsletter.articles.identity.contradictions import says_instead
from newsletter.articles.identity.features import Features
from newsletter.articles.identity.lexicon import lexicon
from newsletter.articles.identity.likeness import Difference
from newsletter.articles.identity.tokens import STEM, number_weight

_AGREEING = 1.85
"""The least agreement at which texts report one story. The weights were fitted by logistic regression to
370 labelled pairs with texts, in twelve languages, which no other rule parts; at 1.85, it judges four of
five to be one story. docs/explanation/identity.md has what they did on new pairs."""
_A_NUMBER = 1.4
"""The weight of a large number or a decimal that both articles have."""
_OTHER_NUMBERS = 1.2
"""The weight of a number of each article that the other lacks, and of one of a headline."""
_SOMETHING_ELSE = 0.7
"""The weight of unknown words that each headline has at one place among common words."""
_A_DEVELOPMENT = 0.9
"""The weight of a development in a headline of which the other article says nothing."""
_ANOTHER_STORY = 9.0
"""The weight of a step, such as an appeal or a fine: more than all that can be said for one story."""
_EXPLAINED = 0.6
"""The share of a headline that the other article must have if the headlines share no word."""
STRONG = 0.75
"""The share of a text at which articles are one story long after each other."""
FAIR = 0.34
"""The share at which equal headlines are one story, long after each other."""
FAINT = 0.12
"""The share at which they are within some days."""
LONG_AGO = timedelta(days=21)
"""Between dates further apart, headlines alone do not count: "Storm closes harbour" recurs."""


def support_of(one: Features, other: Features) -> float | None:
    """The share of the shorter text that the other article has, 0 to 1; None without both texts."""
    small, large = sorted((one, other), key=lambda features: len(features.text))
    if len(small.text) < 4:
        return None
    missing = small.text - large.everything
    in_other_words = sum(
        (len(word) >= STEM and word[:STEM] in large.stems) or large.tells(word) for word in missing
    )
    return (len(small.text) - len(missing) + 0.8 * in_other_words) / len(small.text)


def texts_agree(
    one: Features, other: Features, difference: Difference, support: float, apart: timedelta
) -> bool:
    """Whether the texts report one story under headlines of different words."""
    if apart > LONG_AGO and support < STRONG:
        return False
    if difference.shared < 1 and min(_explained(one, other, difference)) < _EXPLAINED:
        return False
    explained = _explained(one, other, difference)
    agreement = support + min(explained) + sum(explained) / 2 + _by_numbers(one, other)
    agreement -= _by_days(apart) + _by_developments(one, other)
    if agreement >= _AGREEING and says_instead(one, other):
        agreement -= _SOMETHING_ELSE
    return agreement >= _AGREEING


def may_agree(
    one: Features, other: Features, difference: Difference, explained: tuple[float, float]
) -> bool:
    """Whether the texts may agree if they have at most these shares of the headlines."""
    if not (one.has_text and other.has_text):
        return False
    if difference.shared < 1 and min(explained) < _EXPLAINED:
        return False
    agreement = 1 + min(explained) + sum(explained) / 2
    if one.may_have_number and other.may_have_number:
        agreement += _by_numbers(one, other)
    return agreement >= _AGREEING


def _by_developments(one: Features, other: Features) -> float:
    """The penalty for developments in a headline of which the other article says nothing."""
    return sum(
        _ANOTHER_STORY if mention & lexicon().steps else _A_DEVELOPMENT
        for mentions, told in ((one.headline.events, other.told), (other.headline.events, one.told))
        for mention in mentions
        if mention.isdisjoint(told) and not mention.isdisjoint(lexicon().developments)
    )


def _by_days(apart: timedelta) -> float:
    """The penalty for days between two articles, because a story develops in that time."""
    return min(0.3, 0.04 * max(0, apart.days - 1))


def nearness_of(one: Features, other: Features, difference: Difference, support: float) -> float:
    """The shares of the headlines and of the shorter text that the other article has, 0 to 2."""
    return support + sum(_explained(one, other, difference)) / 2


def _explained(one: Features, other: Features, difference: Difference) -> tuple[float, float]:
    """The share of each headline that the other article has."""
    return (
        _share_mentioned((*difference.common, *difference.mine), other),
        _share_mentioned((*difference.common, *difference.theirs), one),
    )


def _by_numbers(one: Features, other: Features) -> float:
    """The bonus for numbers in both articles, less the penalty for those that only one has."""
    mine, theirs = (
        {word for word in features.everything if word[0].isdecimal()} for features in (one, other)
    )
    common = min(2.0, sum(map(number_weight, mine & theirs)))
    instead = min(len(mine - theirs), len(theirs - mine))
    missing = max(len(one.headline.numbers - theirs), len(other.headline.numbers - mine))
    return _A_NUMBER * common - _OTHER_NUMBERS * (instead + missing)


def _share_mentioned(words: Sequence[str], features: Features) -> float:
    """The share of the words that the article has in some form or sense."""
    if not words:
        return 1.0
    return sum(features.mentions(word) or features.tells(word) for word in words) / len(words)
