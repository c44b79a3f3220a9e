from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from newsletter.store import outbox
from newsletter.store.database import Database

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def put(connection: sa.Connection, recipient: str = "jo@example.org") -> None:
    """A letter that waits."""
    outbox.put(connection, recipient=recipient, envelope_sender="", message=b"hi\r\n", now=NOW)


def test_a_letter_is_given_to_one(database: Database) -> None:
    """Whoever takes it has it for a while; after a crash another one gets it."""
    with database.transaction() as connection:
        put(connection)
        put(connection, "two@example.org")
    with database.transaction() as connection:
        (first,) = outbox.take(connection, NOW, 1)
    assert (first.recipient, first.message, first.attempts) == ("jo@example.org", b"hi\r\n", 1)
    with database.transaction() as connection:
        assert [one.recipient for one in outbox.take(connection, NOW, 5)] == ["two@example.org"]
        assert not outbox.is_anything_due(connection, NOW)
        later = NOW + outbox.HELD_FOR
        assert [one.attempts for one in outbox.take(connection, later, 5)] == [2, 2]


def test_a_letter_waits_longer_each_time_and_is_given_up(database: Database) -> None:
    """A minute, five, a quarter, then each hour; after three days it is thrown away."""
    with database.transaction() as connection:
        put(connection)
        now, waits = NOW, []
        while True:
            (letter,) = outbox.take(connection, now, 1)
            if not outbox.put_back(connection, letter, "451 later", now):
                break
            wait = timedelta(minutes=1)
            while not outbox.is_anything_due(connection, now + wait):
                wait += timedelta(minutes=1)
            waits.append(wait)
            now += wait
        assert waits[:5] == [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 60)]
        assert now - NOW > outbox.GIVE_UP_AFTER
        assert not outbox.is_anything_due(connection, now + timedelta(days=9))


def test_an_erased_readers_letters_go(database: Database) -> None:
    """Whatever the spelling."""
    with database.transaction() as connection:
        put(connection, "Jo@example.org")
        outbox.remove_all_to(connection, "jo@example.org")
        assert not outbox.is_anything_due(connection, NOW)
