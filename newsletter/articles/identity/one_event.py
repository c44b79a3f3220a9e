"""Whether two headlines report one event of the same people, places and numbers. Pure.

"France fines Zentro €50m over privacy breaches" is "Zentro hit with 50 million euro fine in France":
both tell of a fine (`events.txt`), and name Zentro, France and the sum.
"""

from __future__ import annotations

from newsletter.articles.identity.additions import Addition, compare_parts
from newsletter.articles.identity.features import Features
from newsletter.articles.identity.headlines import Headline, Part
from newsletter.articles.identity.lexicon import is_unspaced, lexicon
from newsletter.articles.identity.likeness import same_word
from newsletter.articles.identity.pieces import common_pieces
from newsletter.articles.identity.tokens import number_weight

ENOUGH = 2.0
"""The weight of the names and numbers that both headlines must have."""
MANY = 4.0
"""The weight of shared words at which `SOME` suffices."""
SOME = 1.0


def one_event(one: Features, other: Features, mine: Headline, theirs: Headline) -> bool:
    """Whether both tell of one event, with the same names and numbers, and of no other development.

    `mine` and `theirs` are the headlines of `one` and `other`. What the text of one article says
    counts for the headline of the other.
    """
    if not (mine.told & other.told and theirs.told & one.told):
        return False
    difference = compare_parts(mine, theirs)
    known = one.told & other.told
    if not all(
        addition.is_circumstance(known, there) or _is_told(addition, article)
        for added, there, article in (
            (difference.mine, theirs, other),
            (difference.theirs, mine, one),
        )
        for addition in added
    ):
        return False
    if any(
        first.is_instead_of(second, anywhere=False)
        for first in difference.mine
        for second in difference.theirs
    ):
        return False
    names = one.names | other.names
    elsewhere = sum(
        part.word in names and (article.mentions(part.word))
        for added, article in ((difference.mine, other), (difference.theirs, one))
        for addition in added
        for part in addition.parts
    )
    enough = ENOUGH if difference.shared < MANY else SOME
    return _common_names(mine, theirs, names) + elsewhere >= enough


def _is_told(addition: Addition, article: Features) -> bool:
    """Whether the text of the other article says all that the addition says."""
    return bool(article.text) and all(
        article.mentions(part.word) or article.tells(part.word) for part in addition.parts
    )


def _common_names(one: Headline, other: Headline, names: frozenset[str]) -> float:
    """The weight of the names and numbers that both headlines have.

    `names` are the names that spelling shows in either article.
    """
    found = float(sum(map(number_weight, one.numbers & other.numbers)))
    theirs = [part for part in other.parts if _may_name(part)]
    for part in filter(_may_name, one.parts):
        match = next((there for there in theirs if same_word(part.word, there.word)), None)
        if match is not None:
            found += _name_weight(part, match, names)
            theirs.remove(match)
    words, others = ([part.word for part in headline.parts] for headline in (one, other))
    return found + sum(
        _piece_weight("".join(piece.words))
        for piece in common_pieces(words, others)
        if is_unspaced(piece.words[0])
    )


def _may_name(part: Part) -> bool:
    """Whether the word may name somebody or something, rather than an event or a kind of thing."""
    word = part.word
    return not (
        part.is_number
        or len(word) < 2
        or is_unspaced(word)
        or lexicon().events.meanings(word)
        or lexicon().contrasts.meanings(word)
        or word in lexicon().generic
        or word in lexicon().dispensable
    )


def _name_weight(one: Part, other: Part, names: frozenset[str]) -> float:
    if one.word in names or other.word in names:
        return 1.0
    has_case = one.word.upper() != one.word
    return 0.5 if (one.is_capital and other.is_capital) or not has_case else 0.0


def _piece_weight(letters: str) -> float:
    """The weight of letters of an unspaced script without the words for events in them."""
    for groups in (lexicon().events, lexicon().contrasts):
        letters = groups.parts_pattern.sub("", letters)
    names = [letter for letter in letters if not "\u3040" <= letter <= "\u309f"]
    return min(1.5, 0.5 * len(names)) if len(names) > 1 else 0.0
