"""Copies the database while it is in use; the copy may not send until it is armed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from newsletter.errors import InputError, NotPermittedError
from newsletter.store.database import Database, create_private, open_database
from newsletter.store.newsletters import set_armed


def back_up(database: Database, path: Path) -> None:
    """Write a complete and consistent copy to `path` without blocking the database.

    The copy is disarmed, because once restored it would send again what was sent since (rule 7).
    Raises NotPermittedError when `path` exists, or on PostgreSQL, which has its own tools.
    """
    source = database.engine.url.database
    if not database.is_sqlite or source is None:
        raise NotPermittedError(
            "backup only copies SQLite databases",
            field="site.database",
            fix="use pg_dump; after pg_restore check what was sent since before sending anything",
        )
    if path.exists():
        raise NotPermittedError(
            "this file already exists and is not overwritten",
            file=str(path),
            fix="choose a new file name",
        )
    create_private(path)
    try:
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(path)) as copy:
            live.backup(copy)
    except sqlite3.Error as error:
        raise InputError(f"cannot write the copy: {error}", file=str(path)) from error
    restored = open_database(f"sqlite:///{path.absolute()}", Path())
    with restored.transaction() as connection:
        set_armed(connection, False)
    restored.close()
