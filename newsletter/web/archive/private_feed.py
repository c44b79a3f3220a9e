"""A reader's private feed of one list: the stories of sent issues that have the reader's tags.

Whether anything has changed is told from a few rows, without reading a story.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

import sqlalchemy as sa

from newsletter import __version__
from newsletter.rendering.corrected import note_html
from newsletter.rendering.edition import edition_key
from newsletter.site.lists import newsletters_of, public_newsletters, title_of
from newsletter.site.recipients import frequency_of, selected_group
from newsletter.site.site import Site
from newsletter.store.archive import ArchivedStory, SentIssue, all_stories_of, sent_issues
from newsletter.store.editions import edition_keys_of
from newsletter.web.archive.corrections import (
    CorrectedOn,
    Corrections,
    notes_on,
    read_corrections,
)
from newsletter.web.archive.feeds import FeedEntry, IssueFeed
from subscribers.audience import ReaderGroup, format_follows, parse_follows
from subscribers.private_feeds import FeedReader, feed_reader

ISSUES = 20
"""How many of each newsletter's newest issues the feed is made of."""

STORIES = 100
"""How many of the newest stories it has."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReaderIssue:
    """A sent issue that is for the reader, with the group that the reader is in."""

    newsletter: str
    issue: SentIssue
    group: ReaderGroup


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedState:
    """All that a feed's content follows from, but for the stories, which do not change."""

    reader: FeedReader
    issues: Sequence[ReaderIssue]
    corrections: Mapping[str, Corrections]

    @property
    def changed_at(self) -> datetime:
        """The moment of the last change."""
        approved = (
            one.approved_at for found in self.corrections.values() for one in found.approved
        )
        sent = (one.issue.sent_at for one in self.issues)
        return max([self.reader.changed_at, *sent, *(moment for moment in approved if moment)])


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivateFeeds:
    """Reads the private feeds of a site; `corrected_on` dates a correction, and `say` translates."""

    site: Site
    corrected_on: CorrectedOn
    say: Callable[..., str]

    def state(self, connection: sa.Connection, token_hash: str, now: datetime) -> FeedState | None:
        """What the feed of this token is made of; None if the token opens none."""
        reader = feed_reader(connection, token_hash)
        if reader is None:
            return None
        issues = list(self._issues(connection, reader, now))
        numbers: dict[str, list[int]] = {}
        for one in issues:
            numbers.setdefault(one.newsletter, []).append(one.issue.number)
        return FeedState(
            reader=reader,
            issues=issues,
            corrections={
                slug: read_corrections(connection, slug, found) for slug, found in numbers.items()
            },
        )

    def _issues(
        self, connection: sa.Connection, reader: FeedReader, now: datetime
    ) -> Iterator[ReaderIssue]:
        for slug in newsletters_of(self.site.settings, reader.list_slug):
            if frequency_of(self.site, slug) not in (None, reader.frequency):
                continue
            for issue in sent_issues(connection, slug, limit=ISSUES):
                group: ReaderGroup | None = ReaderGroup(format_follows(reader.follows))
                if not issue.selection.is_everyone:
                    group = selected_group(
                        self.site, connection, slug, issue.selection, reader.subscriber_id, now
                    )
                if group is not None:
                    yield ReaderIssue(newsletter=slug, issue=issue, group=group)

    def mark(self, state: FeedState, form: str) -> str:
        """An ETag that changes whenever the feed does."""
        settings = self.site.settings
        seen: list[Any] = [
            [__version__, form, settings.site.url, settings.site.language, settings.site.timezone],
            [
                [slug, one.title, one.personalise, one.public]
                for slug, one in newsletters_of(settings, state.reader.list_slug).items()
            ],
            [sorted(state.reader.follows), state.reader.frequency],
            [
                [one.newsletter, one.issue.number, one.issue.sent_at.isoformat(), one.group.sees]
                for one in state.issues
            ],
            [
                [one.id, str(one.approved_at)]
                for found in state.corrections.values()
                for one in found.approved
            ],
            [
                [one.story, one.url, one.new_url]
                for found in state.corrections.values()
                for one in found.replaced
            ],
        ]
        return f'"{hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:32]}"'

    def feed(self, connection: sa.Connection, state: FeedState, address: str) -> IssueFeed:
        """The feed, whose own address this is."""
        settings, list_slug = self.site.settings, state.reader.list_slug
        title = title_of(settings, list_slug)
        entries = [
            entry for slug in state.corrections for entry in self._entries(connection, slug, state)
        ]
        entries.sort(key=lambda entry: entry.published, reverse=True)
        public = [slug for slug in state.corrections if slug in public_newsletters(settings)]
        home = f"{settings.site.url}/archive/{public[0]}" if public else settings.site.url
        return IssueFeed(
            title=title,
            description=self.say("Your private feed"),
            home=home,
            address=address,
            language=settings.site.language,
            author=title,
            updated=state.changed_at.astimezone(settings.site.zone),
            entries=entries[:STORIES],
        )

    def _entries(
        self, connection: sa.Connection, slug: str, state: FeedState
    ) -> Iterator[FeedEntry]:
        issues = [one for one in state.issues if one.newsletter == slug]
        stories = all_stories_of(connection, slug, [one.issue.number for one in issues])
        frozen = edition_keys_of(connection, slug, list(stories))
        for one in issues:
            number = one.issue.number
            seen = _seen(one, stories[number])
            chosen = self._chosen(one, seen)
            page = self._page(one, (chosen, seen), frozen[number])
            for story in chosen:
                yield self._entry(one, story, state.corrections[slug], page)

    def _chosen(self, one: ReaderIssue, seen: Sequence[ArchivedStory]) -> Sequence[ArchivedStory]:
        """What is pinned, and the stories with the reader's tags.

        An issue without these tags adds nothing: a feed need not be filled, as a mail has to be.
        """
        follows = parse_follows(one.group.follows)
        if not follows or self.site.newsletter(one.newsletter).personalise == "none":
            return seen
        return [
            story
            for story in seen
            if story.pinned or any(tag.slug in follows for tag in story.tags)
        ]

    def _page(
        self, one: ReaderIssue, sets: Sequence[Sequence[ArchivedStory]], frozen: Collection[str]
    ) -> str:
        """The page of the first of these sets of stories that was frozen; "" if none was."""
        for stories in sets:
            key = edition_key(story.key for story in stories)
            if key in frozen:
                number = one.issue.number
                return self.site.edition_addresses.address(one.newsletter, number, key)
        return ""

    def _entry(
        self, one: ReaderIssue, story: ArchivedStory, corrections: Corrections, page: str
    ) -> FeedEntry:
        site, number = self.site.settings.site, one.issue.number
        own = [
            each
            for each in corrections.approved
            if each.number == number and each.story == story.key
        ]
        moments = [one.issue.sent_at, *(each.approved_at for each in own if each.approved_at)]
        notes = notes_on(own, {story.key}, self.corrected_on)
        issue = f"{site.url}/archive/{one.newsletter}/{number}"
        is_link = story.url.startswith(("https://", "http://"))
        title = self.site.newsletter(one.newsletter).title
        named = f"{title}, {self.say('No. %(number)s', number=number)}"
        paragraphs = [escape(story.summary), *map(note_html, notes)]
        paragraphs.append(
            f'<a href="{escape(page)}">{escape(named)}</a>' if page else escape(named)
        )
        return FeedEntry(
            url=story.url if is_link else page or issue,
            identity=f"{issue}#{hashlib.sha256(story.key.encode()).hexdigest()[:16]}",
            title=story.title,
            summary=story.summary,
            published=one.issue.sent_at.astimezone(site.zone),
            updated=max(moments).astimezone(site.zone),
            stories=(story,),
            notes=notes,
            content="".join(f"<p>{text}</p>" for text in paragraphs if text),
        )


def _seen(one: ReaderIssue, stories: Sequence[ArchivedStory]) -> Sequence[ArchivedStory]:
    """The stories outside the sections that are not for the reader."""
    digits = zip(one.issue.selection.rules, one.group.sees, strict=True)
    hidden = {rule.title for rule, digit in digits if digit == "0"}
    return [story for story in stories if story.section not in hidden]
