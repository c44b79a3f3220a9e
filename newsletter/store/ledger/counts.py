"""Stored counts of deliveries by state, and of attempts by outcome.

Counting ten million deliveries takes seconds, and a page that follows a send asks twice a second.
So each transaction of the ledger adds its changes to stored counts, in rows of its own sender, so
that no sender waits for another. When a sender goes off duty, its rows are folded into the issue's.
Whether an issue is complete (rule 2) is still decided by counting row by row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.delivery.receipt import FINAL_STATES, DeliveryState
from newsletter.store.ledger.prepared import Prepared, portions
from newsletter.store.tables import deliveries, issues, ledger_counts, receipts

DELIVERIES = ""
"""In place of a relay's name: the row counts deliveries instead of attempts."""

FOLDED = ""
"""In place of a sender: the sum of the senders that have ended."""


class Changes:
    """The changes that one transaction makes to the counts of one issue.

    Code that moves a delivery or stores a receipt records it here; `write` ends the transaction.
    """

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def move(self, before: DeliveryState | None, after: DeliveryState, count: int) -> None:
        """Record that `count` deliveries changed state; `before` is None for newly planned ones."""
        if before is not None:
            self._counts[DELIVERIES, before.value] -= count
        self._counts[DELIVERIES, after.value] += count

    def attempt(self, relay: str, state: DeliveryState) -> None:
        """Record the outcome of an attempt; our own notes have no relay and are not counted."""
        if relay:
            self._counts[relay, state.value] += 1

    def add(self, relay: str, state: str, count: int) -> None:
        """Add a count from elsewhere."""
        self._counts[relay, state] += count

    def write(self, connection: sa.Connection, issue_id: int, sender: str | None) -> None:
        """Add the changes to the sender's rows, or to the folded ones; call it last."""
        # Once and in a fixed order, so that two writers of the folded rows cannot deadlock.
        changed = sorted((key, count) for key, count in self._counts.items() if count)
        for batch in portions(changed):
            values: dict[str, object] = {"issue_id": issue_id, "sender": sender or FOLDED}
            for row, ((relay, state), count) in enumerate(batch):
                values |= {f"relay_{row}": relay, f"state_{row}": state, f"n_{row}": count}
            _ADD[connection.dialect.name].run(connection, len(batch), values)


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryCounts:
    """An issue's planned audience, None before it is planned, and its deliveries in every state."""

    audience: int | None
    deliveries: Mapping[DeliveryState, int]


def counts_of(connection: sa.Connection, issue_id: int) -> dict[DeliveryState, int]:
    """How many deliveries of the issue are in each state; every state has a key."""
    return _named(_sums(connection, ledger_counts.c.issue_id == issue_id).get(issue_id, {}))


def counts_of_all(connection: sa.Connection) -> dict[tuple[str, int], DeliveryCounts]:
    """The counts of every issue, by newsletter and number."""
    sums = _sums(connection, sa.true())
    rows = connection.execute(
        sa.select(issues.c.id, issues.c.newsletter, issues.c.number, issues.c.audience)
    )
    return {
        (row.newsletter, row.number): DeliveryCounts(
            audience=row.audience, deliveries=_named(sums.get(row.id, {}))
        )
        for row in rows
    }


def accepted_by_issue(connection: sa.Connection, issue_ids: Collection[int]) -> dict[int, int]:
    """How many deliveries of each of these issues a relay accepted."""
    sums = _sums(connection, ledger_counts.c.issue_id.in_(issue_ids))
    return {number: counts.get(DeliveryState.ACCEPTED.value, 0) for number, counts in sums.items()}


def attempts_of(connection: sa.Connection, issue_id: int) -> dict[tuple[str, str], int]:
    """How many attempts there were, by relay and outcome."""
    table = ledger_counts
    rows = connection.execute(
        sa.select(table.c.relay, table.c.state, sa.func.sum(table.c.n))
        .where(table.c.issue_id == issue_id, table.c.relay != DELIVERIES)
        .group_by(table.c.relay, table.c.state)
        .order_by(table.c.relay, table.c.state)
    )
    return {(row[0], row[1]): int(row[2]) for row in rows if row[2]}


def senders_counted(connection: sa.Connection, issue_id: int) -> set[str]:
    """The senders that have rows of their own in the counts."""
    return set(
        connection.scalars(
            sa.select(ledger_counts.c.sender)
            .where(ledger_counts.c.issue_id == issue_id, ledger_counts.c.sender != FOLDED)
            .distinct()
        )
    )


