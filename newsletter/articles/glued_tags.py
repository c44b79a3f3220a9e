"""Splits a run of tags that lost its separators: "intrusionsecuritydata breachMandiantgovernment".

Every way of cutting the run has a cost, and the cheapest is taken. A piece costs little when it is
a known label (tag_lexicon.py), more when it is made of known words, and most when it is unknown. A
cut costs nothing between a small and a capital letter or between two scripts, little elsewhere
(much beside an unknown piece), and much at a space, because labels contain spaces too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.articles.tag_lexicon import Lexicon, folded, make_lexicon
from newsletter.articles.tags import Vocabulary

MAX_RUN = 400
"""In characters; a longer run is not a list of tags."""

_LONGEST_LABEL = 60
"""In characters; a label may be longer only where nothing could be cut."""

_CUT, _CUT_AT_SPACE = 0.3, 3.0
_CUT_IN_TITLES = 1.8  # between small letters, where the labels begin with capitals
_DOUBT = 0.4  # by how much the next way of cutting may cost more and still be likely
_MORE_WORDS = 0.2  # each word of a label beyond its first
_UNKNOWN, _UNKNOWN_LETTER = 5.0, 0.55
_UNKNOWN_IDEOGRAPH = 2.5
_UNKNOWN_SHORT = 3.0  # fewer than four letters
_UNKNOWN_END = 0.5  # an end where nothing shows that a label ends ...
_LONE_END = 2.0  # ... in a run that nothing shows to be several labels
_INNER_CAPITAL = 4.0  # a capital inside, as in a name such as McAfee ...
_INNER_IN_WORD = 0.8  # ... or in a word that is known, as in iPhone
_CUT_AT_ACRONYM = 0.9
_SHORT_WORD = 2.5  # a word of three letters where nothing shows that it begins or ends
_NO_LABEL = 5.0  # a word that is only part of labels, or a label that ends or begins with one
_LOOSE_WORD = 18
"""An unknown word longer than this is more likely several: each further letter counts."""
_LOOSE_LETTER = 1.0
_NEVER_BEFORE = frozenset(")]}.,;:!?%’'\"”»™®-&/")
_NEVER_AFTER = frozenset("([{’'\"“«-&/#")
_ACRONYM = re.compile(r"[A-Z][A-Z0-9]{1,4}")
_ACRONYM_AND_NAME = re.compile(r"[A-Z ][A-Z][A-Z][a-z]")  # "NASA" and "Mars"
_ACRONYM_AND_WORD = re.compile(r".?[A-Z][A-Z][a-z]")  # "TV" and "drama"
_ACRONYM_COST = 4.5
_LETTER = 4.0  # a letter alone, as in "USB-C"
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
    words = glued.words()
    way = _Way(pieces=words, doubtful=frozenset()) if words else _cheapest(glued)
    labels = tuple(run[start:end].strip() for start, end in way.pieces)
    unclear = tuple(
        run[start:end].strip()
        for start, end in way.pieces
        if glued.unclear(start, end) or any(start <= at <= end for at in way.doubtful)
    )
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
        cuts = {"space": _CUT_AT_SPACE, "glued": self.glued_cut, "acronym": _CUT_AT_ACRONYM}
        cut = cuts.get(self.edges[start], 0.0)
        label = folded(self.text[start:end])
        whole = self.lexicon.label_cost(label)
        if whole is not None:
            return cut + whole
        words = label.split()
        costs = [self._word(word) for word in self.text[start:end].replace("-", " ").split()]
        ends = ((costs[0], self.edges[start]), (costs[-1], self.edges[end])) if words else ()
        loose_ends = sum(cost is None and edge == "glued" for cost, edge in ends)
        one_word = len(words) == 1 and None not in costs
        inner = _INNER_IN_WORD if one_word else _INNER_CAPITAL
        return (
            cut
            + sum(
                _unknown(word) if cost is None else cost
                for word, cost in zip(words, costs, strict=True)
            )
            + _MORE_WORDS * (len(words) - 1)
            + inner * self.edges[start + 1 : end].count("capital")
            + self._short_ends(words, start, end)
            + (0.0 if self.lexicon.may_be_label(words) else _NO_LABEL)
            + self.unknown_end * loose_ends
        )

    def _short_ends(self, words: Sequence[str], start: int, end: int) -> float:
        """What short words cost at the ends of the piece where nothing shows that a label ends."""
        glued = {0} if self.edges[start] == "glued" else set()
        glued |= {len(words) - 1} if self.edges[end] == "glued" else set()
        return _SHORT_WORD * sum(
            self.lexicon.rarity(words[at]) for at in glued if len(words[at]) == 3
        )

    def _word(self, word: str) -> float | None:
        if _NUMBER.fullmatch(word):
            return 2.0
        if re.fullmatch(r"[A-Z]\.?|[a-z]\.", word) and not self.text.isupper():
            return _LETTER
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
        return "acronym"
    if _ACRONYM_AND_WORD.fullmatch(run[max(0, at - 3) : at + 1]):
        return "acronym"
    if _is_ideograph(before) != _is_ideograph(after) and before.isalpha() and after.isalpha():
        return "capital"
    return "glued"


def _is_ideograph(sign: str) -> bool:
    """Whether the sign is of a script that writes words without spaces, or in few signs."""
    return (
        "\u3040" <= sign <= "\u30ff" or "\u3400" <= sign <= "\u9fff" or "\uac00" <= sign <= "\ud7a3"
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Way:
    """The cheapest way to cut a run, and the positions at which another way costs little more."""

    pieces: Sequence[tuple[int, int]]
    doubtful: frozenset[int]


def _cheapest(run: _Run) -> _Way:
    """The cheapest way to cut the run, by dynamic programming over its positions."""
    size = len(run.text)
    prices = _prices(run)
    to = {0: (0.0, 0)}
    for end in range(1, size + 1):
        ways = [(to[start][0] + price, start) for start, price in prices.get(end, {}).items()]
        if ways:
            to[end] = min(ways)
    since = dict.fromkeys(to, math.inf) | {size: 0.0}
    for end in reversed(to):
        for start, price in prices.get(end, {}).items():
            since[start] = min(since[start], price + since[end])
    pieces, end = [], size
    while end:
        pieces.append((to[end][1], end))
        end = to[end][1]
    cuts = {start for start, _end in pieces}
    likely = to[size][0] + _DOUBT
    doubtful = {at for at in to.keys() - cuts if to[at][0] + since[at] < likely}
    for cut in cuts:
        over = min(
            (
                to[start][0] + price + since[end]
                for end in to
                for start, price in prices.get(end, {}).items()
                if start < cut < end
            ),
            default=math.inf,
        )
        if over < likely:
            doubtful.add(cut)
    unseen = {at for at in doubtful if run.edges[at] in ("glued", "acronym")}
    return _Way(pieces=pieces[::-1], doubtful=frozenset(unseen))


def _prices(run: _Run) -> Mapping[int, Mapping[int, float]]:
    """The price of each piece that may be a label, by its end and its start."""
    size = len(run.text)
    cuts = [at for at in range(size) if run.may_cut(at)]
    prices: dict[int, dict[int, float]] = {}
    for number, end in enumerate([*cuts[1:], size], start=1):
        near = [start for start in cuts[:number] if end - start <= _LONGEST_LABEL]
        prices[end] = {start: run.price(start, end) for start in near or cuts[number - 1 : number]}
    return prices
