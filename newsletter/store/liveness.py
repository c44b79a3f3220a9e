"""Which senders are alive: a lock that the operating system or PostgreSQL frees at death."""

from __future__ import annotations

import fcntl
import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError

from newsletter.errors import DatabaseUnavailableError
from newsletter.store.database import Database

FOLDER = ".newsletter-senders"


@contextmanager
def living_sender(database: Database) -> Iterator[str]:
    """A new sender's id; `is_alive` says yes of it until the block or the process ends."""
    sender = uuid.uuid4().hex
    lock = _file_lock if database.is_sqlite else _advisory_lock
    with lock(database, sender):
        yield sender


def is_alive(database: Database, sender: str) -> bool:
    """Whether the sender's lock is held; never holds up the sender itself."""
    if database.is_sqlite:
        return _file_is_locked(_lock_file(database, sender))
    with database.transaction(read_only=True) as connection:
        # Shared, so that two who ask at once do not take each other for the sender.
        free = connection.scalar(
            sa.select(sa.func.pg_try_advisory_xact_lock_shared(_lock_number(sender)))
        )
    return not free


@contextmanager
def _file_lock(database: Database, sender: str) -> Iterator[None]:
    path = _lock_file(database, sender)
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DatabaseUnavailableError(
            f"cannot write the sender's lock file: {error.strerror}",
            file=str(path),
            fix="make the database's folder writable",
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _file_is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        path.unlink(missing_ok=True)
        return False
    finally:
        os.close(descriptor)


def _lock_file(database: Database, sender: str) -> Path:
    return Path(database.engine.url.database or "").parent / FOLDER / sender


@contextmanager
def _advisory_lock(database: Database, sender: str) -> Iterator[None]:
    # A session lock on a connection of its own, out of the pool: the pool would reset it.
    try:
        connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    except OperationalError as error:
        raise DatabaseUnavailableError(
            f"cannot reach the database: {error.orig}", field="site.database"
        ) from error
    connection.detach()
    try:
        connection.execute(sa.select(sa.func.pg_advisory_lock(_lock_number(sender))))
        yield
    finally:
        # A closed connection frees the lock only when the server notices.
        with suppress(DBAPIError):
            connection.execute(sa.select(sa.func.pg_advisory_unlock(_lock_number(sender))))
        connection.close()


def _lock_number(sender: str) -> int:
    digest = hashlib.sha256(b"newsletter sender " + sender.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
