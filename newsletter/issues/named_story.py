"""The story of an issue that somebody names by its key, its address or a part of its title. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.errors import UnknownNameError
from newsletter.issues.issue import Issue


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedStory:
    """What a story is known by."""

    key: str
    url: str
    title: str


def shown_stories(issue: Issue) -> list[NamedStory]:
    """The stories that readers see."""
    return [
        NamedStory(key=item.article.key, url=item.article.url, title=item.title)
        for item in issue.shown_items
    ]


def named_story(issue: Issue, known: Sequence[NamedStory], wanted: str) -> NamedStory:
    """The one of the `known` stories that `wanted` names.

    Raises UnknownNameError if there is no such story, or there are several.
    """
    exact = [story for story in known if wanted in (story.key, story.url, story.title)]
    part = [story for story in known if wanted.casefold() in story.title.casefold()]
    match exact or part:
        case [story]:
            return story
        case []:
            raise UnknownNameError(
                f"no article of {issue.name} has {wanted!r} as address or in its title",
                fix=f"see the titles: newsletter show {issue.name}",
            )
        case several:
            raise UnknownNameError(
                f"{len(several)} articles of {issue.name} have {wanted!r} in their title",
                fix=f"write more of it: {several[0].title!r} or {several[1].title!r}",
            )
