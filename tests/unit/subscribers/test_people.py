from __future__ import annotations

import pytest

from newsletter.store.database import Database
from subscribers import people
from subscribers.admission import AdmissionOutcome
from subscribers.errors import (
    AddressError,
    SuppressedError,
    UnknownListError,
    UnknownSubscriberError,
)
from subscribers.history import Way
from subscribers.lists import list_slugs
from subscribers.subscriber import Status
from subscribers.suppression import suppress
from subscribers.unsubscribe import unsubscribe
from tests.factories.subscribers import LIST, NOW, join, listing


def test_a_person_is_shown_whole(database: Database) -> None:
    """`show` has the shape of the command line's contract, with the whole record."""
    with database.transaction() as connection:
        person = join(connection, "Jo@example.org", name="Jo", follows=["security", "ai"])
        join(connection, "jo@example.org", list_slug="monthly")
        unsubscribe(connection, person, LIST, Way.ONE_CLICK, NOW, "Mozilla/5.0")
        shown = people.show(connection, "jo@EXAMPLE.org")
    when = "2026-03-02T09:30:00+00:00"
    assert shown == {
        "address": "Jo@example.org",
        "name": "Jo",
        "tags": ["ai", "security"],
        "frequency": "weekly",
        "feeds": [],
        "mail_format": "html",
        "time_zone": "",
        "paused_until": None,
        "suppressed": False,
        "attributes": {},
        "subscriptions": [
            {"list": "monthly", "status": "active"},
            {"list": "weekly", "status": "unsubscribed"},
        ],
        "history": [
            {"at": when, "event": "add", "way": "operator", "list": "weekly", "detail": ""},
            {"at": when, "event": "add", "way": "operator", "list": "monthly", "detail": ""},
            {
                "at": when,
                "event": "unsubscribe",
                "way": "one-click",
                "list": "weekly",
                "detail": "Mozilla/5.0",
            },
        ],
    }


def test_adding_twice_is_once(database: Database) -> None:
    """The second time changes nothing; a new name is an update."""
    with database.transaction() as connection:
        add = {"list_slug": LIST, "now": NOW}
        assert people.add(connection, "jo@example.org", **add) is AdmissionOutcome.ADDED
        assert people.add(connection, "JO@example.org", **add) is AdmissionOutcome.UNCHANGED
        assert (
            people.add(connection, "jo@example.org", name="Jo", **add) is AdmissionOutcome.UPDATED
        )


def test_whoever_left_is_added_again_only_with_consent(database: Database) -> None:
    """A refusal says since when, and force without a stated consent is refused as well."""
    with database.transaction() as connection:
        person = join(connection)
        unsubscribe(connection, person, LIST, Way.PAGE, NOW)
        with pytest.raises(SuppressedError, match="unsubscribed since 2026-03-02"):
            join(connection)
        with pytest.raises(SuppressedError, match="stated consent"):
            people.add(
                connection,
                "jo@example.org",
                list_slug=LIST,
                now=NOW,
                note=people.OperatorNote(force=True),
            )
        people.add(
            connection,
            "jo@example.org",
            list_slug=LIST,
            now=NOW,
            note=people.OperatorNote(force=True, consent="by phone"),
        )
        shown = people.show(connection, "jo@example.org")
    assert shown["subscriptions"] == [{"list": LIST, "status": "active"}]
    assert shown["history"][-1]["detail"].endswith("consent: by phone")


def test_a_suppressed_domain_stands_against_force(database: Database) -> None:
    """It concerns more than this person: it is lifted first, or not at all."""
    with database.transaction() as connection:
        suppress(connection, "@example.org", "refuses us", NOW)
        with pytest.raises(SuppressedError, match="lift that first"):
            people.add(
                connection,
                "jo@example.org",
                list_slug=LIST,
                now=NOW,
                note=people.OperatorNote(force=True, consent="x"),
            )


def test_unknown_people_and_lists_are_named(database: Database) -> None:
    """A wrong name is answered with the nearest right one."""
    with database.transaction() as connection:
        join(connection)
        with pytest.raises(UnknownSubscriberError):
            people.find(connection, "mo@example.org")
        with pytest.raises(AddressError):
            people.find(connection, "mo")
        with pytest.raises(UnknownListError) as caught:
            people.remove(connection, "jo@example.org", NOW, list_slug="weelky")
        assert caught.value.problem.fix == "did you mean 'weekly'?"
        assert list_slugs(connection) == [LIST]


def test_a_list_is_told_in_the_order_of_joining(database: Database) -> None:
    """Everybody on it with their status, or those of one status."""
    with database.transaction() as connection:
        left = join(connection, "b@example.org")
        join(connection, "a@example.org", follows=["ai"])
        unsubscribe(connection, left, LIST, Way.PAGE, NOW)
        everybody = listing(connection, LIST)
        active = listing(connection, LIST, Status.ACTIVE)
    assert [(row["address"], row["status"]) for row in everybody] == [
        ("b@example.org", "unsubscribed"),
        ("a@example.org", "active"),
    ]
    assert active == [{"address": "a@example.org", "name": "", "tags": ["ai"], "status": "active"}]
