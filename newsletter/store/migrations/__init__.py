"""The schema of both houses, from nothing to today, in numbered steps (Alembic)."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from newsletter.store.database import Database

_FOLDER = Path(__file__).parent
_version = sa.table("alembic_version", sa.column("version_num", sa.String))


def upgrade(database: Database, to: str = "head") -> None:
    """Bring the database to today's schema, or `to` an older step; nothing where it is current."""
    if is_current(database):
        return
    # Alembic is needed once in a schema's life, and takes long to import.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    with database.transaction() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def is_current(database: Database) -> bool:
    """Whether the database stands at the newest step."""
    with database.transaction(read_only=True) as connection:
        if not sa.inspect(connection).has_table(_version.name):
            return False
        return connection.scalar(sa.select(_version.c.version_num)) == newest_step()


def newest_step() -> str:
    """The revision of the last file in versions/, which are named by their revisions."""
    return max(path.stem for path in (_FOLDER / "versions").glob("[0-9]*.py")).partition("_")[0]
