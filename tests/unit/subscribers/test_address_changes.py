from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.store.database import Database
from subscribers import people, tables
from subscribers.address_changes import (
    CONFIRM_WITHIN,
    OWN_SINCE,
    SILENCE,
    WAY_BACK,
    Change,
    ask_to_move,
    confirm,
    due_changes,
    forget_requests,
    is_settled,
    make,
    open_change,
    refuse,
    undo,
)
from subscribers.errors import AddressError
from subscribers.letters import LetterRequest, Template
from subscribers.suppression import suppress
from tests.factories.subscribers import LIST, NOW, events, join

OLD, NEW = "jo@example.org", "new@example.org"
SECOND = timedelta(seconds=1)


def change_of(connection: sa.Connection, letter: LetterRequest | None) -> Change:
    """The change that a letter is about."""
    assert letter is not None
    number = letter.words["change"]
    assert isinstance(number, int)
    change = open_change(connection, number, NOW)
    assert change is not None
    return change


def asked(connection: sa.Connection, address: str = NEW) -> Change:
    """A change that a reader asked for."""
    return change_of(connection, ask_to_move(connection, join(connection), address, LIST, NOW))


def confirmed(connection: sa.Connection) -> Change:
    """A change that the new address confirmed."""
    return change_of(connection, confirm(connection, asked(connection), NOW))


def test_a_move_there_and_back(database: Database) -> None:
    """The new address confirms, the old one agrees and later undoes it; the record has both."""
    with database.transaction() as connection:
        reader = join(connection)
        question = ask_to_move(connection, reader, NEW, LIST, NOW)
        assert question is not None
        assert (question.template, question.address) == (Template.MOVE, NEW)
        notice = confirm(connection, change_of(connection, question), NOW)
        assert notice is not None
        assert (notice.template, notice.address) == (Template.MOVE_ANSWER, OLD)
        assert people.find(connection, OLD).id == reader
        moved = make(connection, change_of(connection, notice), NOW)
        assert moved is not None
        assert (moved.template, moved.address) == (Template.MOVED, OLD)
        assert people.find(connection, NEW).id == reader
        assert undo(connection, change_of(connection, moved), NOW)
        assert people.find(connection, OLD).id == reader
        assert [str(event) for event, _way in events(connection, reader)][1:] == ["move", "move"]


def test_confirming_twice_asks_the_old_address_once(database: Database) -> None:
    """A second confirmation changes nothing."""
    with database.transaction() as connection:
        change = confirmed(connection)
        assert confirm(connection, change, NOW + SECOND) is None
        assert change.made_at == NOW + SILENCE


def test_silence_of_the_old_address_agrees_after_a_week(database: Database) -> None:
    """A confirmed change is due when the time to answer is over, and not before."""
    with database.transaction() as connection:
        change = confirmed(connection)
        assert due_changes(connection, NOW + SILENCE - SECOND) == []
        assert due_changes(connection, NOW + SILENCE) == [change]
        make(connection, change, NOW + SILENCE)
        assert due_changes(connection, NOW + SILENCE) == []


def test_an_unconfirmed_change_is_never_due(database: Database) -> None:
    """Without the new address's confirmation no silence makes the change."""
    with database.transaction() as connection:
        change = asked(connection)
        late = NOW + CONFIRM_WITHIN
        assert due_changes(connection, late) == []
        assert open_change(connection, change.id, late) is None
        assert forget_requests(connection, late) == 1


def test_a_refusal_drops_every_request_and_ends_the_links(database: Database) -> None:
    """A person with a forwarded link is refused; the links made until then no longer work."""
    with database.transaction() as connection:
        change = confirmed(connection)
        ask_to_move(connection, change.subscriber_id, "other@example.org", LIST, NOW)
        refuse(connection, change, NOW)
        assert forget_requests(connection, NOW + CONFIRM_WITHIN) == 0
        reader = people.find(connection, OLD)
        assert (reader.links_since, reader.address_since) == (NOW, None)


def test_the_way_back_lasts_thirty_days(database: Database) -> None:
    """It outlives the limits of a request, and then ends."""
    with database.transaction() as connection:
        back = change_of(connection, make(connection, confirmed(connection), NOW))
        for days in (7, 29):
            assert forget_requests(connection, NOW + timedelta(days=days)) == 0
        assert open_change(connection, back.id, NOW + WAY_BACK - SECOND) == back
        assert open_change(connection, back.id, NOW + WAY_BACK) is None
        assert forget_requests(connection, NOW + WAY_BACK) == 1


def test_a_new_address_is_settled_after_a_week(database: Database) -> None:
    """Data is neither shown nor erased by an address that has just become the reader's."""
    with database.transaction() as connection:
        assert is_settled(people.get(connection, join(connection)), NOW)  # type: ignore[arg-type] # exists
        make(connection, confirmed(connection), NOW)
        reader = people.find(connection, NEW)
    assert not is_settled(reader, NOW + OWN_SINCE - SECOND)
    assert is_settled(reader, NOW + OWN_SINCE)


def test_no_way_back_to_an_address_taken_meanwhile(database: Database) -> None:
    """Neither another reader's address nor a suppressed one is given back."""
    with database.transaction() as connection:
        back = change_of(connection, make(connection, confirmed(connection), NOW))
        other = join(connection, OLD)
        assert not undo(connection, back, NOW)
        connection.execute(
            sa.update(tables.subscribers)
            .where(tables.subscribers.c.id == other)
            .values(address="x@example.org", address_key="x@example.org")
        )
        suppress(connection, OLD, "asked", NOW)
        assert not undo(connection, back, NOW)


def test_nobody_is_bombed_by_requests(database: Database) -> None:
    """One question a day to an address, three requests a day of one reader."""
    with database.transaction() as connection:
        reader, other = join(connection), join(connection, "other@example.org")
        was_asked = [
            ask_to_move(connection, who, address, LIST, NOW) is not None
            for who, address in (
                (reader, NEW),
                (reader, "NEW@example.org"),
                (other, NEW),
                (reader, "two@example.org"),
                (reader, "three@example.org"),
                (reader, "four@example.org"),
            )
        ]
    assert was_asked == [True, False, False, True, True, False]


def test_where_no_question_goes(database: Database) -> None:
    """To the same address, to a suppressed one, for somebody who is gone; nonsense is an error."""
    with database.transaction() as connection:
        reader = join(connection)
        suppress(connection, NEW, "asked", NOW)
        assert ask_to_move(connection, reader, NEW, LIST, NOW) is None
        assert ask_to_move(connection, reader, "JO@example.org", LIST, NOW) is None
        assert ask_to_move(connection, 999, "x@example.org", LIST, NOW) is None
        with pytest.raises(AddressError):
            ask_to_move(connection, reader, "nonsense", LIST, NOW)
