"""The ledger in the database: every delivery of an issue and every receipt."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from newsletter.delivery.ledger import Claim, Claimed, Recovery, Within
from newsletter.delivery.receipt import FINAL_STATES, DeliveryState, Receipt
from newsletter.store.database import Database
from newsletter.store.ledger_rows import insert_pending, intend, keep_receipts, settle
from newsletter.store.liveness import LivingSender, is_alive, living_sender
from newsletter.store.tables import deliveries, issues
from newsletter.store.tables import receipts as receipts_table

Audience = Callable[[datetime], sa.Select[Any]]
"""The one door to addresses (rule 1): selects subscriber_id, address, name and follows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UnknownDelivery:
    """A delivery whose outcome nobody knows, waiting for a decision. `since` its last claim."""

    subscriber_id: int
    since: datetime


class SqlLedger:
    """One issue's deliveries; implements delivery.ledger.Ledger. For one thread at a time."""

    def __init__(self, database: Database, issue_id: int, audience: Audience) -> None:
        self._database = database
        self._issue_id = issue_id
        self._audience = audience
        self._sender: str | None = None
        self._living: LivingSender | None = None
        self._ours = deliveries.c.issue_id == issue_id

    def plan(
        self, edition_by_follows: Mapping[str, int], default_edition: int, now: datetime
    ) -> int:
        """Write one pending delivery per reader; returns how many the issue has.

        The audience is fixed by the first plan: planning again changes nothing. A reader's
        edition goes by what she follows; wishes not in the mapping get `default_edition`.
        """
        with self._database.transaction() as connection:
            connection.execute(
                sa.select(issues.c.id).where(issues.c.id == self._issue_id).with_for_update()
            )
            count = self._count(connection)
            if not count:
                readers = self._audience(now).subquery()
                insert_pending(
                    connection, self._issue_id, readers, edition_by_follows, default_edition
                )
                count = self._count(connection)
            return count

    @contextmanager
    def on_duty(self) -> Iterator[None]:
        """While entered this ledger may claim, and others see that its sender lives."""
        with living_sender(self._database) as living:
            self._living, self._sender = living, living.identity
            try:
                yield
            finally:
                self._living = self._sender = None

    def claim(self, limit: int, now: datetime, within: Within | None = None) -> Claimed:
        """Take up to `limit` deliveries that are pending, or deferred and due at `now`.

        The audience is asked again: who is no longer in it becomes suppressed (rule 1).
        """
        if self._living is not None:
            self._living.check()
        with self._database.transaction() as connection:
            due = deliveries.c.retry_at <= now
            ours = self._within(within)
            rows = self._take(connection, DeliveryState.DEFERRED, limit, due & ours, now)
            for when in (due, deliveries.c.retry_at.is_(None)):
                if len(rows) < limit:
                    free = limit - len(rows)
                    rows += self._take(connection, DeliveryState.PENDING, free, when & ours, now)
            readers = self._readers(connection, [number for number, _, _ in rows], now)
            gone = [number for number, _, _ in rows if number not in readers]
            self._move(connection, gone, DeliveryState.SUPPRESSED)
            before = self._attempts_before(connection, [n for n, _, attempts in rows if attempts])
        return Claimed(
            claims=tuple(
                Claim(
                    subscriber_id=number,
                    address=readers[number][0],
                    name=readers[number][1],
                    edition_id=edition,
                    attempts=attempts,
                    first_attempt=before[number].first if number in before else None,
                    was_refused_by_policy=number in before and bool(before[number].refused),
                )
                for number, edition, attempts in sorted(rows)
                if number in readers
            ),
            suppressed=len(gone),
        )

    def write(self, *, receipts: Sequence[Receipt], intents: Sequence[int]) -> frozenset[int]:
        """Record receipts, then make `intents` transmitting, in one transaction (rule 3).

        Returns the intents that are truly so. A receipt moves its delivery only while the
        delivery is still this sender's; it is kept in any case.
        """
        with self._database.transaction() as connection:
            settle(connection, self._issue_id, str(self._sender), receipts)
            keep_receipts(connection, self._issue_id, receipts)
            if not intents:
                return frozenset()
            return intend(connection, self._issue_id, str(self._sender), intents)

    def release(self, subscriber_ids: Collection[int]) -> None:
        """Give back what this sender claimed and did not send."""
        with self._database.transaction() as connection:
            self._move(connection, subscriber_ids, DeliveryState.PENDING)

    def postpone(self, subscriber_ids: Collection[int], until: datetime) -> None:
        """Give back what this sender claimed and did not send, not to be claimed before `until`."""
        with self._database.transaction() as connection:
            self._move(connection, subscriber_ids, DeliveryState.PENDING, retry_at=until)

    def bring_forward(self) -> None:
        """Let everything pending be claimed at once, whatever a run before postponed."""
        with self._database.transaction() as connection:
            connection.execute(
                sa.update(deliveries)
                .where(
                    self._ours,
                    deliveries.c.state == DeliveryState.PENDING,
                    deliveries.c.retry_at.is_not(None),
                )
                .values(retry_at=None)
            )

    def recover(self, now: datetime) -> Recovery:
        """Take in what dead senders left: claimed is pending again, transmitting is unknown.

        The rows of a living sender are not touched.
        """
        left = (DeliveryState.CLAIMED, DeliveryState.TRANSMITTING)
        with self._database.transaction(read_only=True) as connection:
            senders = connection.scalars(
                sa.select(deliveries.c.sender)
                .where(self._ours, deliveries.c.state.in_(left))
                .distinct()
            ).all()
        dead = [sender for sender in senders if not is_alive(self._database, str(sender))]
        if not dead:
            return Recovery(released=0, unknown=0)
        with self._database.transaction() as connection:
            theirs = sa.and_(self._ours, deliveries.c.sender.in_(dead))
            unknown = connection.scalars(
                sa.update(deliveries)
                .where(theirs, deliveries.c.state == DeliveryState.TRANSMITTING)
                .values(state=DeliveryState.UNKNOWN, attempts=deliveries.c.attempts + 1)
                .returning(deliveries.c.subscriber_id)
            ).all()
            self._note(connection, unknown, now, "the sender died before it had the relay's reply")
            released = connection.execute(
                sa.update(deliveries)
                .where(theirs, deliveries.c.state == DeliveryState.CLAIMED)
                .values(state=DeliveryState.PENDING, sender=None)
            )
            return Recovery(released=released.rowcount, unknown=len(unknown))

    def counts(self) -> dict[DeliveryState, int]:
        """How many deliveries stand in each state; every state is named."""
        with self._database.transaction(read_only=True) as connection:
            found = connection.execute(
                sa.select(deliveries.c.state, sa.func.count())
                .where(self._ours)
                .group_by(deliveries.c.state)
            )
            number = {row[0]: row[1] for row in found}
        return {state: number.get(state, 0) for state in DeliveryState}

    def is_conserved(self, audience: int) -> bool:
        """Rule 2: every reader of the audience has come to an end, and the sum is right."""
        counts = self.counts()
        return sum(counts[state] for state in FINAL_STATES) == sum(counts.values()) == audience

    def next_retry(self) -> datetime | None:
        """When the earliest deferred delivery may be tried again."""
        with self._database.transaction(read_only=True) as connection:
            moment: datetime | None = connection.scalar(
                sa.select(sa.func.min(deliveries.c.retry_at)).where(
                    self._ours, deliveries.c.state == DeliveryState.DEFERRED
                )
            )
            return moment

    def unknown_rows(self) -> list[UnknownDelivery]:
        """The deliveries of unknown outcome on which nobody has decided."""
        with self._database.transaction(read_only=True) as connection:
            rows = connection.execute(
                sa.select(deliveries.c.subscriber_id, deliveries.c.claimed_at)
                .where(self._undecided)
                .order_by(deliveries.c.subscriber_id)
            )
            return [UnknownDelivery(subscriber_id=row[0], since=row[1]) for row in rows]

    def settle_unknown(self, how: Literal["resend", "skip"], now: datetime) -> int:
        """Decide on all unknown deliveries; returns how many.

        `resend` makes them pending, at the risk of a second copy under the same Message-ID;
        `skip` leaves them unknown for good.
        """
        state = DeliveryState.PENDING if how == "resend" else DeliveryState.UNKNOWN
        with self._database.transaction() as connection:
            settled = connection.scalars(
                sa.update(deliveries)
                .where(self._undecided)
                .values(state=state, sender=None, retry_at=None)
                .returning(deliveries.c.subscriber_id)
            ).all()
            said = "to be sent again" if how == "resend" else "not to be sent again"
            self._note(connection, settled, now, f"decided: {said}", state=state)
            return len(settled)

    def _within(self, within: Within | None) -> sa.ColumnElement[bool]:
        if within is None:
            return self._ours
        return self._ours & deliveries.c.subscriber_id.between(*within)

    @property
    def _undecided(self) -> sa.ColumnElement[bool]:
        # Who sent it stays on the row until somebody has decided.
        return sa.and_(
            self._ours,
            deliveries.c.state == DeliveryState.UNKNOWN,
            deliveries.c.sender.is_not(None),
        )

    def _count(self, connection: sa.Connection) -> int:
        return (
            connection.scalar(sa.select(sa.func.count()).select_from(deliveries).where(self._ours))
            or 0
        )

    def _take(
        self,
        connection: sa.Connection,
        state: DeliveryState,
        limit: int,
        when: sa.ColumnElement[bool],
        now: datetime,
    ) -> list[tuple[int, int, int]]:
        """Subscriber, edition and attempts of each delivery taken."""
        free = sa.select(deliveries.c.subscriber_id).where(
            self._ours, deliveries.c.state == state, when
        )
        # A CTE: as a plain subquery PostgreSQL may run it more than once, past its limit.
        chosen = (
            free.order_by(deliveries.c.retry_at, deliveries.c.subscriber_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("chosen")
        )
        rows = connection.execute(
            sa.update(deliveries)
            .where(self._ours, deliveries.c.subscriber_id.in_(sa.select(chosen.c.subscriber_id)))
            .values(state=DeliveryState.CLAIMED, sender=self._sender, claimed_at=now, retry_at=None)
            .returning(deliveries.c.subscriber_id, deliveries.c.edition_id, deliveries.c.attempts)
        )
        return [tuple(row) for row in rows]

    def _readers(
        self, connection: sa.Connection, subscriber_ids: Collection[int], now: datetime
    ) -> dict[int, tuple[str, str]]:
        """Address and name of those who are still to be mailed."""
        readers = self._audience(now).subquery()
        rows = connection.execute(
            sa.select(readers.c.subscriber_id, readers.c.address, readers.c.name).where(
                readers.c.subscriber_id.in_(subscriber_ids)
            )
        )
        return {number: (address, name) for number, address, name in rows}

    def _attempts_before(
        self, connection: sa.Connection, subscriber_ids: Collection[int]
    ) -> dict[int, Any]:
        """When the first attempt was, and whether one was refused by policy, by reader."""
        if not subscriber_ids:
            return {}
        # Only a refusal by policy, which paused a run, leaves a reply and the delivery pending.
        paused_us = (receipts_table.c.state == DeliveryState.PENDING) & (receipts_table.c.code > 0)
        refused = sa.case((paused_us, 1), else_=0)
        rows = connection.execute(
            sa.select(
                receipts_table.c.subscriber_id,
                sa.func.min(receipts_table.c.at).label("first"),
                sa.func.max(refused).label("refused"),
            )
            .where(
                receipts_table.c.issue_id == self._issue_id,
                receipts_table.c.subscriber_id.in_(subscriber_ids),
            )
            .group_by(receipts_table.c.subscriber_id)
        )
        return {row.subscriber_id: row for row in rows}

    def _move(
        self,
        connection: sa.Connection,
        subscriber_ids: Collection[int],
        state: DeliveryState,
        retry_at: datetime | None = None,
    ) -> None:
        if subscriber_ids:
            connection.execute(
                sa.update(deliveries)
                .where(
                    self._ours,
                    deliveries.c.subscriber_id.in_(subscriber_ids),
                    deliveries.c.sender == self._sender,
                )
                .values(state=state, sender=None, retry_at=retry_at)
            )

    def _note(
        self,
        connection: sa.Connection,
        subscriber_ids: Iterable[int],
        now: datetime,
        text: str,
        state: DeliveryState = DeliveryState.UNKNOWN,
    ) -> None:
        keep_receipts(
            connection,
            self._issue_id,
            [
                Receipt(subscriber_id=subscriber_id, state=state, at=now, relay="", text=text)
                for subscriber_id in subscriber_ids
            ],
        )