def take_over(
    connection: sa.Connection, issue_id: int, senders: Collection[str], changes: Changes
) -> None:
    """Delete the rows of senders that have ended, and add their counts to `changes`."""
    table = ledger_counts
    removed = connection.execute(
        sa.delete(table)
        .where(table.c.issue_id == issue_id, table.c.sender.in_(senders))
        .returning(table.c.relay, table.c.state, table.c.n)
    )
    for relay, state, count in removed:
        changes.add(relay, state, count)


def counted(connection: sa.Connection, issue_id: int) -> dict[DeliveryState, int]:
    """The same as `counts_of`, counted row by row: for decisions, and to verify the stored counts."""
    rows = connection.execute(
        sa.select(deliveries.c.state, sa.func.count())
        .where(deliveries.c.issue_id == issue_id)
        .group_by(deliveries.c.state)
    )
    return _named({row[0]: row[1] for row in rows})


def is_conserved(connection: sa.Connection, issue_id: int, audience: int) -> bool:
    """Rule 2: every delivery of the audience is in a final state, and the sum equals the audience."""
    counts = counted(connection, issue_id)
    return sum(counts[state] for state in FINAL_STATES) == sum(counts.values()) == audience


def counts_match(connection: sa.Connection, issue_id: int) -> bool:
    """Whether the stored counts equal those counted row by row, also in the middle of a send."""
    stored = sa.select(ledger_counts.c.state, ledger_counts.c.n).where(
        ledger_counts.c.issue_id == issue_id, ledger_counts.c.relay == DELIVERIES
    )
    actual = (
        sa.select(deliveries.c.state, -sa.func.count())
        .where(deliveries.c.issue_id == issue_id)
        .group_by(deliveries.c.state)
    )
    difference = sa.union_all(stored, actual).subquery()
    wrong = (
        sa.select(difference.c.state)
        .group_by(difference.c.state)
        .having(sa.func.sum(difference.c.n) != 0)
    )
    return connection.execute(wrong.limit(1)).first() is None


def recount(connection: sa.Connection, issue_id: int) -> None:
    """Replace the stored counts by those counted row by row; senders wait meanwhile."""
    if connection.dialect.name == "postgresql":
        # A transaction that has changed deliveries but not yet the counts adds its change later.
        connection.execute(sa.text("LOCK TABLE ledger_counts IN EXCLUSIVE MODE"))
    connection.execute(sa.delete(ledger_counts).where(ledger_counts.c.issue_id == issue_id))
    changes = Changes()
    for state, count in counted(connection, issue_id).items():
        changes.add(DELIVERIES, state.value, count)
    attempts = connection.execute(
        sa.select(receipts.c.relay, receipts.c.state, sa.func.count())
        .where(receipts.c.issue_id == issue_id, receipts.c.relay != "")
        .group_by(receipts.c.relay, receipts.c.state)
    )
    for relay, state, count in attempts:
        changes.add(relay, state, count)
    changes.write(connection, issue_id, FOLDED)


def _sums(connection: sa.Connection, which: sa.ColumnElement[bool]) -> dict[int, dict[str, int]]:
    table = ledger_counts
    rows = connection.execute(
        sa.select(table.c.issue_id, table.c.state, sa.func.sum(table.c.n))
        .where(which, table.c.relay == DELIVERIES)
        .group_by(table.c.issue_id, table.c.state)
    )
    found: dict[int, dict[str, int]] = {}
    for issue_id, state, count in rows:
        found.setdefault(issue_id, {})[state] = int(count)
    return found


def _named(counts: Mapping[str, int]) -> dict[DeliveryState, int]:
    return {state: counts.get(state.value, 0) for state in DeliveryState}


def _adding(
    insert: type[postgresql.Insert] | type[sqlite.Insert], rows: int
) -> postgresql.Insert | sqlite.Insert:
    of_all: dict[str, object] = {
        "issue_id": sa.bindparam("issue_id"),
        "sender": sa.bindparam("sender"),
    }
    statement = insert(ledger_counts).values(
        [
            of_all
            | {
                column.name: sa.bindparam(f"{column.name}_{row}", type_=column.type)
                for column in (ledger_counts.c.relay, ledger_counts.c.state, ledger_counts.c.n)
            }
            for row in range(rows)
        ]
    )
    return statement.on_conflict_do_update(
        index_elements=list(ledger_counts.primary_key.columns),
        set_={"n": ledger_counts.c.n + statement.excluded.n},
    )


_ADD = {
    "sqlite": Prepared(lambda rows: _adding(sqlite.Insert, rows)),
    "postgresql": Prepared(lambda rows: _adding(postgresql.Insert, rows)),
}
