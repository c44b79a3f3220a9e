"""Merges the versions of a story from several sources into one article with "also covered by"."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.articles.article import Article, Coverage, Tag
from newsletter.articles.identity.addresses import address_key, names_a_page
from newsletter.articles.identity.candidates import first_words, pairs_to_compare
from newsletter.articles.identity.contradictions import contrast
from newsletter.articles.identity.features import Features
from newsletter.articles.identity.sameness import same_story


def merge_stories(articles: Sequence[Article], sources: Sequence[Hashable] = ()) -> list[Article]:
    """One article per story, in the order of the stories' first versions.

    Versions with one key are one story. So are versions with equal canonical URLs, and those
    whose headline and text report the same story (`identity.sameness`). Two entries of one source
    are never one story, because the source published them separately. The fullest version (by
    address, picture, author and length of text) becomes the article, the earliest of equals. The
    others become `also`, their keys `merged_keys`, and their tags are added. The result does not
    depend on the order of `articles`.

    `sources` identifies the source of each article, if `Article.source` does not distinguish them.
    """
    sources_of = sources or [article.source for article in articles]
    features = [Features(article) for article in articles]
    groups = [
        _Group(members=[index], sources={sources_of[index]}) for index in range(len(articles))
    ]
    of = list(groups)

    def join(one: int, other: int) -> None:
        into, gone = of[one], of[other]
        into.members += gone.members
        into.sources |= gone.sources
        for index in gone.members:
            of[index] = into

    for one, other in _same_key(articles):
        join(one, other)
    for one, other in (
        *_same_address(articles, sources_of),
        *_same_stories(articles, features, of),
    ):
        mine, theirs = of[one], of[other]
        if (
            mine is not theirs
            and not mine.sources & theirs.sources
            and _agree(features, mine, theirs)
        ):
            join(one, other)
    stories: dict[int, list[Article]] = {}
    for index, article in enumerate(articles):
        stories.setdefault(id(of[index]), []).append(article)
    return [_merged(versions) for versions in stories.values()]


@dataclass(kw_only=True, slots=True)
class _Group:
    members: list[int]
    sources: set[Hashable]


def _same_key(articles: Sequence[Article]) -> Iterator[tuple[int, int]]:
    """Pairs of articles that are already known to be one story."""
    first: dict[str, int] = {}
    for index, article in _settled(articles):
        before = first.setdefault(article.key, index)
        if before != index:
            yield before, index


def _same_address(
    articles: Sequence[Article], sources_of: Sequence[Hashable]
) -> Iterator[tuple[int, int]]:
    """Pairs of versions at one address, unless a source has several entries there."""
    at: dict[str, list[int]] = {}
    for index, article in _settled(articles):
        at.setdefault(article.url, []).append(index)
    for address, indexes in at.items():
        if len(indexes) == 1 or not names_a_page(address_key(address)):
            continue
        stories = {(sources_of[index], articles[index].key) for index in indexes}
        if len({source for source, _key in stories}) == len(stories):
            yield from ((indexes[0], other) for other in indexes[1:])


def _same_stories(
    articles: Sequence[Article], features: Sequence[Features], of: Sequence[_Group]
) -> Iterator[tuple[int, int]]:
    """Pairs that report one story, those with the most similar headlines first."""
    from rapidfuzz import fuzz  # It is slow to load, so only drafts load it.

    order = [index for index, _article in _settled(articles)]
    pairs = []
    for first, second in pairs_to_compare([first_words(articles[index]) for index in order]):
        one, other = order[first], order[second]
        if not of[one].sources & of[other].sources and same_story(features[one], features[other]):
            near = fuzz.token_sort_ratio(articles[one].title, articles[other].title)
            pairs.append((-near, first, second))
    return ((order[first], order[second]) for _near, first, second in sorted(pairs))


def _agree(features: Sequence[Features], one: _Group, other: _Group) -> bool:
    """Whether no version of one group contradicts a version of the other.

    Without this check, a chain of similar pairs could join versions that contradict each other.
    """
    return not any(
        contrast(features[mine].headline, features[theirs].headline)
        for mine in one.members
        for theirs in other.members
        if features[mine].address != features[theirs].address
    )


def _settled(articles: Sequence[Article]) -> list[tuple[int, Article]]:
    """The articles in an order that does not depend on the caller's."""
    return sorted(enumerate(articles), key=lambda pair: _rank(pair[1]))


def _rank(article: Article) -> tuple[int, int, int, int, datetime, str, str]:
    """The sort key that puts the fullest version first, then the earliest."""
    return (
        -bool(article.url),
        -bool(article.image),
        -min(len(article.body_text), 2000),
        -bool(article.author),
        article.published,
        article.source,
        article.key,
    )


def _merged(versions: Iterable[Article]) -> Article:
    first, *others = sorted(versions, key=_rank)
    if not others:
        return first
    tags: dict[str, Tag] = {}
    for version in (first, *others):
        for tag in version.tags:
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
