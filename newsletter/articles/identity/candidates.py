"""Finds the articles to compare: those whose headlines share words that few others have."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]+|[^\W_]{3,}|\d+")
STEM = 5
"""The number of first letters by which forms of a word are equal."""
RAREST = 5
"""The number of a headline's rarest words by which others are found."""
MOST = 60
"""A word in more headlines is not used, such as "election" on the day after one."""


def pairs_to_compare(
    titles: Sequence[str], *, ours: int | None = None
) -> Iterator[tuple[int, int]]:
    """Indexes of titles that share two words, one of them rare; each pair once.

    The work grows with the number of titles, not with its square. With `ours`, the first
    `ours` titles are compared only with the titles after them.
    """
    tokens = [_tokens(title) for title in titles]
    counts = Counter(token for several in tokens for token in several)
    by_token: defaultdict[str, list[int]] = defaultdict(list)
    for index, several in enumerate(tokens):
        shared = [token for token in several if 1 < counts[token] <= MOST]
        for token in sorted(shared, key=lambda token: (counts[token], token))[:RAREST]:
            by_token[token].append(index)
    seen: set[tuple[int, int]] = set()
    for indexes in by_token.values():
        if ours is not None:
            at = bisect_left(indexes, ours)
            pairs: Iterable[tuple[int, int]] = product(indexes[:at], indexes[at:])
        else:
            pairs = combinations(indexes, 2)
        for pair in pairs:
            if pair not in seen:
                seen.add(pair)
                if _enough(tokens[pair[0]], tokens[pair[1]]):
                    yield pair


def _enough(one: frozenset[str], other: frozenset[str]) -> bool:
    common = len(one & other)
    return common >= 2 or (common == 1 and min(len(one), len(other)) == 1)


def _tokens(title: str) -> frozenset[str]:
    found: set[str] = set()
    for word in _WORD.findall(title.casefold()):
        if "\u0e00" <= word[0] <= "\u0e7f" or "\u3040" <= word[0] <= "\u9fff":
            found.update(word[at : at + 2] for at in range(max(1, len(word) - 1)))
        else:
            found.add(word[:STEM])
    return frozenset(found)
