from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
import sqlalchemy as sa

from newsletter.store.database import Database
from subscribers import people, tables
from subscribers.audience import audience
from subscribers.consent import confirm, drop_unconfirmed
from subscribers.errors import (
    ClosedListError,
    ListExistsError,
    UnknownListError,
    UnknownSubscriberError,
)
from subscribers.history import Way
from subscribers.kept_counts import subscriptions_by_status
from subscribers.list_changes import (
    STRICTNESS,
    Made,
    close_list,
    make_list,
    merge_lists,
    rename_list,
    stricter,
)
from subscribers.lists import former_names, list_slugs
from subscribers.subscriber import Status
from subscribers.unsubscribe import may_undo, status_of, undo, unsubscribe
from tests.factories.subscribers import LIST, NOW, join

LATER = NOW + timedelta(days=1)


def _on_the_list(connection: sa.Connection, address: str, list_slug: str) -> int:
    try:
        person = people.find(connection, address)
        if status_of(connection, person.id, list_slug) is not None:
            return person.id
    except UnknownSubscriberError:
        pass
    return join(connection, address, list_slug=list_slug)


def subscribe(
    connection: sa.Connection, address: str, list_slug: str, status: Status | None
) -> None:
    """Put somebody on a list in this status; None does nothing."""
    if status is not None:
        person = _on_the_list(connection, address, list_slug)
        number = sa.select(tables.lists.c.id).where(tables.lists.c.slug == list_slug)
        connection.execute(
            sa.update(tables.subscriptions)
            .where(
                tables.subscriptions.c.subscriber_id == person,
                tables.subscriptions.c.list_id == number.scalar_subquery(),
            )
            .values(status=status.value)
        )


def mailed(connection: sa.Connection, list_slug: str = LIST) -> set[str]:
    """Who is to be mailed."""
    return {row.address for row in connection.execute(audience(list_slug, LATER))}


def test_of_two_statuses_the_stricter_stays() -> None:
    """Whatever the order; only active with active is mailed."""
    for one, other in product(Status, Status):
        stays = stricter(one, other)
        assert stays is stricter(other, one)
        assert STRICTNESS.index(stays) == max(STRICTNESS.index(one), STRICTNESS.index(other))
        assert (stays is Status.ACTIVE) == ({one, other} == {Status.ACTIVE})


def test_a_merge_brings_back_nobody(database: Database) -> None:
    """Every pair of statuses: the stricter stays, everybody has a record, and the counts are right."""
    pairs = [pair for pair in product([*Status, None], repeat=2) if pair != (None, None)]
    with database.transaction() as connection:
        for number, (there, here) in enumerate(pairs):
            address = f"r{number}@example.org"
            for slug in (slug for slug, status in (("old", there), (LIST, here)) if status):
                join(
                    connection, address, list_slug=slug
                )  # who bounced on one may not join the other
            subscribe(connection, address, "old", there)
            subscribe(connection, address, LIST, here)
        planned = merge_lists(connection, "old", into=LIST, now=LATER, dry_run=True)
        assert set(list_slugs(connection)) == {"old", LIST}
        merged = merge_lists(connection, "old", into=LIST, now=LATER)
        assert merged == planned
        for number, (there, here) in enumerate(pairs):
            person = people.find(connection, f"r{number}@example.org").id
            expected = stricter(there, here) if there and here else there or here
            assert status_of(connection, person, LIST) is expected, (there, here)
            assert status_of(connection, person, "old") is expected
            last = people.show(connection, f"r{number}@example.org")["history"][-1]
            if there is not None:
                assert (last["event"], last["list"]) == ("merge", LIST)
                assert last["detail"] == f"old, where it was {there}" + (
                    f"; here it was {here}" if here else ""
                )
        assert mailed(connection) == {
            f"r{number}@example.org"
            for number, pair in enumerate(pairs)
            if set(pair) <= {Status.ACTIVE, None}
        }
        assert list_slugs(connection) == [LIST]
        assert former_names(connection) == {"old": LIST}
        assert sum(subscriptions_by_status(connection).values()) == len(pairs)
    assert merged.people == 30
    assert merged.moved == dict.fromkeys(Status, 1)
    assert merged.no_longer_active == 4


