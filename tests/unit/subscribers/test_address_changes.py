from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.store.database import Database
from subscribers import people
from subscribers.address_changes import ask_to_move, forget_requests, move, requested_change
from subscribers.errors import AddressError
from subscribers.letters import Template
from subscribers.suppression import suppress
from tests.factories.subscribers import LIST, NOW, events, join

NEW = "new@example.org"


def test_a_move_there_and_back(database: Database) -> None:
    """The new address says yes, the old one takes it back; both are in the record."""
    with database.transaction() as connection:
        reader = join(connection)
        question = ask_to_move(connection, reader, NEW, LIST, NOW)
        assert question is not None
        assert (question.template, question.address) == (Template.MOVE, NEW)
        change = question.words["change"]
        assert isinstance(change, int)
        word = move(connection, change, NOW)
        assert word is not None
        assert (word.template, word.address) == (Template.MOVED, "jo@example.org")
        assert people.find(connection, NEW).id == reader
        assert move(connection, change, NOW) is None
        back = word.words["change"]
        assert isinstance(back, int)
        move(connection, back, NOW)
        assert people.find(connection, "jo@example.org").id == reader
        assert [str(event) for event, _way in events(connection, reader)][1:] == ["move", "move"]


def test_a_wish_runs_out(database: Database) -> None:
    """After a week it is as if it had never been said."""
    with database.transaction() as connection:
        question = ask_to_move(connection, join(connection), NEW, LIST, NOW)
        assert question is not None
        change = question.words["change"]
        assert isinstance(change, int)
        late = NOW + timedelta(days=7)
        assert requested_change(connection, change, late) is None
        assert forget_requests(connection, late) == 1
        assert move(connection, change, late) is None


def test_nobody_is_bombed_by_wishes(database: Database) -> None:
    """One question a day to an address, three wishes a day of one reader."""
    with database.transaction() as connection:
        reader, other = join(connection), join(connection, "other@example.org")
        asked = [
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
    assert asked == [True, False, False, True, True, False]


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
