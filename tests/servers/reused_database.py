"""One PostgreSQL database for many tests: emptied between them, made anew if its tables changed.

To make a database takes PostgreSQL several times as long as to empty one.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field

import psycopg
import sqlalchemy as sa
from psycopg import sql

_SCHEMA = """
SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
  SELECT concat_ws(' ', 'relation', relnamespace, relname, relkind, relnatts, relchecks, relhastriggers)
    FROM pg_class JOIN pg_namespace ON relnamespace = pg_namespace.oid WHERE nspname !~ '^(pg_|information_schema)'
  UNION ALL SELECT concat_ws(' ', 'column', attrelid::regclass, attname, atttypid, attnotnull, attisdropped)
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid JOIN pg_namespace ON relnamespace = pg_namespace.oid
    WHERE attnum > 0 AND nspname !~ '^(pg_|information_schema)'
  UNION ALL SELECT concat_ws(' ', 'trigger', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT concat_ws(' ', 'function', proname, md5(prosrc))
    FROM pg_proc JOIN pg_namespace ON pronamespace = pg_namespace.oid WHERE nspname !~ '^(pg_|information_schema)'
  UNION ALL SELECT concat_ws(' ', 'settings', setconfig::text)
    FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase WHERE datname = current_database()
) AS lines (line)
"""
"""All that a test might have changed beside rows, as one digest."""

_WITH_ROWS = """
DO $$
DECLARE name text; found boolean; names text[] := '{}';
BEGIN
  FOR name IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname !~ '^(pg_|information_schema)'
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', name) INTO found;
    IF found THEN names := names || name; END IF;
  END LOOP;
  IF names <> '{}' THEN
    EXECUTE 'TRUNCATE ' || array_to_string(names, ', ') || ' CASCADE';
  END IF;
END $$
"""
"""Empties every table that has rows."""

_RESTART_SEQUENCES = """
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences
    WHERE last_value IS NOT NULL
  LOOP
    EXECUTE format('ALTER SEQUENCE %s RESTART', name);
  END LOOP;
END $$
"""
"""Starts every sequence that was used anew."""

_OTHERS = """
SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass(kw_only=True)
class ReusedDatabase:
    """A copy of `template` on `server`, which `restore` brings back to what it was."""

    server: str
    template: str
    name: str = field(default_factory=lambda: f"test_{uuid.uuid4().hex}")
    _schema: str = ""
    _rows: dict[str, bytes] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Its address."""
        return with_name(self.server, self.name)

    def create(self) -> None:
        """Copy the template, and remember what it holds."""
        execute(self.server, "CREATE DATABASE {} TEMPLATE {}", self.name, self.template)
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(_RESTART_SEQUENCES)  # migrations may have used some
            self._schema = _value(connection, _SCHEMA)
            self._rows = _rows(connection)

    def drop(self) -> None:
        """Take it away, even from connections that still use it."""
        execute(self.server, "DROP DATABASE {} WITH (FORCE)", self.name)

    def restore(self) -> None:
        """End every other session, and bring back the rows of the template and no others."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            _end_other_sessions(connection)
            is_whole = _value(connection, _SCHEMA) == self._schema
            if is_whole:
                connection.execute(_WITH_ROWS)
                connection.execute(_RESTART_SEQUENCES)
                connection.execute("SET session_replication_role = replica")  # no trigger counts
                for table, rows in self._rows.items():
                    with connection.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                        copy.write(rows)
        if not is_whole:
            self.drop()
            self.create()


def with_name(server: str, name: str) -> str:
    """The address of the database `name` on a server."""
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


def execute(server: str, statement: str, *names: str) -> None:
    """Run one statement outside a transaction; each {} is one of the names."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type] # our own statements


def _end_other_sessions(connection: psycopg.Connection) -> None:
    deadline = time.monotonic() + 60
    while others := connection.execute(_OTHERS).fetchall():
        for (pid,) in others:
            connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
        assert time.monotonic() < deadline, "a session of a test does not end"


def _rows(connection: psycopg.Connection) -> dict[str, bytes]:
    tables = connection.execute(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname !~ '^(pg_|information_schema)'"
    ).fetchall()
    found = {}
    for (table,) in tables:
        with connection.cursor().copy(f"COPY {table} TO STDOUT".encode()) as copy:
            rows = b"".join(bytes(part) for part in copy)
        if rows:
            found[table] = rows
    return found


def _value(connection: psycopg.Connection, query: str) -> str:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return str(row[0])
