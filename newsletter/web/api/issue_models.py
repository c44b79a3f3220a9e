"""What the API takes and returns about what is in an issue, and about changing it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from newsletter.issues.blocks import BlockKind
from newsletter.issues.crop import SMALLEST_SIZE, WHOLE, Shape
from newsletter.web.api.models import Given, Taken
from newsletter.web.api.source_models import FailedSourceDocument
from newsletter.web.api.status_models import WindowDocument

LARGEST_VERSION = 2**31 - 1


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
    """One reader's message: its parts, and the whole as it would be sent.

    `goes_out` is when this reader gets it; null for an issue that is being sent, or was.
    """

    issue: str
    html: str
    text: str
    message: str
    lint: Lint
    goes_out: datetime | None


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


class PictureDocument(Taken):
    """A picture for an article or a block of an issue; `item` or `block` names it.

    `picture` is the file in base64: JPEG, PNG, GIF, WebP or AVIF, up to 10 MB; without it the picture
    that is there is cropped anew. `size` is the percentage of the largest part of that shape,
    `across` and `down` say where it is, as percentages of the room beside and above it.
    """

    version: int = Field(ge=0, le=LARGEST_VERSION)
    item: str = ""
    block: str = ""
    picture: str = ""
    alt: str = Field(default="", max_length=500)
    shape: Shape = Shape.AS_IS
    size: float = Field(default=WHOLE.size, ge=SMALLEST_SIZE, le=100)
    across: float = Field(default=WHOLE.across, ge=0, le=100)
    down: float = Field(default=WHOLE.down, ge=0, le=100)
