"""A sender on SQLite dies: what its journal says is taken in, once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.errors import DatabaseUnavailableError
from newsletter.store.database import Database
from newsletter.store.ledger import SqlLedger, issues_with_journals
from newsletter.store.liveness import senders_folder
from newsletter.store.tables import deliveries, journals
from tests.factories.ledger import (
    NOW,
    ledger_on,
    make_receipt,
    planned_ledger,
    plant_issue,
    receipts_of,
    states_of,
)

S = DeliveryState


class KilledError(Exception):
    """As far as the ledger can tell."""


@contextmanager
def dying(ledger: SqlLedger) -> Iterator[None]:
    """On duty until the end of the block, which the ledger is not told of."""
    with suppress(KilledError), ledger.on_duty():
        yield
        raise KilledError


def files(database: Database) -> list[Path]:
    """What lies among the senders' files."""
    return sorted(senders_folder(database).iterdir())


def test_a_dead_senders_journal_is_taken_in(sqlite_database: Database) -> None:
    """Receipts count, open intents are unknown, the rest is pending; nothing is left behind."""
    ledger = planned_ledger(sqlite_database, readers=4)
    with dying(ledger):
        ledger.claim(3, NOW)
        ledger.write(receipts=[], intents=[1, 2])
        ledger.write(receipts=[make_receipt(1)], intents=[])
        assert set(states_of(sqlite_database).values()) == {S.CLAIMED, S.PENDING}
    recovery = ledger.recover(NOW)
    assert (recovery.released, recovery.unknown) == (1, 1)
    assert states_of(sqlite_database) == {
        1: S.ACCEPTED,
        2: S.UNKNOWN,
        3: S.PENDING,
        4: S.PENDING,
    }
    assert receipts_of(sqlite_database, 1) == [("accepted", 250, "2.0.0 Ok")]
    assert files(sqlite_database) == []
    assert ledger.counts() == ledger.counted()
    assert ledger.recover(NOW).unknown == 0


def test_what_was_posted_before_is_not_posted_again(sqlite_database: Database) -> None:
    """One receipt in the ledger, one in the journal only."""
    ledger = planned_ledger(sqlite_database, readers=2)
    with dying(ledger):
        ledger.claim(2, NOW)
        ledger.write(receipts=[], intents=[1, 2])
        ledger.write(receipts=[make_receipt(1)], intents=[])
        ledger.post()
        ledger.write(receipts=[make_receipt(2)], intents=[])
    assert ledger.recover(NOW).unknown == 0
    assert [len(receipts_of(sqlite_database, reader)) for reader in (1, 2)] == [1, 1]
    assert states_of(sqlite_database) == {1: S.ACCEPTED, 2: S.ACCEPTED}


def test_death_between_commit_and_removal_repeats_nothing(sqlite_database: Database) -> None:
    """The file is still there when the ledger has all of it: the next sender sweeps it away."""
    ledger = planned_ledger(sqlite_database, readers=1)
    with dying(ledger):
        ledger.claim(1, NOW)
        ledger.write(receipts=[make_receipt(1)], intents=[])
    (file,) = [path for path in files(sqlite_database) if path.suffix == ".journal"]
    content = file.read_bytes()
    ledger.recover(NOW)
    file.write_bytes(content)
    assert ledger.recover(NOW).released == 0
    assert len(receipts_of(sqlite_database, 1)) == 1
    with ledger.on_duty():
        assert not file.exists()


def test_a_journal_of_another_database_is_left_alone(sqlite_database: Database) -> None:
    """Two databases may lie in one folder."""
    ledger = planned_ledger(sqlite_database, readers=1)
    with ledger.on_duty():
        other = senders_folder(sqlite_database) / "other.db-0123.journal"
        other.touch()
    with ledger.on_duty():
        assert other.exists()


def test_without_its_file_all_that_a_sender_had_is_unknown(sqlite_database: Database) -> None:
    """Somebody moved the database and not the files beside it: nobody is sent to twice."""
    ledger = planned_ledger(sqlite_database, readers=3)
    with dying(ledger):
        ledger.claim(2, NOW)
    for file in files(sqlite_database):
        file.unlink()
    assert ledger.recover(NOW).unknown == 2
    assert states_of(sqlite_database) == {1: S.UNKNOWN, 2: S.UNKNOWN, 3: S.PENDING}
    assert ledger.counts() == ledger.counted()


def test_a_journal_that_is_ahead_of_its_ledger_makes_all_unknown(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database of an hour ago came back: what the journal has dropped since is nowhere."""
    monkeypatch.setattr("newsletter.store.ledger.journal.ALLOCATED", 1)
    ledger = planned_ledger(sqlite_database, readers=3)
    with dying(ledger):
        ledger.claim(3, NOW)
        ledger.write(receipts=[], intents=[1])
        ledger.write(receipts=[make_receipt(1)], intents=[])
        ledger.post()
        ledger.write(receipts=[make_receipt(2)], intents=[])
        for _ in range(20):  # until the file is begun anew
            ledger.write(receipts=[], intents=[])
    with sqlite_database.transaction() as connection:
        connection.execute(sa.update(journals).values(posted=0))
        connection.execute(
            sa.update(deliveries)
            .where(deliveries.c.subscriber_id == 1)
            .values(state=S.CLAIMED, sender=sa.select(journals.c.sender).scalar_subquery())
        )
    ledger.recover(NOW)
    assert states_of(sqlite_database) == {1: S.UNKNOWN, 2: S.ACCEPTED, 3: S.UNKNOWN}


def test_a_sender_that_was_taken_for_dead_stops(sqlite_database: Database) -> None:
    """Its lock was deleted under it: it learns so when it posts."""
    issue = plant_issue(sqlite_database, ["reader1@example.org"])
    ledger, other = ledger_on(sqlite_database, issue), ledger_on(sqlite_database, issue)
    ledger.plan({}, issue.edition_id, NOW)

    def work() -> None:
        ledger.claim(1, NOW)
        ledger.write(receipts=[], intents=[1])
        for file in files(sqlite_database):
            if file.suffix != ".journal":
                file.unlink()
        assert other.recover(NOW).unknown == 1
        ledger.post()

    with pytest.raises(DatabaseUnavailableError, match="as if it were dead"), ledger.on_duty():
        work()
    assert states_of(sqlite_database) == {1: S.UNKNOWN}


def test_who_goes_off_duty_leaves_nothing(sqlite_database: Database) -> None:
    """No file, no row; what was written is in the ledger."""
    ledger = planned_ledger(sqlite_database, readers=1)
    with ledger.on_duty():
        ledger.claim(1, NOW)
        ledger.write(receipts=[], intents=[1])
        ledger.write(receipts=[make_receipt(1)], intents=[])
        with sqlite_database.transaction(read_only=True) as connection:
            assert issues_with_journals(connection) == [1]
    assert states_of(sqlite_database) == {1: S.ACCEPTED}
    assert files(sqlite_database) == []
    with sqlite_database.transaction(read_only=True) as connection:
        assert connection.execute(sa.select(journals)).all() == []


def test_on_postgresql_there_is_none(database: Database) -> None:
    """A node's machine may be out of everybody's reach when it dies: the row itself is changed."""
    ledger = planned_ledger(database, readers=1)
    with ledger.on_duty():
        ledger.claim(1, NOW)
        ledger.write(receipts=[], intents=[1])
        expected = S.CLAIMED if database.is_sqlite else S.TRANSMITTING
        assert states_of(database) == {1: expected}
        with database.transaction(read_only=True) as connection:
            assert issues_with_journals(connection) == ([1] if database.is_sqlite else [])
