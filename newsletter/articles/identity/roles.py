"""Detects headlines of the same words that exchange who does what to whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from newsletter.articles.identity.headlines import Headline, is_unspaced, weight
from newsletter.articles.identity.lexicon import lexicon
from newsletter.articles.identity.likeness import same_word

OPPOSITES = frozenset(("rise", "approve", "arrest", "confirm", "buy", "win", "north", "east"))
"""Groups of contrasts that are actions, or directions of actions."""


def roles_differ(one: Headline, other: Headline, *, names: frozenset[str], equal: bool) -> bool:
    """Whether the headlines exchange who does what to whom.

    `names` are the names in both articles; `equal` says that the headlines have the same words.

    They do if two names are in opposite order or, if spelling does not show names, if two common
    pieces are in opposite order around a third. The order of "A and B" does not matter, and a
    place does not act. If only one headline is passive, the opposite order is expected.
    """
    if _subjects_changed(one, other):
        return True
    pieces = _common_pieces(one.words, other.words)
    actors = {name for name in names - one.bystanders - other.bystanders if not is_unspaced(name)}
    named = [piece for piece in pieces if any(word in actors for word in piece.words)]
    if bool(one.agent) != bool(other.agent):
        passive = one if one.agent else other
        agents = [
            piece for piece in pieces if any(same_word(passive.agent, w) for w in piece.words)
        ]
        return any(
            (first.mine < agent.mine) == (first.theirs < agent.theirs)
            for agent in agents
            for first in named
            if first is not agent
        )
    for first, last in combinations(named, 2):
        if first.theirs > last.theirs and not _paired(first, last, one, other):
            return True
    if len(named) > 1 or not pieces or not (equal or is_unspaced(one.words[0])):
        return False
    return any(
        first.may_be_name
        and last.may_be_name
        and first.theirs > middle.theirs > last.theirs
        and (_is_action(middle) or _side_by_side(first, middle, last))
        for first, middle, last in combinations(pieces, 3)
    )


def _subjects_changed(one: Headline, other: Headline) -> bool:
    """Whether the marked subject of each headline is in the other, but not as its subject."""
    mine, theirs = one.subjects - other.subjects, other.subjects - one.subjects
    return any("".join(other.words).find(name) >= 0 for name in mine) and any(
        "".join(one.words).find(name) >= 0 for name in theirs
    )


def _is_action(piece: _Piece) -> bool:
    """Whether the piece is an action, in an unspaced script."""
    if not is_unspaced(piece.words[0]):
        return False
    return any(group in OPPOSITES for group, _ in lexicon().meanings_within("".join(piece.words)))


def _side_by_side(first: _Piece, middle: _Piece, last: _Piece) -> bool:
    mine = (first.mine_end, middle.mine_end) == (middle.mine, last.mine)
    theirs = (last.theirs_end, middle.theirs_end) == (middle.theirs, first.theirs)
    return mine and theirs


def _paired(first: _Piece, last: _Piece, one: Headline, other: Headline) -> bool:
    """Whether one of the headlines has "first and last"."""
    ends = frozenset((first.words[-1], last.words[0]))
    return ends in one.paired | other.paired


@dataclass(frozen=True, kw_only=True, slots=True)
class _Piece:
    """Consecutive words that both headlines have, and their index in each."""

    words: tuple[str, ...]
    mine: int
    theirs: int

    @property
    def mine_end(self) -> int:
        """The index after its last word in the first headline."""
        return self.mine + len(self.words)

    @property
    def theirs_end(self) -> int:
        """The index after its last word in the second headline."""
        return self.theirs + len(self.words)

    @property
    def may_be_name(self) -> bool:
        """Whether it may be a name: a word, or two letters of an unspaced script."""
        return sum(map(weight, self.words)) >= 1


def _common_pieces(one: Sequence[str], other: Sequence[str]) -> list[_Piece]:
    """The longest common runs first (greedy string tiling), in the order of `one`."""
    free_mine, free_theirs = set(range(len(one))), set(range(len(other)))
    pieces: list[_Piece] = []
    while True:
        best = _Piece(words=(), mine=0, theirs=0)
        for mine in free_mine:
            for theirs in free_theirs:
                size = 0
                while (
                    mine + size in free_mine
                    and theirs + size in free_theirs
                    and same_word(one[mine + size], other[theirs + size])
                ):
                    size += 1
                if (size, -mine, -theirs) > (len(best.words), -best.mine, -best.theirs):
                    best = _Piece(words=tuple(one[mine : mine + size]), mine=mine, theirs=theirs)
        if not best.words:
            return sorted(pieces, key=lambda piece: piece.mine)
        pieces.append(best)
        free_mine -= set(range(best.mine, best.mine + len(best.words)))
        free_theirs -= set(range(best.theirs, best.theirs + len(best.words)))
