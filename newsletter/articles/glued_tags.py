"""Splits a run of tags that lost its separators: "intrusionsecuritydata breachMandiantgovernment".

Every way of cutting the run has a cost, and the cheapest is taken. A piece costs little when it is
a known label (tag_lexicon.py), more when it is made of known words, and most when it is unknown. A
cut costs nothing between a small and a capital letter or between two scripts, little elsewhere
(much beside an unknown piece), and much at a space, because labels contain spaces too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsletter.articles.tag_lexicon import Lexicon, folded, make_lexicon
from newsletter.articles.tags import Vocabulary

MAX_RUN = 400
"""In characters; a longer run is not a list of tags."""

_CUT, _CUT_AT_SPACE = 0.3, 3.0
_CUT_IN_TITLES = 1.8  # between small letters, where the labels begin with capitals
_MORE_WORDS = 0.2  # each word of a label beyond its first
_UNKNOWN, _UNKNOWN_LETTER = 5.0, 0.55
_UNKNOWN_IDEOGRAPH = 2.5
_UNKNOWN_SHORT = 3.0  # fewer than four letters
_UNKNOWN_END = 0.5  # an end where nothing shows that a label ends ...
_LONE_END = 2.0  # ... in a run that nothing shows to be several labels
_INNER_CAPITAL = 4.0  # a capital inside, as in a name such as McAfee
_NO_LABEL = 5.0  # a word that is only part of labels, or a label that ends or begins with one
_LOOSE_WORD = 18
"""An unknown word longer than this is more likely several: each further letter counts."""
_LOOSE_LETTER = 1.0
_NEVER_BEFORE = frozenset(")]}.,;:!?%’'\"”»™®-&/")
_NEVER_AFTER = frozenset("([{’'\"“«-&/#")
_ACRONYM = re.compile(r"[A-Z][A-Z0-9]{1,4}")
_ACRONYM_AND_NAME = re.compile(r"[A-Z ][A-Z][A-Z][a-z]")  # "NASA" and "Mars"
_ACRONYM_COST = 4.5
_NUMBER = re.compile(r"(?:19|20)\d\d|\d{1,3}%?|[&/%+]")


def labels_of(
    lines: Sequence[str], vocabulary: Vocabulary, body: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The labels of the tag lines; a single run without separators is split."""
    joined = "\n".join(lines)
    parts = re.split(r"[,;|•·\n\t、，；،؛]|\s/\s|\s+(?=#)|(?<=\w)#(?=\w)", joined)
    labels = tuple(part.strip(" #") for part in parts if part.strip(" #"))
    if len(labels) != 1:
        return labels, ()
    return split_glued(labels[0], vocabulary=vocabulary, body=body)


