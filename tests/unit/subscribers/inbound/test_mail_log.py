from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from newsletter.store.database import Database
from subscribers import tables
from subscribers.inbound import mail_log as book
from subscribers.inbound.identity import read_identity
from tests.factories.subscribers import NOW

MAIL = b"From: jo@example.org\nMessage-ID: <1@x>\nSubject: hi\n\nhello\n"


def write(
    connection: sa.Connection, content: bytes = MAIL, to: str = "weekly@x"
) -> book.LoggedMail:
    """Write a message down."""
    return book.log_mail(
        connection, book.arrival(content, read_identity(content), to, "jo@example.org"), NOW
    )


def close(connection: sa.Connection, recorded: book.LoggedMail, *, keep: bool = False) -> None:
    """Deal with it."""
    outcome = book.HandledMail(kind="reply", action="none", address="a\x00b", keep=keep)
    book.close(connection, recorded.id, outcome, NOW)


def test_the_same_mail_is_one(database: Database) -> None:
    """Also with other line ends and more Received lines; not to another address, nor without an ID."""
    with database.transaction() as connection:
        first = write(connection)
        assert (
            write(connection, b"Received: by x\r\n" + MAIL.replace(b"\n", b"\r\n")).id == first.id
        )
        assert write(connection, to="daily@x").id != first.id
        assert write(connection, MAIL.replace(b"hello", b"other")).id != first.id
        bare = MAIL.replace(b"Message-ID: <1@x>\n", b"")
        assert write(connection, bare).id != write(connection, b"X: y\n" + bare).id


def test_what_is_dealt_with_is_thrown_away_unless_kept(database: Database) -> None:
    """Only what people must look at stays, and that for a while."""
    with database.transaction() as connection:
        gone, kept = write(connection), write(connection, to="daily@x")
        assert book.unhandled(connection, NOW + timedelta(seconds=1)) == [gone.id, kept.id]
        close(connection, gone)
        close(connection, kept, keep=True)
        assert book.unhandled(connection, NOW + timedelta(days=1)) == []
        assert [one.id for one in book.quarantined(connection)] == [kept.id]
        found = book.lock(connection, gone.id)
        assert found is not None
        assert (found.content, found.handled, found.address) == (None, True, "ab")
        book.forget_handled(connection, NOW + timedelta(days=31))
        assert book.find(connection, gone.id) is None
        book.forget_handled(connection, NOW + timedelta(days=91))
        assert book.find(connection, kept.id) is None


def test_only_the_beginning_of_a_long_one_is_kept(database: Database) -> None:
    """Thirty megabytes of it are nobody's command."""
    with database.transaction() as connection:
        recorded = write(connection, MAIL + b"x" * (book.MAX_OCTETS + 1))
        size = connection.scalar(sa.select(sa.func.length(tables.inbound_messages.c.content)))
    assert recorded.content is not None
    assert len(recorded.content) == size == book.MAX_OCTETS
