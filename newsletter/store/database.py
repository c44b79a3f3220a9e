"""Opens the database, and translates the driver's errors into ours."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    DBAPIError,
    InternalError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from newsletter.errors import DatabaseBusyError, DatabaseUnavailableError, InputError

BUSY_SECONDS = 30
"""How long a writer waits for another before it gives up."""

FIRST_RETRY_SECONDS = 0.0002
"""A waiting writer's first pause between attempts. SQLite itself soon sleeps for 100 ms, while two
senders take turns every millisecond."""

LONGEST_RETRY_SECONDS = 0.001

SEALED = "this database is sealed: its site has moved to another"
"""The message of the triggers of store/seal.py, which prevent changes."""

_LAST_ACTIONS: WeakKeyDictionary[sa.Connection, dict[Callable[[sa.Connection], None], None]] = (
    WeakKeyDictionary()
)


class Database:
    """One site's database; all access goes through `transaction()`."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._reading = engine.execution_options(read_only=True)
        if not self.is_sqlite:  # on SQLite every transaction sees one snapshot
            self._reading = self._reading.execution_options(isolation_level="REPEATABLE READ")

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite, which has one writer at a time and no SKIP LOCKED."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self, *, read_only: bool = False) -> Iterator[sa.Connection]:
        """A connection whose work is committed at the end, or rolled back on any error.

        With `read_only` it sees one snapshot and does not wait for writers. Raises
        DatabaseBusyError when another writer holds the database for too long,
        DatabaseUnavailableError when it cannot be used (missing, damaged, read-only), and
        InputError for a value that no column can store, such as a lone surrogate.
        """
        engine = self._reading if read_only else self.engine
        try:
            with engine.begin() as connection:
                yield connection
                for action in _LAST_ACTIONS.pop(connection, ()):
                    action(connection)
        except PoolTimeoutError as error:
            raise DatabaseBusyError(
                f"every connection to the database is in use: {error}", fix="run it again"
            ) from error
        except (DataError, OverflowError, UnicodeEncodeError) as error:
            # Its text has the statement and all its values, and callers are shown this.
            raise InputError("a value does not fit into the database") from error
        except DBAPIError as error:
            if _is_database_failure(error):
                raise _translate(error, self.engine) from error
            raise

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def before_commit(connection: sa.Connection, action: Callable[[sa.Connection], None]) -> None:
    """Have `Database.transaction` call `action` once, as the last thing before it commits.

    A lock that every transaction takes last is held briefly and cannot cause a deadlock.
    """
    _LAST_ACTIONS.setdefault(connection, {})[action] = None


def _is_database_failure(error: DBAPIError) -> bool:
    """Whether the error comes from the database's state rather than from the statement."""
    return (
        isinstance(error, OperationalError | InternalError)
        or type(error) is DatabaseError  # SQLite: not a database, or a damaged one
        or error.connection_invalidated
        or SEALED in str(error.orig)
    )


def _translate(
    error: DBAPIError, engine: sa.Engine
) -> DatabaseBusyError | DatabaseUnavailableError:
    location = engine.url.render_as_string(hide_password=True)
    reason = str(error.orig).strip().splitlines()[0] if error.orig else str(error)
    if "locked" in reason or "busy" in reason:
        return DatabaseBusyError(
            f"the database is busy: {reason}", field="site.database", fix="run it again"
        )
    if SEALED in reason:
        return DatabaseUnavailableError(
            f"{location}: {SEALED}",
            field="site.database",
            fix="set the new database in newsletter.toml and restart this process",
        )
    return DatabaseUnavailableError(
        f"cannot use the database {location}: {reason}",
        field="site.database",
        fix="check that the server runs, the folder is writable and the disk has free space",
    )


def open_database(url: str, folder: Path) -> Database:
    """The database at `url`; a SQLite path is relative to the site's `folder`."""
    if url.startswith("sqlite:///"):
        path = folder / url.removeprefix("sqlite:///")
        engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "do_connect", lambda *_given: create_private(path))
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return Database(engine)
    return Database(
        sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    )


def create_private(path: Path) -> None:
    """Create an empty file that only its owner can read, before SQLite creates a public one.

    SQLite gives its -wal and -shm files the same permissions. An existing file keeps its own;
    if the file cannot be created, SQLite reports the reason.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _configure_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own BEGIN is deferred and fails in a race between two writers: see _begin_sqlite.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # a receipt survives a power cut, not only a kill
    cursor.execute("PRAGMA foreign_keys = ON")
    # With the usual 2 MB, an import reads and writes the same pages of the indexes over and over.
    cursor.execute("PRAGMA cache_size = -8000")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    if connection.get_execution_options().get("read_only"):
        connection.exec_driver_sql("BEGIN")
        return
    driver: Any = connection.connection.driver_connection
    pause, deadline = FIRST_RETRY_SECONDS, time.monotonic() + BUSY_SECONDS
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while not _try_begin(driver) and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_RETRY_SECONDS)
    finally:
        driver.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    if not driver.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # raises the reason


def _try_begin(driver: sqlite3.Connection) -> bool:
    """Try to begin; False when another writer must be waited for."""
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY
    return True
