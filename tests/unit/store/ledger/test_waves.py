"""Deliveries with a moment before which they do not go: planned once, claimed from then on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from benchmarks.plans.explain import explaining
from newsletter.delivery.receipt import DeliveryState
from newsletter.store.database import Database, open_database
from newsletter.store.ledger import Waiting, is_under_way, open_ranges, waiting, waves_of
from newsletter.store.tables import deliveries
from subscribers.tables import subscribers
from tests.factories.ledger import (
    NOW,
    SentIssue,
    address_of,
    ledger_on,
    make_receipt,
    plant_issue,
    states_of,
)
from tests.integration.test_plans import NO_SCANS

S = DeliveryState
HOUR = timedelta(hours=1)
READERS = 2_400


def hours(zones: Collection[str]) -> Mapping[str, datetime]:
    """The zone "3" has its hour three hours from now."""
    return {zone: NOW + int(zone or 0) * HOUR for zone in zones}


def planned(database: Database, zones: list[str]) -> SentIssue:
    """An issue planned for readers in these zones, the first of them with number 1."""
    issue = plant_issue(database, [address_of(number + 1) for number in range(len(zones))])
    with database.transaction() as connection:
        for zone in set(zones):
            numbers = [number for number, own in enumerate(zones, start=1) if own == zone]
            in_zone = subscribers.c.id.in_(numbers)
            connection.execute(sa.update(subscribers).where(in_zone).values(time_zone=zone))
    assert ledger_on(database, issue).plan({}, issue.edition_id, NOW, hours) == len(zones)
    return issue


def test_a_delivery_is_claimed_from_its_moment_on(database: Database) -> None:
    """Also one that was given back, and after a reader has moved to another zone."""
    issue = planned(database, ["", "2", "2", "5"])
    ledger = ledger_on(database, issue)
    with ledger.on_duty():
        assert [one.subscriber_id for one in ledger.claim(9, NOW + HOUR).claims] == [1]
        with database.transaction() as connection:
            connection.execute(sa.update(subscribers).values(time_zone="1"))
        claimed = ledger.claim(9, NOW + 2 * HOUR).claims
        assert [one.subscriber_id for one in claimed] == [2, 3]
        ledger.release([2])
        ledger.postpone([3], NOW + 9 * HOUR)
        ledger.bring_forward()
        claimed = ledger.claim(9, NOW + 2 * HOUR).claims
        assert [one.subscriber_id for one in claimed] == [2, 3]
        ledger.write(receipts=[], intents=[1, 2, 3])
        ledger.write(receipts=[make_receipt(number) for number in (1, 2, 3)], intents=[])
        assert ledger.claim(9, NOW + 5 * HOUR - timedelta(seconds=1)).claims == ()
        assert len(ledger.claim(9, NOW + 5 * HOUR).claims) == 1


def test_a_run_s_beginning_leaves_later_moments_as_they_are(database: Database) -> None:
    """What an earlier run postponed may go again, from its moment on."""
    issue = planned(database, ["", "3"])
    ledger = ledger_on(database, issue)
    ledger.bring_forward()
    with database.transaction(read_only=True) as connection:
        kept = connection.execute(
            sa.select(deliveries.c.retry_at, deliveries.c.not_before).order_by(
                deliveries.c.subscriber_id
            )
        ).all()
    assert [tuple(row) for row in kept] == [(NOW, NOW), (NOW + 3 * HOUR, NOW + 3 * HOUR)]


def test_waves_are_told_with_their_zones_and_counts(database: Database) -> None:
    """As planned, and as they stand; what waits is known without a look at the deliveries."""
    issue = planned(database, ["", "", "3", "7"])
    ledger = ledger_on(database, issue)
    with ledger.on_duty():
        ledger.claim(9, NOW)
        ledger.write(receipts=[], intents=[1, 2])
        ledger.write(receipts=[make_receipt(1)], intents=[])
        ledger.post()
        with database.transaction(read_only=True) as connection:
            waves = waves_of(connection, issue.issue_id)
            waits = [waiting(connection, issue.issue_id, NOW + n * HOUR) for n in (0, 3, 7)]
            assert is_under_way(connection, issue.issue_id, NOW)
        ledger.write(receipts=[make_receipt(2, state=S.REJECTED, code=550)], intents=[])
    shown = [(w.not_before, w.zones, w.planned, w.accepted, w.left) for w in waves]
    assert shown == [
        (NOW, ("",), 2, 1, 1),
        (NOW + 3 * HOUR, ("3",), 1, 0, 1),
        (NOW + 7 * HOUR, ("7",), 1, 0, 1),
    ]
    first = Waiting(count=2, until=NOW + 3 * HOUR)
    assert waits == [first, Waiting(count=1, until=NOW + 7 * HOUR), None]
    with database.transaction(read_only=True) as connection:
        assert not is_under_way(connection, issue.issue_id, NOW + HOUR)
        cut = {"largest": 9, "smallest": 1, "parts": 1}
        assert open_ranges(connection, issue.issue_id, NOW + HOUR, **cut) == []
        assert open_ranges(connection, issue.issue_id, NOW + 3 * HOUR, **cut) == [(3, 3)]


def test_planning_again_keeps_the_moments(database: Database) -> None:
    """The first plan fixes them, and an issue for everybody at once has no waves."""
    issue = planned(database, ["", "4"])
    ledger = ledger_on(database, issue)
    assert (
        ledger.plan({}, issue.edition_id, NOW + HOUR, lambda zones: dict.fromkeys(zones, NOW)) == 2
    )
    with database.transaction(read_only=True) as connection:
        assert [wave.planned for wave in waves_of(connection, issue.issue_id)] == [1, 1]
    assert set(states_of(database).values()) == {S.PENDING}


def test_a_claim_of_a_wave_reads_only_its_own_rows_on_postgresql(
    postgres_url: str, tmp_path: Path
) -> None:
    """By the index of states and times, however many deliveries wait for later."""
    database = open_database(postgres_url.replace("?", NO_SCANS), tmp_path)
    issue = planned(database, [str(number % 24) for number in range(READERS)])
    ledger = ledger_on(database, issue)
    with ledger.on_duty(), explaining(database) as seen:
        assert len(ledger.claim(50, NOW + HOUR).claims) == 50
    database.close()
    readings = [
        one for statement in seen for one in statement.readings if one.table == "deliveries"
    ]
    assert readings
    assert not any(one.is_scan for one in readings)
    assert max(one.rows for one in readings) <= 200


def test_a_claim_of_a_wave_is_a_range_of_the_index_on_sqlite(
    sqlite_url: str, tmp_path: Path
) -> None:
    """SQLite plans the same range, bounded by the moment."""
    database = open_database(sqlite_url, tmp_path)
    issue = planned(database, [str(number % 24) for number in range(240)])
    ledger, run = ledger_on(database, issue), []

    def keep(
        _connection: object, _cursor: object, statement: str, given: object, *_: object
    ) -> None:
        if statement.startswith("WITH chosen"):
            run.append((statement, given))

    with ledger.on_duty():
        sa.event.listen(database.engine, "before_cursor_execute", keep)
        ledger.claim(200, NOW + HOUR)
        sa.event.remove(database.engine, "before_cursor_execute", keep)
        with database.transaction(read_only=True) as connection:
            plans = [
                str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all())
                for statement, given in run
            ]
    database.close()
    assert len(plans) == 3
    assert all("ix_deliveries_state (issue_id=? AND state=?" in plan for plan in plans), plans
    assert sum("retry_at<?" in plan for plan in plans) == 2, plans
