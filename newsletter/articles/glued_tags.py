"""Splits a run of tags that lost its separators: "intrusionsecuritydata breachMandiantgovernment".

Every way of cutting the run has a cost, and the cheapest is taken. A piece costs little when it is
a known label, more when it is a common topic, a name or a word of the article, and most when it is
unknown. A cut costs nothing between a small and a capital letter, little elsewhere (much beside an
unknown piece), and much at a space, because labels contain spaces too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from newsletter.articles.tags import Vocabulary

MAX_RUN = 400
"""In characters; a longer run is not a list of tags."""

_KNOWN, _TOPIC, _NAME, _WORD = 1.0, 1.3, 1.5, 2.0
_CUT, _CUT_AT_SPACE = 0.2, 3.0
_UNKNOWN, _UNKNOWN_LETTER = 6.0, 0.3
_UNKNOWN_CAPITAL = 8.0  # a capital inside, as in a name such as McAfee
_UNKNOWN_SHORT = 3.0  # fewer than four letters
_UNKNOWN_END = 0.5  # an end where nothing shows that a label ends ...
_LONE_END = 3.0  # ... in a run that nothing shows to be several labels
_LOOSE_WORD = 18
"""An unknown word longer than this is more likely several: each further letter counts."""
_LOOSE_LETTER = 1.0


def split_glued(
    text: str, *, vocabulary: Vocabulary, body: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(labels, remainder): the labels in `text`, and those among them that could not be split.

    Known labels are those of the vocabulary with its aliases, then common topics, then the names
    and longer words of the article's `body`. An unknown piece is kept as one label; it is in the
    remainder unless capitals or the ends of the run show that it is a label.
    """
    run = " ".join(text.split())
    if not run:
        return (), ()
    if len(run) > MAX_RUN:
        return (run,), (run,)
    glued = _Run(text=run, prices=_prices(vocabulary, body))
    pieces = _cheapest(glued)
    labels = tuple(run[start:end].strip() for start, end in pieces)
    unclear = tuple(run[start:end].strip() for start, end in pieces if glued.unclear(start, end))
    return labels, unclear


class _Run:
    """The run, the costs of known labels, and the kind of edge at each position."""

    def __init__(self, *, text: str, prices: Mapping[str, float]) -> None:
        self.text = text
        self.prices = prices
        self.edges = [_edge(text, at) for at in range(len(text) + 1)]
        self.unknown_end = _UNKNOWN_END if "capital" in self.edges else _LONE_END

    def price(self, start: int, end: int) -> float:
        """The cost of the piece and of the cut before it."""
        cut = {"space": _CUT_AT_SPACE, "glued": _CUT}.get(self.edges[start], 0.0)
        label = self.text[start:end]
        known = self.prices.get(_folded(label))
        if known is not None:
            return cut + known
        letters = len(label.strip())
        ends = (self.edges[start], self.edges[end])
        return (
            cut
            + _UNKNOWN
            + _UNKNOWN_LETTER * letters
            + _UNKNOWN_CAPITAL * self.edges[start + 1 : end].count("capital")
            + _LOOSE_LETTER * sum(max(0, len(word) - _LOOSE_WORD) for word in label.split())
            + (_UNKNOWN_SHORT if letters < 4 else 0.0)
            + self.unknown_end * ends.count("glued")
        )

    def unclear(self, start: int, end: int) -> bool:
        """Whether the piece is unknown and may be only a part, or several."""
        label = self.text[start:end]
        if _folded(label) in self.prices:
            return False
        loose = any(len(word) > _LOOSE_WORD for word in label.split())
        return loose or "glued" in (self.edges[start], self.edges[end])


def _edge(run: str, at: int) -> str:
    """The sign that a label may begin or end at this position."""
    if at in (0, len(run)):
        return "end"
    if run[at - 1] == " ":
        return "space"
    capital = run[at - 1].islower() and run[at].isupper() and run[at - 2 : at] != "Mc"
    return "capital" if capital else "glued"


def _cheapest(run: _Run) -> list[tuple[int, int]]:
    """The cheapest way to cut the run, by dynamic programming over its positions."""
    cuts = [at for at, letter in enumerate(run.text) if letter != " "]
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


def _prices(vocabulary: Vocabulary, body: str) -> dict[str, float]:
    """The cost of each known label; the cheapest cost of a label comes last, so it counts."""
    names = re.findall(r"[^\W\d_a-z][\w’'\-]{2,}(?:\s[^\W\d_a-z][\w’'\-]+){0,2}", body)
    words = re.findall(r"[^\W\d_]{6,}", body)
    parts = [part for name in names for part in name.split() if len(part) > 2]
    known = (*vocabulary.labels, *vocabulary.labels.values(), *vocabulary.aliases)
    return {
        **{_folded(word + ending): _WORD for word in words for ending in ("", "s")},
        **{_folded(name): _NAME for name in (*parts, *names)},
        **dict.fromkeys(_topics(), _TOPIC),
        **{_folded(label): _KNOWN for label in known},
    }


@cache
def _topics() -> tuple[str, ...]:
    """Common subjects of news, from topics.txt."""
    text = files("newsletter.articles").joinpath("topics.txt").read_text(encoding="utf-8")
    return tuple(_folded(line) for line in text.splitlines() if line.strip())


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").split())
