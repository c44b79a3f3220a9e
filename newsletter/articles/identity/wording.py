"""Whether two headlines alone show that they report one story: by one wording in two arrangements.

"Storm nears coast: airline cancels flights" is "Airline cancels flights as storm nears coast". A
headline may also say more than the other, if what it adds cannot change what both say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from newsletter.articles.identity.headlines import Headline, Link, Part, weight
from newsletter.articles.identity.lexicon import is_unspaced, lexicon
from newsletter.articles.identity.likeness import same_sense
from newsletter.articles.identity.pieces import common_pieces

LEAST = 3.0
"""The weight of the words that both headlines must share."""
LEAST_WITH_NAMES = 4.0
"""The same if one headline adds a name, or if each adds something."""
MANY = 5.0
"""The weight of shared words at which it matters on which side of a word something is added."""
INSERTED = 2.0
"""The most weight of an addition within a clause, such as "Dana Poole" in "Mayor Dana Poole resigns"."""
CIRCUMSTANCES = frozenset(("weekday", "day", "time", "role", "man", "currency"))
"""Groups of contrasts whose words add only a circumstance."""
TURNS = frozenset(
    (
        "negation",
        "cancel",
        "approve",
        "confirm",
        "arrest",
        "win",
        "for",
        "before",
        "ordinal",
        "half",
    )
)
"""Groups of contrasts whose words may change the story even in a clause of their own."""
START, END = -1, -2
_RUSSIAN_NOUN = re.compile(r"[а-я]{3,}(?<!л)(?<!л[аои])(?<![тс]ь)(?<!ся)(?<!т)")
"""A Cyrillic word without the endings of verbs."""


def one_wording(one: Headline, other: Headline) -> bool:
    """Whether the headlines share nearly all their words and add only circumstances."""
    difference = _compare(one, other)
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
    difference = _compare(one, other)
    if len(difference.mine) != 1 or len(difference.theirs) != 1 or difference.shared < 1:
        return None
    (mine,), (theirs,) = difference.mine, difference.theirs
    if len(mine.parts) != 1 or len(theirs.parts) != 1 or mine.place != theirs.place:
        return None
    return mine.parts[0].word, theirs.parts[0].word


@dataclass(frozen=True, kw_only=True, slots=True)
class _Difference:
    shared: float
    is_rearranged: bool
    mine: tuple[_Addition, ...]
    theirs: tuple[_Addition, ...]


def _compare(one: Headline, other: Headline) -> _Difference:
    """The weight of what both headlines say, and what each adds."""
    words, others = ([part.word for part in headline.parts] for headline in (one, other))
    pairs = {
        piece.mine + at: piece.theirs + at
        for piece in common_pieces(words, others, same_sense)
        if len(piece.words) > 1 or not is_unspaced(piece.words[0])
        for at in range(len(piece.words))
    }
    back = {there: here for here, there in pairs.items()}
    return _Difference(
        is_rearranged=sorted(back) != sorted(back, key=back.__getitem__),
        shared=sum(weight(words[index]) for index in pairs if _says_something(words[index])),
        mine=tuple(_additions(one, {index: index for index in pairs})),
        theirs=tuple(_additions(other, back)),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Addition:
    """Consecutive parts that only one headline has, between two that both have.

    `before` and `after` identify those two. `next_link` links the addition to the part after it.
    """

    parts: tuple[Part, ...]
    before: int
    after: int
    next_link: Link
    behind_number: bool
    behind_capital: bool
    is_name: bool

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands."""
        return self.before, self.after

    def is_instead_of(self, other: _Addition, *, anywhere: bool) -> bool:
        """Whether it is said instead of an addition of the other headline: beside the same word.

        `anywhere` says that it is, too, if it stands before the word that the other stands after.
        """
        if self.before == other.before or self.after == other.after:
            return True
        return anywhere and (self.before == other.after or self.after == other.before)

    @property
    def weight(self) -> float:
        """How much it says, in words."""
        return sum(weight(part.word) for part in self.parts)

    def is_harmless(self, other: Headline) -> bool:
        """Whether the headline says with this addition still what it says without."""
        return not self._contrasts(other) and self._is_linked() and self._counts_something()

    @property
    def _is_clause(self) -> bool:
        """Whether a mark such as a comma separates it from its side, or from what comes after it."""
        return self.next_link is Link.BREAK or (
            self.before != START and self.parts[0].link is Link.BREAK
        )

    def _contrasts(self, other: Headline) -> bool:
        letters = "".join(part.word for part in self.parts)
        within = {
            (group, index) for group, index, _end in lexicon().contrasts.meanings_within(letters)
        }
        meanings = within.union(*(lexicon().contrasts.meanings(part.word) for part in self.parts))
        return any(
            meaning not in other.meanings
            and (meaning[0] in TURNS if self._is_clause else meaning[0] not in CIRCUMSTANCES)
            for meaning in meanings
        )

    def _is_linked(self) -> bool:
        """Whether it is a clause or a phrase of its own, or stands before the word that it describes."""
        if self._is_clause:
            return True
        if self.before == START:
            return self.weight <= INSERTED and self.next_link is Link.NOTHING
        if self.behind_number and self.parts[0].is_capital and self.parts[0].link is Link.NOTHING:
            return False  # "Pixelo 9 Pro" is not the "Pixelo 9".
        if is_unspaced(self.parts[0].word):
            return self.weight <= INSERTED
        if self.parts[0].link is not Link.NOTHING or self._is_attribute():
            return True
        return self.after != END and self.weight <= INSERTED and self._may_describe()

    def _may_describe(self) -> bool:
        """Whether it describes what stands beside it, instead of making it another thing.

        "Mayor Dana Poole" is the mayor, but the "Senate committee" is not the "Senate".
        """
        first = self.parts[0]
        has_case = first.is_number or first.word.upper() != first.word
        return self.is_name or (has_case and not first.is_capital and not self.behind_capital)

    def _is_attribute(self) -> bool:
        """Whether it is one Russian noun, which needs no preposition: "главу компании"."""
        return len(self.parts) == 1 and _RUSSIAN_NOUN.fullmatch(self.parts[0].word) is not None

    def _counts_something(self) -> bool:
        """Whether its numbers count something, as in "for 6 months", or are a clause of their own."""
        return self._is_clause or not self.parts[-1].is_number


def _additions(headline: Headline, shared: Mapping[int, int]) -> Iterator[_Addition]:
    """The additions of a headline; `shared` identifies its parts that the other headline has too.

    Words of recurring headings add nothing.
    """
    start, parts = 0, headline.parts
    for index in (*sorted(shared), len(parts)):
        added = tuple(part for part in parts[start:index] if _may_matter(part.word))
        if added:
            yield _Addition(
                parts=added,
                before=shared[start - 1] if start else START,
                after=shared[index] if index < len(parts) else END,
                next_link=parts[index].link if index < len(parts) else Link.NOTHING,
                behind_number=start > 0 and parts[start - 1].is_number,
                behind_capital=start > 0 and parts[start - 1].is_capital,
                is_name=all(part.word in headline.names for part in added),
            )
        start = index + 1


def _has_clauses(headline: Headline) -> bool:
    return any(part.link is Link.BREAK for part in headline.parts[1:])


def _may_matter(word: str) -> bool:
    return _says_something(word) and word not in lexicon().dispensable


def _says_something(word: str) -> bool:
    """Whether it is neither a word of recurring headings nor, in unspaced text, a particle."""
    return word not in lexicon().generic and word not in lexicon().functional
