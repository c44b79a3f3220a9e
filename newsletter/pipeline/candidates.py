"""Which stories may enter an issue: what the sources tell, each story once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from newsletter.articles.article import Article
from newsletter.articles.dedupe import merge_stories
from newsletter.config.settings import NewsletterSettings
from newsletter.issues.assemble import Candidate
from newsletter.issues.memory import Carried, already_told
from newsletter.pipeline.gather import configured
from newsletter.store import articles as article_store
from newsletter.store import issues as issue_store
from newsletter.store.articles import Telling
from newsletter.store.sources import find_sources
from newsletter.store.stories import join_stories, lock_stories


def candidates(
    connection: sa.Connection,
    slug: str,
    newsletter: NewsletterSettings,
    *,
    since: datetime,
    carried: Sequence[Carried],
) -> Sequence[Candidate]:
    """One candidate per story: tellings of several sources are merged into one."""
    if newsletter.digest_of is not None:
        return _printed(connection, newsletter.digest_of, since)
    configured_places = find_sources(connection, slug, configured(newsletter.sources))
    tellings = article_store.load_tellings(connection, slug, since=since, places=configured_places)
    stories = merge_stories(
        [telling.article for telling in tellings], [telling.place for telling in tellings]
    )
    places = places_of(stories, tellings)
    told = already_told(stories, places, carried)
    _join(connection, stories, tellings, told)
    return [
        replace(candidate, told=told[candidate.article.key].issue)
        if candidate.article.key in told
        else candidate
        for candidate in candidates_of(stories, tellings)
    ]


def _join(
    connection: sa.Connection,
    stories: Sequence[Article],
    tellings: Sequence[Telling],
    told: Mapping[str, Carried],
) -> None:
    """Keep for ever what this draft has found to be one story."""
    known = {telling.article.key for telling in tellings}
    found = [keys for story in stories if len(keys := story.keys & known) > 1]
    found += [frozenset((key, past.article.key)) for key, past in told.items()]
    if found:
        lock_stories(connection)
        for keys in found:
            join_stories(connection, keys)


def places_of(stories: Sequence[Article], tellings: Sequence[Telling]) -> dict[str, frozenset[int]]:
    """By the key of each story, the numbers of the sources that tell it."""
    by_key: dict[str, set[int]] = {}
    for telling in tellings:
        by_key.setdefault(telling.article.key, set()).add(telling.place)
    return {
        story.key: frozenset(place for key in story.keys for place in by_key.get(key, ()))
        for story in stories
    }


def candidates_of(stories: Sequence[Article], tellings: Sequence[Telling]) -> Sequence[Candidate]:
    """The stories with what their tellings say: since when each is known, and who still has it."""
    by_key: dict[str, list[Telling]] = {}
    for telling in tellings:
        by_key.setdefault(telling.article.key, []).append(telling)
    return [
        Candidate(
            article=story,
            first_seen=min(telling.first_seen for telling in told),
            withdrawn=all(telling.withdrawn for telling in told),
        )
        for story in stories
        if (told := [one for key in story.keys for one in by_key.get(key, ())])
    ]


def _printed(connection: sa.Connection, slug: str, since: datetime) -> Sequence[Candidate]:
    """What another newsletter's issues showed, as its editors worded it."""
    found = {
        item.article.key: Candidate(
            article=replace(item.article, title=item.title, summary=item.summary, image=item.image),
            first_seen=at,
        )
        for item, at in issue_store.printed(connection, slug, since=since)
    }
    return list(found.values())
