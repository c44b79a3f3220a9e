"""Fills a database of any size by PostgreSQL's own means: readers, issues and their ledgers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from newsletter.store.database import Database
from subscribers.search_words import FILL

LIST = "weekly"


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """The number of readers, and of the deliveries of all issues together."""

    readers: int
    deliveries: int

    @property
    def issues(self) -> int:
        """The number of issues, the last of which is being sent."""
        return max(2, self.deliveries // self.readers)


def fill(database: Database, size: Size) -> Iterator[str]:
    """Fill an empty database; yields the name of each step before it begins."""
    for name, statement in _steps():
        yield name
        with database.transaction() as connection:
            connection.execute(sa.text(statement), {"readers": size.readers, "issues": size.issues})
    yield "words of names"
    with database.transaction() as connection:
        connection.execute(sa.text(FILL["postgresql"]))
    yield "numbering"
    with database.transaction() as connection:
        for table in ("lists", "subscribers", "issues", "editions"):
            connection.execute(
                sa.text(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "  # noqa: S608 - our own names
                    f"(SELECT max(id) FROM {table}))"
                )
            )
    yield "statistics"
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))  # as autovacuum eventually does


def _steps() -> Iterator[tuple[str, str]]:
    text = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    for step in text.split("-- step: ")[1:]:
        name, _, statement = step.partition("\n")
        yield name, statement
