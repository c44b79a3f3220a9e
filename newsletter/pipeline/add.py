"""add: an editor adds an article that the draft left out, or the article at any address."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from newsletter.articles.article import Article
from newsletter.articles.dedupe import merge_stories
from newsletter.articles.read_sources import read_sources
from newsletter.articles.reading import Reading
from newsletter.articles.urls import is_web_address
from newsletter.config.settings import SourceSettings
from newsletter.errors import InputError, SourceError, UnknownNameError
from newsletter.issues.edits import Add
from newsletter.pipeline.edit import EditDone, EditRequest, edit
from newsletter.site.section_tags import fitting_section, section_tags
from newsletter.site.site import Site
from newsletter.site.source_settings import newsletter_vocabulary
from newsletter.store.articles import load_story
from newsletter.store.issues import find_issue
from newsletter.store.stories import lock_stories, story_of_page
from newsletter.store.suggestions import suggested_articles


def add_left_out(
    site: Site, request: EditRequest, *, keys: Sequence[str], section: str, now: datetime
) -> EditDone:
    """Put articles that the draft left out, or readers suggested, into a section, pinned.

    Without a section the tags of each choose one. What is in the issue already stays as it is.
    Raises as `edit` does.
    """
    with site.database.transaction(read_only=True) as connection:
        issue = find_issue(connection, request.newsletter, request.number)
        present = {item.article.key for item in issue.items}
        wanted = [key for key in dict.fromkeys(keys) if key not in present]
        suggested = suggested_articles(connection, request.newsletter, wanted)
        stories = [
            load_story(connection, request.newsletter, key)
            or ([suggested[key]] if key in suggested else [])
            for key in wanted
        ]
    if not all(stories):
        raise UnknownNameError("that article is no longer kept", fix="add it by its address")
    articles = [merge_stories(versions)[0] for versions in stories]
    additions = [_addition(site, request, article, section) for article in articles]
    return edit(site, request, additions, now=now) if additions else EditDone(issue=issue, said="")


def _addition(site: Site, request: EditRequest, article: Article, section: str) -> Add:
    """Puts the article into the section, or into the one that its tags choose."""
    tags = [tag.slug for tag in article.tags]
    chosen = section or fitting_section(section_tags(site, request.newsletter), tags)
    return Add(article=article, section=chosen)


def add_by_url(
    site: Site, request: EditRequest, *, url: str, section: str, now: datetime
) -> EditDone:
    """Fetch the page, guarded against private addresses, and put its article into a section.

    Without a section its tags choose one. An article that is in the issue already stays as it is.
    Raises InputError if `url` is not a web address, SourceError if no article can be read there.
    """
    if not is_web_address(url):
        raise InputError(
            f"{url!r} is not a web address",
            field="url",
            fix="give an address that begins with https://",
        )
    newsletter = site.newsletter(request.newsletter)
    readings: list[Reading] = asyncio.run(
        read_sources(
            [SourceSettings(page=url)],
            settings=site.settings.fetch,
            vocabulary=newsletter_vocabulary(newsletter, site.settings.tags),
            memories={},
            folder=site.folder,
            now=now,
        )
    )
    article = next((article for reading in readings for article in reading.articles), None)
    if article is None:
        finding = next((found for reading in readings for found in reading.findings), None)
        raise SourceError(
            finding.message if finding else f"no article was found at {url}",
            field="url",
            fix=finding.fix if finding else "give the address of one article",
        )
    with site.database.transaction() as connection:
        lock_stories(connection)
        article = replace(article, key=story_of_page(connection, article, now))
        issue = find_issue(connection, request.newsletter, request.number)
    if any(article.key in item.article.keys for item in issue.items):
        return EditDone(issue=issue, said="")
    return edit(site, request, [_addition(site, request, article, section)], now=now)
