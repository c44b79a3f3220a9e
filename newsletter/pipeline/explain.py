"""show --explain: where each field of an article of an issue came from, and why stories were joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.articles.article import Article
from newsletter.articles.identity.grounds import Sameness
from newsletter.issues.issue import Issue
from newsletter.issues.named_story import NamedStory, named_story
from newsletter.site.site import Site
from newsletter.store.articles import load_story
from newsletter.store.issues import find_issue


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """An article as one source has it.

    `sameness` is why it is the story of a version before it; None for the first, and for one that
    was known by its id or address.
    """

    article: Article
    sameness: Sameness | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """An article of an issue, and its versions as each source has them."""

    issue: Issue
    title: str
    versions: Sequence[Version]


def explain(site: Site, slug: str, number: int | None, wanted: str) -> Explanation:
    """The article that `wanted` names: its key, its address, or a part of its title.

    Raises UnknownNameError if there is no such article in the issue, or there are several.
    """
    site.newsletter(slug)
    with site.database.transaction(read_only=True) as connection:
        issue = find_issue(connection, slug, number)
        story = _named(issue, wanted)
        versions = load_story(connection, slug, story.key)
    return Explanation(issue=issue, title=story.title, versions=_with_reasons(versions))


def _with_reasons(articles: Sequence[Article]) -> list[Version]:
    """The versions, each with the reason why it is the story of one before it."""
    from newsletter.articles.identity.features import Features  # see store/stories.py
    from newsletter.articles.identity.sameness import why_same

    features = [Features(article) for article in articles]
    versions = []
    for index, article in enumerate(articles):
        before = features[:index]
        known = any(features[index].address == other.address for other in before)
        reasons = (why_same(other, features[index]) for other in before)
        sameness = None if known else next(filter(None, reasons), None)
        versions.append(Version(article=article, sameness=sameness))
    return versions


def _named(issue: Issue, wanted: str) -> NamedStory:
    known = [
        NamedStory(key=item.article.key, url=item.article.url, title=item.title)
        for item in issue.items
    ]
    known += [
        NamedStory(key=out.key, url=out.url, title=out.title) for out in issue.left_out if out.key
    ]
    return named_story(issue, known, wanted)
