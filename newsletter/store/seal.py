"""A database whose site has moved to another: sealed, so that whoever still uses it fails loudly.

The seal is in the database itself, because an old cron line, a `serve` that was not restarted or
an editor's tab knows nothing of the move: triggers refuse every change.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from newsletter.store.database import SEALED
from newsletter.store.tables import metadata, site
from subscribers.tables import metadata as subscribers_metadata

KEY = "moved to"
"""Of the row in `site` that says where the site has gone."""

TABLES = (*subscribers_metadata.sorted_tables, *metadata.sorted_tables)
"""Of both houses; what a table refers to comes before it."""

_CHANGES = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, kw_only=True, slots=True)
class Seal:
    """Where the site has gone (an address without its password), and which move that was."""

    to: str
    move: str


def seal_of(connection: sa.Connection) -> Seal | None:
    """The seal of this database; None where it is in use."""
    value = connection.scalar(sa.select(site.c.value).where(site.c.key == KEY))
    return Seal(**json.loads(value)) if value else None


def set_seal(connection: sa.Connection, to: str) -> Seal:
    """Let nobody change this database any more, from the commit on."""
    seal = Seal(to=to, move=uuid.uuid4().hex)
    connection.execute(sa.insert(site).values(key=KEY, value=json.dumps(asdict(seal))))
    if connection.dialect.name == "sqlite":
        for table in TABLES:
            for change in _CHANGES:
                connection.exec_driver_sql(
                    f"CREATE TRIGGER sealed_{table.name}_{change} BEFORE {change} ON {table.name} "
                    f"BEGIN SELECT RAISE(ABORT, '{SEALED}'); END"
                )
        return seal
    connection.exec_driver_sql(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{SEALED}'; END $$"
    )
    for table in TABLES:  # each waits for those who are changing the table
        connection.exec_driver_sql(
            f"CREATE TRIGGER sealed BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table.name} "
            "EXECUTE FUNCTION refuse_change()"
        )
    return seal


def lift_seal(connection: sa.Connection) -> bool:
    """Let the database be used again; False when it was not sealed."""
    if seal_of(connection) is None:
        return False
    if connection.dialect.name == "sqlite":
        for table in TABLES:
            for change in _CHANGES:
                connection.exec_driver_sql(f"DROP TRIGGER sealed_{table.name}_{change}")
    else:
        connection.exec_driver_sql("DROP FUNCTION refuse_change CASCADE")
    connection.execute(sa.delete(site).where(site.c.key == KEY))
    return True
