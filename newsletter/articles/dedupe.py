"""One story told by several sources becomes one article that says who else covers it."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rapidfuzz import fuzz, process

from newsletter.articles.article import Article, Coverage, Tag
from newsletter.articles.tags import slug_of

NEAR_EQUAL = 92
"""Of 100, by rapidfuzz's ratio over sorted words: another ending or article, not another word."""
TELLING_LENGTH = 20
"""A shorter title ("News in brief") says too little to know a story by."""


def merge_stories(articles: Sequence[Article], places: Sequence[Hashable] = ()) -> list[Article]:
    """One article per story, in the order of the stories' first tellings.

    Tellings of one key are one story. Others belong together when their canonical URLs are equal, or their titles nearly so with
    the same numbers in them. Two entries of one source are never one story: it told them apart.
    The fullest telling is the article (address, picture, author, length of text), the earliest of
    equals; the others become `also`, their keys `merged_keys`, and their tags are added. The
    outcome does not depend on the order of `articles`.
    """
    told_by = places or [article.source for article in articles]
    groups = [_Group(members=[index], sources={told_by[index]}) for index in range(len(articles))]
    of = list(groups)
    known = _same_key(articles)
    for one, other in (*known, *_same_address(articles), *_near_titles(articles)):
        into, gone = of[one], of[other]
        same = articles[one].key == articles[other].key
        if into is gone or (not same and into.sources & gone.sources):
            continue
        into.members += gone.members
        into.sources |= gone.sources
        for index in gone.members:
            of[index] = into
    stories: dict[int, list[Article]] = {}
    for index, article in enumerate(articles):
        stories.setdefault(id(of[index]), []).append(article)
    return [_merged(tellings) for tellings in stories.values()]


@dataclass(kw_only=True, slots=True)
class _Group:
    members: list[int]
    sources: set[Hashable]


def _same_key(articles: Sequence[Article]) -> Iterator[tuple[int, int]]:
    """What is known to be one story already."""
    first: dict[str, int] = {}
    for index, article in _settled(articles):
        before = first.setdefault(article.key, index)
        if before != index:
            yield before, index


def _same_address(articles: Sequence[Article]) -> Iterator[tuple[int, int]]:
    first: dict[str, list[int]] = {}
    for index, article in _settled(articles):
        if article.url:
            earlier = first.setdefault(article.url, [])
            yield from ((before, index) for before in earlier)
            earlier.append(index)


def _near_titles(articles: Sequence[Article]) -> Iterator[tuple[int, int]]:
    """Pairs of near-equal titles, nearest first, so that a chain starts at its surest link."""
    order = [(index, _words(article.title)) for index, article in _settled(articles)]
    titles = [(index, words) for index, words in order if _length(words) >= TELLING_LENGTH]
    pairs = []
    for place, (index, words) in enumerate(titles):
        later = dict(titles[place + 1 :])
        for text, score, other in process.extract_iter(
            words, later, scorer=fuzz.ratio, score_cutoff=NEAR_EQUAL
        ):
            if _numbers(words) == _numbers(text):
                pairs.append((-score, index, other))
    pairs.sort(key=lambda pair: pair[0])
    return ((index, other) for _, index, other in pairs)


def _settled(articles: Sequence[Article]) -> list[tuple[int, Article]]:
    """The articles in an order that is their own, not the caller's."""
    return sorted(enumerate(articles), key=lambda pair: _rank(pair[1]))


def _rank(article: Article) -> tuple[int, int, int, int, datetime, str, str]:
    """The fullest telling first, then the earliest."""
    return (
        -bool(article.url),
        -bool(article.image),
        -min(len(article.body_text), 2000),
        -bool(article.author),
        article.published,
        article.source,
        article.key,
    )


def _words(title: str) -> str:
    # A title that carries its site's name ("Story | Some Site") is compared without it.
    head = re.split(r"\s+[|»·]\s+", title)[0]
    return " ".join(sorted(slug_of(head).split("-")))


def _length(words: str) -> int:
    """An ideograph says about as much as three letters."""
    return sum(3 if "\u3040" <= letter <= "\ud7ff" else 1 for letter in words)


def _numbers(words: str) -> list[str]:
    return re.findall(r"\d+", words)


def _merged(tellings: Iterable[Article]) -> Article:
    first, *others = sorted(tellings, key=_rank)
    if not others:
        return first
    tags: dict[str, Tag] = {}
    for telling in (first, *others):
        for tag in telling.tags:
            tags.setdefault(tag.slug, tag)
    keys = dict.fromkeys(key for other in others for key in (other.key, *other.merged_keys))
    covered = (
        coverage
        for other in others
        for coverage in (
            Coverage(source=other.source, title=other.title, url=other.url),
            *other.also,
        )
    )
    return replace(
        first,
        tags=tuple(tags.values()),
        also=tuple(dict.fromkeys((*first.also, *covered))),
        merged_keys=tuple(
            dict.fromkeys((*first.merged_keys, *(k for k in keys if k != first.key)))
        ),
    )
