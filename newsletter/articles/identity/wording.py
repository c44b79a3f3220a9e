"""Whether two headlines alone show that they report one story: by one wording in two arrangements.

"Storm nears coast: airline cancels flights" is "Airline cancels flights as storm nears coast". A
headline may also say more than the other, if what it adds cannot change what both say.
"""

from __future__ import annotations

from newsletter.articles.identity.additions import compare_parts
from newsletter.articles.identity.headlines import Headline, Link

LEAST = 3.0
"""The weight of the words that both headlines must share."""
LEAST_WITH_NAMES = 4.0
"""The same if one headline adds a name, or if each adds something."""
MANY = 5.0
"""The weight of shared words at which it matters on which side of a word something is added."""


def one_wording(one: Headline, other: Headline) -> bool:
    """Whether the headlines share nearly all their words and add only circumstances."""
    difference = compare_parts(one, other)
    shared, mine, theirs = difference.shared, difference.mine, difference.theirs
    if shared < LEAST:
        return False
    if not all(addition.is_harmless(other) for addition in mine):
        return False
    if not all(addition.is_harmless(one) for addition in theirs):
        return False
    names = one.names | other.names
    adds_a_name = any(
        part.word in names for addition in (*mine, *theirs) for part in addition.parts
    )
    if adds_a_name and shared < LEAST_WITH_NAMES:
        return False
    sizes = [sum(addition.weight for addition in added) for added in (mine, theirs)]
    if not all(sizes):
        return max(sizes) <= shared
    instead = any(
        first.is_instead_of(second, anywhere=shared < MANY) for first in mine for second in theirs
    )
    rearranged = difference.is_rearranged and not (_has_clauses(one) or _has_clauses(other))
    return (
        shared >= LEAST_WITH_NAMES and max(sizes) <= shared / 2 and not instead and not rearranged
    )


def other_word(one: Headline, other: Headline) -> tuple[str, str] | None:
    """The only word in which the headlines differ, in each; None if they differ in more."""
    if len(one.parts) != len(other.parts):
        return None
    difference = compare_parts(one, other)
    if len(difference.mine) != 1 or len(difference.theirs) != 1 or difference.shared < 1:
        return None
    (mine,), (theirs,) = difference.mine, difference.theirs
    if len(mine.parts) != 1 or len(theirs.parts) != 1 or mine.place != theirs.place:
        return None
    return mine.parts[0].word, theirs.parts[0].word


def _has_clauses(headline: Headline) -> bool:
    return any(part.link is Link.BREAK for part in headline.parts[1:])
