"""Reads the pages of suggested articles, as "add by address" at the desk does, a few at a time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from newsletter.articles.article import Article
from newsletter.articles.dedupe import merge_stories
from newsletter.articles.read_sources import read_sources
from newsletter.articles.reading import Reading
from newsletter.config.settings import SourceSettings
from newsletter.issues.suggestion import SuggestedState, SuggestedStory, state_once_read
from newsletter.site.site import Site
from newsletter.site.source_settings import newsletter_vocabulary
from newsletter.store.articles import load_story
from newsletter.store.stories import lock_stories, story_at, story_of_page
from newsletter.store.suggestion_blocks import is_refused
from newsletter.store.suggestions import due_to_read, note_read, note_unread, settle, taken_by

AT_ONCE = 10
"""Pages that one run reads, all at the same time."""


def read_suggested_pages(site: Site, *, now: datetime) -> int:
    """Read the pages that are due, and join each to its story; returns how many were looked at.

    A story that the newsletter knows is not fetched. Private hosts are not fetched for a reader,
    even if the site allows them to its own sources.
    """
    with site.database.transaction(read_only=True) as connection:
        due = due_to_read(connection, now, most=AT_ONCE)
    due = [story for story in due if story.newsletter in site.settings.newsletters]
    unknown = [story for story in due if not _join_known(site, story)]
    by_newsletter: dict[str, list[SuggestedStory]] = {}
    for story in unknown:
        by_newsletter.setdefault(story.newsletter, []).append(story)
    for slug, stories in by_newsletter.items():
        for story, reading in zip(stories, _read(site, slug, stories, now), strict=True):
            _note(site, story, reading, now)
    return len(due)


def _join_known(site: Site, story: SuggestedStory) -> bool:
    """Whether the newsletter has the story already: then its article is the one on the shelf."""
    with site.database.transaction() as connection:
        key = story_at(connection, story.url)
        versions = load_story(connection, story.newsletter, key) if key else []
        if not versions:
            return False
        article = replace(merge_stories(versions)[0], key=key)
        _keep(connection, story, article, is_known=True)
    return True


def _read(site: Site, slug: str, stories: list[SuggestedStory], now: datetime) -> list[Reading]:
    newsletter = site.newsletter(slug)
    return asyncio.run(
        read_sources(
            [SourceSettings(page=story.url) for story in stories],
            settings=site.settings.fetch.model_copy(update={"allow_private": ()}),
            vocabulary=newsletter_vocabulary(newsletter, site.settings.tags),
            memories={},
            folder=site.folder,
            now=now,
        )
    )


def _note(site: Site, story: SuggestedStory, reading: Reading, now: datetime) -> None:
    article = next(iter(reading.articles), None)
    with site.database.transaction() as connection:
        if article is None:
            finding = next(iter(reading.findings), None)
            problem = finding.message if finding else "no article was found there"
            note_unread(connection, story.id, problem, now)
            return
        lock_stories(connection)
        if is_refused(connection, article.url, ""):  # its address led to a blocked site
            settle(connection, [story.id], SuggestedState.DISMISSED, None)
            return
        article = replace(article, key=story_of_page(connection, article, now))
        is_known = bool(load_story(connection, story.newsletter, article.key))
        _keep(connection, story, article, is_known=is_known)


def _keep(
    connection: sa.Connection, story: SuggestedStory, article: Article, *, is_known: bool
) -> None:
    taken = taken_by(connection, story.newsletter, article.key)
    state = state_once_read(story.first_at, taken.at if taken else None)
    note_read(
        connection,
        story.id,
        article=article,
        is_known=is_known,
        state=state,
        issue_id=taken.id if taken and taken.at <= story.first_at else None,
    )
