"""Posts senders' journals to the ledger, each entry once, from the sender or from a recovery."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.errors import DatabaseUnavailableError
from newsletter.store.database import Database
from newsletter.store.ledger.counts import Changes
from newsletter.store.ledger.journal import Entries, Journal, read_journal, remove_journal
from newsletter.store.ledger.rows import record
from newsletter.store.liveness import database_file, is_alive, senders_folder
from newsletter.store.tables import deliveries, journals


def open_journal(database: Database, issue_id: int, sender: str) -> Journal:
    """Begin the journal of a living sender; its row in the ledger is written before the file."""
    _sweep(database)
    with database.transaction() as connection:
        connection.execute(sa.insert(journals).values(sender=sender, issue_id=issue_id, posted=0))
    return Journal(_path(database, sender))


def left_by(database: Database, sender: str) -> Entries | None:
    """The entries in the journal of a dead sender; None when it has no journal."""
    return read_journal(_path(database, sender)) if database.is_sqlite else None


def remove_left(database: Database, sender: str) -> None:
    """Delete a sender's journal, all of which is in the ledger."""
    if database.is_sqlite:
        remove_journal(_path(database, sender))


def senders_with_journals(connection: sa.Connection, issue_id: int) -> set[str]:
    """The issue's senders whose journals are not closed."""
    return set(
        connection.scalars(sa.select(journals.c.sender).where(journals.c.issue_id == issue_id))
    )


def issues_with_journals(connection: sa.Connection) -> list[int]:
    """The issues with journals that are not closed."""
    return list(connection.scalars(sa.select(journals.c.issue_id).distinct()))


def post(
    connection: sa.Connection, changes: Changes, issue_id: int, sender: str, entries: Entries
) -> None:
    """Write the journal's unposted receipts and open intents into the ledger.

    Raises DatabaseUnavailableError when another process has closed the journal.
    """
    posted = _posted(connection, sender)
    if posted is None:
        raise DatabaseUnavailableError(
            "another sender has recovered this one's deliveries as if it were dead",
            fix="send again; do not delete the lock files",
        )
    receipts = entries.since(posted)
    record(connection, changes, issue_id, sender, receipts, [*entries.intents])
    connection.execute(
        sa.update(journals).where(journals.c.sender == sender).values(posted=posted + len(receipts))
    )


def take_in(
    connection: sa.Connection,
    changes: Changes,
    issue_id: int,
    sender: str,
    entries: Entries | None,
) -> None:
    """Post a dead sender's journal and close it, unless that has been done.

    Without the file (None), or when it begins after the last posted receipt, everything that the
    sender had claimed may have been transmitted.
    """
    posted = _posted(connection, sender)
    if posted is None:
        return
    if entries is not None:
        post(connection, changes, issue_id, sender, entries)
    if entries is None or entries.first > posted:
        claimed = connection.execute(
            sa.update(deliveries)
            .where(
                deliveries.c.issue_id == issue_id,
                deliveries.c.sender == sender,
                deliveries.c.state == DeliveryState.CLAIMED,
            )
            .values(state=DeliveryState.TRANSMITTING)
        ).rowcount
        changes.move(DeliveryState.CLAIMED, DeliveryState.TRANSMITTING, claimed)
    close(connection, sender)


def close(connection: sa.Connection, sender: str) -> None:
    """Close a fully posted journal; its file may be removed after the commit."""
    connection.execute(sa.delete(journals).where(journals.c.sender == sender))


def _posted(connection: sa.Connection, sender: str) -> int | None:
    posted: int | None = connection.scalar(
        sa.select(journals.c.posted).where(journals.c.sender == sender)
    )
    return posted


def _sweep(database: Database) -> None:
    """Remove the files of closed journals, whose process died before it removed them."""
    prefix = _prefix(database)
    found = list(senders_folder(database).glob(f"{prefix}*.journal"))  # rows precede files
    with database.transaction(read_only=True) as connection:
        known = set(connection.scalars(sa.select(journals.c.sender)))
    for path in found:
        sender = path.stem.removeprefix(prefix)
        if sender not in known and not is_alive(database, sender):
            remove_journal(path)


def _path(database: Database, sender: str) -> Path:
    return senders_folder(database) / f"{_prefix(database)}{sender}.journal"


def _prefix(database: Database) -> str:
    """Distinguishes the journals of databases in the same folder."""
    return f"{database_file(database).name}-"
