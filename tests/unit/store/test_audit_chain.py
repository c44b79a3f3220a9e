from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.store import audit
from newsletter.store.account_tables import audit_chain
from newsletter.store.audit_chain import Break, breaks, digest_of, prune
from newsletter.store.database import Database, open_database
from newsletter.store.migrations import upgrade
from newsletter.store.tables import audit as rows
from tests.factories.subscribers import NOW

Tamper = Callable[[sa.Connection], object]


def record(database: Database, *details: str) -> None:
    """Record each detail in a transaction of its own, a day after the one before."""
    for number, detail in enumerate(details):
        with database.transaction() as connection:
            audit.record(
                connection,
                who="ed@example.org",
                what="add",
                detail=detail,
                now=NOW + timedelta(days=number),
            )


def found(database: Database) -> set[tuple[int, Break]]:
    """Where the chain breaks, by position."""
    with database.transaction(read_only=True) as connection:
        return {(entry.position, entry.kind) for entry in breaks(connection)}


def test_what_was_recorded_is_whole(database: Database) -> None:
    """Entries of one transaction and of several, and none at all."""
    assert found(database) == set()
    record(database, "one", "two")
    with database.transaction() as connection:
        for detail in ("three", "四 \u202e four", ""):
            audit.record(connection, who="operator", what="add", detail=detail, now=NOW)
    assert found(database) == set()


def _swap(connection: sa.Connection) -> None:
    for old, new in ((2, 99), (3, 2), (99, 3)):
        connection.execute(sa.update(rows).where(rows.c.position == old).values(position=new))


def _change(**values: object) -> Tamper:
    return lambda connection: connection.execute(
        sa.update(rows).where(rows.c.position == 3).values(**values)
    )


def _change_with_its_digest(connection: sa.Connection) -> None:
    connection.execute(
        sa.update(rows)
        .where(rows.c.position == 3)
        .values(detail="other", salt="", digest=digest_of("", "other"))
    )


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (_change(detail="other"), {(3, Break.CHANGED)}),
        (_change(who="mallory@example.net"), {(3, Break.CHANGED)}),
        (_change(what="remove"), {(3, Break.CHANGED)}),
        (_change(at=NOW), {(3, Break.CHANGED)}),
        (_change(detail=audit.ERASED, salt=""), {(3, Break.CHANGED)}),
        (_change_with_its_digest, {(3, Break.CHANGED)}),
        (_change(hash=None), {(0, Break.UNCHAINED), (3, Break.MISSING)}),
        (_swap, {(2, Break.CHANGED), (3, Break.CHANGED)}),
        (
            lambda connection: connection.execute(sa.delete(rows).where(rows.c.position == 3)),
            {(3, Break.MISSING)},
        ),
        (
            lambda connection: connection.execute(sa.delete(rows).where(rows.c.position >= 4)),
            {(4, Break.MISSING), (5, Break.MISSING)},
        ),
        (
            lambda connection: connection.execute(
                sa.insert(rows).values(at=NOW, who="operator", what="add", detail="forged")
            ),
            {(0, Break.UNCHAINED)},
        ),
    ],
)
def test_each_change_is_found_and_named(
    database: Database, tamper: Tamper, expected: set[tuple[int, Break]]
) -> None:
    """Alteration, deletion in the middle and at the end, a new order, an entry from elsewhere."""
    record(database, *"abcde")
    with database.transaction() as connection:
        tamper(connection)
    assert {place for place in found(database) if place[0] <= 5} >= expected
    assert {place for place, _ in found(database)} <= {*(at for at, _ in expected), 4}


def test_erasing_a_reader_leaves_the_chain_whole(database: Database) -> None:
    """Twice in one detail and twice over; what else is changed afterwards is still found."""
    record(database, "weekly/jo@example.org", "jo@example.org sam@example.org", "other")
    for address in ("jo@example.org", "sam@example.org", "nobody@example.org"):
        with database.transaction() as connection:
            audit.forget_address(connection, address, now=NOW)
    assert found(database) == set()
    with database.transaction() as connection:
        details = connection.scalars(sa.select(rows.c.detail).order_by(rows.c.position)).all()
        assert not any("@" in detail for detail in details)
        connection.execute(sa.update(rows).where(rows.c.position == 1).values(detail="weekly/"))
    assert found(database) == {(1, Break.CHANGED)}


def test_old_entries_are_forgotten_and_the_rest_is_whole(database: Database) -> None:
    """Some, then all; what comes later is chained to where they ended."""
    record(database, *"abcde")
    for days, count in ((0, 0), (2, 2), (2, 0), (99, 3)):
        with database.transaction() as connection:
            assert prune(connection, NOW + timedelta(days=days)) == count
        assert found(database) == set()
    record(database, "f", "g")
    assert found(database) == set()
    with database.transaction() as connection:
        connection.execute(sa.delete(rows).where(rows.c.position == 6))
    assert (6, Break.MISSING) in found(database)


def test_many_at_once_make_one_chain(database: Database) -> None:
    """Four threads, each with its own transactions, from the first entry on."""
    together = threading.Barrier(4)

    def work(name: str) -> None:
        together.wait()
        record(database, *(f"{name}{number}" for number in range(10)))

    threads = [threading.Thread(target=work, args=[name]) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found(database) == set()
    with database.transaction(read_only=True) as connection:
        assert connection.scalar(sa.select(audit_chain.c.position)) == 40


def test_a_transaction_that_fails_leaves_no_trace(database: Database) -> None:
    """Neither an entry nor a step of the chain."""
    record(database, "a")

    def record_and_fail() -> None:
        with database.transaction() as connection:
            audit.record(connection, who="operator", what="add", detail="b", now=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        record_and_fail()
    record(database, "c")
    assert found(database) == set()


@pytest.fixture(params=["sqlite", "postgres"])
def old_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database as the version before the chain left it."""
    url = "sqlite:///old.db"
    if request.param == "postgres":
        url = request.getfixturevalue("empty_postgres_url")
    database = open_database(url, tmp_path)
    upgrade(database, to="0024")
    yield database
    database.close()


def test_entries_of_older_versions_are_chained_when_the_site_is_upgraded(
    old_database: Database,
) -> None:
    """They count as they are found; what is recorded afterwards follows them."""
    old = sa.table("audit", *map(sa.column, ("at", "who", "what", "detail")))
    with old_database.transaction() as connection:
        for number in range(3):
            at = sa.bindparam("at", NOW + timedelta(days=number), type_=rows.c.at.type)
            values = {"who": "operator", "what": "add", "detail": f"weekly/ünï {number}"}
            connection.execute(sa.insert(old).values(at=at, **values))
    upgrade(old_database)
    record(old_database, "new")
    assert found(old_database) == set()
    with old_database.transaction() as connection:
        assert connection.scalar(sa.select(audit_chain.c.position)) == 4
        connection.execute(sa.delete(rows).where(rows.c.position == 2))
    assert (2, Break.MISSING) in found(old_database)
