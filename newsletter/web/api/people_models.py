"""What the API takes and returns about people and suppressions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from newsletter.web.api.models import Given, Taken

LARGEST = 2**63 - 1
"""The largest id that a row can have."""


class AddSubscriber(Taken):
    """A person who agreed to be added to a list; without `tags` what they follow stays the same.

    `time_zone` is a name such as `Europe/London`; "" leaves what is known.
    """

    address: str
    name: str = ""
    tags: list[str] | None = None
    time_zone: str = ""


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
    """One line of the consent record; `list` is "" if it is not about a single list."""

    at: datetime
    event: str
    way: str
    list: str
    detail: str


class ReceivedIssueDocument(Given):
    """An issue's delivery to a person, with the last receipt; `code` is 0 without one."""

    issue: str
    state: str
    at: datetime | None
    relay: str
    code: int
    enhanced: str
    text: str


class ReceivedLetterDocument(Given):
    """A letter to new readers that this one waits for, got, or did not get; `state` says why."""

    letter: str
    subject: str
    state: str
    at: datetime | None


class SuppressionDocument(Given):
    """An entry of the suppression list; `pattern` is null for an erased address."""

    pattern: str | None
    erased: bool
    reason: str
    at: datetime


class FeedDocument(Given):
    """A person's private feed; `use` is `beside` the mail, or `alone`, without issues by mail."""

    list: str
    use: str
    made_at: datetime


class SubscriberDocument(Given):
    """Everything known about one person."""

    address: str
    name: str
    tags: list[str]
    frequency: str
    mail_format: str
    time_zone: str
    paused_until: datetime | None
    suppressed: bool
    attributes: dict[str, str]
    subscriptions: list[SubscriptionDocument]
    suppressions: list[SuppressionDocument]
    feeds: list[FeedDocument]
    history: list[HistoryEntry]
    issues: list[ReceivedIssueDocument]
    dated_letters: list[ReceivedLetterDocument]


class FoundSubscriber(Given):
    """A person in a page."""

    id: int
    address: str
    name: str
    tags: list[str]
    frequency: str
    joined: datetime
    attributes: dict[str, str]
    subscriptions: list[SubscriptionDocument]


class Page(Taken):
    """Which page of a long list."""

    after: int = Field(
        default=0, ge=0, le=LARGEST, description="The `next` of the page before this one"
    )
    limit: int = Field(default=100, ge=1, le=1000, description="The size of the page")


class PeopleQuery(Page):
    """What the people in a page have in common."""

    list: str | None = Field(default=None, description="Only people on this list")
    status: Literal["pending", "active", "unsubscribed", "bounced", "complained"] | None = Field(
        default=None, description="Only people with a subscription of this status"
    )
    tag: str | None = Field(default=None, description="Only people who follow this tag")
    domain: str | None = Field(default=None, description="Only addresses at this domain")
    joined_after: date | None = Field(default=None, description="Only people who joined later")
    joined_before: date | None = Field(default=None, description="Only people who joined earlier")
    had: str | None = Field(
        default=None,
        description="Only people for whom a relay accepted this issue, such as `weekly/12`",
    )
    segment: str | None = Field(
        default=None, description="Only people in this segment, such as `plan = 'gold'`"
    )


class SuppressionQuery(Page):
    """Which entries of the suppression list."""

    search: str = Field(default="", description="A part of the address, the domain or the reason")


class SubscriberPage(Given):
    """People in the order in which they were stored. `next` is the `after` of the next page; null
    at the end.
    """

    subscribers: list[FoundSubscriber]
    next: int | None


class UpdateSubscriber(Taken):
    """What is to change; a field that is left out or null stays as it is.

    An attribute that is null is removed. `tags` replace those that the person follows; none means
    that they follow everything. `time_zone` is a name such as `Europe/London`; "" is the site's own.
    `mail_format` is how mails look: in large type, in high contrast, both, or as plain text alone.
    """

    name: str | None = None
    tags: list[str] | None = None
    frequency: Literal["weekly", "monthly"] | None = None
    time_zone: str | None = None
    mail_format: Literal["html", "large", "contrast", "large-contrast", "text"] | None = None
    attributes: dict[str, str | None] = Field(default_factory=dict)


class Updated(Given):
    """`changed`: what differs from before."""

    address: str
    changed: list[str]


class Unsubscribe(Taken):
    """From one list; null is all of them."""

    list: str | None = None
    reason: str = ""


class Restore(Taken):
    """`consent` says when and how the person agreed to be brought back; it is kept on record."""

    list: str
    consent: str = Field(min_length=1)


class ImportPeople(Taken):
    """A file of people, as `newsletter subscribers import` takes it.

    `from` insists on the tool that wrote it, `confirm` asks each newcomer first by mail, `left`
    means that these people left, and `dry_run` changes nothing.
    """

    csv: str
    layout: str = Field(default="", alias="from")
    dry_run: bool = False
    confirm: bool = False
    left: bool = False


class RejectedRow(Given):
    """A row that was not imported, and why."""

    line: int
    address: str
    reason: str


class Imported(Given):
    """What was done with the rows; the first thousand rejected ones are named."""

    list: str
    dry_run: bool
    added: int
    updated: int
    unchanged: int
    rejected: int
    asked: int
    statuses: dict[str, int]
    rejected_rows: tuple[RejectedRow, ...]


class Erased(Given):
    """`erased`: whether the person was not erased before."""

    erased: bool


class FeedEnded(Given):
    """`ended`: the lists whose private feed was ended, and whose issues come by mail."""

    address: str
    ended: list[str]


class Unsubscribed(Given):
    """The lists that the person was removed from."""

    address: str
    unsubscribed: list[str]


class Suppress(Taken):
    """An address, or `@` and a domain, that is never to be mailed."""

    pattern: str
    reason: str = "by the operator"


class Lift(Taken):
    """A suppression to remove, and why it may be mailed again."""

    pattern: str
    reason: str = Field(min_length=1)


class Lifted(Given):
    """`still_suppressed_by` are other entries that apply to it, such as its domain's."""

    pattern: str
    lifted: bool
    still_suppressed_by: list[str]


class SuppressionEntryDocument(SuppressionDocument):
    """An entry in a page."""

    id: int


class SuppressionPage(Given):
    """Entries in the order in which they were made; `next` is the `after` of the next page."""

    suppressions: list[SuppressionEntryDocument]
    next: int | None


class StandingDocument(Given):
    """A subscription, since when it has its status, and whether its list is closed."""

    list: str
    status: str
    since: datetime
    closed: bool


class BounceDocument(Given):
    """A mail that came back; `number` is the issue's, 0 for a letter."""

    at: datetime
    list: str
    number: int
    verdict: str
    status: str


class Explanation(Given):
    """Why an address or `@domain` is mailed or not: `mailed` are the lists that mail it now."""

    pattern: str
    known: bool
    mailed: list[str]
    suppressions: list[SuppressionDocument]
    subscriptions: list[StandingDocument]
    paused_until: datetime | None
    feeds: list[FeedDocument]
    history: list[HistoryEntry]
    bounces: list[BounceDocument]


class Suppressed(Given):
    """`changed`: whether the pattern was not suppressed before."""

    pattern: str
    changed: bool
