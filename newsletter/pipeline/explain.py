"""show --explain: where each field of an article of an issue came from, and why stories were joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.articles.article import Article
from newsletter.articles.identity.grounds import Sameness
from newsletter.errors import UnknownNameError
from newsletter.issues.issue import Issue
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
        key, title = _named(issue, wanted)
        versions = load_story(connection, slug, key)
    return Explanation(issue=issue, title=title, versions=_with_reasons(versions))


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


def _named(issue: Issue, wanted: str) -> tuple[str, str]:
    known = [(item.article.key, item.article.url, item.title) for item in issue.items]
    known += [(out.key, out.url, out.title) for out in issue.left_out if out.key]
    exact = [found for found in known if wanted in found]
    part = [found for found in known if wanted.casefold() in found[2].casefold()]
    match exact or part:
        case [(key, _url, title)]:
            return key, title
        case []:
            raise UnknownNameError(
                f"no article of {issue.name} has {wanted!r} as address or in its title",
                fix=f"see the titles: newsletter show {issue.name}",
            )
        case several:
            raise UnknownNameError(
                f"{len(several)} articles of {issue.name} have {wanted!r} in their title",
                fix=f"write more of it: {several[0][2]!r} or {several[1][2]!r}",
            )
