"""Detects headlines of the same words that exchange who does what to whom."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import combinations

from newsletter.articles.identity.headlines import Headline
from newsletter.articles.identity.lexicon import is_unspaced, lexicon
from newsletter.articles.identity.likeness import same_word
from newsletter.articles.identity.pieces import Piece, common_pieces

OPPOSITES = frozenset(
    ("rise", "approve", "arrest", "confirm", "buy", "win", "cancel", "north", "east")
)
"""Groups of contrasts that are actions, or directions of actions."""
ACTIONS = OPPOSITES - {"north", "east"}
FRAME = 0.6
"""The share of words in common with which two texts say the same of their names."""


def roles_differ(one: Headline, other: Headline, *, names: frozenset[str], equal: bool) -> bool:
    """Whether the headlines exchange who does what to whom.

    `names` are the names in both articles; `equal` says that the headlines have the same words.

    They do if two names are in opposite order or, if spelling does not show names, if two common
    pieces are in opposite order around a third. The order of "A and B" does not matter, and a
    place does not act. If only one headline is passive, the opposite order is expected.
    """
    if (
        _subjects_changed(one, other)
        or _moved(one, one.origins, other, other.origins)
        or _moved(one, _places(one), other, _places(other))
    ):
        return True
    pieces = common_pieces(one.words, other.words)
    bystanders = one.bystanders | other.bystanders
    actors = {name for name in names - bystanders if not is_unspaced(name)}
    named = [
        piece
        for piece in pieces
        if not actors.isdisjoint((*piece.words, *other.words[piece.theirs : piece.theirs_end]))
    ]
    if bool(one.agent) != bool(other.agent):
        return _agent_changed(one.agent or other.agent, pieces, named, bystanders)
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
        if bystanders.isdisjoint((*first.words, *last.words))
    )


def _agent_changed(
    agent: str, pieces: Sequence[Piece], named: Sequence[Piece], bystanders: frozenset[str]
) -> bool:
    """Whether the agent of the passive headline does not act in the active one.

    It does not if it stands on the same side of another name in both. `named` are the pieces with
    names, where spelling shows names.
    """
    if is_unspaced(agent):
        named = [piece for piece in pieces if piece.may_be_name and not _is_action(piece, ACTIONS)]
    elif not named:  # as in German, which capitalises every noun
        named = [
            piece for piece in pieces if len(piece.words) > 1 and bystanders.isdisjoint(piece.words)
        ]
    return any(
        (other.mine < acting.mine) == (other.theirs < acting.theirs)
        for acting in pieces
        if _names_agent(acting, agent)
        for other in named
        if other is not acting
    )


def _names_agent(piece: Piece, agent: str) -> bool:
    """Whether the piece is the agent; in unspaced scripts, whether the agent's clause begins so."""
    if is_unspaced(agent):
        return piece.may_be_name and agent.startswith("".join(piece.words))
    return any(same_word(agent, word) for word in piece.words)


def _moved(one: Headline, mine: frozenset[str], other: Headline, theirs: frozenset[str]) -> bool:
    """Whether each headline has a word at a place where the other has it elsewhere.

    `mine` and `theirs` are the words of the headlines at such places.
    """

    def lacks(words: frozenset[str], there: Headline, placed: frozenset[str]) -> bool:
        return any(
            any(same_word(word, other) for other in there.words)
            and not any(same_word(word, other) for other in placed)
            for word in words
        )

    return lacks(mine, other, theirs) and lacks(theirs, one, mine)


def _places(headline: Headline) -> frozenset[str]:
    """The names that the headline marks as places."""
    capitals = {part.word for part in headline.parts if part.is_capital}
    return frozenset(
        word for word in headline.places & capitals if not lexicon().events.meanings(word)
    )


def _subjects_changed(one: Headline, other: Headline) -> bool:
    """Whether the marked subject of each headline is in the other, but not as its subject."""
    mine, theirs = one.subjects - other.subjects, other.subjects - one.subjects
    return any("".join(other.words).find(name) >= 0 for name in mine) and any(
        "".join(one.words).find(name) >= 0 for name in theirs
    )


def _is_action(piece: Piece, of: frozenset[str] = OPPOSITES) -> bool:
    """Whether the piece has a word that is an action."""
    if not is_unspaced(piece.words[0]):
        meanings = lexicon().contrasts.meanings
        return any(group in of for word in piece.words for group, _ in meanings(word))
    return any(
        group in of for group, _, _ in lexicon().contrasts.meanings_within("".join(piece.words))
    )


def names_change_places(one: Sequence[str], other: Sequence[str], *, between: int) -> bool:
    """Whether two passages are one sentence in which two names have changed places.

    At least `between` words stand between the two names in both.
    """
    mine, theirs = [word.casefold() for word in one], [word.casefold() for word in other]
    matcher = SequenceMatcher(None, mine, theirs, autojunk=False)
    if matcher.ratio() < FRAME:
        return False
    replaced = [
        (range(a, b), range(c, d))
        for change, a, b, c, d in matcher.get_opcodes()
        if change == "replace"
    ]
    return any(
        mine[first[0][-1]] == theirs[last[1][-1]]
        and theirs[first[1][-1]] == mine[last[0][-1]]
        and last[0][0] - first[0][-1] > between
        and one[first[0][-1]][0].isupper()
        and one[last[0][-1]][0].isupper()
        for first, last in combinations(replaced, 2)
    )


def _side_by_side(first: Piece, middle: Piece, last: Piece) -> bool:
    mine = (first.mine_end, middle.mine_end) == (middle.mine, last.mine)
    theirs = (last.theirs_end, middle.theirs_end) == (middle.theirs, first.theirs)
    return mine and theirs


def _paired(first: Piece, last: Piece, one: Headline, other: Headline) -> bool:
    """Whether one of the headlines has "first and last"."""
    ends = frozenset((first.words[-1], last.words[0]))
    return ends in one.paired | other.paired
