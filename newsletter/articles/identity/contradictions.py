"""What shows that two articles report two stories, although their words are alike. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from newsletter.articles.identity.additions import compare_parts
from newsletter.articles.identity.features import Features
from newsletter.articles.identity.headlines import Headline, Link, Part, events_of
from newsletter.articles.identity.lexicon import is_unspaced, lexicon
from newsletter.articles.identity.likeness import Difference
from newsletter.articles.identity.roles import OPPOSITES, names_change_places
from newsletter.articles.identity.wording import other_word

_FRAME = 2.0
"""The weight of common words among which something may be said instead of something else."""
LONGEST_NAME = 6
"""The number of letters of an unspaced script that may be one name."""


def contrast(one: Headline, other: Headline) -> bool:
    """Whether the headlines contradict: by a negation, a number, or a group of contrasts."""
    numbers = one.numbers - other.numbers and other.numbers - one.numbers
    return bool(numbers) or one.negated != other.negated or _opposed(one, other)


def contradict(mine: Headline, theirs: Headline, one: Features, other: Features) -> bool:
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
_VOTES = frozenset(("approve", "approve 0", "approve 1", "vote"))
"""Events in which "against" is a decision; a match or an attack is against somebody, too."""


def may_share_a_language(one: Features, other: Features) -> bool:
    """Whether nothing shows that they are written in two languages."""
    known = one.languages and other.languages
    return not known or not one.languages.isdisjoint(other.languages)


def denied(one: Features, other: Features) -> bool:
    """Whether a headline says something of which the other article has only the opposite."""
    there = _by_group(other.whole.meanings)
    against = ("for", 1) in one.headline.meanings and 1 not in there.get("for", ())
    if against and _VOTES & (one.headline.told | other.headline.told):
        return True
    both = one.told & other.told
    return any(
        group in OPPOSITES and group in there and index not in there[group]
        for group, index in one.headline.meanings
        if group != "rise" or "inflation" not in both  # Prices rise while inflation falls.
    )


def only_one_cancels(one: Features, other: Features) -> bool:
    """Whether the headline cancels something, and the other article neither does nor negates."""
    if ("cancel", 0) not in one.headline.meanings or other.whole.negated:
        return False
    return other.whole.meanings.isdisjoint((("cancel", 0), ("open", 1), ("approve", 1)))


def names_in_texts_change_places(one: Features, other: Features) -> bool:
    """Whether headlines or texts are one sentence in which two names have changed places."""
    return names_change_places(
        one.title_words, other.title_words, between=2
    ) or names_change_places(one.opening, other.opening, between=3)


def says_instead(one: Features, other: Features) -> bool:
    """Whether each headline has words, at one place among common ones, of which the other article says nothing."""
    difference = compare_parts(one.headline, other.headline)
    return difference.shared >= _FRAME and any(
        mine.place == theirs.place
        and mine.is_between
        and _is_unknown(mine.parts, other)
        and _is_unknown(theirs.parts, one)
        for mine in difference.mine
        for theirs in difference.theirs
    )


def comes_after(one: Features, other: Features) -> bool:
    """Whether a headline tells what came after the event of the other: "… recovers after the attack".

    The other article says nothing of what came after, except the names.
    """
    parts = one.headline.parts
    start = next((at for at, part in enumerate(parts) if part.link is Link.SUBORDINATE), 0)
    if ("before", 1) not in one.headline.meanings or not start:
        return False
    steps = _steps()
    main = [part for part in parts[:start] if not (part.is_number or other.headline_has(part.word))]
    return (
        any(
            event in steps or event[-1].isdecimal()
            for part in main
            for event in events_of(part.word)
        )
        and any(other.headline_has(part.word) for part in parts[start:])
        and _is_unknown(main, other)
    )


def _steps() -> frozenset[str]:
    """The developments that are not a part of a disaster."""
    return lexicon().developments - lexicon().consequences - lexicon().disasters


def _is_unknown(parts: Sequence[Part], article: Features) -> bool:
    """Whether the article says nothing of any of these words."""
    return not any(article.mentions(part.word) or article.tells(part.word) for part in parts)


def _also_denies(features: Features, negated: Headline) -> bool:
    return bool(negated.denied) and negated.denied <= features.whole.denied


def _opposed(one: Headline, other: Headline) -> bool:
    """Whether the headlines say different things in a group of contrasts."""
    mine, theirs = _by_group(one.meanings), _by_group(other.meanings)
    return any(mine[group].isdisjoint(theirs[group]) for group in mine.keys() & theirs.keys())


def _by_group(meanings: Iterable[tuple[str, int]]) -> dict[str, set[int]]:
    groups: dict[str, set[int]] = {}
    for group, index in meanings:
        groups.setdefault(group, set()).add(index)
    return groups


def numbers_agree(one: Headline, other: Headline, mine: Features, theirs: Features) -> bool:
    """Whether the numbers that only one headline has are in the text of the other article."""
    missing = [number for number in one.numbers if number not in other.numbers]
    added = [number for number in other.numbers if number not in one.numbers]
    if missing:
        return all(number in theirs.everything for number in missing)
    return all(number in mine.everything for number in added)


def another_version(one: Headline, other: Headline, against: Features) -> bool:
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


def other_names(one: Features, other: Features, difference: Difference) -> bool:
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
