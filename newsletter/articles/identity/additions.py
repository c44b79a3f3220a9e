"""What one headline says and another does not: runs of words between words that both have."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from newsletter.articles.identity.headlines import (
    ACTIONS,
    Headline,
    Link,
    Part,
    events_of,
    mentions_in,
    weight,
)
from newsletter.articles.identity.lexicon import is_unspaced, lexicon
from newsletter.articles.identity.likeness import same_sense
from newsletter.articles.identity.pieces import common_pieces

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """The weight of what two headlines share, and what each adds, in the order of its words."""

    shared: float
    is_rearranged: bool
    mine: tuple[Addition, ...]
    theirs: tuple[Addition, ...]


def compare_parts(one: Headline, other: Headline) -> Difference:
    """The weight of what both headlines say, and what each adds."""
    words, others = ([part.word for part in headline.parts] for headline in (one, other))
    pairs = {
        piece.mine + at: piece.theirs + at
        for piece in common_pieces(words, others, same_sense)
        if len(piece.words) > 1 or not is_unspaced(piece.words[0])
        for at in range(len(piece.words))
    }
    back = {there: here for here, there in pairs.items()}
    return Difference(
        is_rearranged=sorted(back) != sorted(back, key=back.__getitem__),
        shared=sum(weight(words[index]) for index in pairs if says_something(words[index])),
        mine=tuple(_additions(one, {index: index for index in pairs})),
        theirs=tuple(_additions(other, back)),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Addition:
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
    in_phrase: bool

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands."""
        return self.before, self.after

    @property
    def is_between(self) -> bool:
        """Whether it stands between two words that both headlines have."""
        return self.before != START and self.after != END

    def is_instead_of(self, other: Addition, *, anywhere: bool) -> bool:
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
        return (
            not self._contrasts(other)
            and not self._develops(other.told)
            and self._is_linked()
            and self._counts_something()
        )

    @property
    def _is_clause(self) -> bool:
        """Whether a mark such as a comma separates it from its side, or from what comes after it."""
        starts = self.before == START or self.parts[0].link is Link.BREAK
        return (
            starts
            and (self.next_link is Link.BREAK or self.after == END)
            and ((self.before, self.after) != (START, END))
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

    def is_circumstance(self, told: frozenset[str], other: Headline) -> bool:
        """Whether it only adds to one event where, when or why it happened, or who somebody is.

        This is narrower than `is_harmless`: a clause may say what happened next, and a word before
        a name may make another one act ("Torrin founders"). `told` are the events of which both
        articles tell.
        """
        if self._contrasts(other) or self._develops(told, ACTIONS):
            return False
        told |= lexicon().implied
        if all(part.is_number or not told.isdisjoint(events_of(part.word)) for part in self.parts):
            return True
        if self.behind_number and self._is_person():
            return True
        first = self.parts[0].link
        if is_unspaced(self.parts[0].word):
            return self.weight <= INSERTED and not self._is_clause
        if self._is_clause and any(
            mention & lexicon().consequences for mention in mentions_in(self.parts)
        ):
            return True
        if self.is_name:
            return self.weight <= INSERTED and first is not Link.POSSESSIVE
        return (
            first in (Link.FUNCTIONAL, Link.SUBORDINATE) or self.in_phrase or self._is_attribute()
        )

    def _is_person(self) -> bool:
        """Whether it only says that those who are counted are men, women or children."""
        return all(
            any(group == "man" for group, _index in lexicon().contrasts.meanings(part.word))
            for part in self.parts
        )

    def _develops(self, told: frozenset[str], actions: Container[str] = ()) -> bool:
        """Whether it tells of a development that is not among the events `told`.

        `actions` are the groups of contrasts that count as developments too.
        """
        if self._is_clause and told & lexicon().disasters:
            told |= lexicon().consequences
        return any(
            (event in lexicon().developments or event.split()[0] in actions) and event not in told
            for mention in mentions_in(self.parts)
            if mention.isdisjoint(told)
            for event in mention
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
        if self.parts[0].link is Link.POSSESSIVE:
            return False  # "Orden's wife" is not Orden.
        if self.parts[0].link in (Link.FUNCTIONAL, Link.SUBORDINATE) or self._is_attribute():
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


def _additions(headline: Headline, shared: Mapping[int, int]) -> Iterator[Addition]:
    """The additions of a headline; `shared` identifies its parts that the other headline has too.

    Words of recurring headings add nothing.
    """
    start, parts = 0, headline.parts
    for index in (*sorted(shared), len(parts)):
        added = tuple(part for part in parts[start:index] if _may_matter(part.word))
        if added:
            yield Addition(
                parts=added,
                before=shared[start - 1] if start else START,
                after=shared[index] if index < len(parts) else END,
                next_link=parts[index].link if index < len(parts) else Link.NOTHING,
                behind_number=start > 0 and parts[start - 1].is_number,
                behind_capital=start > 0 and parts[start - 1].is_capital,
                is_name=all(part.word in headline.names for part in added),
                in_phrase=_ends_in_phrase(parts[:start]),
            )
        start = index + 1


def _ends_in_phrase(parts: Sequence[Part]) -> bool:
    """Whether the parts end in a phrase that begins with a preposition and tells of no event."""
    for part in reversed(parts):
        if events_of(part.word):
            return False
        if part.link is not Link.NOTHING:
            return part.link in (Link.FUNCTIONAL, Link.SUBORDINATE)
    return False


def _may_matter(word: str) -> bool:
    return says_something(word) and word not in lexicon().dispensable


def says_something(word: str) -> bool:
    """Whether it is neither a word of recurring headings nor, in unspaced text, a particle."""
    return word not in lexicon().generic and word not in lexicon().functional
