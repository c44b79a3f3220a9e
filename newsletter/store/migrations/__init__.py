"""The schema of both houses, from nothing to today, in numbered steps (Alembic)."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from newsletter.store.database import Database


def alembic_config(connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration without a file: the scripts beside this module."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database) -> None:
    """Bring the database to today's schema; does nothing when it is there already."""
    if is_current(database):
        return
    with database.transaction() as connection:
        command.upgrade(alembic_config(connection), "head")


def is_current(database: Database) -> bool:
    """Whether the database stands at the newest step."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    with database.transaction(read_only=True) as connection:
        return MigrationContext.configure(connection).get_current_revision() == head
