from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.errors import DatabaseBusyError, DatabaseUnavailableError, InputError
from newsletter.store import tables
from newsletter.store.backup import back_up
from newsletter.store.database import Database, open_database
from newsletter.store.migrations import upgrade


@pytest.fixture(autouse=True)
def generous() -> Iterator[None]:
    """A process whose new files everybody may read and change."""
    before = os.umask(0)
    yield
    os.umask(before)


def permissions(folder: Path) -> dict[str, int]:
    """Each file of the folder with what its owner, group and others may do."""
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


def test_a_new_database_is_its_owners_only(tmp_path: Path) -> None:
    """So are the files beside it, while it is open, and its backup."""
    database = open_database("sqlite:///new.db", tmp_path)
    upgrade(database)
    with database.transaction():
        assert permissions(tmp_path) == {"new.db": 0o600, "new.db-wal": 0o600, "new.db-shm": 0o600}
    back_up(database, tmp_path / "copy.db")
    database.close()
    assert permissions(tmp_path)["copy.db"] == 0o600


def test_a_database_that_is_there_keeps_its_permissions(tmp_path: Path) -> None:
    """An operator who lets a group read it meant it."""
    (tmp_path / "shared.db").touch(0o640)
    database = open_database("sqlite:///shared.db", tmp_path)
    with database.transaction():
        assert set(permissions(tmp_path).values()) == {0o640}
    database.close()


def test_opening_makes_no_file_before_it_is_used(tmp_path: Path) -> None:
    """A database is made by the first connection, and not where its folder is missing."""
    open_database("sqlite:///new.db", tmp_path).close()
    assert permissions(tmp_path) == {}
    lost = open_database("sqlite:///gone/new.db", tmp_path)
    with pytest.raises(DatabaseUnavailableError), lost.transaction():
        pass
    lost.close()


def test_a_reader_sees_one_snapshot(database: Database) -> None:
    """What others commit while it reads does not show between two of its questions."""
    count = sa.select(sa.func.count()).select_from(tables.site)
    with database.transaction(read_only=True) as reader:
        assert reader.scalar(count) == 0
        with database.transaction() as writer:
            writer.execute(sa.insert(tables.site).values(key="armed", value="yes"))
        assert reader.scalar(count) == 0
    with database.transaction(read_only=True) as reader:
        assert reader.scalar(count) == 1


def test_a_file_that_is_not_a_database_cannot_be_used(tmp_path: Path) -> None:
    """A damaged file is told as such, and not as an error that nobody foresaw."""
    (tmp_path / "old.db").write_bytes(b"not a database " * 100)
    database = open_database("sqlite:///old.db", tmp_path)
    with pytest.raises(DatabaseUnavailableError), database.transaction():
        pass  # the connection is made on the way in
    database.close()


def test_a_database_that_takes_no_writes_cannot_be_used(database: Database) -> None:
    """Read-only, as a standby is: reading goes on, and a write says why it cannot."""
    words = "PRAGMA query_only = ON" if database.is_sqlite else "SET TRANSACTION READ ONLY"

    def write() -> None:
        with database.transaction() as connection:
            connection.exec_driver_sql(words)
            connection.execute(sa.delete(tables.issues))

    with pytest.raises(DatabaseUnavailableError):
        write()
    database.close()  # the pragma stays with its connection


def test_a_database_whose_connections_are_all_in_use_is_busy(tmp_path: Path) -> None:
    """It may be asked again later, as one that another writer holds."""
    engine = sa.create_engine(
        f"sqlite:///{tmp_path / 'new.db'}", pool_size=1, max_overflow=0, pool_timeout=0.01
    )
    database = Database(engine)
    with (
        database.transaction(read_only=True),
        pytest.raises(DatabaseBusyError),
        database.transaction(read_only=True),
    ):
        pass  # the second is never entered
    database.close()


@pytest.mark.parametrize("value", [2**63, 10**30])
def test_a_value_that_no_column_holds_is_bad_input(database: Database, value: int) -> None:
    """It is the mistake of the one who sent it, on both databases, and nothing is written."""
    with pytest.raises(InputError), database.transaction() as connection:
        connection.execute(sa.delete(tables.issues).where(tables.issues.c.id == value))
