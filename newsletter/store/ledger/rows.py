"""Writes the ledger's rows in bulk: the plan of an issue, intents, and receipts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.store.ledger.counts import Changes
from newsletter.store.ledger.prepared import Prepared, numbered, portions
from newsletter.store.ledger.waves import PLANNED_MORNINGS
from newsletter.store.tables import deliveries
from newsletter.store.tables import receipts as receipts_table
from subscribers.audience import ReaderGroup

_IN_HAND = (DeliveryState.TRANSMITTING, DeliveryState.CLAIMED, DeliveryState.UNKNOWN)
"""States in which a delivery has a sender, the most frequent first."""


def insert_pending(
    connection: sa.Connection,
    issue_id: int,
    readers: sa.FromClause,
    edition_by_group: Mapping[ReaderGroup, int],
    default_edition: int | None,
    mornings: Mapping[str, datetime] | None = None,
) -> int:
    """Insert a pending delivery per row of `readers` (subscriber_id, follows, sees); returns how many.

    The database does it in one statement, so that the rows do not pass through Python. `mornings`
    has the moment of each time zone before which the delivery does not go, that of "" for any other.
    """
    _store_planned_editions(connection, edition_by_group)
    joined = readers.outerjoin(
        _PLANNED_EDITIONS,
        (readers.c.follows == _PLANNED_EDITIONS.c.follows)
        & (readers.c.sees == _PLANNED_EDITIONS.c.sees),
    )
    moment: list[sa.ColumnElement[datetime]] = []
    if mornings is not None:
        PLANNED_MORNINGS.create(connection)
        rows = [{"zone": zone, "not_before": at} for zone, at in mornings.items()]
        connection.execute(sa.insert(PLANNED_MORNINGS), rows)
        joined = joined.outerjoin(PLANNED_MORNINGS, readers.c.time_zone == PLANNED_MORNINGS.c.zone)
        at = PLANNED_MORNINGS.c.not_before
        moment = [sa.func.coalesce(at, sa.literal(mornings[""], at.type))]
    planned_edition = _PLANNED_EDITIONS.c.edition_id
    edition = sa.func.coalesce(planned_edition, sa.literal(default_edition, planned_edition.type))
    has_edition = sa.true() if default_edition is not None else planned_edition.is_not(None)
    planned = connection.execute(
        sa.insert(deliveries).from_select(
            [
                *("issue_id", "subscriber_id", "edition_id", "state", "attempts"),
                *(("not_before", "retry_at") if moment else ()),
            ],
            sa.select(
                sa.literal(issue_id, deliveries.c.issue_id.type),
                readers.c.subscriber_id,
                edition,
                sa.literal(DeliveryState.PENDING.value),
                sa.literal(0),
                *moment * 2,
            )
            .select_from(joined)
            .where(has_edition)
            .order_by(readers.c.subscriber_id),  # indexes then grow at their end, which is fast
        ),
        execution_options={"preserve_rowcount": True},
    )
    _PLANNED_EDITIONS.drop(connection)
    if mornings is not None:
        PLANNED_MORNINGS.drop(connection)
    if connection.dialect.name == "postgresql":
        # Until it analyses them, PostgreSQL assumes that the tables are as small as before, and
        # each claim sorts all deliveries (500 ms for a million instead of 10 ms), or reads all
        # readers after an import (2 s for 100,000 instead of 10 ms).
        connection.execute(sa.text("ANALYZE deliveries, subscriptions, subscribers, suppressions"))
    return planned.rowcount


def _store_planned_editions(
    connection: sa.Connection, edition_by_group: Mapping[ReaderGroup, int]
) -> None:
    """Store the editions in a temporary table, for the statement that plans."""
    _PLANNED_EDITIONS.create(connection)
    if edition_by_group:
        connection.execute(
            sa.insert(_PLANNED_EDITIONS),
            [
                {"follows": group.follows, "sees": group.sees, "edition_id": edition}
                for group, edition in edition_by_group.items()
            ],
        )


def record(
    connection: sa.Connection,
    changes: Changes,
    issue_id: int,
    sender: str,
    receipts: Sequence[Receipt],
    intents: Sequence[int],
) -> frozenset[int]:
    """Write receipts, then make `intents` transmitting; returns those that now are."""
    settle(connection, changes, issue_id, sender, receipts)
    keep_receipts(connection, changes, issue_id, receipts)
    return intend(connection, changes, issue_id, sender, intents)


def settle(
    connection: sa.Connection,
    changes: Changes,
    issue_id: int,
    sender: str,
    receipts: Collection[Receipt],
) -> None:
    """Move each delivery to its receipt's state, if it is still this sender's."""
    by_result: dict[tuple[DeliveryState, datetime | None], list[int]] = {}
    for receipt in receipts:
        by_result.setdefault((receipt.state, receipt.retry_at), []).append(receipt.subscriber_id)
    for (state, retry_at), subscriber_ids in by_result.items():
        values = {
            "now_state": state.value,
            "now_retry_at": retry_at,
            # The sender's id stays on an unknown row until a person has decided about it.
            "now_sender": sender if state is DeliveryState.UNKNOWN else None,
        }
        for portion in portions(subscriber_ids):
            left = len(portion)
            for before in _IN_HAND:
                if left and before is not state:
                    given = values | _own_rows(issue_id, sender, portion) | {"before": before.value}
                    moved = _SETTLE.run(connection, len(portion), given)
                    changes.move(before, state, moved)
                    left -= moved


def intend(
    connection: sa.Connection,
    changes: Changes,
    issue_id: int,
    sender: str,
    subscriber_ids: Sequence[int],
) -> frozenset[int]:
    """Make deliveries that this sender claimed transmitting; returns those that now are."""
    changed = sum(
        _INTEND.run(connection, len(portion), _own_rows(issue_id, sender, portion))
        for portion in portions(subscriber_ids)
    )
    changes.move(DeliveryState.CLAIMED, DeliveryState.TRANSMITTING, changed)
    if changed == len(subscriber_ids):
        return frozenset(subscriber_ids)
    return frozenset(
        connection.scalars(
            sa.select(deliveries.c.subscriber_id).where(
                deliveries.c.issue_id == issue_id,
                deliveries.c.subscriber_id.in_(subscriber_ids),
                deliveries.c.state == DeliveryState.TRANSMITTING,
                deliveries.c.sender == sender,
            )
        )
    )


def keep_receipts(
    connection: sa.Connection, changes: Changes, issue_id: int, receipts: Sequence[Receipt]
) -> None:
    """Store the receipts and count their attempts."""
    for receipt in receipts:
        changes.attempt(receipt.relay, receipt.state)
    for portion in portions(receipts):
        values: dict[str, object] = {"issue_id": issue_id}
        for row, receipt in enumerate(portion):
            values |= {
                f"subscriber_id_{row}": receipt.subscriber_id,
                f"at_{row}": receipt.at,
                f"state_{row}": receipt.state.value,
                f"relay_{row}": receipt.relay,
                f"code_{row}": receipt.code,
                f"enhanced_{row}": receipt.enhanced,
                f"text_{row}": receipt.text,
            }
        _KEEP.run(connection, len(portion), values)


def note(
    connection: sa.Connection,
    changes: Changes,
    issue_id: int,
    subscriber_ids: Iterable[int],
    state: DeliveryState,
    now: datetime,
    text: str,
) -> None:
    """Store a receipt of our own, without a relay, for each of these deliveries."""
    receipts = [
        Receipt(subscriber_id=number, state=state, at=now, relay="", text=text)
        for number in subscriber_ids
    ]
    keep_receipts(connection, changes, issue_id, receipts)


def _own_rows(issue_id: int, sender: str, subscriber_ids: Sequence[int]) -> dict[str, object]:
    values: dict[str, object] = {"of_issue": issue_id, "by_sender": sender}
    return values | {f"subscriber_{row}": number for row, number in enumerate(subscriber_ids)}


def _is_own(rows: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        deliveries.c.issue_id == sa.bindparam("of_issue"),
        deliveries.c.subscriber_id.in_(numbered("subscriber", rows)),
        deliveries.c.sender == sa.bindparam("by_sender"),
    )


def _settling(rows: int) -> sa.Update:
    return (
        sa.update(deliveries)
        .where(_is_own(rows), deliveries.c.state == sa.bindparam("before"))
        .values(
            state=sa.bindparam("now_state"),
            attempts=deliveries.c.attempts + sa.literal_column("1"),
            retry_at=sa.bindparam("now_retry_at"),
            sender=sa.bindparam("now_sender"),
        )
    )


def _intending(rows: int) -> sa.Update:
    return (
        sa.update(deliveries)
        .where(_is_own(rows), deliveries.c.state == sa.literal_column("'claimed'"))
        .values(state=sa.literal_column("'transmitting'"))
    )


def _keeping(rows: int) -> sa.Insert:
    of_issue = sa.bindparam("issue_id", type_=receipts_table.c.issue_id.type)
    of_each = [
        column
        for column in receipts_table.columns
        if not column.primary_key and column.name != "issue_id"
    ]
    return (
        sa.insert(receipts_table)
        .inline()
        .values(
            [
                {"issue_id": of_issue}
                | {
                    # SQLAlchemy gives only the first row's parameters their columns' types.
                    column.name: sa.bindparam(f"{column.name}_{row}", type_=column.type)
                    for column in of_each
                }
                for row in range(rows)
            ]
        )
    )


_SETTLE, _INTEND, _KEEP = Prepared(_settling), Prepared(_intending), Prepared(_keeping)

_PLANNED_EDITIONS = sa.Table(
    "planned_editions",
    sa.MetaData(),
    sa.Column("follows", sa.String, primary_key=True),
    sa.Column("sees", sa.String, primary_key=True),
    sa.Column("edition_id", sa.BigInteger, nullable=False),
    prefixes=["TEMPORARY"],
)
