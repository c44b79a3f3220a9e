"""The runs of words that two headlines share, whatever the order of the runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from newsletter.articles.identity.headlines import weight
from newsletter.articles.identity.likeness import same_word


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
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


def common_pieces(
    one: Sequence[str], other: Sequence[str], same: Callable[[str, str], bool] = same_word
) -> list[Piece]:
    """The longest common runs first (greedy string tiling), in the order of `one`."""
    free_mine, free_theirs = set(range(len(one))), set(range(len(other)))
    pieces: list[Piece] = []
    while True:
        best = Piece(words=(), mine=0, theirs=0)
        for mine in free_mine:
            for theirs in free_theirs:
                size = 0
                while (
                    mine + size in free_mine
                    and theirs + size in free_theirs
                    and same(one[mine + size], other[theirs + size])
                ):
                    size += 1
                if (size, -mine, -theirs) > (len(best.words), -best.mine, -best.theirs):
                    best = Piece(words=tuple(one[mine : mine + size]), mine=mine, theirs=theirs)
        if not best.words:
            return sorted(pieces, key=lambda piece: piece.mine)
        pieces.append(best)
        free_mine -= set(range(best.mine, best.mine + len(best.words)))
        free_theirs -= set(range(best.theirs, best.theirs + len(best.words)))
