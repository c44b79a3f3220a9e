from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.store.database import Database
from newsletter.store.ledger.prepared import MOST_ROWS
from newsletter.store.tables import deliveries, receipts
from subscribers.audience import ReaderGroup
from subscribers.tables import subscribers
from tests.factories.ledger import (
    NOW,
    address_of,
    decide,
    ledger_on,
    make_receipt,
    planned_ledger,
    plant_issue,
    receipts_of,
    states_of,
    unknown_of,
    unsubscribe,
)

S = DeliveryState


def test_plan_writes_one_pending_delivery_per_reader(database: Database) -> None:
    """Planning counts the readers and makes each of them pending."""
    issue = plant_issue(database, [address_of(1), address_of(2)])
    assert ledger_on(database, issue).plan({}, issue.edition_id, NOW) == 2
    assert states_of(database) == {1: S.PENDING, 2: S.PENDING}


def test_plan_twice_is_once_and_the_audience_stays(database: Database) -> None:
    """A second plan adds nobody, even when the list has grown meanwhile."""
    issue = plant_issue(database, [address_of(1), address_of(2)])
    unsubscribe(database, 2)
    ledger = ledger_on(database, issue)
    assert ledger.plan({}, issue.edition_id, NOW) == 1
    with database.transaction() as connection:
        connection.execute(sa.text("UPDATE subscriptions SET status = 'active'"))
    assert ledger_on(database, issue).plan({}, issue.edition_id, NOW) == 1
    assert states_of(database) == {1: S.PENDING}


def test_plan_gives_each_reader_the_edition_of_her_wishes(database: Database) -> None:
    """The follows string chooses the edition; one that is not mapped gets the default."""
    issue = plant_issue(database, [address_of(1), address_of(2)], edition_count=2)
    with database.transaction() as connection:
        connection.execute(
            sa.update(subscribers).where(subscribers.c.id == 2).values(follows="|ai|")
        )
    ledger = ledger_on(database, issue)
    ledger.plan(
        {ReaderGroup("|ai|"): issue.edition_ids[1], ReaderGroup("|law|"): 99},
        issue.edition_ids[0],
        NOW,
    )
    with database.transaction() as connection:
        rows = connection.execute(
            sa.select(deliveries.c.edition_id).order_by(deliveries.c.subscriber_id)
        )
        assert tuple(row[0] for row in rows) == issue.edition_ids


def test_a_claim_takes_up_to_its_limit_once(database: Database) -> None:
    """What is claimed is not claimed again, by this sender or another."""
    ledger = planned_ledger(database, readers=3)
    with ledger.on_duty():
        first = ledger.claim(2, NOW).claims
        assert [claim.address for claim in first] == [address_of(1), address_of(2)]
        assert first[0].name == "Reader 1"
        assert [claim.subscriber_id for claim in ledger.claim(9, NOW).claims] == [3]
        assert ledger.claim(9, NOW).claims == ()


def test_who_left_since_the_plan_is_suppressed_at_the_claim(database: Database) -> None:
    """Rule 1: the audience is asked again when a delivery is claimed."""
    ledger = planned_ledger(database, readers=2)
    unsubscribe(database, 1)
    with ledger.on_duty():
        claimed = ledger.claim(9, NOW)
    assert [claim.subscriber_id for claim in claimed.claims] == [2]
    assert claimed.suppressed == 1
    assert states_of(database)[1] is S.SUPPRESSED


def test_intent_and_receipt_carry_a_delivery_to_its_end(database: Database) -> None:
    """Claimed, transmitting, accepted; the receipt is kept and the try counted."""
    ledger = planned_ledger(database, readers=1)
    with ledger.on_duty():
        ledger.claim(1, NOW)
        assert ledger.write(receipts=[], intents=[1]) == {1}
        ledger.post()
        assert states_of(database) == {1: S.TRANSMITTING}
        ledger.write(receipts=[make_receipt(1)], intents=[])
    assert states_of(database) == {1: S.ACCEPTED}
    assert receipts_of(database, 1) == [("accepted", 250, "2.0.0 Ok")]
    assert ledger.is_conserved(1)
    assert not ledger.is_conserved(2)


def test_many_rows_of_a_commit_are_written_alike(database: Database) -> None:
    """More than fit in one statement; each moment is stored as the database writes moments."""
    readers = MOST_ROWS + 3
    ledger = planned_ledger(database, readers=readers)
    everybody = [*range(1, readers + 1)]
    with ledger.on_duty():
        ledger.claim(readers, NOW)
        assert ledger.write(receipts=[], intents=everybody) == set(everybody)
        ledger.write(receipts=[make_receipt(number) for number in everybody], intents=[])
    assert ledger.counts()[S.ACCEPTED] == readers
    with database.transaction(read_only=True) as connection:
        found = sa.select(sa.func.count(), sa.func.count(receipts.c.at.distinct()))
        assert connection.execute(found.where(receipts.c.at == NOW)).one() == (readers, 1)


