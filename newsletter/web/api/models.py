"""What the API takes and returns. Fields may be added, never renamed; times are ISO 8601, aware."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from newsletter.issues.blocks import BlockKind

LARGEST_VERSION = 2**31 - 1


def _published_name(model: type) -> str:
    """The schema's name in the OpenAPI document: the class name without our suffix `Document`."""
    return model.__name__.removesuffix("Document")


class Given(BaseModel):
    """An answer."""

    model_config = ConfigDict(
        frozen=True, from_attributes=True, model_title_generator=_published_name
    )


class Taken(BaseModel):
    """A request. Unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", model_title_generator=_published_name)


class ProblemDocument(Given):
    """What is wrong and how to fix it."""

    code: str
    message: str
    file: str | None = None
    field: str | None = None
    fix: str | None = None


class ErrorAnswer(Given):
    """The answer to every request that failed."""

    error: ProblemDocument


class WindowDocument(Given):
    """The half-open period [start, end) from which the issue takes articles."""

    start: datetime
    end: datetime


class LinkClicksDocument(Given):
    """How often one link was followed."""

    url: str
    count: int


class ClicksDocument(Given):
    """The clicks on an issue's links, the most followed first; `total` of all of them."""

    total: int
    links: list[LinkClicksDocument]


class IssueStatusDocument(Given):
    """The state of an issue. `deliveries` counts every state; their sum is the audience.

    `send_at` is the time an editor chose in place of `due`. `clicks` is null where they are not
    counted.
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


class IssueList(Given):
    """A newsletter's issues, oldest first."""

    issues: list[IssueStatusDocument]


class FailedSourceDocument(Given):
    """A source that cannot be read, since when, and what is wrong."""

    newsletter: str
    source: str
    since: datetime
    problem: str


class SiteStatusDocument(Given):
    """All issues, which newsletters are due, and whether the site may send."""

    issues: list[IssueStatusDocument]
    due: list[str]
    armed: bool
    failed_sources: list[FailedSourceDocument]


class ItemDocument(Given):
    """An article's place in an issue. `id` names it in edits."""

    id: str
    title: str
    url: str
    tags: list[str]
    author: str
    agency: str
    summary: str
    body_text: str
    published: datetime
    source: str
    section: str
    position: int
    pinned: bool
    hidden: bool
    reason: str


class LeftOutDocument(Given):
    """An article that is not in the issue, and why."""

    title: str
    url: str
    reason: str


class IssueDocument(Given):
    """One number of a newsletter. `version` goes up with every change.

    `failed_sources` are those that cannot be read, as long as the issue is not sent.
    """

    issue: str
    state: str
    version: int
    subject: str
    preheader: str
    intro: str
    closing: str
    window: WindowDocument
    due: datetime
    send_at: datetime | None
    note: str
    items: list[ItemDocument]
    left_out: list[LeftOutDocument]
    failed_sources: list[FailedSourceDocument]


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


class FindingDocument(Given):
    """Something that lint found; a blocking finding prevents approval."""

    rule: str
    severity: Literal["blocking", "warning"]
    element: str
    line: int
    who: str
    fix: str


class Lint(Given):
    """All findings."""

    blocking: int
    warnings: int
    findings: list[FindingDocument]


class PreviewDocument(Given):
    """One reader's message: its parts, and the whole as it would be sent."""

    issue: str
    html: str
    text: str
    message: str
    lint: Lint


class SourceFinding(Given):
    """A remark on a source."""

    severity: Literal["failure", "warning", "notice"]
    message: str
    fix: str


class SourceReading(Given):
    """The result of reading one source."""

    source: str
    location: str
    articles: int
    unchanged: bool
    findings: list[SourceFinding]


class Gathered(Given):
    """The results of reading all sources of a newsletter."""

    newsletter: str
    sources: list[SourceReading]


class EditDocument(Taken):
    """One change to an issue, as the desk's buttons make it.

    `version` is the issue's version when you read it. `item` is an item's id. Which further fields
    count depends on `action`: move (section, before), rewrite (title, summary, link_text,
    image_url, image_alt, no_image), say-inbox (subject, preheader), say-intro (intro),
    say-closing (closing), block (kind, place, title, label, text, url, link_text, on, minutes,
    starts, ends, and block to replace one), drop-block (block).
    """

    version: int = Field(ge=0, le=LARGEST_VERSION)
    action: Literal[
        "move", "up", "down", "lead", "pin", "unpin", "hide", "show", "rewrite", "reset",
        "say-inbox", "say-intro", "say-closing", "block", "drop-block",
    ]  # fmt: skip
    item: str = ""
    section: str | None = None
    before: str | None = None
    title: str | None = None
    summary: str | None = None
    link_text: str | None = None
    image_url: str | None = None
    image_alt: str | None = None
    no_image: Literal["yes", "no"] | None = None
    subject: str | None = None
    preheader: str | None = None
    intro: str | None = None
    closing: str | None = None
    block: str | None = None
    kind: BlockKind | None = None
    place: Literal["after-lead", "end"] | None = None
    label: str | None = None
    text: str | None = None
    url: str | None = None
    on: str | None = None
    minutes: str | None = None
    starts: str | None = None
    ends: str | None = None


class Edited(Given):
    """What was done ("" when nothing changed), and the version to name in the next edit."""

    issue: str
    version: int
    said: str


class AddByUrl(Taken):
    """An article to be fetched and put into a section."""

    version: int = Field(ge=0, le=LARGEST_VERSION)
    url: str
    section: str


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


class Rehearsed(Given):
    """What a send would do at this moment.

    `segment` is the condition that selects the readers, "" for the whole list.
    """

    issue: str
    audience: int
    editions: int
    segment: str
    sections: list[SectionRuleDocument]


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
