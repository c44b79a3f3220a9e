"""What the API takes and returns about people, and about the site as a whole."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from newsletter.web.api.models import Given, Taken


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


class AddSubscriber(Taken):
    """A person who agreed to be added to a list; without `tags` what they follow stays the same."""

    address: str
    name: str = ""
    tags: list[str] | None = None


class Admitted(Given):
    """The result of adding a person."""

    address: str
    list: str
    outcome: Literal["added", "updated", "unchanged"]


class SubscriptionDocument(Given):
    """A person on a list."""

    list: str
    status: str


class HistoryEntry(Given):
    """One line of the consent record."""

    at: datetime
    event: str
    way: str
    detail: str


class SubscriberDocument(Given):
    """Everything known about one person."""

    address: str
    name: str
    tags: list[str]
    frequency: str
    suppressed: bool
    subscriptions: list[SubscriptionDocument]
    history: list[HistoryEntry]


class Unsubscribed(Given):
    """The lists that the person was removed from."""

    address: str
    unsubscribed: list[str]


class Suppress(Taken):
    """An address, or `@` and a domain, that is never to be mailed."""

    pattern: str
    reason: str = "by the operator"


class Suppressed(Given):
    """`changed`: whether the pattern was not suppressed before."""

    pattern: str
    changed: bool


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
