from __future__ import annotations

from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from random import Random

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.store.database import Database
from newsletter.store.ledger import SqlLedger, expire_rest
from newsletter.store.ledger.counts import attempts_of, counts_of_all, recount, senders_counted
from newsletter.store.tables import ledger_counts, receipts
from tests.factories.ledger import (
    NOW,
    SentIssue,
    address_of,
    decide,
    ledger_on,
    make_receipt,
    planned_ledger,
    plant_issue,
    unsubscribe,
)

S = DeliveryState
OUTCOMES = (S.ACCEPTED, S.ACCEPTED, S.ACCEPTED, S.DEFERRED, S.REJECTED, S.UNKNOWN, S.PENDING)


class KilledError(Exception):
    """A sender dies: what it wrote last was committed, and nobody says goodbye."""


class Sender:
    """One run after another of one sender."""

    def __init__(self, database: Database, issue: SentIssue) -> None:
        self.ledger = ledger_on(database, issue)
        self.held: set[int] = set()
        self._duty: ExitStack | None = None

    def act(self, random: Random, now: datetime) -> None:
        """Something a sender does."""
        if self._duty is None:
            self._duty = ExitStack()
            self._duty.enter_context(self.ledger.on_duty())
        some = random.sample(sorted(self.held), random.randint(0, len(self.held)))
        others = [number for number in self.held if number not in some]
        match random.randrange(8):
            case 0 | 1:
                claims = self.ledger.claim(random.randint(1, 9), now).claims
                self.held |= {claim.subscriber_id for claim in claims}
            case 2 | 3 | 4:
                done = [
                    make_receipt(number, state=state, retry_at=now if state is S.DEFERRED else None)
                    for number, state in ((n, random.choice(OUTCOMES)) for n in some)
                ]
                self.ledger.write(receipts=done, intents=others)
                self.held -= set(some)
            case 5:
                self.ledger.release(some)
                self.held -= set(some)
            case 6:
                self.ledger.postpone(some, now + timedelta(minutes=1))
                self.held -= set(some)
            case 7:
                self.end(killed=random.random() < 0.6)

    def end(self, *, killed: bool) -> None:
        """Go off duty, or die."""
        if self._duty is None:
            return
        duty, self._duty, self.held = self._duty, None, set()
        with suppress(KilledError), duty:
            if killed:
                raise KilledError


def test_whatever_happens_the_kept_counts_are_the_counted_ones(database: Database) -> None:
    """Three senders at once, killed now and then, readers who leave, decisions, an end by hand."""
    random = Random(5)  # noqa: S311 - the same each time
    issue = plant_issue(database, [address_of(n) for n in range(1, 61)])
    operator = ledger_on(database, issue)
    operator.plan({}, issue.edition_id, NOW)
    senders = [Sender(database, issue) for _ in range(3)]
    for step in range(250):
        now = NOW + timedelta(seconds=10 * step)
        random.choice(senders).act(random, now)
        match random.randrange(12):
            case 0:
                operator.recover(now)
            case 1:
                decide(database, random.choice(("resend", "skip")), issue.issue_id)
            case 2:
                unsubscribe(database, random.randint(1, 60))
            case 3:
                operator.bring_forward()
        assert operator.counts() == operator.counted(), step
        assert attempts(database, issue) == attempts_counted(database, issue), step
    with database.transaction() as connection:
        expire_rest(connection, issue.issue_id, NOW)
    for sender in senders:
        sender.end(killed=True)
    operator.recover(NOW)
    assert operator.counts() == operator.counted()
    with database.transaction(read_only=True) as connection:
        assert senders_counted(connection, issue.issue_id) == set()


def attempts(database: Database, issue: SentIssue) -> dict[tuple[str, str], int]:
    """As they are kept."""
    with database.transaction(read_only=True) as connection:
        return attempts_of(connection, issue.issue_id)


def attempts_counted(database: Database, issue: SentIssue) -> dict[tuple[str, str], int]:
    """As the receipts have them."""
    with database.transaction(read_only=True) as connection:
        rows = connection.execute(
            sa.select(receipts.c.relay, receipts.c.state, sa.func.count())
            .where(receipts.c.issue_id == issue.issue_id, receipts.c.relay != "")
            .group_by(receipts.c.relay, receipts.c.state)
        )
        return {(row[0], row[1]): row[2] for row in rows}


def sent_ledger(database: Database) -> SqlLedger:
    """One reader's message was accepted, another's is pending."""
    ledger = planned_ledger(database, readers=2)
    with ledger.on_duty():
        ledger.claim(1, NOW)
        ledger.write(receipts=[make_receipt(1)], intents=[])
    return ledger


def test_a_sender_that_goes_leaves_no_rows_of_its_own(database: Database) -> None:
    """However many runs an issue takes, its counts are a handful of rows."""
    ledger = sent_ledger(database)
    with database.transaction(read_only=True) as connection:
        assert senders_counted(connection, 1) == set()
        standing = counts_of_all(connection)["weekly", 1]
    assert standing.audience == 2
    assert standing.deliveries == ledger.counts()
    assert (ledger.counts()[S.ACCEPTED], ledger.counts()[S.PENDING]) == (1, 1)


def test_what_was_kept_wrongly_is_counted_anew(database: Database) -> None:
    """A count that somebody spoilt by hand is mended; so are attempts."""
    ledger = sent_ledger(database)
    with database.transaction() as connection:
        connection.execute(sa.update(ledger_counts).values(n=7))
    assert ledger.counts() != ledger.counted()
    with database.transaction() as connection:
        recount(connection, 1)
        assert attempts_of(connection, 1) == {("main", "accepted"): 1}
    assert ledger.counts() == ledger.counted()
