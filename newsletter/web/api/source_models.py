"""What the API takes and returns about sources."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from newsletter.config.source import SourceKind
from newsletter.web.api.models import Given, Taken


class SourceFinding(Given):
    """A remark on a source."""

    severity: Literal["failure", "warning", "notice"]
    message: str
    fix: str


class SourceDocument(Given):
    """A source, the newsletters that have it, and what its last readings showed.

    `every` is in seconds. Null: not known yet. No address has a user or password.
    """

    location: str
    kind: SourceKind
    name: str
    tags: list[str]
    newsletters: list[str]
    checked_at: datetime | None
    succeeded_at: datetime | None
    failing_since: datetime | None
    problem: str
    moved_to: str
    every: int | None
    next_check: datetime | None
    entries: int | None
    newest: datetime | None
    findings: list[SourceFinding]


class Sources(Given):
    """The sources in the order of newsletter.toml."""

    sources: list[SourceDocument]


class SourceToTest(Taken):
    """The address of a feed, of a site, or of a page."""

    url: str = Field(max_length=2000)


class AddSource(Taken):
    """A feed, or a page with a feed, to be added to a newsletter; `name` "" is the feed's title."""

    newsletter: str
    url: str = Field(max_length=2000)
    name: str = Field(default="", max_length=200)
    tags: list[str] = Field(default_factory=list)
    dry_run: bool = False


class AddMailSource(Taken):
    """An address at which newsletters of others arrive, to be added to a newsletter."""

    newsletter: str
    address: str = Field(max_length=2000)
    name: str = Field(default="", max_length=200)
    tags: list[str] = Field(default_factory=list)
    dry_run: bool = False


class ImportSources(Taken):
    """An OPML document whose feeds are to be added to a newsletter."""

    newsletter: str
    opml: str
    dry_run: bool = False


class TagCount(Given):
    """A tag and how many articles have it."""

    tag: str
    articles: int


class SourceContents(Given):
    """What a source shows when it is read once: counts of its entries, and how they are known."""

    kind: SourceKind
    location: str
    url: str
    moved_to: str
    status: int
    content_type: str
    encoding: str
    title: str
    entries: int
    undated: int
    oldest: datetime | None
    newest: datetime | None
    pictures: int
    authors: int
    summaries: int
    tags: list[TagCount]
    known_by: Literal["ids", "addresses", "titles and dates"]
    findings: list[SourceFinding]


class UnusedPlace(Given):
    """A place that looked like a field's value, and why it was not used."""

    place: str
    why: str
    detail: str


class FieldPlace(Given):
    """The place in the source that a field was read from, such as "media:content #2"."""

    field: str
    place: str
    detail: str
    refused: list[UnusedPlace]


class ExampleArticle(Given):
    """An article as its source has it, and where its fields came from."""

    title: str
    url: str
    published: datetime | None
    fields: list[FieldPlace]


class TestedSource(SourceContents):
    """`charset` is what the source was decoded with, `every` its first interval in seconds.

    `examples` are its newest articles.
    """

    charset: str
    every: int
    examples: list[ExampleArticle]


class NewSourceDocument(Given):
    """A source as it stands in newsletter.toml."""

    feed: str
    name: str
    tags: list[str]


class AddedSourceDocument(SourceContents):
    """The source that was added; `suggested_tags` are tags of its articles that sections take."""

    newsletter: str
    source: NewSourceDocument
    suggested_tags: list[str]
    dry_run: bool
    diff: str


class AddedMailSource(Given):
    """The address that was added, as newsletter.toml has it."""

    newsletter: str
    address: str
    name: str
    tags: list[str]
    dry_run: bool
    diff: str


class InvalidFeed(Given):
    """An outline that cannot be a source."""

    title: str
    address: str
    reason: str


class ImportedSources(Given):
    """What became of the feeds; `duplicates` counts those that were there already."""

    newsletter: str
    added: list[NewSourceDocument]
    duplicates: int
    invalid: list[InvalidFeed]
    dry_run: bool
    diff: str


class ExportedSources(Given):
    """An OPML 2.0 document; `left_out` counts the sources that are not feeds."""

    opml: str
    exported: int
    left_out: int


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


class FailedSourceDocument(Given):
    """A source that cannot be read, since when, and what is wrong."""

    newsletter: str
    source: str
    since: datetime
    problem: str
