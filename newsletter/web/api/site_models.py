"""What the API returns about the site as a whole: newsletters, lists, growth, audit."""

from __future__ import annotations

from datetime import date, datetime

from newsletter.web.api.models import Given


class NewsletterDocument(Given):
    """A configured publication."""

    name: str
    title: str
    list: str
    schedule: str
    approval: str


class Newsletters(Given):
    """All publications of the site."""

    newsletters: list[NewsletterDocument]


class ListDocument(Given):
    """A list: its people by status, the newsletters that are sent to it, its former names.

    `feeds` counts its readers with a private feed: `beside` the mail, or `alone`, without issues by mail.
    """

    list: str
    statuses: dict[str, int]
    feeds: dict[str, int]
    newsletters: tuple[str, ...]
    former_names: tuple[str, ...]
    closed_at: datetime | None


class Lists(Given):
    """Every list."""

    lists: list[ListDocument]


class GrowthDayDocument(Given):
    """One day; mappings are by way, and `bounces` by what they mean (hard, soft, policy)."""

    day: date
    asked: int
    confirmed: int
    added: dict[str, int]
    returned: int
    left: dict[str, int]
    bounces: dict[str, int]
    joined: int
    left_in_all: int


class Growth(Given):
    """The days, oldest first, in the site's time zone; `list` null is all lists together."""

    list: str | None
    days: tuple[GrowthDayDocument, ...]


class AuditEntry(Given):
    """Who did what."""

    id: int
    at: datetime
    who: str
    what: str
    detail: str


class Audit(Given):
    """The newest entries first."""

    entries: list[AuditEntry]


class FollowedStory(Given):
    """A story and how often its link was followed, five times at least."""

    title: str
    url: str
    clicks: int


class StoryThread(Given):
    """A story that several issues told of."""

    issues: tuple[int, ...]
    titles: tuple[str, ...]


class Year(Given):
    """A year of a newsletter in sums; `tags`, `joined` and `left` by month, January first.

    `followed` is null where no clicks are counted.
    """

    newsletter: str
    year: int
    issues: int
    stories: int
    accepted: int
    followed: tuple[FollowedStory, ...] | None
    threads: tuple[StoryThread, ...]
    sources: dict[str, int]
    tags: dict[str, tuple[int, ...]]
    joined: tuple[int, ...]
    left: tuple[int, ...]
