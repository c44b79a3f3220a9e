"""Which stories may enter an issue: what the sources tell, each story once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa

from newsletter.articles.article import Article
from newsletter.articles.dedupe import merge_stories
from newsletter.config.settings import NewsletterSettings, SectionSettings, SourceSettings
from newsletter.issues.assemble import Candidate
from newsletter.issues.filters import Filter, Refusal, patterns
from newsletter.issues.memory import Carried, already_told
from newsletter.pipeline.gather import configured, distinct_sources
from newsletter.store import articles as article_store
from newsletter.store import issues as issue_store
from newsletter.store.articles import Telling
from newsletter.store.sources import find_sources, settle_sources
from newsletter.store.stories import join_stories, lock_stories


def candidates(
    connection: sa.Connection,
    slug: str,
    newsletter: NewsletterSettings,
    *,
    since: datetime,
    carried: Sequence[Carried],
    now: datetime,
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
        for candidate in candidates_of(stories, tellings, _rules(connection, slug, newsletter, now))
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceRule:
    """What a source lets in, and how many of its articles an issue takes at most."""

    takes: Filter
    most: int | None


def _rules(
    connection: sa.Connection, slug: str, newsletter: NewsletterSettings, now: datetime
) -> dict[int, SourceRule]:
    """By the number of a source, the rule that newsletter.toml gives it."""
    sources = distinct_sources(newsletter.sources)
    numbers = settle_sources(connection, slug, configured(sources), now)
    return {
        number: SourceRule(takes=filter_of(source, now), most=source.max_items)
        for number, source in zip(numbers, sources, strict=True)
    }


def filter_of(settings: SourceSettings | SectionSettings, now: datetime) -> Filter:
    """What the source or section takes, in a draft made at `now`."""
    return Filter(
        include=patterns(settings.include),
        exclude=patterns(settings.exclude),
        oldest=now - settings.max_age if settings.max_age else None,
    )


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


def candidates_of(
    stories: Sequence[Article],
    tellings: Sequence[Telling],
    rules: Mapping[int, SourceRule] = MappingProxyType({}),
) -> Sequence[Candidate]:
    """The stories with what their tellings say: since when each is known, and who still has it.

    A story is kept out where the `rules` of all its sources keep it out.
    """
    by_key: dict[str, list[Telling]] = {}
    for telling in tellings:
        by_key.setdefault(telling.article.key, []).append(telling)
    return [
        Candidate(
            article=story,
            first_seen=min(telling.first_seen for telling in told),
            withdrawn=all(telling.withdrawn for telling in told),
            barred=_barred(told, rules),
            most=next(
                (
                    rules[telling.place].most
                    for telling in told
                    if telling.place in rules and telling.article.source == story.source
                ),
                None,
            ),
        )
        for story in stories
        if (told := [one for key in story.keys for one in by_key.get(key, ())])
    ]


def _barred(told: Sequence[Telling], rules: Mapping[int, SourceRule]) -> Refusal | None:
    """Why no source lets the story in; None where one does."""
    refusals = [
        rules[telling.place].takes.refusal(telling.article, telling.article.source)
        if telling.place in rules
        else None
        for telling in told
    ]
    return refusals[0] if all(refusals) else None


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
