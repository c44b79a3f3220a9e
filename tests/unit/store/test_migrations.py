from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from newsletter.store.database import open_database
from newsletter.store.migrations import is_current, upgrade
from newsletter.store.tables import metadata
from subscribers.tables import metadata as subscribers_metadata


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_migrations_end_at_the_tables(tmp_path: Path) -> None:
    """A database that went through every migration has exactly the tables the code describes."""
    database = open_database("sqlite:///new.db", tmp_path)
    assert not is_current(database)

    upgrade(database)

    assert is_current(database)
    with database.transaction(read_only=True) as connection:
        differences = compare_metadata(
            MigrationContext.configure(connection), [metadata, subscribers_metadata]
        )
    database.close()
    assert differences == []


def test_upgrading_twice_is_once(tmp_path: Path) -> None:
    """Every command may call upgrade: on a current database it changes nothing."""
    database = open_database("sqlite:///new.db", tmp_path)
    upgrade(database)
    upgrade(database)
    assert is_current(database)
    database.close()
