"""How the ledger's rows are written in bulk: the plan of an issue, and receipts."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.store.tables import deliveries
from newsletter.store.tables import receipts as receipts_table


def insert_pending(
    connection: sa.Connection,
    issue_id: int,
    readers: sa.FromClause,
    edition_by_follows: Mapping[str, int],
    default_edition: int,
) -> None:
    """One pending delivery per row of `readers` (subscriber_id, follows), made by the database."""
    _PLANNED_EDITIONS.create(connection)
    if edition_by_follows:
        connection.execute(
            sa.insert(_PLANNED_EDITIONS),
            [{"follows": key, "edition_id": value} for key, value in edition_by_follows.items()],
        )
    edition = sa.func.coalesce(_PLANNED_EDITIONS.c.edition_id, default_edition)
    connection.execute(
        sa.insert(deliveries).from_select(
            ["issue_id", "subscriber_id", "edition_id", "state", "attempts"],
            sa.select(
                sa.literal(issue_id, deliveries.c.issue_id.type),
                readers.c.subscriber_id,
                edition,
                sa.literal(DeliveryState.PENDING.value),
                sa.literal(0),
            )
            .select_from(
                readers.outerjoin(
                    _PLANNED_EDITIONS, readers.c.follows == _PLANNED_EDITIONS.c.follows
                )
            )
            .order_by(readers.c.subscriber_id),  # indexes grow at their end, which is quick
        )
    )
    _PLANNED_EDITIONS.drop(connection)
    if connection.dialect.name == "postgresql":
        # Until it has looked, PostgreSQL thinks the table as small as before, and each claim
        # sorts all of it: 500 ms among a million, instead of 10.
        connection.execute(sa.text("ANALYZE deliveries"))


def settle(
    connection: sa.Connection, issue_id: int, sender: str, receipts: Collection[Receipt]
) -> None:
    """Move each delivery to its receipt's state, if it is still this sender's."""
    if receipts:
        connection.execute(_SETTLE, [_settled(issue_id, sender, receipt) for receipt in receipts])


def keep_receipts(connection: sa.Connection, issue_id: int, receipts: Collection[Receipt]) -> None:
    """Append the receipts to the books."""
    if receipts:
        connection.execute(
            sa.insert(receipts_table),
            [
                {
                    "issue_id": issue_id,
                    "subscriber_id": receipt.subscriber_id,
                    "at": receipt.at,
                    "state": receipt.state,
                    "relay": receipt.relay,
                    "code": receipt.code,
                    "enhanced": receipt.enhanced,
                    "text": receipt.text,
                }
                for receipt in receipts
            ],
        )


def _settled(issue_id: int, sender: str, receipt: Receipt) -> dict[str, object]:
    return {
        "of_issue": issue_id,
        "of_subscriber": receipt.subscriber_id,
        "by_sender": sender,
        "now_state": receipt.state,
        "now_retry_at": receipt.retry_at,
        # Who sent it stays on an unknown row, until somebody decides what becomes of it.
        "now_sender": sender if receipt.state is DeliveryState.UNKNOWN else None,
    }


_SETTLE = (
    sa.update(deliveries)
    .where(
        deliveries.c.issue_id == sa.bindparam("of_issue"),
        deliveries.c.subscriber_id == sa.bindparam("of_subscriber"),
        deliveries.c.sender == sa.bindparam("by_sender"),
    )
    .values(
        state=sa.bindparam("now_state"),
        attempts=deliveries.c.attempts + 1,
        retry_at=sa.bindparam("now_retry_at"),
        sender=sa.bindparam("now_sender"),
    )
)

_PLANNED_EDITIONS = sa.Table(
    "planned_editions",
    sa.MetaData(),
    sa.Column("follows", sa.String, primary_key=True),
    sa.Column("edition_id", sa.BigInteger, nullable=False),
    prefixes=["TEMPORARY"],
)
