"""Blocks that stand beside the articles: a sponsor, deals, jobs, what was read most."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class BlockKind(StrEnum):
    """What a block is about; its label tells readers so."""

    SPONSOR = "sponsor"
    DEALS = "deals"
    JOBS = "jobs"
    POPULAR = "popular"


LABELS = {
    BlockKind.SPONSOR: "Sponsor",
    BlockKind.DEALS: "Deals",
    BlockKind.JOBS: "Jobs",
    BlockKind.POPULAR: "Most popular",
}
"""The label where an editor gives none: readers must be able to tell a paid block by it."""


class Place(StrEnum):
    """Where in the issue a block stands."""

    AFTER_LEAD = "after-lead"
    END = "end"


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A labelled part that editors write. `text` is Markdown; `starts` and `ends` are inclusive.

    It runs in every issue whose local date lies between them; None leaves that side open.
    """

    id: str
    kind: BlockKind
    title: str
    label: str = ""
    text: str = ""
    url: str = ""
    link_text: str = ""
    place: Place = Place.AFTER_LEAD
    starts: date | None = None
    ends: date | None = None

    @property
    def shown_label(self) -> str:
        """The label readers see."""
        return self.label or LABELS[self.kind]

    def runs_on(self, day: date) -> bool:
        """Whether an issue of this local date shows the block."""
        return (self.starts is None or self.starts <= day) and (
            self.ends is None or day <= self.ends
        )


def still_running(blocks: Iterable[Block], day: date) -> tuple[Block, ...]:
    """The blocks that a later issue, of this date, takes over: those that have not ended."""
    return tuple(block for block in blocks if block.ends is not None and day <= block.ends)
