"""Tells which senders are alive, by locks that the system or PostgreSQL releases when they die."""

from __future__ import annotations

import fcntl
import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError

from newsletter.errors import DatabaseUnavailableError
from newsletter.store.database import Database

FOLDER = ".newsletter-senders"


@dataclass(frozen=True, kw_only=True, slots=True)
class LivingSender:
    """A sender that others see as alive; `session` holds its lock on PostgreSQL."""

    identity: str
    session: sa.Connection | None

    def check(self) -> None:
        """Raise DatabaseUnavailableError if the session was lost, as others may have taken over."""
        if self.session is not None:
            _scalar(self.session, sa.select(1))


@contextmanager
def living_sender(database: Database) -> Iterator[LivingSender]:
    """A new sender; `is_alive` is true for its id until the block or the process ends."""
    identity = uuid.uuid4().hex
    lock = _file_lock if database.is_sqlite else _advisory_lock
    with lock(database, identity) as session:
        yield LivingSender(identity=identity, session=session)


def senders_folder(database: Database) -> Path:
    """The folder, next to a SQLite database, for the files of its living senders."""
    return database_file(database).parent / FOLDER


def database_file(database: Database) -> Path:
    """The resolved path of a SQLite database, the same whatever link it was opened by."""
    return Path(database.engine.url.database or "memory").resolve()


def is_alive(database: Database, sender: str) -> bool:
    """Whether the sender's lock is held; never blocks the sender itself."""
    if database.is_sqlite:
        return _file_is_locked(_lock_file(database, sender))
    with database.transaction(read_only=True) as connection:
        # Shared, so that two simultaneous checks do not mistake each other for the sender.
        free = connection.scalar(
            sa.select(sa.func.pg_try_advisory_xact_lock_shared(_lock_number(sender)))
        )
    return not free


@contextmanager
def _file_lock(database: Database, sender: str) -> Iterator[None]:
    path = _lock_file(database, sender)
    descriptor = _open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _open_lock(path: Path) -> int:
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DatabaseUnavailableError(
            f"cannot write the lock file: {error.strerror}",
            file=str(path),
            fix="make the database's folder writable",
        ) from error


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
    return senders_folder(database) / sender


@contextmanager
def _advisory_lock(database: Database, sender: str) -> Iterator[sa.Connection]:
    connection = _detached_session(database)
    try:
        _scalar(connection, sa.select(sa.func.pg_advisory_lock(_lock_number(sender))))
        yield connection
    finally:
        _end(connection)


def _detached_session(database: Database) -> sa.Connection:
    """A connection detached from the pool, which would reset it and so release session locks."""
    try:
        connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    except OperationalError as error:
        raise DatabaseUnavailableError(
            f"cannot reach the database: {error.orig}", field="site.database"
        ) from error
    connection.detach()
    return connection


def _end(session: sa.Connection) -> None:
    """Release its locks and close it; the server might notice only the closing much later."""
    if not session.invalidated:  # an invalidated session would reconnect
        with suppress(DBAPIError):
            session.execute(sa.select(sa.func.pg_advisory_unlock_all()))
    session.close()


def _lock_number(sender: str) -> int:
    digest = hashlib.sha256(b"newsletter sender " + sender.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _scalar(session: sa.Connection, statement: sa.Select[Any]) -> Any:
    try:
        return session.scalar(statement)
    except DBAPIError as error:
        raise DatabaseUnavailableError(
            f"the database ended a session: {error.orig}", field="site.database", fix="run it again"
        ) from error


class LeaderLock:
    """A role that one process has at a time; another can take it when that process dies.

    For one thread at a time.
    """

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._held: sa.Connection | int | None = None

    def is_ours(self) -> bool:
        """Whether we hold the lock, or could take it now; raises DatabaseUnavailableError."""
        if self._database.is_sqlite:
            return self._holds_file()
        return self._holds_session()

    def resign(self) -> None:
        """Release the lock."""
        held, self._held = self._held, None
        if isinstance(held, int):
            os.close(held)
        elif held is not None:
            _end(held)

    def _holds_file(self) -> bool:
        if self._held is None:
            descriptor = _open_lock(self._file())
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            self._held = descriptor
        return True

    def _file(self) -> Path:
        """The lock's file; databases that share a folder have separate files for the same role."""
        database = database_file(self._database).name
        digest = hashlib.sha256(f"{database}\0{self._name}".encode()).hexdigest()[:16]
        # The names are for people to read; the digest distinguishes long ones.
        readable = f"{database[:80]}.{self._name[:80]}".replace("/", "_")
        return senders_folder(self._database) / f"{readable}.{digest}.lock"

    def _holds_session(self) -> bool:
        if isinstance(self._held, sa.Connection):
            try:
                _scalar(self._held, sa.select(1))
            except DatabaseUnavailableError:  # the lock is lost with the session
                self.resign()
            else:
                return True
        session = _detached_session(self._database)
        try:
            lock = sa.func.pg_try_advisory_lock(_lock_number(self._name))
            if _scalar(session, sa.select(lock)):
                self._held = session
        finally:
            if self._held is None:
                session.close()
        return self._held is not None
