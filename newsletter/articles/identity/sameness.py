"""Whether two articles of different sources report one story. Pure.

docs/explanation/identity.md has the measured precision and recall.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from difflib import SequenceMatcher
from itertools import pairwise

from newsletter.articles.identity.features import Features
from newsletter.articles.identity.headlines import (
    Headline,
    Link,
    events_of,
    headline,
)
from newsletter.articles.identity.lexicon import folded, is_unspaced, lexicon
from newsletter.articles.identity.likeness import Difference, compare
from newsletter.articles.identity.one_event import one_event
from newsletter.articles.identity.roles import (
    OPPOSITES,
    names_change_places,
    roles_differ,
)
from newsletter.articles.identity.site_names import tail_of
from newsletter.articles.identity.wording import one_wording, other_word

ENOUGH_WORDS = 3.0
"""The weight that two headlines need to be equal without the support of their texts."""
LONGEST_NAME = 6
"""The number of letters of an unspaced script that may be one name."""
A_WHILE = timedelta(days=60)
"""How long after an article a later one may still follow it up."""
A_FEW_DAYS = timedelta(days=3)
"""The time within which an event with the same names and numbers is one event."""
LONG_AGO = timedelta(days=21)
"""Between dates further apart, headlines alone do not count: "Storm closes harbour" recurs."""


def same_story(one: Features, other: Features) -> bool:
    """Whether both report one story. The result is symmetric and ignores their addresses.

    Headlines that differ in a number, a day, a quarter, a negation, a contrast ("rise", "fall")
    or the order of their names are two stories, whatever their texts say, because texts of such
    stories often follow one template. Equal headlines of few words need texts that agree.
    """
    one, other = sorted((one, other), key=lambda features: (features.title, features.long_text))
    mine, theirs = _headlines(one, other)
    if _contradict(mine, theirs, one, other):
        return False
    difference = compare(mine.words, theirs.words)
    equal = not difference.mine and not difference.theirs
    names = frozenset() if "de" in (one.language, other.language) else one.names | other.names
    if roles_differ(mine, theirs, names=names, equal=equal) or _names_change_places(one, other):
        return False
    apart = abs(one.published - other.published) if one.dated and other.dated else timedelta(0)
    support = _support(one, other)
    numbers_agree = _numbers_agree(mine, theirs, one, other)
    if not equal and any(
        _denied(*pair) or _only_one_cancels(*pair) for pair in ((one, other), (other, one))
    ):
        return False
    if equal and numbers_agree:
        return _equal_headlines(mine, theirs, support, apart)
    if _other_names(one, other, difference):
        return False
    if _another_version(mine, theirs, other) or _another_version(theirs, mine, one):
        return False
    if (
        (numbers_agree or support is None)
        and _may_share_a_language(one, other)
        and (support is not None or mine.asks == theirs.asks)
        and one_wording(mine, theirs)
    ):
        return _equal_headlines(mine, theirs, support, apart)
    if (
        (numbers_agree or support is None)
        and apart <= A_FEW_DAYS
        and _may_share_a_language(one, other)
        and mine.asks == theirs.asks
        and one_event(one, other, mine, theirs)
    ):
        return True
    return support is not None and _texts_agree(one, other, difference, support, apart)


def _names_change_places(one: Features, other: Features) -> bool:
    """Whether headlines or texts are one sentence in which two names have changed places."""
    return names_change_places(
        one.title_words, other.title_words, between=2
    ) or names_change_places(one.opening, other.opening, between=3)


def follows_up(new: Features, old: Features) -> bool:
    """Whether `new` follows up the story of `old`: a later story of the same people."""
    if not timedelta(0) <= new.published - old.published <= A_WHILE:
        return False
    if old.address and old.address in new.links:
        return True
    if new.headline.is_generic or old.headline.is_generic:
        return False
    difference = compare(new.headline.words, old.headline.words)
    if difference.shared < 2 or not _share_a_name(new, old) or _other_names(new, old, difference):
        return False
    return _nearness(new, old, difference, _support(new, old) or 0.0) >= _FOLLOWS_UP


def _share_a_name(one: Features, other: Features) -> bool:
    """Whether both have a name in common; true for unspaced scripts, which do not mark names."""
    return bool(one.people & other.people) or any(map(is_unspaced, one.headline.words[:1]))


def _denied(one: Features, other: Features) -> bool:
    """Whether a headline says something of which the other article has only the opposite."""
    there = _by_group(other.whole.meanings)
    against = ("for", 1) in one.headline.meanings and 1 not in there.get("for", ())
    if against and not any(
        group == "win" for group, _place in one.whole.meanings | other.whole.meanings
    ):
        return True
    return any(
        group in OPPOSITES and group in there and index not in there[group]
        for group, index in one.headline.meanings
    )


def _only_one_cancels(one: Features, other: Features) -> bool:
    """Whether the headline cancels something, and the other article neither does nor negates."""
    if ("cancel", 0) not in one.headline.meanings or other.whole.negated:
        return False
    return other.whole.meanings.isdisjoint((("cancel", 0), ("open", 1), ("approve", 1)))


def contrast(one: Headline, other: Headline) -> bool:
    """Whether the headlines contradict: by a negation, a number, or a group of contrasts."""
    numbers = one.numbers - other.numbers and other.numbers - one.numbers
    return bool(numbers) or one.negated != other.negated or _opposed(one, other)


def _contradict(mine: Headline, theirs: Headline, one: Features, other: Features) -> bool:
    """Whether the headlines contradict, and not only because each says another part of the story.

    A number that the text of the other article has, and a negation that it has too, as in
    "nobody was hurt", contradict nothing.
    """
    if mine.foretells != theirs.foretells and _DECISIONS & one.told & other.told:
        return True
    if not contrast(mine, theirs):
        return False
    return (
        _opposed(mine, theirs)
        or not (mine.numbers - theirs.numbers <= other.everything)
        or not (theirs.numbers - mine.numbers <= one.everything)
        or (mine.negated and not theirs.negated and not _also_denies(other, mine))
        or (theirs.negated and not mine.negated and not _also_denies(one, theirs))
    )


_DECISIONS = frozenset(("approve", "approve 0", "approve 1", "elect", "vote", "win 0", "win 1"))
"""Events of which the forecast is another story than the outcome."""


def _may_share_a_language(one: Features, other: Features) -> bool:
    known = one.languages and other.languages
    return not known or not one.languages.isdisjoint(other.languages)


def _also_denies(features: Features, negated: Headline) -> bool:
    return bool(negated.denied) and negated.denied <= features.whole.denied


def _opposed(one: Headline, other: Headline) -> bool:
    """Whether the headlines say different things in a group of contrasts."""
    mine, theirs = _by_group(one.meanings), _by_group(other.meanings)
    return any(mine[group].isdisjoint(theirs[group]) for group in mine.keys() & theirs.keys())


def _headlines(one: Features, other: Features) -> tuple[Headline, Headline]:
    """The headlines to compare.

    If only one of them has a part after a dash, that part is the name of a site and is removed.
    A headline that is cut off counts as equal to one that begins with it.
    """
    mine, theirs = one.headline, other.headline
    if mine.words == theirs.words:
        return mine, theirs
    for features, against, whole in ((one, theirs, other), (other, mine, one)):
        start = features.title.removesuffix("…").removesuffix("...").rstrip()
        cut_off = start != features.title and features.headline.weight >= ENOUGH_WORDS
        if cut_off and folded(whole.title).startswith(folded(start)):
            return against, against
    for features, against in ((one, theirs), (other, mine)):
        head, tail = tail_of(features.title)
        cut = headline(head, features.language)
        is_site = tail and len(tail.split()) <= 4 and not re.search(r"\d", tail)
        if is_site and cut.words and cut.words == against.words:
            return cut, against
    return mine, theirs


def _by_group(meanings: Iterable[tuple[str, int]]) -> dict[str, set[int]]:
    groups: dict[str, set[int]] = {}
    for group, index in meanings:
        groups.setdefault(group, set()).add(index)
    return groups


def _equal_headlines(
    one: Headline, other: Headline, support: float | None, apart: timedelta
) -> bool:
    """Whether equal headlines are one story: they are, unless they are a recurring heading."""
    if support is not None and support >= _STRONG:
        return True
    if one.is_generic or other.is_generic or min(one.weight, other.weight) < ENOUGH_WORDS:
        return False
    if support is None:
        return apart <= LONG_AGO
    return support >= (_FAINT if apart <= LONG_AGO else _FAIR)


def _numbers_agree(one: Headline, other: Headline, mine: Features, theirs: Features) -> bool:
    """Whether the numbers that only one headline has are in the text of the other article."""
    missing = [number for number in one.numbers if number not in other.numbers]
    added = [number for number in other.numbers if number not in one.numbers]
    if missing:
        return all(number in theirs.everything for number in missing)
    return all(number in mine.everything for number in added)


def _another_version(one: Headline, other: Headline, against: Features) -> bool:
    """Whether the one names a version of which the other article says nothing: "Pixelo 9 Pro"."""
    return any(
        before.is_number
        and part.link is Link.NOTHING
        and part.is_capital
        and before.word in other.numbers
        and not against.mentions(part.word)
        and not events_of(part.word)
        and part.word not in lexicon().dispensable
        for before, part in pairwise(one.parts)
    )


def _other_names(one: Features, other: Features, difference: Difference) -> bool:
    """Whether each headline has a name that the other article never mentions.

    If the headlines differ in one word, it need not be a name. Where more words differ, German
    shows no names, because it capitalises every noun.
    """
    if instead := other_word(one.headline, other.headline):
        first, second = instead
        if not other.mentions(first) and not one.mentions(second):
            return True
    if "de" in (one.language, other.language):
        return False
    if _other_in_place(one, other):
        return True
    return all(
        any(word in features.names and not against.mentions(word) for word in words)
        for words, features, against in (
            (difference.mine, one, other),
            (difference.theirs, other, one),
        )
    )


def _other_in_place(one: Features, other: Features) -> bool:
    """Whether this is so in unspaced scripts: at one position, each has letters the other lacks."""
    mine, theirs = one.headline.words, other.headline.words
    if not (any(map(is_unspaced, mine)) and any(map(is_unspaced, theirs))):
        return False
    names, others = _may_be_names(mine), _may_be_names(theirs)
    matcher = SequenceMatcher(None, mine, theirs, autojunk=False)
    for change, a, b, c, d in matcher.get_opcodes():
        if change == "replace" and max(b - a, d - c) <= LONGEST_NAME:
            strange = (
                any(at in names and not other.mentions(mine[at]) for at in range(a, b)),
                any(at in others and not one.mentions(theirs[at]) for at in range(c, d)),
            )
            if all(strange):
                return True
    return False


def _may_be_names(words: Sequence[str]) -> frozenset[int]:
    """The places of ideographs that are not part of a word for an event."""
    text = "".join(word if is_unspaced(word) and len(word) == 1 else " " for word in words)
    rest = lexicon().events.parts_pattern.sub(lambda match: " " * len(match[0]), text)
    return frozenset(
        at for at, letter in enumerate(rest) if letter != " " and _is_ideograph(letter)
    )


def _is_ideograph(word: str) -> bool:
    return "\u3400" <= word[0] <= "\u9fff" or "\u30a0" <= word[0] <= "\u30ff"


_AGREEING = 1.45
"""The least `_nearness`, of at most 2, at which texts agree. In 120 labelled pairs in ten languages,
pairs of one story have at least 1.49, and pairs of two stories at most 1.42."""
_EXPLAINED = 0.6
"""The share of a headline that the other article must have if the headlines share no word."""
_FOLLOWS_UP = 1.1
_STRONG = 0.75
_FAIR = 0.34
_FAINT = 0.12


def _support(one: Features, other: Features) -> float | None:
    """The share of the shorter text that the other article has, 0 to 1; None without both texts."""
    small, large = sorted((one, other), key=lambda features: len(features.text))
    if len(small.text) < 4:
        return None
    found = float(sum(word in large.everything for word in small.text))
    if found < len(small.text):
        starts = {word[:5] for word in large.everything if len(word) >= 5}
        found += sum(
            0.8
            for word in small.text
            if word not in large.everything
            and ((len(word) >= 5 and word[:5] in starts) or large.tells(word))
        )
    return found / len(small.text)


def _texts_agree(
    one: Features, other: Features, difference: Difference, support: float, apart: timedelta
) -> bool:
    """Whether the texts report one story under headlines of different words."""
    if apart > LONG_AGO and support < _STRONG:
        return False
    if difference.shared < 1 and min(_explained(one, other, difference)) < _EXPLAINED:
        return False
    nearness = _nearness(one, other, difference, support)
    return (
        nearness + _by_numbers(one, other) - _by_days(apart) - _by_developments(one, other)
        >= _AGREEING
    )


def _by_developments(one: Features, other: Features) -> float:
    """The penalty for developments in a headline of which the other article says nothing."""
    developments = lexicon().developments
    return 0.06 * sum(
        mention.isdisjoint(told) and not mention.isdisjoint(developments)
        for mentions, told in ((one.headline.events, other.told), (other.headline.events, one.told))
        for mention in mentions
    )


def _by_days(apart: timedelta) -> float:
    """The penalty for days between two articles, because a story develops in that time."""
    return min(0.3, 0.04 * max(0, apart.days - 1))


def _nearness(one: Features, other: Features, difference: Difference, support: float) -> float:
    """The shares of the headlines and of the shorter text that the other article has, 0 to 2."""
    return support + sum(_explained(one, other, difference)) / 2


def _explained(one: Features, other: Features, difference: Difference) -> tuple[float, float]:
    """The share of each headline that the other article has."""
    return (
        _share_mentioned((*difference.common, *difference.mine), other),
        _share_mentioned((*difference.common, *difference.theirs), one),
    )


def _by_numbers(one: Features, other: Features) -> float:
    """The bonus for a number in both articles, or the penalty if all numbers differ."""
    mine, theirs = (
        {word for word in features.everything if word[0].isdecimal()} for features in (one, other)
    )
    if not mine or not theirs:
        return 0.0
    return 0.1 if mine & theirs else -0.35


def _share_mentioned(words: Sequence[str], features: Features) -> float:
    """The share of the words that the article has in some form or sense."""
    if not words:
        return 1.0
    return sum(features.mentions(word) or features.tells(word) for word in words) / len(words)
