"""A year of a newsletter in sums: stories, sources, tags, and how the list grew. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

FEWEST = 5
"""A count of what readers did is shown from this number on, so that it says nothing about one."""

MOST_FOLLOWED, MOST_THREADS, MOST_SOURCES, MOST_TAGS = 10, 10, 12, 8

MONTHS = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class CarriedStory:
    """A story as an issue carried it for everybody; `follows` is the URL of the story it follows up."""

    issue: int
    at: datetime
    title: str
    url: str
    source: str
    tags: tuple[str, ...] = ()
    follows: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CarryingIssue:
    """An issue that was sent to everybody, and how many readers a relay accepted it for."""

    number: int
    subject: str
    at: datetime
    accepted: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """A story whose link readers followed `clicks` times."""

    title: str
    url: str
    clicks: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Thread:
    """A story that went on: its stories, the oldest first, and in how many issues they were."""

    stories: tuple[CarriedStory, ...]

    @property
    def issues(self) -> int:
        """How many issues told of it."""
        return len({story.issue for story in self.stories})


@dataclass(frozen=True, kw_only=True, slots=True)
class Growth:
    """Who joined and who left in each month of the year, January first."""

    joined: tuple[int, ...]
    left: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class YearReport:
    """The sums of a year. `tags` are counted by month. `followed` is None if no click was counted."""

    year: int
    issues: tuple[CarryingIssue, ...]
    stories: int
    by_month: tuple[int, ...]
    followed: tuple[Followed, ...] | None
    threads: tuple[Thread, ...]
    sources: tuple[tuple[str, int], ...]
    more_sources: int
    tags: tuple[tuple[str, tuple[int, ...]], ...]
    growth: Growth

    @property
    def accepted(self) -> int:
        """How many messages relays accepted."""
        return sum(issue.accepted for issue in self.issues)


def report_of(
    year: int,
    issues: Sequence[CarryingIssue],
    stories: Sequence[CarriedStory],
    *,
    clicks: Mapping[str, int] | None,
    growth: Growth,
    zone: ZoneInfo,
) -> YearReport:
    """The report of a year from its issues and stories, the oldest first.

    `clicks` are summed by URL over all issues; None if the newsletter's issues count none.
    """
    sources = Counter(story.source for story in stories if story.source)
    ranked = _ranked(sources)
    tags = _ranked(Counter(tag for story in stories for tag in set(story.tags)))[:MOST_TAGS]
    return YearReport(
        year=year,
        issues=tuple(issues),
        stories=len(stories),
        by_month=months_of(stories, zone),
        followed=None if clicks is None else most_followed(stories, clicks),
        threads=threads_of(stories),
        sources=tuple(ranked[:MOST_SOURCES]),
        more_sources=max(0, len(ranked) - MOST_SOURCES),
        tags=tuple(
            (tag, months_of((story for story in stories if tag in story.tags), zone))
            for tag, _count in tags
        ),
        growth=growth,
    )


def months_of(stories: Iterable[CarriedStory], zone: ZoneInfo) -> tuple[int, ...]:
    """How many of the stories each month had."""
    counts = Counter(story.at.astimezone(zone).month for story in stories)
    return tuple(counts[month] for month in range(1, MONTHS + 1))


def most_followed(
    stories: Sequence[CarriedStory], clicks: Mapping[str, int]
) -> tuple[Followed, ...]:
    """The stories whose links were followed most, without those below FEWEST."""
    titles = {story.url: story.title for story in stories}  # as it was worded last
    counted = _ranked({url: count for url, count in clicks.items() if url in titles})
    return tuple(
        Followed(title=titles[url], url=url, clicks=count)
        for url, count in counted[:MOST_FOLLOWED]
        if count >= FEWEST
    )


def threads_of(stories: Sequence[CarriedStory]) -> tuple[Thread, ...]:
    """The stories that several issues told of, those of most issues first."""
    thread_of: dict[str, list[CarriedStory]] = {}
    for story in stories:
        thread = thread_of.get(story.follows) if story.follows else None
        if thread is None:
            thread = thread_of.get(story.url, []) if story.url else []
        thread.append(story)
        if story.url:
            thread_of[story.url] = thread
    distinct = {id(thread): thread for thread in thread_of.values()}
    found = [Thread(stories=tuple(thread)) for thread in distinct.values()]
    longest = sorted(found, key=lambda thread: (-thread.issues, thread.stories[0].at))
    return tuple(thread for thread in longest[:MOST_THREADS] if thread.issues > 1)


def _ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0].casefold()))