def test_a_deferred_delivery_waits_for_its_time(database: Database) -> None:
    """It is not claimed before retry_at, then with its number of tries and the first one's time."""
    ledger = planned_ledger(database, readers=1)
    later = NOW + timedelta(minutes=5)
    with ledger.on_duty():
        ledger.claim(1, NOW)
        ledger.write(receipts=[make_receipt(1, state=S.DEFERRED, retry_at=later)], intents=[])
        assert ledger.next_retry() == later
        assert ledger.claim(1, later - timedelta(microseconds=1)).claims == ()
        (claim,) = ledger.claim(1, later).claims
    assert (claim.attempts, claim.first_attempt) == (1, NOW)
    assert ledger.next_retry() is None


def test_who_was_refused_by_policy_is_known_at_the_next_claim(database: Database) -> None:
    """A reply that left the delivery pending had paused a run."""
    ledger = planned_ledger(database, readers=1)
    with ledger.on_duty():
        ledger.claim(1, NOW)
        ledger.write(receipts=[make_receipt(1, state=S.PENDING, code=550)], intents=[])
        (claim,) = ledger.claim(1, NOW).claims
    assert (claim.attempts, claim.was_refused_by_policy) == (1, True)
    assert receipts_of(database, 1)[0][:2] == ("pending", 550)


def test_release_gives_back_claims_and_intents(database: Database) -> None:
    """A clean shutdown leaves pending what was not sent."""
    ledger = planned_ledger(database, readers=2)
    with ledger.on_duty():
        ledger.claim(2, NOW)
        ledger.write(receipts=[], intents=[2])
        ledger.release([1, 2])
    assert states_of(database) == {1: S.PENDING, 2: S.PENDING}


def test_a_dead_senders_rows_are_recovered(database: Database) -> None:
    """Claimed is pending again; transmitting is unknown, with a note in the books."""
    ledger = planned_ledger(database, readers=2)
    with ledger.on_duty():
        ledger.claim(2, NOW)
        ledger.write(receipts=[], intents=[2])
    recovery = ledger.recover(NOW)
    assert (recovery.released, recovery.unknown) == (1, 1)
    assert states_of(database) == {1: S.PENDING, 2: S.UNKNOWN}
    assert receipts_of(database, 2)[0][0] == "unknown"
    assert ledger.recover(NOW).unknown == 0


def test_a_living_senders_rows_are_left_alone(database: Database) -> None:
    """Another run that starts meanwhile recovers nothing of a sender that works."""
    issue = plant_issue(database, [address_of(1), address_of(2)])
    ledger, other = ledger_on(database, issue), ledger_on(database, issue)
    ledger.plan({}, issue.edition_id, NOW)
    with ledger.on_duty(), other.on_duty():
        ledger.claim(2, NOW)
        ledger.write(receipts=[], intents=[2])
        ledger.post()
        assert other.recover(NOW).released == 0
        assert states_of(database) == {1: S.CLAIMED, 2: S.TRANSMITTING}


def test_a_row_that_was_recovered_is_no_longer_its_first_senders(database: Database) -> None:
    """A sender thought dead gets no leave to write the dot, and its receipts move nothing."""
    issue = plant_issue(database, [address_of(1)])
    ledger, other = ledger_on(database, issue), ledger_on(database, issue)
    ledger.plan({}, issue.edition_id, NOW)
    with ledger.on_duty():
        ledger.claim(1, NOW)
    other.recover(NOW)
    with ledger.on_duty(), other.on_duty():
        other.claim(1, NOW)
        assert ledger.write(receipts=[], intents=[1]) == frozenset()
        ledger.write(receipts=[make_receipt(1, state=S.REJECTED)], intents=[])
        assert states_of(database) == {1: S.CLAIMED}


def test_unknown_is_held_until_somebody_decides(database: Database) -> None:
    """Resend makes it pending; skip leaves it unknown and off the operator's list."""
    ledger = planned_ledger(database, readers=2)
    with ledger.on_duty():
        ledger.claim(2, NOW)
        ledger.write(receipts=[], intents=[1, 2])
        ledger.write(receipts=[make_receipt(1, state=S.UNKNOWN, code=0)], intents=[])
    ledger.recover(NOW)
    assert unknown_of(database) == [1, 2]
    assert decide(database, "resend") == 2
    with ledger.on_duty():
        assert [claim.attempts for claim in ledger.claim(2, NOW).claims] == [1, 1]
        ledger.write(receipts=[], intents=[1, 2])
    ledger.recover(NOW)
    assert decide(database, "skip") == 2
    assert unknown_of(database) == []
    assert decide(database, "resend") == 0
    assert states_of(database) == {1: S.UNKNOWN, 2: S.UNKNOWN}
    assert ledger.is_conserved(2)


def test_counts_name_every_state(database: Database) -> None:
    """States that nobody is in count nought."""
    counts = planned_ledger(database, readers=2).counts()
    assert counts[S.PENDING] == 2
    assert set(counts) == set(DeliveryState)
    assert sum(counts.values()) == 2


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_postgresql_learns_how_many_deliveries_were_planned(database: Database) -> None:
    """Without it each claim sorts the whole table: half a second among a million."""
    planned_ledger(database, readers=50)
    with database.transaction() as connection:
        known = connection.scalar(
            sa.text("SELECT reltuples FROM pg_class WHERE relname = 'deliveries'")
        )
    assert known == 50
