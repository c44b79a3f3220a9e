"""Finds the articles to compare: those whose first words share what few other articles say."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, combinations, product

from newsletter.articles.article import Article
from newsletter.articles.identity.tokens import STEM

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]+|[^\W_]{3,}|\d+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")
_BEGINNING = re.compile(rf"(?<![^\W_])(?:[^\W_]{{3,{STEM}}}|\d+)")
"""The stem of a word, or a number."""
OPENING = 200
"""How many characters of a text are read besides the title: a feed's summary names who and where."""
RAREST = 8
"""The number of an article's rarest stems by which others are found."""
MOST = 60
"""A stem in more articles finds none, such as that of "election" on the day after one."""
ENOUGH = 1.5
"""The rarity that the shared stems must have together: one rare name in both titles, or two in the texts."""
FEW = 30
"""Among fewer articles, stems are as rare as they are among twice as many."""
NEAREST = 12
"""An article is compared with no more others than this, those that share most."""


def first_words(article: Article) -> tuple[str, str]:
    """The title of an article, and the beginning of its text."""
    return article.title, (article.summary or article.body_text)[:OPENING]


def pairs_to_compare(
    texts: Sequence[tuple[str, str]], *, ours: int | None = None
) -> Iterator[tuple[int, int]]:
    """Indexes of articles that share rare stems; each pair once, in the order of the indexes.

    `texts` has the title of each article and the beginning of its text. A stem counts twice if it
    stands in both titles. The work grows with the number of articles, not with its square. With
    `ours`, the first `ours` articles are compared only with those after them.
    """
    titles = [_stems(title) for title, _text in texts]
    stems = [titles[index] | _stems(text) for index, (_title, text) in enumerate(texts)]
    if ours is not None:  # Other stems than ours join nothing, and are most of all.
        wanted = frozenset().union(*stems[:ours])
        stems = [several & wanted for several in stems]
    counts = Counter(chain.from_iterable(stems))
    rarity = _rarity(counts, len(texts))
    nearest: defaultdict[int, list[tuple[float, int, int]]] = defaultdict(list)
    for one, other in _sharing(stems, counts, ours):
        shared = (*(stems[one] & stems[other]), *(titles[one] & titles[other]))
        near = sum(rarity[counts[stem]] for stem in shared)
        if near >= ENOUGH:
            for index in (one, other) if ours is None else (one,):
                nearest[index].append((-near, one, other))
    kept = (pair for pairs in nearest.values() for pair in sorted(pairs)[:NEAREST])
    yield from sorted({(one, other) for _near, one, other in kept})


def _rarity(counts: Counter[str], articles: int) -> dict[int, float]:
    """How rare a stem is, by how many articles have it: 1 for two, 0 for all."""
    most = math.log(max(articles / 2, FEW))
    return {
        count: max(0.0, 1 - math.log(count / 2) / most)
        for count in set(counts.values())
        if count > 1
    }


def _sharing(
    stems: Sequence[frozenset[str]], counts: Counter[str], ours: int | None
) -> Iterator[tuple[int, int]]:
    """The pairs that share one of their rarest stems; each pair once."""
    shared = ((count, stem) for stem, count in counts.items() if 1 < count <= MOST)
    ranks = {stem: rank for rank, (_count, stem) in enumerate(sorted(shared))}
    by_stem: defaultdict[int, list[int]] = defaultdict(list)
    for index, several in enumerate(stems):
        for rank in sorted([ranks[stem] for stem in several if stem in ranks])[:RAREST]:
            by_stem[rank].append(index)
    seen: set[tuple[int, int]] = set()
    for indexes in by_stem.values():
        if ours is not None:
            at = bisect_left(indexes, ours)
            pairs: Iterable[tuple[int, int]] = product(indexes[:at], indexes[at:])
        else:
            pairs = combinations(indexes, 2)
        for pair in pairs:
            if pair not in seen:
                seen.add(pair)
                yield pair


def _stems(text: str) -> frozenset[str]:
    text = text.casefold()
    if not _UNSPACED.search(text):
        return frozenset(_BEGINNING.findall(text))
    found: set[str] = set()
    for word in _WORD.findall(text):
        if _UNSPACED.match(word):
            found.update(word[at : at + 2] for at in range(max(1, len(word) - 1)))
        else:
            found.add(word[:STEM])
    return frozenset(found)
