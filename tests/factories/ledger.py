"""An approved issue with its readers, and ledgers upon it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.store.database import Database
from newsletter.store.ledger import SqlLedger, settle_unknown, unknown_rows
from newsletter.store.tables import deliveries, editions, issues
from newsletter.store.tables import receipts as receipts_table
from subscribers.audience import audience
from subscribers.tables import lists, subscribers, subscriptions

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
LIST = "weekly"


@dataclass(frozen=True, kw_only=True, slots=True)
class SentIssue:
    """The ids of an issue in the database and of its editions."""

    issue_id: int
    edition_ids: tuple[int, ...]

    @property
    def edition_id(self) -> int:
        """The edition of those who follow everything."""
        return self.edition_ids[0]


def address_of(number: int) -> str:
    """The address of the reader with that id."""
    return f"reader{number}@example.org"


def plant_issue(
    database: Database, addresses: Sequence[str] = (), *, follows: str = "", edition_count: int = 1
) -> SentIssue:
    """An issue, its editions, and one active reader per address, numbered from 1."""
    with database.transaction() as connection:
        issue_id: int = connection.scalars(
            sa.insert(issues)
            .returning(issues.c.id)
            .values(
                newsletter="weekly",
                number=1,
                state="sending",
                window_start=NOW - timedelta(days=7),
                window_end=NOW,
                due=NOW,
                due_date="2026-03-02",
                subject="News",
                preheader="",
            )
        ).one()
        edition_ids = tuple(
            connection.scalars(
                sa.insert(editions)
                .returning(editions.c.id)
                .values(
                    issue_id=issue_id,
                    key=f"edition{number}",
                    nonce="n",
                    subject="News",
                    preheader="",
                    html="",
                    text="",
                    language="en",
                    item_keys=[],
                    sha256="",
                )
            ).one()
            for number in range(edition_count)
        )
        connection.execute(sa.insert(lists).values(id=1, slug=LIST))
        if addresses:
            connection.execute(
                sa.insert(subscribers),
                [
                    {
                        "id": number,
                        "address": address,
                        "address_key": address.casefold(),
                        "name": f"Reader {number}",
                        "follows": follows,
                        "frequency": "weekly",
                        "attributes": {},
                        "created_at": NOW,
                    }
                    for number, address in enumerate(addresses, start=1)
                ],
            )
            connection.execute(
                sa.insert(subscriptions),
                [
                    {"list_id": 1, "subscriber_id": number, "status": "active", "changed_at": NOW}
                    for number in range(1, len(addresses) + 1)
                ],
            )
    return SentIssue(issue_id=issue_id, edition_ids=edition_ids)


def ledger_on(database: Database, issue: SentIssue) -> SqlLedger:
    """A ledger of the issue; each has a sender of its own."""
    return SqlLedger(database, issue.issue_id, partial(audience, LIST))


def planned_ledger(database: Database, readers: int = 3) -> SqlLedger:
    """A ledger of a new issue, one pending delivery per reader."""
    issue = plant_issue(database, [address_of(number) for number in range(1, readers + 1)])
    ledger = ledger_on(database, issue)
    ledger.plan({}, issue.edition_id, NOW)
    return ledger


def unknown_of(database: Database, issue_id: int = 1) -> list[int]:
    """The readers of whom nobody can say whether they have it, and on whom nobody has decided."""
    with database.transaction(read_only=True) as connection:
        return [row.subscriber_id for row in unknown_rows(connection, issue_id)]


def decide(database: Database, how: Literal["resend", "skip"], issue_id: int = 1) -> int:
    """As an operator does; on how many."""
    with database.transaction() as connection:
        return settle_unknown(connection, issue_id, how, NOW)


def unsubscribe(database: Database, subscriber_id: int) -> None:
    """As the unsubscribe page does it."""
    with database.transaction() as connection:
        connection.execute(
            sa.update(subscriptions)
            .where(subscriptions.c.subscriber_id == subscriber_id)
            .values(status="unsubscribed")
        )


def make_receipt(subscriber_id: int = 1, **changes: object) -> Receipt:
    """A relay's yes, or what `changes` make of it."""
    values: dict[str, object] = {
        "subscriber_id": subscriber_id,
        "state": DeliveryState.ACCEPTED,
        "at": NOW,
        "relay": "main",
        "code": 250,
        "text": "2.0.0 Ok",
    }
    return Receipt(**{**values, **changes})  # type: ignore[arg-type]  # factory of any field


def states_of(database: Database) -> dict[int, DeliveryState]:
    """Where each reader's delivery stands."""
    with database.transaction(read_only=True) as connection:
        rows = connection.execute(sa.select(deliveries.c.subscriber_id, deliveries.c.state))
        return {row[0]: DeliveryState(row[1]) for row in rows}


def receipts_of(database: Database, subscriber_id: int) -> list[tuple[str, int, str]]:
    """State, code and text of each receipt of a reader, oldest first."""
    with database.transaction(read_only=True) as connection:
        rows = connection.execute(
            sa.select(receipts_table.c.state, receipts_table.c.code, receipts_table.c.text)
            .where(receipts_table.c.subscriber_id == subscriber_id)
            .order_by(receipts_table.c.id)
        )
        return [(row[0], row[1], row[2]) for row in rows]
