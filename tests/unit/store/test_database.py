from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.errors import DatabaseUnavailableError
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
