from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.store import outbox
from newsletter.store.database import Database
from newsletter.store.outbox import LetterCounts
from newsletter.store.outbox_ledger import OutboxLedger
from newsletter.store.tables import outbox as table

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
S = DeliveryState


def put(connection: sa.Connection, recipient: str = "jo@example.org") -> None:
    """A letter that waits."""
    outbox.put(connection, recipient=recipient, envelope_sender="", message=b"hi\r\n", now=NOW)


def put_letters(database: Database, count: int) -> None:
    """So many letters that wait, the first for reader0@example.org."""
    with database.transaction() as connection:
        for number in range(count):
            put(connection, f"reader{number}@example.org")


def receipt(letter_id: int, state: DeliveryState, at: datetime = NOW) -> Receipt:
    """What an attempt to send the letter came to."""
    return Receipt(
        subscriber_id=letter_id, state=state, at=at, relay="main", code=451, text="later"
    )


def states_of(database: Database) -> dict[str, str]:
    """Where each letter stands, by its recipient."""
    with database.transaction(read_only=True) as connection:
        rows = connection.execute(sa.select(table.c.recipient, table.c.state)).all()
    return {row.recipient.partition("@")[0]: row.state for row in rows}


def test_a_letter_is_given_to_one(database: Database) -> None:
    """For as long as its sender lives, however long that takes."""
    put_letters(database, 2)
    ours, theirs = OutboxLedger(database), OutboxLedger(database)
    with ours.on_duty(), theirs.on_duty():
        (first,) = ours.claim(1, NOW).claims
        letter = ours.letter(first)
        assert (first.address, letter.message, first.attempts) == (
            "reader0@example.org",
            b"hi\r\n",
            0,
        )
        later = NOW + timedelta(days=1)
        assert [claim.address for claim in theirs.claim(5, later).claims] == ["reader1@example.org"]
        assert not theirs.recover(later).released
        assert theirs.claim(5, later).claims == ()


def test_what_a_dead_sender_had_claimed_is_sent_and_what_was_on_the_wire_is_unknown(
    database: Database,
) -> None:
    """It is not sent again by itself, and can be seen for a month."""
    put_letters(database, 3)
    dead = OutboxLedger(database)
    with dead.on_duty():
        claims = dead.claim(3, NOW).claims
        assert dead.write(
            receipts=[receipt(claims[0].subscriber_id, S.ACCEPTED)],
            intents=[claims[1].subscriber_id],
        ) == {claims[1].subscriber_id}
    assert outbox.dead_senders(database)
    heir = OutboxLedger(database)
    with heir.on_duty():
        recovery = heir.recover(NOW)
        assert (recovery.released, recovery.unknown) == (1, 1)
        assert [claim.address for claim in heir.claim(9, NOW).claims] == ["reader2@example.org"]
        assert states_of(database) == {"reader1": S.UNKNOWN, "reader2": S.CLAIMED}
    with database.transaction() as connection:
        assert outbox.count_letters(connection) == LetterCounts(waiting=1, unknown=1)
        outbox.drop_unknown(connection, NOW)
        assert outbox.count_letters(connection).unknown == 1
        outbox.drop_unknown(connection, NOW + timedelta(seconds=1))
        assert outbox.count_letters(connection) == LetterCounts(waiting=1, unknown=0)


def test_what_another_has_taken_over_gets_no_dot(database: Database) -> None:
    """A sender that was taken for dead learns it before its final dot."""
    put_letters(database, 1)
    slow, heir = OutboxLedger(database), OutboxLedger(database)
    with slow.on_duty():
        (claim,) = slow.claim(1, NOW).claims
        with database.transaction() as connection:
            connection.execute(sa.update(table).values(sender="one that has died"))
        assert heir.recover(NOW).released == 1
        assert slow.write(receipts=[], intents=[claim.subscriber_id]) == frozenset()
        slow.release([claim.subscriber_id])
    assert states_of(database) == {"reader0": S.PENDING}


@pytest.mark.parametrize("state", [S.ACCEPTED, S.REJECTED, S.EXPIRED])
def test_a_letter_at_its_end_is_kept_no_longer(database: Database, state: DeliveryState) -> None:
    """It was taken, refused for good, or is too old to be tried again."""
    put_letters(database, 1)
    letters = OutboxLedger(database)
    with letters.on_duty():
        (claim,) = letters.claim(1, NOW).claims
        letters.write(receipts=[], intents=[claim.subscriber_id])
        letters.write(receipts=[receipt(claim.subscriber_id, state)], intents=[])
    assert states_of(database) == {}


def test_a_letter_waits_longer_after_each_try(database: Database) -> None:
    """A minute, five, a quarter, then each hour."""
    put_letters(database, 1)
    letters, now, waits = OutboxLedger(database), NOW, []
    with letters.on_duty():
        for _ in range(5):
            (claim,) = letters.claim(1, now).claims
            letters.write(receipts=[receipt(claim.subscriber_id, S.DEFERRED, now)], intents=[])
            due = letters.next_retry()
            assert due is not None
            assert letters.claim(1, due - timedelta(seconds=1)).claims == ()
            waits.append(due - now)
            now = due
    assert waits == [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 60)]


def test_letters_wait_for_a_relay_and_are_given_up(database: Database) -> None:
    """Each failure counts as a try; after three days a letter is thrown away."""
    put_letters(database, 1)
    now, waits = NOW, []
    with database.transaction() as connection:
        while not outbox.put_off(connection, "no relay", now, is_attempt=True):
            wait = timedelta(minutes=1)
            while not outbox.is_anything_due(connection, now + wait):
                wait += timedelta(minutes=1)
            waits.append(wait)
            now += wait
        assert waits[:5] == [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 60)]
        assert now - NOW > outbox.GIVE_UP_AFTER
        assert not outbox.is_anything_due(connection, now + timedelta(days=9))


def test_a_relay_outside_its_hours_makes_no_letter_wait_for_long(database: Database) -> None:
    """A minute each time: that is not a failure."""
    put_letters(database, 1)
    now = NOW
    with database.transaction() as connection:
        for _ in range(6):
            outbox.put_off(connection, "not now", now, is_attempt=False)
            assert not outbox.is_anything_due(connection, now)
            now += timedelta(minutes=1)
            assert outbox.is_anything_due(connection, now)


def test_an_erased_readers_letters_go(database: Database) -> None:
    """Whatever the spelling."""
    with database.transaction() as connection:
        put(connection, "Jo@example.org")
        outbox.remove_all_to(connection, "jo@example.org")
        assert not outbox.is_anything_due(connection, NOW)
