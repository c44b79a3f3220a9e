from __future__ import annotations

import pytest
import sqlalchemy as sa

from newsletter.store.database import Database
from subscribers import people, tables
from subscribers.admission import AdmissionOutcome
from subscribers.errors import AddressError, SuppressedError, UnknownSubscriberError
from subscribers.history import Event, Way
from subscribers.privacy import erase
from subscribers.suppression import is_suppressed, lift, suppress
from tests.factories.subscribers import LIST, NOW, events, join


def test_suppressing_twice_is_once(database: Database) -> None:
    """The second time says that nothing was to do, and the record has one entry."""
    with database.transaction() as connection:
        person = join(connection)
        assert suppress(connection, "JO@example.org", "by letter", NOW)
        assert not suppress(connection, "jo@example.org", "by letter", NOW)
        assert events(connection, person)[1:] == [(Event.SUPPRESS, Way.OPERATOR)]
        assert is_suppressed(connection, "Jo@Example.org")


def test_a_suppression_can_be_lifted(database: Database) -> None:
    """Lifting is recorded, and says when there was nothing to lift."""
    with database.transaction() as connection:
        suppress(connection, "@example.org", "refused us", NOW)
        assert is_suppressed(connection, "anyone@example.org")
        assert lift(connection, "@example.org", "talked to them", NOW)
        assert not lift(connection, "@example.org", "talked to them", NOW)
        assert not is_suppressed(connection, "anyone@example.org")


def test_only_an_address_or_a_domain_can_be_suppressed(database: Database) -> None:
    """Anything else would suppress nobody and look as if it did."""
    with database.transaction() as connection:
        for pattern in ("example.org", "@", "*@example.org, ", ""):
            with pytest.raises(AddressError):
                suppress(connection, pattern, "typo", NOW)


def test_erasing_leaves_nothing_but_a_hash(database: Database) -> None:
    """No table of subscribers holds the address or its number any more."""
    with database.transaction() as connection:
        person = join(connection, "Jo@example.org", name="Jo Doe")
        suppress(connection, "jo@example.org", "by letter", NOW)
        assert erase(connection, "JO@example.org", NOW)
        left = [
            tuple(row)
            for table in tables.metadata.sorted_tables
            for row in connection.execute(sa.select(table))
        ]
        assert people.get(connection, person) is None
    assert "jo" not in str(left).casefold().replace("reader's", "")


def test_erasing_twice_is_once_and_a_stranger_cannot_be_erased(database: Database) -> None:
    """A repeated erasure does nothing; an address never seen is a typing error worth telling."""
    with database.transaction() as connection:
        join(connection)
        assert erase(connection, "jo@example.org", NOW)
        assert not erase(connection, "jo@example.org", NOW)
        with pytest.raises(UnknownSubscriberError):
            erase(connection, "mo@example.org", NOW)


def test_an_erased_address_does_not_come_back_unasked(database: Database) -> None:
    """Adding it again is refused until a consent is stated, which lifts the suppression."""
    with database.transaction() as connection:
        join(connection)
        erase(connection, "jo@example.org", NOW)
        with pytest.raises(SuppressedError):
            join(connection, "JO@example.org")
        outcome = people.add(
            connection,
            "jo@example.org",
            list_slug=LIST,
            now=NOW,
            note=people.OperatorNote(force=True, consent="signed a form on 1 March"),
        )
        assert outcome is AdmissionOutcome.ADDED
        assert not is_suppressed(connection, "jo@example.org")


def test_the_number_of_an_erased_person_is_never_given_again(database: Database) -> None:
    """Links in old mails must not open the subscription of the next reader."""
    with database.transaction() as connection:
        first = join(connection, "jo@example.org")
        erase(connection, "jo@example.org", NOW)
        assert join(connection, "mo@example.org") != first
