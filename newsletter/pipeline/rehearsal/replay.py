"""What each source brought in past weeks, moved into the coming weeks. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.store.articles import StoryVersion

WEEK = timedelta(weeks=1)

SEEN_LATE = WEEK
"""What was first seen later than this after its publication was there when its source was added."""


_AGAIN = re.compile(r" \+\d+w\Z")


class Flow(StrEnum):
    """How much comes from a source."""

    STEADY = "steady"
    SILENT = "silent"  # it had articles, but none in the last quarter of the weeks
    DRY = "dry"  # it had none in all these weeks


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceHabit:
    """What a source brought in each of its past `weeks`, the oldest week first."""

    weeks: tuple[int, ...]
    last: datetime | None

    @property
    def flow(self) -> Flow:
        """Whether the source still brings articles."""
        if not sum(self.weeks):
            return Flow.DRY
        recent = self.weeks[-max(2, len(self.weeks) // 4) :]
        return Flow.STEADY if sum(recent) else Flow.SILENT


NEVER_READ = SourceHabit(weeks=(), last=None)


def replayable(versions: Iterable[StoryVersion], *, now: datetime) -> list[StoryVersion]:
    """The versions that are part of their source's habit, each with the time at which it appeared.

    What a source withdrew is not, nor what has no date and was there when it was first read. An
    article that its source had before it was added counts as seen when it was published.
    """
    return [
        replace(version, first_seen=appeared)
        for version in versions
        if not version.withdrawn
        and not version.backlog
        and (appeared := _appeared(version)) <= now
        and version.article.published <= now
    ]


def _appeared(version: StoryVersion) -> datetime:
    published = version.article.published
    was_there = version.first_seen - published > SEEN_LATE
    return published if was_there else max(version.first_seen, published)


def habits_of(
    versions: Iterable[StoryVersion],
    known_since: Mapping[int, datetime],
    *,
    past: int,
    now: datetime,
) -> dict[int, SourceHabit]:
    """The habit of each source in `known_since`, over at most `past` weeks before `now`.

    A source that the site has known for fewer weeks has a habit of as many as its oldest article
    shows: feeds list their newest articles without gaps.
    """
    of_source: dict[int, list[StoryVersion]] = {number: [] for number in known_since}
    for version in versions:
        if version.source_number in of_source and now - version.first_seen < past * WEEK:
            of_source[version.source_number].append(version)
    return {
        number: _habit(found, known_since[number], past=past, now=now)
        for number, found in of_source.items()
    }


def _habit(
    found: Sequence[StoryVersion], known_since: datetime, *, past: int, now: datetime
) -> SourceHabit:
    since = min([known_since, *(version.first_seen for version in found)])
    length = max(1, min(past, -(-(now - since) // WEEK)))
    counts = [0] * length
    for version in found:
        counts[length - 1 - (now - version.first_seen) // WEEK] += 1
    return SourceHabit(
        weeks=tuple(counts), last=max((version.first_seen for version in found), default=None)
    )


def replayed(
    versions: Iterable[StoryVersion],
    habits: Mapping[int, SourceHabit],
    *,
    weeks: int,
    now: datetime,
) -> list[StoryVersion]:
    """The coming weeks' articles in the order in which they appear.

    Each source repeats its past weeks one after the other, as often as needed: what appeared on a
    Tuesday at 9:00 appears on a Tuesday at 9:00. A repeated story has a key of its own, the same
    from all sources that told it, so that it is no story that an issue had.
    """
    end = now + weeks * WEEK
    found = []
    for version in versions:
        habit = habits.get(version.source_number)
        if habit is None or now - version.first_seen >= len(habit.weeks) * WEEK:
            continue
        shift = len(habit.weeks)
        while version.first_seen + shift * WEEK < end:
            found.append(_moved(version, shift))
            shift += len(habit.weeks)
    return sorted(found, key=lambda version: (version.first_seen, version.article.key))


def original_key(key: str) -> str:
    """The key of the story that came again under this key, or the key itself."""
    return _AGAIN.sub("", key)


def _moved(version: StoryVersion, weeks: int) -> StoryVersion:
    article = replace(
        version.article,
        key=f"{version.article.key} +{weeks}w",
        merged_keys=(),
        published=version.article.published + weeks * WEEK,
    )
    return replace(version, article=article, first_seen=version.first_seen + weeks * WEEK)
