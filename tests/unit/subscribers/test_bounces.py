from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.store.database import Database
from subscribers.bounces import (
    SOFT_ISSUES,
    Bounce,
    forget_bounces,
    is_enough,
    note_bounce,
    policy_reports,
)
from subscribers.inbound.verdict import Verdict
from subscribers.unsubscribe import status_of
from tests.factories.subscribers import LIST, NOW, join

FIRST = date(2026, 3, 2)


def soft(*numbers: int) -> dict[int, date]:
    """Soft bounces of weekly issues."""
    return {number: FIRST + timedelta(weeks=number) for number in numbers}


@pytest.mark.parametrize(
    ("bounced", "sent", "enough"),
    [
        ((), (1, 2, 3), False),
        ((1, 2), (1, 2), False),
        ((1, 2, 3), (1, 2, 3), True),
        ((1, 2, 3), (1, 2, 3, 4), True),  # the fourth may still come back
        ((1, 3, 4), (1, 2, 3, 4), False),  # the second came through
        ((1, 3, 5), (1, 3, 5), True),  # the others were not for this reader
        ((2, 3, 4), (1, 2, 3, 4), True),
    ],
)
def test_three_in_a_row(bounced: tuple[int, ...], sent: tuple[int, ...], enough: bool) -> None:
    """Of the issues that went out to the reader, the last three came back."""
    assert is_enough(soft(*bounced), sent) is enough


def test_three_in_a_row_take_two_weeks() -> None:
    """A daily list's three bad days end nothing."""
    daily = {number: FIRST + timedelta(days=number) for number in (1, 2, 3)}
    assert not is_enough(daily, (1, 2, 3))


@given(st.sets(st.integers(1, 12)), st.sets(st.integers(1, 12)))
def test_a_success_begins_the_count_anew(bounced: set[int], sent: set[int]) -> None:
    """Whenever it is enough, none of the last three issues up to the newest bounce came through."""
    if is_enough(soft(*bounced), tuple(sent)):
        row = sorted(number for number in sent if number <= max(bounced))[-SOFT_ISSUES:]
        assert set(row) <= bounced


def test_a_hard_bounce_ends_every_subscription(database: Database) -> None:
    """It is about the address; twice is once."""
    with database.transaction() as connection:
        reader = join(connection)
        join(connection, list_slug="daily")
        told = [
            note_bounce(
                connection,
                Bounce(
                    subscriber_id=reader,
                    list_slug=LIST,
                    number=7,
                    verdict=Verdict.HARD,
                    status="5.1.1",
                ),
                sent=(),
                now=NOW,
            )
            for _ in range(2)
        ]
        assert told == [["daily", LIST], []]
        assert status_of(connection, reader, LIST) == "bounced"


def test_old_bounces_are_forgotten(database: Database) -> None:
    """After more than a year nobody counts them."""
    with database.transaction() as connection:
        reader = join(connection)
        note_bounce(
            connection,
            Bounce(subscriber_id=reader, list_slug=LIST, number=7, verdict=Verdict.POLICY),
            sent=(),
            now=NOW,
        )
        assert status_of(connection, reader, LIST) == "active"
        assert forget_bounces(connection, NOW + timedelta(days=399)) == 0
        assert forget_bounces(connection, NOW + timedelta(days=401)) == 1


def test_policy_reports_count_readers_and_their_domains(database: Database) -> None:
    """Of this issue and this list, no older than asked for; no other verdict, no reader twice."""
    addresses = ("a@one.example", "b@one.example", "c@two.example", "d@three.example")
    with database.transaction() as connection:
        readers = [join(connection, address) for address in addresses]
        for reader, verdict, number, ago in (
            (readers[0], Verdict.POLICY, 7, 0),
            (readers[0], Verdict.POLICY, 7, 0),
            (readers[1], Verdict.POLICY, 7, 0),
            (readers[2], Verdict.POLICY, 7, 1),
            (readers[3], Verdict.SOFT, 7, 0),
            (readers[3], Verdict.POLICY, 6, 0),
        ):
            note_bounce(
                connection,
                Bounce(subscriber_id=reader, list_slug=LIST, number=number, verdict=verdict),
                sent=(),
                now=NOW - timedelta(days=ago),
            )
        assert policy_reports(connection, LIST, 7, NOW) == (2, 1)
        assert policy_reports(connection, LIST, 7, NOW - timedelta(days=1)) == (3, 2)
        assert policy_reports(connection, "daily", 7, NOW) == (0, 0)
