"""Whether two headlines report one event of the same people, places and numbers. Pure.

"France fines Zentro €50m over privacy breaches" is "Zentro hit with 50 million euro fine in France":
both tell of a fine (`events.txt`), and name Zentro, France and the sum.
"""

from __future__ import annotations

from itertools import chain

from newsletter.articles.identity.headlines import Headline, Part, weight
from newsletter.articles.identity.lexicon import is_unspaced, lexicon
from newsletter.articles.identity.likeness import same_sense, same_word
from newsletter.articles.identity.pieces import common_pieces

ENOUGH = 2.0
"""The weight of the names and numbers that both headlines must have."""
HALF = 0.5
"""The share of the words of each headline that the other one must have."""
_LARGE = 13
"""A number below this occurs in many headlines."""
_YEARS = range(1900, 2100)


def one_event(one: Headline, other: Headline, names: frozenset[str]) -> bool:
    """Whether both tell of one event, with the same names and numbers, and of no other development.

    `names` are the names that spelling shows in either article.
    """
    if not (_mentioned(one) & _mentioned(other)):
        return False
    if _has_other_development(one, other) or _has_other_development(other, one):
        return False
    if min(_share(one, other), _share(other, one)) < HALF:
        return False
    return anchors(one, other, names) >= ENOUGH


def anchors(one: Headline, other: Headline, names: frozenset[str]) -> float:
    """The weight of the names and numbers that both headlines have."""
    found = sum(map(_number_weight, one.numbers & other.numbers))
    mine, theirs = (
        [part for part in headline.parts if not part.is_number and _may_name(part)]
        for headline in (one, other)
    )
    for part in mine:
        for match in theirs:
            if same_word(part.word, match.word):
                found += _name_weight(part, match, names)
                theirs.remove(match)
                break
    letters = ([part.word for part in headline.parts] for headline in (one, other))
    for piece in common_pieces(*letters):
        if is_unspaced(piece.words[0]):
            found += _piece_weight("".join(piece.words))
    return found


def _mentioned(headline: Headline) -> frozenset[str]:
    return frozenset(chain.from_iterable(headline.events))


def _has_other_development(one: Headline, other: Headline) -> bool:
    """Whether the headline tells of a development of which the other one says nothing."""
    there = _mentioned(other)
    return any(
        mention & lexicon().developments and mention.isdisjoint(there) for mention in one.events
    )


def _share(one: Headline, other: Headline) -> float:
    """The share of the headline's words and numbers that the other one has in some form or sense."""
    parts = [part for part in one.parts if part.word not in lexicon().dispensable]
    total = sum(weight(part.word) for part in parts)
    there = [part.word for part in other.parts]
    found = sum(
        weight(part.word)
        for part in parts
        if part.word in there
        or (not part.is_number and any(same_sense(part.word, word) for word in there))
    )
    return found / total if total else 0.0


def _number_weight(number: str) -> float:
    if not number.replace(".", "", 1).isdecimal():
        return 0.5
    value = float(number)
    if value in _YEARS or value < 2:
        return 0.0
    return 1.0 if value >= _LARGE or "." in number else 0.5


def _may_name(part: Part) -> bool:
    """Whether the word may name somebody or something, rather than an event or a kind of thing."""
    word = part.word
    return (
        len(word) > 1
        and not is_unspaced(word)
        and not lexicon().events.meanings(word)
        and not lexicon().contrasts.meanings(word)
        and word not in lexicon().generic
        and word not in lexicon().dispensable
    )


def _name_weight(one: Part, other: Part, names: frozenset[str]) -> float:
    if one.word in names or other.word in names:
        return 1.0
    has_case = one.word.upper() != one.word
    return 0.5 if (one.is_capital and other.is_capital) or not has_case else 0.0


def _piece_weight(letters: str) -> float:
    """The weight of letters of an unspaced script without the words for events in them."""
    rest = lexicon().events.parts_pattern.sub("", letters)
    rest = lexicon().contrasts.parts_pattern.sub("", rest)
    names = [letter for letter in rest if not "\u3040" <= letter <= "\u309f"]
    return min(1.5, 0.5 * len(names)) if len(names) > 1 else 0.0
