"""Blocks beside the articles: a sponsor, deals, jobs, an event, a quote, a correction and others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from newsletter.articles.article import Image


class BlockKind(StrEnum):
    """The kind of a block, which its label shows to readers."""

    SPONSOR = "sponsor"
    DEALS = "deals"
    JOBS = "jobs"
    POPULAR = "popular"
    NUMBERS = "numbers"
    QUOTE = "quote"
    QUESTION = "question"
    PICTURE = "picture"
    EVENT = "event"
    ARCHIVE = "archive"
    CORRECTION = "correction"
    PODCAST = "podcast"


LABELS = {
    BlockKind.SPONSOR: "Sponsor",
    BlockKind.DEALS: "Deals",
    BlockKind.JOBS: "Jobs",
    BlockKind.POPULAR: "Most popular",
    BlockKind.NUMBERS: "In numbers",
    BlockKind.QUOTE: "Quote of the week",
    BlockKind.QUESTION: "A question for you",
    BlockKind.PICTURE: "Picture of the week",
    BlockKind.EVENT: "Event",
    BlockKind.ARCHIVE: "From the archive",
    BlockKind.CORRECTION: "Correction",
    BlockKind.PODCAST: "Podcast",
}
"""The default labels, by which readers recognise a paid block."""


class Place(StrEnum):
    """The position of a block in the issue."""

    AFTER_LEAD = "after-lead"
    END = "end"


MOST_MINUTES = 6000
"""Of a recording."""


class Ranking(StrEnum):
    """What a list of popular stories rests on."""

    CLICKS = "clicks"
    SITE = "site"


@dataclass(frozen=True, kw_only=True, slots=True)
class PopularRow:
    """One story of a list of popular stories."""

    title: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PopularList:
    """The rows of a list that the program makes: by the clicks of the last `issues` issues, or as
    the site named `site` ranks its stories."""

    ranking: Ranking
    rows: tuple[PopularRow, ...]
    issues: int = 0
    site: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A labelled part that editors write. `text` is Markdown, above which a `picture` may stand;
    `on` is the day it is about, `minutes` how long a recording takes (0: not said). `made` is a list
    that stands in place of an empty text.

    It is shown in every issue with a local date from `starts` to `ends`, both included; None means
    without limit.
    """

    id: str
    kind: BlockKind
    title: str
    label: str = ""
    text: str = ""
    url: str = ""
    link_text: str = ""
    on: date | None = None
    minutes: int = 0
    place: Place = Place.AFTER_LEAD
    starts: date | None = None
    ends: date | None = None
    made: PopularList | None = None
    picture: Image | None = None

    @property
    def shown_label(self) -> str:
        """The label readers see."""
        return self.label or LABELS[self.kind]

    def runs_on(self, day: date) -> bool:
        """Whether an issue of this local date shows the block; not one whose list has no row."""
        if self.made is not None and not self.text and not self.made.rows:
            return False
        return (self.starts is None or self.starts <= day) and (
            self.ends is None or day <= self.ends
        )


def still_running(blocks: Iterable[Block], day: date) -> tuple[Block, ...]:
    """The blocks that an issue of this later date keeps: those that have an end not yet past."""
    return tuple(block for block in blocks if block.ends is not None and day <= block.ends)