def split_glued(
    text: str, *, vocabulary: Vocabulary, body: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(labels, remainder): the labels in `text`, and those among them that could not be split.

    An unknown piece is kept as one label; it is in the remainder unless capitals or the ends of the
    run show that it is a label.
    """
    run = " ".join(text.split())
    if not run:
        return (), ()
    if len(run) > MAX_RUN:
        return (run,), (run,)
    glued = _Run(text=run, lexicon=make_lexicon(vocabulary, body, run))
    pieces = glued.words() or _cheapest(glued)
    labels = tuple(run[start:end].strip() for start, end in pieces)
    unclear = tuple(run[start:end].strip() for start, end in pieces if glued.unclear(start, end))
    return labels, unclear


class _Run:
    """The run, what is known about its words, and the kind of edge at each position."""

    def __init__(self, *, text: str, lexicon: Lexicon) -> None:
        self.text = text
        self.lexicon = lexicon
        self.edges = [_edge(text, at) for at in range(len(text) + 1)]
        titled = text[:1].isupper() and self.edges.count("capital") > 1
        self.glued_cut = _CUT_IN_TITLES if titled else _CUT
        self.unknown_end = _UNKNOWN_END if "capital" in self.edges else _LONE_END

    def words(self) -> list[tuple[int, int]]:
        """The words of a run of three or more that are all known labels; else nothing."""
        words = [match.span() for match in re.finditer(r"\S+", self.text)]
        known = [self.lexicon.label_cost(folded(self.text[start:end])) for start, end in words]
        glued = "capital" in self.edges or self.lexicon.label_cost(folded(self.text)) is not None
        return words if len(words) > 2 and None not in known and not glued else []

    def price(self, start: int, end: int) -> float:
        """The cost of the piece and of the cut before it."""
        cut = {"space": _CUT_AT_SPACE, "glued": self.glued_cut}.get(self.edges[start], 0.0)
        label = folded(self.text[start:end])
        whole = self.lexicon.label_cost(label)
        if whole is not None:
            return cut + whole
        words = label.split()
        costs = [self._word(word) for word in self.text[start:end].replace("-", " ").split()]
        ends = ((costs[0], self.edges[start]), (costs[-1], self.edges[end])) if words else ()
        loose_ends = sum(cost is None and edge == "glued" for cost, edge in ends)
        return (
            cut
            + sum(
                _unknown(word) if cost is None else cost
                for word, cost in zip(words, costs, strict=True)
            )
            + _MORE_WORDS * (len(words) - 1)
            + _INNER_CAPITAL * self.edges[start + 1 : end].count("capital")
            + (0.0 if self.lexicon.may_be_label(words) else _NO_LABEL)
            + self.unknown_end * loose_ends
        )

    def _word(self, word: str) -> float | None:
        if _NUMBER.fullmatch(word):
            return 2.0
        bare = re.sub(r"\.(?:com|org|net)\Z|['’]s\Z", "", word.strip('()&:,.!?"“”™'))
        cost = self.lexicon.word_cost(folded(bare))
        acronym = cost is None and _ACRONYM.fullmatch(bare) and not self.text.isupper()
        return _ACRONYM_COST if acronym else cost

    def unclear(self, start: int, end: int) -> bool:
        """Whether the piece has an unknown word, and may be only a part, or several labels."""
        label = folded(self.text[start:end])
        words = self.text[start:end].replace("-", " ").split()
        unknown = [word for word in words if self._word(word) is None]
        if not unknown or self.lexicon.label_cost(label) is not None:
            return False
        loose = any(len(word) > _LOOSE_WORD for word in unknown) or len(words) > 3
        return loose or "glued" in (self.edges[start], self.edges[end])

    def may_cut(self, at: int) -> bool:
        """Whether a label may begin here: not within brackets, a hyphened word or a number."""
        before, after = self.text[at - 1 : at], self.text[at]
        if before.isdigit() and after.isdigit():
            return False
        return after != " " and (
            at == 0 or before == " " or (after not in _NEVER_BEFORE and before not in _NEVER_AFTER)
        )


def _unknown(word: str) -> float:
    """The cost of an unknown word."""
    ideographs = sum(map(_is_ideograph, word))
    letters = len(word) - ideographs
    return (
        _UNKNOWN
        + _UNKNOWN_LETTER * letters
        + _UNKNOWN_IDEOGRAPH * ideographs
        + _LOOSE_LETTER * max(0, len(word) - _LOOSE_WORD)
        + (_UNKNOWN_SHORT if len(word) < 4 and not ideographs else 0.0)
    )


def _edge(run: str, at: int) -> str:
    """The sign that a label may begin or end at this position."""
    if at in (0, len(run)):
        return "end"
    before, after = run[at - 1], run[at]
    if before == " ":
        return "space"
    if before.islower() and after.isupper() and run[at - 2 : at] != "Mc":
        return "capital"
    if _ACRONYM_AND_NAME.fullmatch(run[max(0, at - 2) : at + 2]):
        return "capital"
    if _is_ideograph(before) != _is_ideograph(after) and before.isalpha() and after.isalpha():
        return "capital"
    return "glued"


def _is_ideograph(sign: str) -> bool:
    """Whether the sign is of a script that writes words without spaces, or in few signs."""
    return (
        "\u3040" <= sign <= "\u30ff" or "\u3400" <= sign <= "\u9fff" or "\uac00" <= sign <= "\ud7a3"
    )


def _cheapest(run: _Run) -> list[tuple[int, int]]:
    """The cheapest way to cut the run, by dynamic programming over its positions."""
    cuts = [at for at in range(len(run.text)) if run.may_cut(at)]
    best: dict[int, tuple[float, int]] = {0: (0.0, 0)}
    for end in [*cuts[1:], len(run.text)]:
        best[end] = min(
            (best[start][0] + run.price(start, end), start) for start in cuts if start < end
        )
    pieces, end = [], len(run.text)
    while end:
        start = best[end][1]
        pieces.append((start, end))
        end = start
    return pieces[::-1]
