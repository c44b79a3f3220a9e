"""The stories that may enter an issue: those of its sources, each story once."""

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
from newsletter.issues.memory import Carried, already_carried
from newsletter.issues.reasons import LeftOutReason
from newsletter.site.source_settings import configured, distinct_sources
from newsletter.store import articles as article_store
from newsletter.store import issues as issue_store
from newsletter.store.articles import StoryVersion
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
    """One candidate per story: the versions of several sources are merged into one."""
    if newsletter.digest_of is not None:
        return _shown(connection, newsletter.digest_of, since)
    sources = find_sources(connection, slug, configured(newsletter.sources))
    versions = article_store.load_versions(connection, slug, since=since, sources=sources)
    rules = _rules(connection, slug, newsletter, now)
    stories = _stories(versions, rules)
    sources_of_stories = sources_of(stories, versions)
    carried_before = already_carried(stories, sources_of_stories, carried)
    _join(connection, stories, versions, carried_before)
    return [
        replace(candidate, carried_in=carried_before[candidate.article.key].issue)
        if candidate.article.key in carried_before
        else candidate
        for candidate in candidates_of(stories, versions, rules)
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceRule:
    """Which articles of a source an issue may take, and how many at most.

    `mailed_by` names a source by mail, whose articles are only offered: what others wrote to us is an
    editor's to choose. "" for another source.
    """

    takes: Filter
    most: int | None
    mailed_by: str = ""


def _rules(
    connection: sa.Connection, slug: str, newsletter: NewsletterSettings, now: datetime
) -> dict[int, SourceRule]:
    """The rule of each source in newsletter.toml, by the number of the source."""
    sources = distinct_sources(newsletter.sources)
    numbers = settle_sources(connection, slug, configured(sources), now)
    return {
        number: SourceRule(
            takes=filter_of(source, now),
            most=source.max_items,
            mailed_by=(source.name or source.location) if source.kind == "mail" else "",
        )
        for number, source in zip(numbers, sources, strict=True)
    }


def filter_of(settings: SourceSettings | SectionSettings, now: datetime) -> Filter:
    """The filter of the source or section, for a draft made at `now`."""
    return Filter(
        include=patterns(settings.include),
        exclude=patterns(settings.exclude),
        oldest=now - settings.max_age if settings.max_age else None,
    )


def _stories(
    versions: Sequence[StoryVersion], rules: Mapping[int, SourceRule]
) -> Sequence[Article]:
    """The stories of the versions. What came by mail is never a version of what another source has."""
    mailed: list[StoryVersion] = []
    own: list[StoryVersion] = []
    for version in versions:
        rule = rules.get(version.source_number)
        (mailed if rule and rule.mailed_by else own).append(version)
    stories = _merged(own)
    known = {key for story in stories for key in story.keys}
    return [*stories, *_merged([one for one in mailed if one.article.key not in known])]


def _merged(versions: Sequence[StoryVersion]) -> Sequence[Article]:
    return merge_stories(
        [version.article for version in versions], [version.source_number for version in versions]
    )


def _join(
    connection: sa.Connection,
    stories: Sequence[Article],
    versions: Sequence[StoryVersion],
    carried: Mapping[str, Carried],
) -> None:
    """Store permanently which stories this draft found to be one story."""
    known = {version.article.key for version in versions}
    found = [keys for story in stories if len(keys := story.keys & known) > 1]
    found += [frozenset((key, past.article.key)) for key, past in carried.items()]
    if found:
        lock_stories(connection)
        for keys in found:
            join_stories(connection, keys)


def sources_of(
    stories: Sequence[Article], versions: Sequence[StoryVersion]
) -> dict[str, frozenset[int]]:
    """The numbers of the sources that have each story, by the key of the story."""
    by_key: dict[str, set[int]] = {}
    for version in versions:
        by_key.setdefault(version.article.key, set()).add(version.source_number)
    return {
        story.key: frozenset(source for key in story.keys for source in by_key.get(key, ()))
        for story in stories
    }


def candidates_of(
    stories: Sequence[Article],
    versions: Sequence[StoryVersion],
    rules: Mapping[int, SourceRule] = MappingProxyType({}),
) -> Sequence[Candidate]:
    """The stories with when each was first seen, and whether a source still has it.

    A story is barred if the `rules` of all its sources bar it.
    """
    by_key: dict[str, list[StoryVersion]] = {}
    for version in versions:
        by_key.setdefault(version.article.key, []).append(version)
    return [
        Candidate(
            article=story,
            first_seen=min(version.first_seen for version in of_story),
            withdrawn=all(version.withdrawn for version in of_story),
            barred=_barred(of_story, rules),
            most=next(
                (
                    rules[version.source_number].most
                    for version in of_story
                    if version.source_number in rules and version.article.source == story.source
                ),
                None,
            ),
        )
        for story in stories
        if (of_story := [version for key in story.keys for version in by_key.get(key, ())])
    ]


def _barred(versions: Sequence[StoryVersion], rules: Mapping[int, SourceRule]) -> Refusal | None:
    """Why no source admits the story; None if one does."""
    if all(version.backlog for version in versions):
        return Refusal(reason=LeftOutReason.UNDATED, detail=versions[0].article.source)
    refusals = [_refusal(version, rules.get(version.source_number)) for version in versions]
    return refusals[0] if all(refusals) else None


def _refusal(version: StoryVersion, rule: SourceRule | None) -> Refusal | None:
    if rule is None:
        return None
    refused = rule.takes.refusal(version.article, version.article.source)
    if refused or not rule.mailed_by:
        return refused
    return Refusal(reason=LeftOutReason.BY_MAIL, detail=rule.mailed_by)


def _shown(connection: sa.Connection, slug: str, since: datetime) -> Sequence[Candidate]:
    """The stories that another newsletter's issues showed, as its editors worded them."""
    found = {
        item.article.key: Candidate(
            article=replace(item.article, title=item.title, summary=item.summary, image=item.image),
            first_seen=at,
        )
        for item, at in issue_store.sent_items(connection, slug, since=since)
    }
    return list(found.values())
