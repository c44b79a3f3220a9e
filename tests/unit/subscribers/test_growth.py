from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from newsletter.store.database import Database
from subscribers import tables
from subscribers.bounces import Bounce, note_bounce
from subscribers.consent import JoinRequest, ask_to_join, confirm
from subscribers.growth import (
    DayOfGrowth,
    Happening,
    count,
    day_of_growth,
    fold_growth,
    growth_of,
)
from subscribers.history import Way
from subscribers.inbound.verdict import Verdict
from subscribers.list_changes import merge_lists
from subscribers.people import find
from subscribers.privacy import erase
from subscribers.subscriber import Status
from subscribers.unsubscribe import undo, unsubscribe
from tests.factories.subscribers import LIST, NOW, import_text, join

DAY = NOW.date()


def today(database: Database, list_slug: str | None = LIST) -> DayOfGrowth:
    """What happened on the day, by UTC."""
    with database.transaction(read_only=True) as connection:
        (day,) = growth_of(
            connection, since=DAY, until=DAY, zone=ZoneInfo("UTC"), list_slug=list_slug
        )
    return day


def test_joins_and_leaves_are_counted_by_way(database: Database) -> None:
    """Requests are no joins until they are confirmed; leaving twice is leaving once."""
    with database.transaction() as connection:
        request = JoinRequest(address="jo@example.org", list_slug=LIST, way=Way.FORM)
        ask_to_join(connection, request, NOW)
        person = find(connection, "jo@example.org").id
        confirm(connection, person, LIST, way=Way.PAGE, now=NOW)
        for way in (Way.ONE_CLICK, Way.MAIL):
            unsubscribe(connection, person, LIST, way, NOW)
        undo(connection, person, LIST, NOW)
        for way in (Way.PAGE, Way.COMPLAINT, Way.API):
            other = join(connection, f"{way}@example.org")
            unsubscribe(connection, other, LIST, way, NOW)
        join(connection, "elsewhere@example.org", list_slug="other")
    assert today(database) == DayOfGrowth(
        day=DAY,
        asked=1,
        confirmed=1,
        added={"operator": 3},
        returned=1,
        left={"one-click": 1, "page": 1, "complaint": 1, "api": 1},
    )
    assert today(database).joined == 5
    assert today(database).gone == 4
    assert today(database, None).added == {"operator": 4}


def test_an_import_counts_whom_it_makes_readers(database: Database) -> None:
    """Not who left elsewhere, and those who must confirm only as having asked."""
    with database.transaction() as connection:
        join(connection, "here@example.org")
    file = "email,status\nnew@example.org,active\nhere@example.org,unsubscribed\ngone@example.org,unsubscribed\n"
    import_text(database, file)
    import_text(database, "email\nask@example.org\n", confirm=True)
    day = today(database)
    assert (day.added, day.asked) == ({"operator": 1, "import": 1}, 1)
    assert day.left == {"import": 1}


def test_bounces_erasures_and_merges_are_counted(database: Database) -> None:
    """The same bounce twice is one; an erased reader has left, and only counts remain."""
    with database.transaction() as connection:
        soft, erased = join(connection), join(connection, "erased@example.org")
        for number in (1, 1, 2):
            bounce = Bounce(subscriber_id=soft, list_slug=LIST, number=number, verdict=Verdict.SOFT)
            note_bounce(connection, bounce, sent=[1, 2], now=NOW)
        hard = Bounce(subscriber_id=soft, list_slug=LIST, number=3, verdict=Verdict.HARD)
        note_bounce(connection, hard, sent=[1, 2, 3], now=NOW)
        erase(connection, "erased@example.org", NOW)
        assert erased
        join(connection, "a@example.org", list_slug="old")
        both = join(connection, "b@example.org", list_slug="old")
        join(connection, "b@example.org")
        unsubscribe(connection, both, "old", Way.PAGE, NOW)
        merge_lists(connection, "old", into=LIST, now=NOW)
    day = today(database)
    assert day.bounces == {"hard": 1, "soft": 2}
    assert day.left == {"bounce": 1, "erasure": 1, "merge": 1}
    assert day.added == {"merge": 1, "operator": 3}


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Australia/Sydney", 3), ("Asia/Kathmandu", 2), ("Pacific/Marquesas", 2)],
)
def test_days_are_those_of_the_zone(database: Database, zone: str, day: int) -> None:
    """Also of zones that are not whole hours from UTC."""
    local = datetime(2026, 3, day, 0, 5, tzinfo=ZoneInfo(zone))
    with database.transaction() as connection:
        for minutes in (0, -10):
            moment = local + timedelta(minutes=minutes)
            count(connection, [Happening(at=moment, list_slug=LIST, event="add", way="operator")])
        days = growth_of(
            connection,
            since=date(2026, 3, day - 1),
            until=date(2026, 3, day),
            zone=ZoneInfo(zone),
            list_slug=LIST,
        )
    assert [one.joined for one in days] == [1, 1]


def test_folding_changes_no_number(database: Database) -> None:
    """Many rows become one for each quarter of an hour, way and event."""
    with database.transaction() as connection:
        for number in range(5):
            join(connection, f"r{number}@example.org")
    before = today(database)
    with database.transaction() as connection:
        fold_growth(connection, NOW)
        rows = sa.select(sa.func.count()).select_from(tables.growth)
        assert connection.scalar(rows) == 5
        fold_growth(connection, NOW + timedelta(hours=1))
        fold_growth(connection, NOW + timedelta(hours=1))
        assert connection.scalar(rows) == 1
    assert today(database) == before


counts = st.dictionaries(
    st.tuples(
        st.sampled_from(["subscribe", "confirm", "add", "import", "undo", "unsubscribe", "bounce"]),
        st.sampled_from(["page", "import", "hard"]),
    ),
    st.integers(1, 1000),
)


@given(counts)
def test_no_count_is_lost(given_counts: Mapping[tuple[str, str], int]) -> None:
    """Everything counted is in exactly one of the day's numbers."""
    day = day_of_growth(DAY, given_counts)
    assert day.asked + day.joined + day.gone + sum(day.bounces.values()) == sum(
        given_counts.values()
    )


def test_a_status_in_the_import_that_ends_a_subscription_is_a_leave(database: Database) -> None:
    """Pending readers who are marked as having left have left too."""
    import_text(database, "email\nask@example.org\n", confirm=True)
    import_text(database, "email\nask@example.org\n", left=True)
    with database.transaction(read_only=True) as connection:
        status = connection.scalar(sa.select(tables.subscriptions.c.status))
    assert status == Status.UNSUBSCRIBED
    assert today(database).left == {"import": 1}
