"""One newsletter's published issues, as lists and feeds show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.articles.article import Tag
from newsletter.config.settings import NewsletterSettings, SiteSettings
from newsletter.store.archive import Published, Story, published, stories_of
from newsletter.store.database import Database
from newsletter.web.archive.feeds import FeedEntry, IssueFeed

ON_A_PAGE = 50
IN_A_FEED = 20
LOOKED_THROUGH = 200
"""Issues, the newest ones, in which a tag is looked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """A page of issues with, under a tag, their stories; `older` is where the next page begins."""

    issues: Sequence[Published]
    stories: Mapping[int, Sequence[Story]]
    tags: Sequence[Tag]
    label: str
    older: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveReader:
    """Reads one newsletter's archive."""

    database: Database
    site: SiteSettings
    slug: str
    newsletter: NewsletterSettings

    def listing(self, tag: str | None, before: int | None) -> Listing | None:
        """A page of the archive; None for a tag that no story has."""
        with self.database.transaction(read_only=True) as connection:
            newest = published(connection, self.slug, limit=LOOKED_THROUGH)
            stories = stories_of(connection, self.slug, [issue.number for issue in newest])
            shown = newest
            if tag is None:
                shown = published(connection, self.slug, limit=ON_A_PAGE, before=before)
        labels = _labels(stories)
        if tag is None:
            older = shown[-1].number if len(shown) == ON_A_PAGE else None
            return Listing(issues=shown, stories={}, tags=_offered(labels), label="", older=older)
        if tag not in labels:
            return None
        tagged = _with_tag(stories, tag)
        return Listing(
            issues=[issue for issue in newest if tagged[issue.number]],
            stories=tagged,
            tags=_offered(labels),
            label=labels[tag],
            older=None,
        )

    def feed(self, tag: str | None, form: str, *, now: datetime) -> IssueFeed | None:
        """The newest issues; under a tag those that have it, with only its stories."""
        limit = IN_A_FEED if tag is None else LOOKED_THROUGH
        with self.database.transaction(read_only=True) as connection:
            newest = published(connection, self.slug, limit=limit)
            stories = stories_of(connection, self.slug, [issue.number for issue in newest])
        title, home = self.newsletter.title, f"{self.site.url}/archive/{self.slug}"
        if tag is not None:
            labels = _labels(stories)
            if tag not in labels:
                return None
            stories = _with_tag(stories, tag)
            title, home = f"{title}: {labels[tag]}", f"{home}/tags/{tag}"
        entries = [
            self._entry(issue, stories[issue.number]) for issue in newest if stories[issue.number]
        ]
        return IssueFeed(
            title=title,
            description=f"The issues of {self.newsletter.title}",
            home=home,
            address=f"{home}/feed.{form}",
            language=self.site.language,
            author=self.newsletter.sender.name or self.newsletter.title,
            updated=entries[0].published if entries else now,
            entries=entries[:IN_A_FEED],
        )

    def _entry(self, issue: Published, stories: Sequence[Story]) -> FeedEntry:
        return FeedEntry(
            url=f"{self.site.url}/archive/{self.slug}/{issue.number}",
            title=issue.subject,
            summary=issue.preheader or " · ".join(story.title for story in stories[:3]),
            published=issue.sent_at.astimezone(self.site.zone),
            stories=stories,
        )


def _labels(stories: Mapping[int, Sequence[Story]]) -> dict[str, str]:
    """Every tag's label, the newest issue's spelling."""
    return {
        tag.slug: tag.label
        for number in sorted(stories)
        for story in stories[number]
        for tag in story.tags
    }


def _offered(labels: Mapping[str, str]) -> Sequence[Tag]:
    tags = [Tag(slug=slug, label=label) for slug, label in labels.items()]
    return sorted(tags, key=lambda tag: tag.label.casefold())


def _with_tag(stories: Mapping[int, Sequence[Story]], tag: str) -> dict[int, Sequence[Story]]:
    return {
        number: [story for story in found if any(known.slug == tag for known in story.tags)]
        for number, found in stories.items()
    }
