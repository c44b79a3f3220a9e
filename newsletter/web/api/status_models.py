"""What the API takes and returns about the state of issues, their sends and deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from newsletter.web.api.models import Given, Taken
from newsletter.web.api.source_models import FailedSourceDocument


class LinkClicksDocument(Given):
    """How often one link was followed."""

    url: str
    count: int


class ClicksDocument(Given):
    """The clicks on an issue's links, the most followed first; `total` of all of them."""

    total: int
    links: list[LinkClicksDocument]


class WindowDocument(Given):
    """The half-open period [start, end) from which the issue takes articles."""

    start: datetime
    end: datetime


class WaitingDocument(Given):
    """Messages that go at a later hour of their readers' own day; the first of them at `until`."""

    count: int
    until: datetime


class WaveDocument(Given):
    """Messages that go at one moment, for readers in these time zones ("" is the site's own).

    `left` have not ended yet: they wait, are on their way, or are tried again.
    """

    not_before: datetime
    zones: list[str]
    planned: int
    accepted: int
    left: int


class IssueStatusDocument(Given):
    """The state of an issue. `deliveries` counts every state; their sum is the audience.

    `send_at` is the time an editor chose in place of `due`. `clicks` is null where they are not
    counted. `waiting` are the messages of an unfinished send that go at a later hour of their
    readers' day, null if there are none; `waves` are all messages by that hour, in the status of one
    issue and not in lists.
    """

    issue: str
    state: str
    window: WindowDocument
    due: datetime
    send_at: datetime | None
    note: str
    audience: int
    deliveries: dict[str, int]
    clicks: ClicksDocument | None
    waiting: WaitingDocument | None
    waves: list[WaveDocument]


class IssueList(Given):
    """A newsletter's issues, oldest first."""

    issues: list[IssueStatusDocument]


class DatedLetterCounts(Given):
    """A letter to new readers, and how many of them it came to in each state."""

    letter: str
    days: int
    subject: str
    readers: dict[str, int]


class SiteStatusDocument(Given):
    """All issues, which newsletters are due, whether the site may send, and letters to new readers."""

    issues: list[IssueStatusDocument]
    due: list[str]
    armed: bool
    failed_sources: list[FailedSourceDocument]
    dated_letters: list[DatedLetterCounts]


class Moved(Given):
    """The state an issue is in now."""

    issue: str
    state: str
    note: str


class Schedule(Taken):
    """When the approved issue is to be sent; null means when it is due.

    The time must be in the future and before the next issue is due. A time without an offset is
    in the site's time zone.
    """

    send_at: datetime | None


class Trial(Taken):
    """Where a test message goes; the site must allow the address."""

    to: str


class ReceiptDocument(Given):
    """What a relay answered."""

    to: str
    relay: str
    code: int
    text: str


class SectionRuleDocument(Given):
    """A section that only readers see for whom the condition holds."""

    title: str
    only: str


class DryWaveDocument(Given):
    """How many messages would go at this moment."""

    not_before: datetime
    messages: int


class Rehearsed(Given):
    """What a send would do at this moment.

    `segment` is the condition that selects the readers, "" for the whole list. `waves` has none if
    all messages would go at once.
    """

    issue: str
    audience: int
    editions: int
    segment: str
    sections: list[SectionRuleDocument]
    waves: list[DryWaveDocument]


class UnknownDeliveryDocument(Given):
    """A delivery whose outcome is unknown after a crash."""

    subscriber: int
    address: str
    since: datetime


class UnknownDeliveries(Given):
    """All deliveries of an issue whose outcome is unknown."""

    unknown: list[UnknownDeliveryDocument]


class Settle(Taken):
    """How to settle the deliveries of unknown outcome."""

    choice: Literal["resend", "skip"]


class Settled(Given):
    """How many deliveries were settled."""

    settled: int
