"""The lists of popular stories that a newsletter's settings ask for, as they are now."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.articles.tags import Vocabulary
from newsletter.config.settings import NewsletterSettings
from newsletter.issues.blocks import Block, BlockKind, Place, PopularList
from newsletter.issues.popular import as_listed, most_opened
from newsletter.site.source_settings import configured
from newsletter.store.popular import opened_stories, rankings
from newsletter.store.sources import find_sources


def popular_lists(
    connection: sa.Connection, slug: str, newsletter: NewsletterSettings, vocabulary: Vocabulary
) -> list[tuple[Block, PopularList]]:
    """Each list with the block that it begins as, in the order of newsletter.toml."""
    ranked = [source for source in newsletter.sources if source.popular]
    lists: list[tuple[Block, PopularList]] = []
    for settings in newsletter.popular:
        tags = frozenset(tag.slug for tag in vocabulary.tags(settings.tags))
        if settings.by == "clicks":
            stories = opened_stories(connection, slug, issues_back=settings.issues)
            made = most_opened(stories, tags=tags, most=settings.max_items, issues=settings.issues)
        else:
            sources = find_sources(connection, slug, configured(ranked))
            stories, names = rankings(connection, slug, sources)
            made = as_listed(stories, tags=tags, most=settings.max_items, names=names)
        block = Block(
            id="", kind=BlockKind.POPULAR, title=settings.title, place=Place(settings.place)
        )
        lists.append((block, made))
    return lists
