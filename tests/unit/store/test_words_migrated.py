"""Migration 0031 keeps only names as words, and finds addresses by their own index."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.store.database import Database, open_database
from newsletter.store.migrations import upgrade
from subscribers import privacy
from subscribers.bounded_search import PeopleWanted, look_for_people
from subscribers.tables import subscriber_words, subscribers
from tests.factories.subscribers import NOW, join

PEOPLE = (
    ("jane@example.org", ""),
    ("x@example.net", "Jane Smith"),
    ("éva@example.org", 'Éva van "der" Berg'),
    ("jane.jane@example.org", "Jane Jane"),
)


@pytest.fixture(params=["sqlite", "postgres"])
def old_database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database of version 0030, whose triggers kept the words of its people."""
    url = "sqlite:///old.db"
    if request.param == "postgres":
        url = request.getfixturevalue("empty_postgres_url")
    database = open_database(url, tmp_path)
    upgrade(database, to="0030")
    insert = sa.text(
        "INSERT INTO subscribers (address, address_key, name, follows, frequency, attributes, "
        "created_at) VALUES (:address, :address, :name, '', 'weekly', '{}', "
        "'2026-03-01 00:00:00+00')"
    )
    with database.transaction() as connection:
        for address, name in PEOPLE:
            connection.execute(insert, {"address": address, "name": name})
        stored = connection.execute(sa.select(subscriber_words.c.word)).scalars().all()
        assert "jane@example.org" in stored
    return database


def words(connection: sa.Connection) -> list[tuple[str, int]]:
    """The stored words, with their people, as if all databases made all letters lower case."""
    rows = connection.execute(sa.select(subscriber_words)).all()
    return sorted((row.word.lower(), row.subscriber_id) for row in rows)


def test_people_of_before_are_found_as_before(old_database: Database) -> None:
    """By address, domain and name; and those who are renamed, leave or arrive later too."""

    def found(text: str) -> set[str]:
        look = look_for_people(connection, PeopleWanted(words=text), limit=9)
        return {person.address for person in look.people}

    upgrade(old_database)
    with old_database.transaction() as connection:
        assert words(connection) == sorted(
            {(word.lower(), n) for n, (_, name) in enumerate(PEOPLE, 1) for word in name.split()}
        )
        assert found("jane@") == {"jane@example.org"}
        assert found("jane") == {"jane@example.org", "x@example.net", "jane.jane@example.org"}
        assert found("ÉVA@exa") == found("berg") == {"éva@example.org"}
        assert found("example.n") == {"x@example.net"}

        connection.execute(
            sa.update(subscribers).where(subscribers.c.id == 2).values(name="Jo Berg")
        )
        privacy.erase(connection, "jane.jane@example.org", NOW)
        join(connection, "new@example.net", name="Jo Smith")
        assert found("jane") == {"jane@example.org"}
        assert found("jo") == found("example.net") == {"x@example.net", "new@example.net"}
        assert found("smith") == {"new@example.net"}
    old_database.close()
