"""One newsletter's published issues, as lists and feeds show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from newsletter.articles.article import Tag
from newsletter.config.settings import NewsletterSettings, SiteSettings
from newsletter.issues.correction import new_urls
from newsletter.issues.past.post import PastIssue
from newsletter.rendering.corrected import redirected
from newsletter.store.archive import ArchivedStory, PublishedIssue, published, stories_of
from newsletter.store.database import Database
from newsletter.store.past_issues import PastIssueLine, past_issue_lines, past_issues_of
from newsletter.web.archive.corrections import (
    CorrectedOn,
    Corrections,
    notes_on,
    read_corrections,
)
from newsletter.web.archive.feeds import FeedEntry, IssueFeed

ON_A_PAGE = 50
IN_A_FEED = 20
SEARCHED_ISSUES = 200
"""How many of the newest issues are searched for a tag."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """A page of issues, with their stories if it is a tag's.

    Past issues follow the site's own. `older` is the query of the next page, "" if there is none.
    """

    issues: Sequence[PublishedIssue]
    past: Sequence[PastIssueLine]
    stories: Mapping[int, Sequence[ArchivedStory]]
    tags: Sequence[Tag]
    label: str
    older: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveReader:
    """Reads one newsletter's archive; `corrected_on` dates a correction."""

    database: Database
    site: SiteSettings
    slug: str
    newsletter: NewsletterSettings
    corrected_on: CorrectedOn

    def listing(
        self, tag: str | None, before: int | None = None, after: str | None = None
    ) -> Listing | None:
        """A page of the archive; None for a tag that no story has.

        It begins below the issue numbered `before`, or after the past issue called `after`.
        """
        with self.database.transaction(read_only=True) as connection:
            newest = published(connection, self.slug, limit=SEARCHED_ISSUES)
            stories = stories_of(connection, self.slug, [issue.number for issue in newest])
            shown: Sequence[PublishedIssue] = ()
            if tag is None and after is None:
                shown = published(connection, self.slug, limit=ON_A_PAGE, before=before)
            room = ON_A_PAGE - len(shown) if tag is None else 0
            past = past_issue_lines(connection, self.slug, limit=room, after=after)
        labels = _labels(stories)
        if tag is None:
            return Listing(
                issues=shown,
                past=past,
                stories={},
                tags=_sorted_tags(labels),
                label="",
                older=_older(shown, past),
            )
        if tag not in labels:
            return None
        tagged = _with_tag(stories, tag)
        return Listing(
            issues=[issue for issue in newest if tagged[issue.number]],
            stories=tagged,
            tags=_sorted_tags(labels),
            past=(),
            label=labels[tag],
            older="",
        )

    def feed(self, tag: str | None, form: str, *, now: datetime) -> IssueFeed | None:
        """The feed of the newest issues; for a tag, of the issues that have it, with only its stories."""
        limit = IN_A_FEED if tag is None else SEARCHED_ISSUES
        with self.database.transaction(read_only=True) as connection:
            newest = published(connection, self.slug, limit=limit)
            stories = stories_of(connection, self.slug, [issue.number for issue in newest])
            past = past_issues_of(connection, self.slug, limit=limit if tag is None else 0)
            corrections = read_corrections(
                connection, self.slug, [issue.number for issue in newest]
            )
        title, home = self.newsletter.title, f"{self.site.url}/archive/{self.slug}"
        if tag is not None:
            labels = _labels(stories)
            if tag not in labels:
                return None
            stories = _with_tag(stories, tag)
            title, home = f"{title}: {labels[tag]}", f"{home}/tags/{tag}"
        entries = [
            self._entry(issue, stories[issue.number], corrections)
            for issue in newest
            if stories[issue.number]
        ]
        entries += [self._past_entry(issue, new_urls(corrections.replaced, {})) for issue in past]
        entries.sort(key=lambda entry: entry.published, reverse=True)
        return IssueFeed(
            title=title,
            description=f"The issues of {self.newsletter.title}",
            home=home,
            address=f"{home}/feed.{form}",
            language=self.site.language,
            author=self.newsletter.sender.name or self.newsletter.title,
            updated=max((entry.updated for entry in entries), default=now),
            entries=entries[:IN_A_FEED],
        )

    def _entry(
        self, issue: PublishedIssue, stories: Sequence[ArchivedStory], corrections: Corrections
    ) -> FeedEntry:
        keys = {story.key for story in stories}
        ours = [
            one for one in corrections.approved if one.number == issue.number and one.story in keys
        ]
        moments = [issue.sent_at, *(one.approved_at for one in ours if one.approved_at)]
        return FeedEntry(
            url=f"{self.site.url}/archive/{self.slug}/{issue.number}",
            title=issue.subject,
            summary=issue.preheader or " · ".join(story.title for story in stories[:3]),
            published=issue.sent_at.astimezone(self.site.zone),
            stories=stories,
            updated=max(moments).astimezone(self.site.zone),
            notes=notes_on(ours, keys, self.corrected_on),
        )

    def _past_entry(self, issue: PastIssue, moved: Mapping[str, str]) -> FeedEntry:
        published = issue.published.astimezone(self.site.zone)
        return FeedEntry(
            url=f"{self.site.url}{past_path(self.slug, issue.slug)}",
            title=issue.title,
            summary=issue.summary,
            published=published,
            updated=published,
            stories=(),
            content=redirected(issue.html, moved),
        )


def past_path(newsletter: str, slug: str) -> str:
    """The path of a past issue's page below the site's."""
    return f"/archive/{newsletter}/past/{quote(slug)}"


def _older(issues: Sequence[PublishedIssue], past: Sequence[PastIssueLine]) -> str:
    """The query of the page after these, when they fill one."""
    if len(issues) + len(past) < ON_A_PAGE:
        return ""
    return f"after={quote(past[-1].slug)}" if past else f"before={issues[-1].number}"


def _labels(stories: Mapping[int, Sequence[ArchivedStory]]) -> dict[str, str]:
    """Every tag's label, as the newest issue spells it."""
    return {
        tag.slug: tag.label
        for number in sorted(stories)
        for story in stories[number]
        for tag in story.tags
    }


def _sorted_tags(labels: Mapping[str, str]) -> Sequence[Tag]:
    tags = [Tag(slug=slug, label=label) for slug, label in labels.items()]
    return sorted(tags, key=lambda tag: tag.label.casefold())


def _with_tag(
    stories: Mapping[int, Sequence[ArchivedStory]], tag: str
) -> dict[int, Sequence[ArchivedStory]]:
    return {
        number: [story for story in found if any(known.slug == tag for known in story.tags)]
        for number, found in stories.items()
    }
