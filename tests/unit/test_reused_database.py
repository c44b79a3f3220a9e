"""The PostgreSQL database that tests share, one after another: none sees what another left."""

from __future__ import annotations

import psycopg
import pytest

from tests.servers.reused_database import ReusedDatabase


def contents(url: str) -> list[tuple[object, ...]]:
    """Every table with its rows, and what else a test may have left."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT relname, relkind FROM pg_class JOIN pg_namespace ON relnamespace ="
            " pg_namespace.oid WHERE nspname !~ '^(pg_|information_schema)' ORDER BY 1, 2"
        ).fetchall()
        rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        used = connection.execute(
            "SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL"
        ).fetchall()
        people = connection.execute("SELECT count(*) FROM subscribers").fetchall()
    return [*tables, *rows, *used, *people]


@pytest.mark.parametrize(
    "left_behind",
    [
        "INSERT INTO lists (slug) VALUES ('x')",
        "UPDATE alembic_version SET version_num = 'x'",
        "SELECT nextval(sequencename::regclass) FROM pg_sequences",
        "CREATE TABLE more (id int)",
        "ALTER TABLE subscribers ADD COLUMN more int",
        "DROP TABLE subscribers CASCADE",
    ],
)
def test_whatever_a_test_leaves_the_next_finds_the_same(
    reused_postgres: ReusedDatabase, left_behind: str
) -> None:
    """Rows, sequences and tables are as at first, and no session is left."""
    before = contents(reused_postgres.url)
    still_open = psycopg.connect(reused_postgres.url, autocommit=True)
    still_open.execute(left_behind.encode())
    reused_postgres.restore()
    assert contents(reused_postgres.url) == before
    with pytest.raises(psycopg.OperationalError):
        still_open.execute("SELECT 1")
    still_open.close()
