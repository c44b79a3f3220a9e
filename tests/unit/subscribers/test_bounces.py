from __future__ import annotations

from datetime import timedelta

from newsletter.store.database import Database
from subscribers.bounces import (
    Bounce,
    alike_bounces,
    excuse_alike,
    forget_bounces,
    note_bounce,
    policy_reports,
)
from subscribers.inbound.verdict import Verdict
from subscribers.unsubscribe import status_of
from tests.factories.subscribers import LIST, NOW, join


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


def test_bounces_in_the_same_words_are_counted_by_reader_and_domain(database: Database) -> None:
    """Numbers and identifiers do not count; other issues, other words and soft bounces do not either."""
    addresses = ("a@one.example", "b@one.example", "c@two.example", "d@three.example")
    with database.transaction() as connection:
        readers = [join(connection, address) for address in addresses]
        for reader, reason, number, verdict in (
            (readers[0], "550 5.1.1 no such user (id 1a2b3c4d)", 7, Verdict.HARD),
            (readers[1], "550 5.1.1 no such user (id 9f8e7d6c)", 7, Verdict.POLICY),
            (readers[2], "550 5.1.1 no such user", 6, Verdict.HARD),
            (readers[3], "450 no such user", 7, Verdict.SOFT),
        ):
            bounce = Bounce(
                subscriber_id=reader, list_slug=LIST, number=number, verdict=verdict, reason=reason
            )
            note_bounce(connection, bounce, sent=(), now=NOW)
        newest = Bounce(
            subscriber_id=readers[2],
            list_slug=LIST,
            number=7,
            verdict=Verdict.HARD,
            reason="550 5.1.1 no such user (id 5d5d5d5d)",
        )
        alike = alike_bounces(connection, newest, NOW)
        assert (alike.readers, alike.domains) == (3, 2)
        later = alike_bounces(connection, newest, NOW + timedelta(seconds=1))
        assert (later.readers, later.domains) == (1, 1)
        assert excuse_alike(connection, newest, NOW) == [readers[0]]
        assert excuse_alike(connection, newest, NOW) == []
