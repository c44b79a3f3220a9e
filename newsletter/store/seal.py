"""Seals a database whose site has moved to another, so that all further use of it fails.

The seal is in the database itself, as triggers that refuse every change, because an old cron line,
a `serve` that was not restarted or an editor's open tab does not know about the move.
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
"""The key of the row in `site` that says where the site has moved."""

TABLES = (*subscribers_metadata.sorted_tables, *metadata.sorted_tables)
"""The tables of both packages; a table comes after those that it references."""

_CHANGES = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, kw_only=True, slots=True)
class Seal:
    """The new database's URL without its password, and the id of the move."""

    to: str
    move: str


def seal_of(connection: sa.Connection) -> Seal | None:
    """The seal of this database; None while it is in use."""
    value = connection.scalar(sa.select(site.c.value).where(site.c.key == KEY))
    return Seal(**json.loads(value)) if value else None


def set_seal(connection: sa.Connection, to: str) -> Seal:
    """Prevent every change of this database after the commit."""
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
    for table in TABLES:  # waits for transactions that are changing the table
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
