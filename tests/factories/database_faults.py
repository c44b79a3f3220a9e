"""What can be wrong with a site's SQLite database while the site runs.

Each function makes the fault and returns what mends it. Connections that are open do not see it:
close the database first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import event

from newsletter.store.database import Database


def gone(site_file: Path, _database: Database) -> Callable[[], None]:
    """The file is away, and a folder stands in its place."""
    away = site_file.with_suffix(".away")
    site_file.rename(away)
    site_file.mkdir()

    def back() -> None:
        site_file.rmdir()
        away.rename(site_file)

    return back


def locked(site_file: Path, _database: Database) -> Callable[[], None]:
    """Another process writes without end."""
    other = sqlite3.connect(site_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other.close


def read_only(_site_file: Path, database: Database) -> Callable[[], None]:
    """Nothing can be written."""

    def refuse(connection: sqlite3.Connection, _record: Any) -> None:
        connection.execute("PRAGMA query_only = ON")

    event.listen(database.engine, "connect", refuse)
    return lambda: event.remove(database.engine, "connect", refuse)
