"""The schema of both packages, as a numbered sequence of migrations (Alembic)."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from newsletter.store.database import Database

_FOLDER = Path(__file__).parent
_version = sa.table("alembic_version", sa.column("version_num", sa.String))


def upgrade(database: Database, to: str = "head") -> None:
    """Upgrade the database to the newest schema, or `to` an older one; does nothing if current."""
    if is_current(database):
        return
    # Alembic is slow to import, and only needed when the schema changes.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    with database.transaction() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def is_current(database: Database) -> bool:
    """Whether the database has the newest schema."""
    with database.transaction(read_only=True) as connection:
        if not sa.inspect(connection).has_table(_version.name):
            return False
        return connection.scalar(sa.select(_version.c.version_num)) == newest_step()


def newest_step() -> str:
    """The revision of the last file in versions/, whose names begin with their revisions."""
    return max(path.stem for path in (_FOLDER / "versions").glob("[0-9]*.py")).partition("_")[0]