def test_the_consent_record_of_both_lists_counts_after_a_merge(database: Database) -> None:
    """Who joined the merged list and leaves by an old link may undo that, as before."""
    with database.transaction() as connection:
        person = join(connection, list_slug="old")
        join(connection, "other@example.org")
        merge_lists(connection, "old", into=LIST, now=NOW)
        assert unsubscribe(connection, person, "old", Way.ONE_CLICK, LATER).changed
        assert mailed(connection) == {"other@example.org"}
        assert may_undo(connection, person, LIST, LATER)
        assert undo(connection, person, LIST, LATER)
        events = [row["event"] for row in people.show(connection, "jo@example.org")["history"]]
    assert events == ["add", "merge", "unsubscribe", "undo"]


def test_an_unanswered_request_on_the_other_list_suspends_but_does_not_delete(
    database: Database,
) -> None:
    """The reader may still confirm; after the time for that they count as having left."""
    with database.transaction() as connection:
        for address in ("a@example.org", "b@example.org"):
            subscribe(connection, address, LIST, Status.ACTIVE)
            subscribe(connection, address, "old", Status.PENDING)
        merge_lists(connection, "old", into=LIST, now=LATER)
        assert mailed(connection) == set()
        confirmed = people.find(connection, "a@example.org").id
        assert confirm(connection, confirmed, "old", way=Way.PAGE, now=LATER) is not None
        assert drop_unconfirmed(connection, LATER) == 0
        assert drop_unconfirmed(connection, LATER + timedelta(days=1)) == 1
        assert mailed(connection) == {"a@example.org"}
        left = people.show(connection, "b@example.org")
    assert left["subscriptions"] == [{"list": LIST, "status": "unsubscribed"}]
    assert left["history"][0]["event"] == "add"


def test_a_list_is_not_merged_into_itself_or_nothing(database: Database) -> None:
    """Neither under its own name nor a former one."""
    with database.transaction() as connection:
        join(connection)
        for other in (LIST, "former"):
            with pytest.raises(ListExistsError if other == LIST else UnknownListError):
                merge_lists(connection, LIST, into=other, now=NOW)
        rename_list(connection, LIST, "friday")
        with pytest.raises(ListExistsError, match="the same list"):
            merge_lists(connection, LIST, into="friday", now=NOW)


def test_a_renamed_list_answers_to_both_names(database: Database) -> None:
    """Old links and addresses name the old one; its people, record and counts stay."""
    with database.transaction() as connection:
        person = join(connection)
        make_list(connection, "friday")
        rename_list(connection, LIST, "friday")
        assert list_slugs(connection) == ["friday"]
        assert mailed(connection, "friday") == {"jo@example.org"}
        assert unsubscribe(connection, person, LIST, Way.ONE_CLICK, LATER).changed
        assert may_undo(connection, person, "friday", LATER)
        assert may_undo(connection, person, LIST, LATER)
        join(connection, "new@example.org", list_slug=LIST)
        assert list_slugs(connection) == ["friday"]
        rename_list(connection, "friday", LIST)
        assert former_names(connection) == {"friday": LIST}
        assert mailed(connection) == {"new@example.org"}


def test_a_name_with_people_or_links_is_not_taken(database: Database) -> None:
    """Such lists are merged; the former name of another list would catch its links."""
    with database.transaction() as connection:
        join(connection)
        join(connection, list_slug="other")
        with pytest.raises(ListExistsError) as refused:
            rename_list(connection, LIST, "other")
        assert "merge weekly --into other" in (refused.value.problem.fix or "")
        rename_list(connection, "other", "third")
        for attempt in (
            lambda: rename_list(connection, LIST, "other"),
            lambda: make_list(connection, "other"),
        ):
            with pytest.raises(ListExistsError, match="former name"):
                attempt()
        with pytest.raises(UnknownListError):
            rename_list(connection, "none", "new")


def test_a_closed_list_mails_nobody_and_takes_nobody(database: Database) -> None:
    """Until it is opened again: its people are as before."""
    with database.transaction() as connection:
        assert make_list(connection, LIST) is Made.MADE
        assert make_list(connection, LIST) is Made.UNCHANGED
        join(connection)
        assert close_list(connection, LIST, NOW)
        assert not close_list(connection, LIST, LATER)
        assert mailed(connection) == set()
        with pytest.raises(ClosedListError):
            join(connection, "new@example.org")
        assert make_list(connection, LIST) is Made.REOPENED
        assert mailed(connection) == {"jo@example.org"}
