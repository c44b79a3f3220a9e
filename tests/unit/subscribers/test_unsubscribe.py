from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.store.database import Database
from subscribers import people
from subscribers.history import Event, HistoryEntry, Way, entries_of, record
from subscribers.kept_counts import subscriptions_by_status
from subscribers.subscriber import Status
from subscribers.unsubscribe import (
    UNDO_WITHIN,
    give_reason,
    may_undo,
    status_of,
    undo,
    unsubscribe,
)
from tests.factories.subscribers import LIST, NOW, events, join, set_status


@pytest.mark.parametrize("way", list(Way))
def test_by_every_way_leaving_is_the_same_event(database: Database, way: Way) -> None:
    """A click, a letter, a bounce: one kind of entry in the record, and no more mail."""
    with database.transaction() as connection:
        person = join(connection)
        left = unsubscribe(connection, person, LIST, way, NOW)
        assert left.changed
        assert left.status is not Status.ACTIVE
        assert events(connection, person)[-1] == (Event.UNSUBSCRIBE, way)


def test_leaving_twice_is_once(database: Database) -> None:
    """A replayed request changes nothing and records nothing."""
    with database.transaction() as connection:
        person = join(connection)
        unsubscribe(connection, person, LIST, Way.ONE_CLICK, NOW)
        again = unsubscribe(connection, person, LIST, Way.COMPLAINT, NOW)
        assert (again.changed, again.status) == (False, Status.UNSUBSCRIBED)
        assert len(events(connection, person)) == 2


@pytest.mark.parametrize(
    ("way", "status"),
    [(Way.ONE_CLICK, Status.UNSUBSCRIBED), (Way.COMPLAINT, Status.COMPLAINED)],
)
def test_who_leaves_after_a_bounce_has_left(database: Database, way: Way, status: Status) -> None:
    """A bounce may turn out to be nobody's fault and be undone; leaving may not."""
    with database.transaction() as connection:
        person = join(connection)
        unsubscribe(connection, person, LIST, Way.BOUNCE, NOW)
        left = unsubscribe(connection, person, LIST, way, NOW)
        assert (left.changed, left.status) == (True, status)
        assert not unsubscribe(connection, person, LIST, Way.BOUNCE, NOW).changed
        assert status_of(connection, person, LIST) is status


def test_leaving_one_list_leaves_the_others(database: Database) -> None:
    """A subscription ends, not the person."""
    with database.transaction() as connection:
        person = join(connection)
        join(connection, list_slug="monthly")
        unsubscribe(connection, person, LIST, Way.PAGE, NOW)
        assert status_of(connection, person, "monthly") is Status.ACTIVE
        assert (LIST, Status.ACTIVE) not in subscriptions_by_status(connection)


def test_a_link_to_what_is_long_gone_is_answered_in_peace(database: Database) -> None:
    """Neither an unknown list nor an erased person is an error."""
    with database.transaction() as connection:
        person = join(connection)
        assert unsubscribe(connection, person, "gone", Way.ONE_CLICK, NOW).status is None
        assert unsubscribe(connection, person + 1, LIST, Way.ONE_CLICK, NOW).status is None


def test_what_the_reader_did_can_be_taken_back(database: Database) -> None:
    """Undo restores the subscription once, and the record shows both."""
    with database.transaction() as connection:
        person = join(connection)
        unsubscribe(connection, person, LIST, Way.ONE_CLICK, NOW)
        assert undo(connection, person, LIST, NOW + UNDO_WITHIN)
        assert not undo(connection, person, LIST, NOW + UNDO_WITHIN)
        assert status_of(connection, person, LIST) is Status.ACTIVE
        assert events(connection, person)[1:] == [
            (Event.UNSUBSCRIBE, Way.ONE_CLICK),
            (Event.UNDO, Way.PAGE),
        ]


@pytest.mark.parametrize("way", [Way.OPERATOR, Way.COMPLAINT, Way.BOUNCE])
def test_what_others_decided_is_not_undone_by_a_link(database: Database, way: Way) -> None:
    """The operator's hand, a complaint and a bounce stand."""
    with database.transaction() as connection:
        person = join(connection)
        unsubscribe(connection, person, LIST, way, NOW)
        assert not undo(connection, person, LIST, NOW)


def test_an_old_mail_does_not_bring_anybody_back(database: Database) -> None:
    """After a month a reader who wants to return signs up anew."""
    with database.transaction() as connection:
        person = join(connection)
        unsubscribe(connection, person, LIST, Way.PAGE, NOW)
        assert not undo(connection, person, LIST, NOW + UNDO_WITHIN + timedelta(seconds=1))


def test_undo_confirms_nobody(database: Database) -> None:
    """Who asked to join, never confirmed and left again was never active."""
    with database.transaction() as connection:
        person = join(connection)
        set_status(connection, person, Status.PENDING)
        asked = HistoryEntry(
            subscriber_id=person, at=NOW, event=Event.SUBSCRIBE, way=Way.FORM, list_slug=LIST
        )
        record(connection, [asked])
        unsubscribe(connection, person, LIST, Way.PAGE, NOW)
        assert not may_undo(connection, person, LIST, NOW)


def test_a_reason_is_optional_comes_after_and_counts_once(database: Database) -> None:
    """Before leaving there is nothing to give a reason for; a second one is not kept."""
    with database.transaction() as connection:
        person = join(connection)
        assert not give_reason(connection, person, LIST, "too often", NOW)
        unsubscribe(connection, person, LIST, Way.PAGE, NOW)
        assert not give_reason(connection, person, LIST, "  ", NOW)
        assert give_reason(connection, person, LIST, "too often", NOW)
        assert not give_reason(connection, person, LIST, "too dull", NOW)
        assert entries_of(connection, person)[-1]["detail"] == "too often"


def test_the_operator_takes_a_person_off_one_list_or_all(database: Database) -> None:
    """`remove` names the lists it changed."""
    with database.transaction() as connection:
        join(connection)
        join(connection, list_slug="monthly")
        assert people.remove(connection, "jo@example.org", NOW, list_slug=LIST) == [LIST]
        assert people.remove(connection, "jo@example.org", NOW) == ["monthly"]
        assert people.remove(connection, "jo@example.org", NOW) == []
