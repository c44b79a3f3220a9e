"""Whether two articles of different sources report one story. Pure.

docs/explanation/identity.md has the measured precision and recall.
"""

from __future__ import annotations

import re
from datetime import timedelta

from newsletter.articles.identity.contradictions import (
    another_version,
    comes_after,
    contradict,
    denied,
    may_share_a_language,
    names_in_texts_change_places,
    numbers_agree,
    only_one_cancels,
    other_names,
)
from newsletter.articles.identity.features import Features
from newsletter.articles.identity.grounds import Ground, Sameness
from newsletter.articles.identity.headlines import Headline, headline
from newsletter.articles.identity.lexicon import folded, is_unspaced
from newsletter.articles.identity.likeness import Difference, compare
from newsletter.articles.identity.one_event import one_event
from newsletter.articles.identity.roles import roles_differ
from newsletter.articles.identity.screening import may_be_one_story
from newsletter.articles.identity.site_names import tail_of
from newsletter.articles.identity.texts import (
    FAINT,
    FAIR,
    LONG_AGO,
    STRONG,
    nearness_of,
    support_of,
    texts_agree,
)
from newsletter.articles.identity.wording import one_wording

ENOUGH_WORDS = 3.0
"""The weight that two headlines need to be equal without the support of their texts."""
A_WHILE = timedelta(days=60)
"""How long after an article a later one may still follow it up."""
A_FEW_DAYS = timedelta(days=3)
"""The time within which an event with the same names and numbers is one event."""
_FOLLOWS_UP = 1.1


def same_story(one: Features, other: Features) -> bool:
    """Whether both report one story. The result is symmetric and ignores their addresses."""
    one, other = _in_order(one, other)
    mine, theirs = _headlines(one, other)
    difference = compare(mine.words, theirs.words)
    return (
        may_be_one_story(one, other, mine, theirs, difference)
        and _ground(one, other, mine, theirs, difference) is not None
    )


def why_same(one: Features, other: Features) -> Sameness | None:
    """Why both report one story; None if they report two.

    Headlines that differ in a number, a day, a quarter, a negation, a contrast ("rise", "fall")
    or the order of their names are two stories, whatever their texts say, because texts of such
    stories often follow one template. Equal headlines of few words need texts that agree.
    """
    one, other = _in_order(one, other)
    mine, theirs = _headlines(one, other)
    difference = compare(mine.words, theirs.words)
    ground = _ground(one, other, mine, theirs, difference)
    if ground is None:
        return None
    return Sameness(
        ground=ground,
        words=(*difference.common, *sorted(mine.numbers & theirs.numbers)),
        events=tuple(sorted(mine.told & theirs.told)),
    )


def _in_order(one: Features, other: Features) -> tuple[Features, Features]:
    """Both in an order that does not depend on the caller's."""
    if one.title == other.title:
        return (one, other) if one.long_text <= other.long_text else (other, one)
    return (one, other) if one.title < other.title else (other, one)


def _ground(
    one: Features, other: Features, mine: Headline, theirs: Headline, difference: Difference
) -> Ground | None:
    equal = not difference.mine and not difference.theirs
    if contradict(mine, theirs, one, other) or _roles_differ(one, other, mine, theirs, equal):
        return None
    support, apart = support_of(one, other), _apart(one, other)
    agree = numbers_agree(mine, theirs, one, other)
    if equal and agree:
        return Ground.EQUAL_HEADLINES if _enough(mine, theirs, support, apart) else None
    if _denied(one, other, equal) or other_names(one, other, difference):
        return None
    if another_version(mine, theirs, other) or another_version(theirs, mine, one):
        return None
    if agree or support is None:
        alike = may_share_a_language(one, other)
        alone = support is None and mine.asks != theirs.asks
        if alike and not alone and one_wording(mine, theirs):
            return Ground.ONE_WORDING if _enough(mine, theirs, support, apart) else None
        near = alike and apart <= A_FEW_DAYS and mine.asks == theirs.asks
        if near and one_event(one, other, mine, theirs):
            return Ground.ONE_EVENT
    if comes_after(one, other) or comes_after(other, one):
        return None
    if support is not None and texts_agree(one, other, difference, support, apart):
        return Ground.TEXTS
    return None


def _roles_differ(
    one: Features, other: Features, mine: Headline, theirs: Headline, equal: bool
) -> bool:
    names = frozenset() if "de" in (one.language, other.language) else one.names | other.names
    return roles_differ(mine, theirs, names=names, equal=equal) or names_in_texts_change_places(
        one, other
    )


def _denied(one: Features, other: Features, equal: bool) -> bool:
    """Whether one denies or cancels what the other reports, although their headlines differ."""
    return not equal and any(
        denied(*pair) or only_one_cancels(*pair) for pair in ((one, other), (other, one))
    )


def _apart(one: Features, other: Features) -> timedelta:
    return abs(one.published - other.published) if one.dated and other.dated else timedelta(0)


def follows_up(new: Features, old: Features) -> bool:
    """Whether `new` follows up the story of `old`: a later story of the same people."""
    if not timedelta(0) <= new.published - old.published <= A_WHILE:
        return False
    if old.address and old.address in new.links:
        return True
    if new.headline.is_generic or old.headline.is_generic:
        return False
    difference = compare(new.headline.words, old.headline.words)
    if difference.shared < 2 or not _share_a_name(new, old) or other_names(new, old, difference):
        return False
    return nearness_of(new, old, difference, support_of(new, old) or 0.0) >= _FOLLOWS_UP


def _share_a_name(one: Features, other: Features) -> bool:
    """Whether both have a name in common; true for unspaced scripts, which do not mark names."""
    return bool(one.people & other.people) or any(map(is_unspaced, one.headline.words[:1]))


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


def _enough(one: Headline, other: Headline, support: float | None, apart: timedelta) -> bool:
    """Whether headlines of one wording are one story: unless they are a recurring heading."""
    if support is not None and support >= STRONG:
        return True
    if one.is_generic or other.is_generic or min(one.weight, other.weight) < ENOUGH_WORDS:
        return False
    if support is None:
        return apart <= LONG_AGO
    return support >= (FAINT if apart <= LONG_AGO else FAIR)
