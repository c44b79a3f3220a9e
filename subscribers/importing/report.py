"""What an import did with each row of a file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from subscribers.subscriber import Status

REJECTED_SHOWN = 1000
"""Rejected rows that the report keeps; it counts all of them."""

MAX_SOURCE_STATUSES = 20
"""Different status texts that a report counts separately; a column of dates has many."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """A row that was not imported, and why."""

    line: int
    address: str
    reason: str


@dataclass(kw_only=True, slots=True)
class ImportReport:
    """What an import did with a file's rows.

    `layout` is the name of the layout that the file was read as. `statuses` counts the imported
    rows by the status that they were given, and `source_statuses` by the file's own text too.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected_count: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    """The first REJECTED_SHOWN of them."""
    layout: str = ""
    statuses: Counter[Status] = field(default_factory=Counter)
    source_statuses: Counter[tuple[str, Status]] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """All rows that were read."""
        return self.added + self.updated + self.unchanged + self.rejected_count

    def reject(self, row: Rejected) -> None:
        """Count a rejected row, and keep it if it is one of the first."""
        self.rejected_count += 1
        if len(self.rejected) < REJECTED_SHOWN:
            self.rejected.append(row)

    def count_status(self, source_status: str, status: Status) -> None:
        """Count an imported row by its new status and by the file's text for it."""
        self.statuses[status] += 1
        key = (source_status, status)
        is_counted = key in self.source_statuses or len(self.source_statuses) < MAX_SOURCE_STATUSES
        self.source_statuses[key if is_counted else ("…", status)] += 1
