"""The ledger in the database: the deliveries of an issue and their receipts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.ledger import Claimed, Recovery, Within
from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.store.audience import Audience
from newsletter.store.database import Database
from newsletter.store.ledger.claims import claims_of
from newsletter.store.ledger.counts import (
    FOLDED,
    Changes,
    counted,
    counts_of,
    is_conserved,
    senders_counted,
    take_over,
)
from newsletter.store.ledger.journal import Journal
from newsletter.store.ledger.journals import (
    close,
    left_by,
    open_journal,
    post,
    remove_left,
    senders_with_journals,
    take_in,
)
from newsletter.store.ledger.rows import insert_pending, note, record
from newsletter.store.ledger.waves import keep_waves, zones_among
from newsletter.store.liveness import LivingSender, is_alive, living_sender
from newsletter.store.tables import deliveries, issues
from subscribers.audience import ReaderGroup


class SqlLedger:
    """One issue's deliveries; implements delivery.ledger.Ledger.

    For one thread at a time, except that `write` may run beside any other call.
    """

    def __init__(self, database: Database, issue_id: int, audience: Audience) -> None:
        self._database = database
        self._issue_id = issue_id
        self._audience = audience
        self._sender: str | None = None
        self._living: LivingSender | None = None
        self._journal: Journal | None = None
        self._in_hand: set[int] = set()
        self._ours = deliveries.c.issue_id == issue_id

    def plan(
        self,
        edition_by_group: Mapping[ReaderGroup, int],
        default_edition: int | None,
        now: datetime,
        mornings_of: Callable[[Collection[str]], Mapping[str, datetime]] | None = None,
    ) -> int:
        """Write one pending delivery per reader; returns how many the issue has.

        The first plan fixes the audience: planning again changes nothing. A reader's edition
        depends on the reader's group. Groups not in the mapping get `default_edition`; None plans
        nothing for them. `mornings_of` gives the moment of each of these time zones, before which
        its readers' deliveries do not go; None: all may go at once.
        """
        with self._changing() as (connection, changes):
            this_issue = issues.c.id == self._issue_id
            planned: int | None = connection.scalar(
                sa.select(issues.c.audience).where(this_issue).with_for_update()
            )
            if planned:
                return planned
            readers = self._audience(now).subquery()
            mornings = mornings_of(zones_among(connection, readers)) if mornings_of else None
            count = insert_pending(
                connection, self._issue_id, readers, edition_by_group, default_edition, mornings
            )
            if mornings is not None:
                keep_waves(connection, self._issue_id, mornings)
            changes.move(None, DeliveryState.PENDING, count)
            connection.execute(sa.update(issues).where(this_issue).values(audience=count))
            return count

    @contextmanager
    def on_duty(self) -> Iterator[None]:
        """While entered, this ledger may claim, and others see that its sender is alive."""
        with living_sender(self._database) as living:
            self._living, self._sender = living, living.identity
            try:
                if self._database.is_sqlite:
                    self._journal = open_journal(self._database, self._issue_id, living.identity)
                yield
                self.post()
                self._go_off_duty(living.identity)
            finally:
                if self._journal is not None:
                    self._journal.close()
                self._living = self._sender = self._journal = None
                self._in_hand.clear()

    @property
    def writes_at_once(self) -> bool:
        """True on SQLite, which uses the sender's journal; PostgreSQL may be on another machine."""
        return self._database.is_sqlite

    def claim(self, limit: int, now: datetime, within: Within | None = None) -> Claimed:
        """Claim up to `limit` deliveries that are pending, or deferred, and may go at `now`.

        The audience is read again: deliveries to readers who left it become suppressed (rule 1).
        """
        if self._living is not None:
            self._living.check()
        with self._changing() as (connection, changes):
            due = deliveries.c.retry_at <= now
            ours = self._within(within)
            rows = self._claim_rows(
                connection, changes, DeliveryState.DEFERRED, limit, due & ours, now
            )
            for when in (due, deliveries.c.retry_at.is_(None)):
                if len(rows) < limit:
                    free = limit - len(rows)
                    rows += self._claim_rows(
                        connection, changes, DeliveryState.PENDING, free, when & ours, now
                    )
            claims = claims_of(connection, self._issue_id, rows, self._audience, now)
            gone = {number for number, _, _ in rows} - {claim.subscriber_id for claim in claims}
            self._move(connection, changes, gone, DeliveryState.SUPPRESSED)
        self._in_hand.update(claim.subscriber_id for claim in claims)
        return Claimed(claims=claims, suppressed=len(gone))

    def write(self, *, receipts: Sequence[Receipt], intents: Sequence[int]) -> frozenset[int]:
        """Record receipts, then make `intents` transmitting, durably and at once (rule 3).

        Returns the intents that are now transmitting. A receipt moves its delivery only while
        the delivery is still this sender's; it is stored in any case. On SQLite it is in the
        sender's journal first; `post` and every change of the ledger bring it into the database.
        """
        if self._journal is not None:
            ours = [number for number in intents if number in self._in_hand]
            self._journal.write(receipts, ours)
            self._in_hand.difference_update(receipt.subscriber_id for receipt in receipts)
            return frozenset(ours)
        with self._changing() as (connection, changes):
            return record(connection, changes, self._issue_id, str(self._sender), receipts, intents)

    def post(self) -> None:
        """Write the journal's unposted entries into the ledger."""
        if self._journal is not None and not self._journal.is_posted:
            with self._changing():
                pass

    def release(self, subscriber_ids: Collection[int]) -> None:
        """Give back deliveries that this sender claimed and did not send."""
        with self._changing() as (connection, changes):
            self._move(connection, changes, subscriber_ids, DeliveryState.PENDING)

    def postpone(self, subscriber_ids: Collection[int], until: datetime) -> None:
        """Give back deliveries that this sender did not send, not to be claimed before `until`."""
        with self._changing() as (connection, changes):
            self._move(connection, changes, subscriber_ids, DeliveryState.PENDING, retry_at=until)

    def bring_forward(self) -> None:
        """Make pending deliveries that an earlier run postponed claimable, from their moment on."""
        with self._database.transaction() as connection:
            connection.execute(
                sa.update(deliveries)
                .where(
                    self._ours,
                    deliveries.c.state == DeliveryState.PENDING,
                    deliveries.c.retry_at.is_not(None),
                    deliveries.c.retry_at.is_distinct_from(deliveries.c.not_before),
                )
                .values(retry_at=deliveries.c.not_before)
            )

    def recover(self, now: datetime) -> Recovery:
        """Recover from dead senders: claimed becomes pending again, transmitting unknown.

        The rows of living senders are not touched.
        """
        left = (DeliveryState.CLAIMED, DeliveryState.TRANSMITTING)
        with self._database.transaction(read_only=True) as connection:
            senders = connection.scalars(
                sa.select(deliveries.c.sender)
                .where(self._ours, deliveries.c.state.in_(left))
                .distinct()
            ).all()
            known = {str(sender) for sender in senders}
            known |= senders_counted(connection, self._issue_id)
            known |= senders_with_journals(connection, self._issue_id)
        dead = [sender for sender in known if not is_alive(self._database, sender)]
        if not dead:
            return Recovery(released=0, unknown=0)
        journal_entries = {sender: left_by(self._database, sender) for sender in dead}
        with self._changing() as (connection, changes):
            for sender, entries in journal_entries.items():
                take_in(connection, changes, self._issue_id, sender, entries)
            of_the_dead = sa.and_(self._ours, deliveries.c.sender.in_(dead))
            unknown = connection.scalars(
                sa.update(deliveries)
                .where(of_the_dead, deliveries.c.state == DeliveryState.TRANSMITTING)
                .values(state=DeliveryState.UNKNOWN, attempts=deliveries.c.attempts + 1)
                .returning(deliveries.c.subscriber_id)
            ).all()
            text = "the sender died before it had the relay's reply"
            note(connection, changes, self._issue_id, unknown, DeliveryState.UNKNOWN, now, text)
            released = connection.execute(
                sa.update(deliveries)
                .where(of_the_dead, deliveries.c.state == DeliveryState.CLAIMED)
                .values(state=DeliveryState.PENDING, sender=None)
            )
            changes.move(DeliveryState.TRANSMITTING, DeliveryState.UNKNOWN, len(unknown))
            changes.move(DeliveryState.CLAIMED, DeliveryState.PENDING, released.rowcount)
            take_over(connection, self._issue_id, dead, changes)
        for sender in dead:
            remove_left(self._database, sender)
        return Recovery(released=released.rowcount, unknown=len(unknown))

    def counts(self) -> dict[DeliveryState, int]:
        """How many deliveries are in each state; every state has a key."""
        with self._database.transaction(read_only=True) as connection:
            return counts_of(connection, self._issue_id)

    def counted(self) -> dict[DeliveryState, int]:
        """The same, counted row by row, for decisions that must be certain."""
        with self._database.transaction(read_only=True) as connection:
            return counted(connection, self._issue_id)

    def is_conserved(self, audience: int) -> bool:
        """Rule 2: every delivery is in a final state, and the sum equals the audience."""
        with self._database.transaction(read_only=True) as connection:
            return is_conserved(connection, self._issue_id, audience)

    def next_retry(self) -> datetime | None:
        """When the earliest deferred delivery may be retried."""
        self.post()
        with self._database.transaction(read_only=True) as connection:
            moment: datetime | None = connection.scalar(
                sa.select(sa.func.min(deliveries.c.retry_at)).where(
                    self._ours, deliveries.c.state == DeliveryState.DEFERRED
                )
            )
            return moment

    def _within(self, within: Within | None) -> sa.ColumnElement[bool]:
        if within is None:
            return self._ours
        return self._ours & deliveries.c.subscriber_id.between(*within)

    @contextmanager
    def _changing(self) -> Iterator[tuple[sa.Connection, Changes]]:
        """A transaction that first posts the journal, and writes the counts at its end."""
        entries = self._journal.unposted() if self._journal is not None else None
        with self._database.transaction() as connection:
            changes = Changes()
            if entries is not None:
                post(connection, changes, self._issue_id, str(self._sender), entries)
            yield connection, changes
            changes.write(connection, self._issue_id, self._sender)
        if self._journal is not None and entries is not None:
            self._journal.posted(entries.end)

    def _go_off_duty(self, sender: str) -> None:
        """Fold the counts and close the journal, so that nothing is left to recover."""
        with self._database.transaction() as connection:
            changes = Changes()
            take_over(connection, self._issue_id, [sender], changes)
            changes.write(connection, self._issue_id, FOLDED)
            close(connection, sender)
        remove_left(self._database, sender)

    def _claim_rows(
        self,
        connection: sa.Connection,
        changes: Changes,
        state: DeliveryState,
        limit: int,
        when: sa.ColumnElement[bool],
        now: datetime,
    ) -> list[tuple[int, int, int]]:
        """Claim deliveries; returns the subscriber, edition and attempts of each."""
        free = sa.select(deliveries.c.subscriber_id).where(
            self._ours, deliveries.c.state == state, when
        )
        # A CTE, because PostgreSQL may run a plain subquery more than once and exceed the limit.
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
        ).all()
        changes.move(state, DeliveryState.CLAIMED, len(rows))
        return [tuple(row) for row in rows]

    def _move(
        self,
        connection: sa.Connection,
        changes: Changes,
        subscriber_ids: Collection[int],
        state: DeliveryState,
        retry_at: datetime | None = None,
    ) -> None:
        left = len(subscriber_ids)
        self._in_hand.difference_update(subscriber_ids)
        for before in (DeliveryState.CLAIMED, DeliveryState.TRANSMITTING):
            if left:
                moved = connection.execute(
                    sa.update(deliveries)
                    .where(
                        self._ours,
                        deliveries.c.subscriber_id.in_(subscriber_ids),
                        deliveries.c.sender == self._sender,
                        deliveries.c.state == before,
                    )
                    .values(state=state, sender=None, retry_at=retry_at)
                ).rowcount
                changes.move(before, state, moved)
                left -= moved
