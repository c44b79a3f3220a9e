"""Migration 0009 counts the growth of lists from the record that is there."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from newsletter.store.database import Database, open_database
from newsletter.store.migrations import upgrade
from subscribers.growth import growth_of
from subscribers.tables import UtcDateTime

AT = datetime(2026, 3, 1, 13, 59, 59, 999999, tzinfo=UTC)  # in Sydney it is the second already

HISTORY = [
    (1, "import", "import"),  # a reader at once
    (2, "import", "import"),  # asked first, and confirmed
    (2, "confirm", "page"),
    (3, "unsubscribe", "import"),  # left elsewhere
    (4, "add", "operator"),
    (4, "unsubscribe", "import"),  # left here
    (5, "subscribe", "form"),
    (5, "preferences", "page"),
]


@pytest.fixture(params=["sqlite", "postgres"])
def old_database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database of the version before, with people in it."""
    url = "sqlite:///old.db"
    if request.param == "postgres":
        url = request.getfixturevalue("empty_postgres_url")
    database = open_database(url, tmp_path)
    upgrade(database, to="0005")
    moment = sa.literal(AT, UtcDateTime())
    with database.transaction() as connection:
        connection.execute(sa.text("INSERT INTO lists (slug) VALUES ('weekly')"))
        for number in range(1, 6):
            connection.execute(
                sa.text(
                    "INSERT INTO subscribers (id, address, address_key, name, follows, frequency, "
                    "attributes, created_at) VALUES (:id, :address, :address, '', '', '', '{}', :at)"
                ),
                {"id": number, "address": f"{number}@example.org", "at": "2026-03-01 00:00:00+00"},
            )
        history = sa.table(
            "subscriber_history",
            *map(sa.column, ("subscriber_id", "at", "event", "list_slug", "way", "detail")),
        )
        for person, event, way in HISTORY:
            connection.execute(
                sa.insert(history).values(
                    subscriber_id=person,
                    at=moment,
                    event=event,
                    list_slug="weekly",
                    way=way,
                    detail="",
                )
            )
        bounces = sa.table(
            "bounces",
            *map(sa.column, ("subscriber_id", "list_slug", "number", "at", "verdict", "status")),
        )
        connection.execute(
            sa.insert(bounces).values(
                subscriber_id=1, list_slug="weekly", number=1, at=moment, verdict="soft", status=""
            )
        )
    return database


def test_growth_is_counted_from_the_record(old_database: Database) -> None:
    """By the same rules as from then on, in days of any zone."""
    upgrade(old_database)
    with old_database.transaction(read_only=True) as connection:
        first, second = growth_of(
            connection,
            since=date(2026, 3, 1),
            until=date(2026, 3, 2),
            zone=ZoneInfo("Australia/Sydney"),
            list_slug="weekly",
        )
    old_database.close()
    assert (first.joined, first.gone, first.asked) == (0, 0, 0)
    assert (second.asked, second.confirmed) == (2, 1)
    assert second.added == {"import": 1, "operator": 1}
    assert second.left == {"import": 1}
    assert second.bounces == {"soft": 1}
