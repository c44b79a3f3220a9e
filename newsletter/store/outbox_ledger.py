"""The outbox as a ledger, so that letters are sent by the same sender as issues, each once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.delivery.ledger import Claim, Claimed, Recovery
from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.issues.dated_letter import LetterState
from newsletter.store.addressed_letters import (
    IS_ADDRESSED,
    KEYS,
    AudienceOf,
    LetterAbout,
    find_readers,
    settle_addressed,
    settle_rows,
)
from newsletter.store.database import Database
from newsletter.store.liveness import LivingSender, living_sender
from newsletter.store.outbox import IN_HAND, MOST_TEXT, WAITS, dead_senders
from newsletter.store.tables import outbox
from subscribers.subscriber import MailFormat

_DELETED_STATES = frozenset({DeliveryState.ACCEPTED, DeliveryState.REJECTED, DeliveryState.EXPIRED})
"""States in which a letter is deleted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutboxLetter:
    """A claimed letter as it is transmitted, and how often it was attempted before.

    One with `about`, a correction or a dated letter, has neither sender nor message yet.
    """

    envelope_sender: str
    message: bytes
    attempts: int
    about: LetterAbout | None = None


class OutboxLedger:
    """The waiting letters; implements delivery.ledger.Ledger.

    A claim's `subscriber_id` is the letter's id. `audience_of` gives the readers of a newsletter,
    for corrections and dated letters; without it only other letters are claimed. For one thread at a
    time, except that `write` and `letter` may run beside any other call.
    """

    def __init__(self, database: Database, audience_of: AudienceOf | None = None) -> None:
        self._database = database
        self._audience_of = audience_of
        self._living: LivingSender | None = None
        self._in_hand: dict[int, OutboxLetter] = {}

    def letter(self, claim: Claim) -> OutboxLetter:
        """The letter of a claim in hand."""
        return self._in_hand[claim.subscriber_id]

    @property
    def writes_at_once(self) -> bool:
        """Always False: another writer may hold the database for a while."""
        return False

    @contextmanager
    def on_duty(self) -> Iterator[None]:
        """While entered, this ledger may claim, and others see that its sender is alive."""
        with living_sender(self._database) as self._living:
            try:
                yield
            finally:
                self._living = None
                self._in_hand.clear()

    def claim(self, limit: int, now: datetime) -> Claimed:
        """Claim up to `limit` letters that are due at `now`, those waiting longest first.

        Corrections come last, and dated letters after them, so that nobody waits for a sign-in link
        because of one. Their readers are looked up now: a letter to one who has left is deleted.
        """
        if self._living is not None:
            self._living.check()
        with self._database.transaction() as connection:
            rows = self._claim_rows(connection, limit, now)
            found = find_readers(connection, rows, self._audience_of, now)
        readers = found.readers
        kept = [row for row in rows if row.id not in found.gone]
        for row in kept:
            self._in_hand[row.id] = OutboxLetter(
                envelope_sender=row.envelope_sender,
                message=row.message,
                attempts=row.attempts,
                about=LetterAbout(
                    subscriber_id=row.subscriber_id,
                    correction_id=row.correction_id,
                    text_id=row.letter_text_id,
                )
                if row.id in readers
                else None,
            )
        claims = tuple(
            Claim(
                subscriber_id=row.id,
                address=readers[row.id].address if row.id in readers else row.recipient,
                name=readers[row.id].name if row.id in readers else "",
                edition_id=0,
                attempts=row.attempts,
                first_attempt=row.created_at,  # a letter expires by its age
                was_refused_by_policy=True,  # one server's refusal must not pause all letters
                links_since=readers[row.id].links_since if row.id in readers else None,
                form=MailFormat(readers[row.id].mail_format)
                if row.id in readers
                else MailFormat.HTML,
            )
            for row in kept
        )
        return Claimed(claims=claims, suppressed=len(found.gone))

    def write(self, *, receipts: Sequence[Receipt], intents: Sequence[int]) -> frozenset[int]:
        """Record receipts, then make `intents` transmitting (rule 3); returns those that are."""
        with self._database.transaction() as connection:
            self._settle(connection, receipts)
            confirmed = self._intend(connection, intents)
        for receipt in receipts:
            self._in_hand.pop(receipt.subscriber_id, None)
        return confirmed

    def post(self) -> None:
        """Do nothing: writes are visible to others at once."""

    def release(self, subscriber_ids: Collection[int]) -> None:
        """Give back letters that this sender claimed and did not send."""
        self._give_back(subscriber_ids, {})

    def postpone(self, subscriber_ids: Collection[int], until: datetime) -> None:
        """Give back letters that this sender did not send, not to be claimed before `until`."""
        self._give_back(subscriber_ids, {"retry_at": until})

    def bring_forward(self) -> None:
        """Do nothing: a letter is due at its retry time."""

    def recover(self, now: datetime) -> Recovery:
        """Recover from dead senders: claimed becomes pending again, transmitting unknown.

        A letter with unknown outcome is never sent again automatically.
        """
        dead = dead_senders(self._database)
        if not dead:
            return Recovery(released=0, unknown=0)
        of_the_dead = outbox.c.sender.in_(dead)
        with self._database.transaction() as connection:
            unknown = connection.execute(
                sa.update(outbox)
                .where(of_the_dead, outbox.c.state == DeliveryState.TRANSMITTING)
                .values(
                    state=DeliveryState.UNKNOWN,
                    sender=None,
                    attempts=outbox.c.attempts + 1,
                    answer="the sender died before it had the relay's reply",
                )
                .returning(*KEYS)
            ).all()
            settle_rows(connection, unknown, LetterState.UNKNOWN, now)
            released = connection.execute(
                sa.update(outbox)
                .where(of_the_dead, outbox.c.state == DeliveryState.CLAIMED)
                .values(state=DeliveryState.PENDING, sender=None)
            ).rowcount
        return Recovery(released=released, unknown=len(unknown))

    def next_retry(self) -> datetime | None:
        """When the earliest waiting letter may be attempted."""
        with self._database.transaction(read_only=True) as connection:
            moment: datetime | None = connection.scalar(
                sa.select(sa.func.min(outbox.c.retry_at)).where(
                    outbox.c.state == DeliveryState.PENDING
                )
            )
            return moment

    def _claim_rows(
        self, connection: sa.Connection, limit: int, now: datetime
    ) -> list[sa.Row[Any]]:
        # A CTE, because PostgreSQL may run a plain subquery more than once and exceed the limit.
        chosen = (
            sa.select(outbox.c.id)
            .where(
                outbox.c.state == DeliveryState.PENDING,
                outbox.c.retry_at <= now,
                sa.true() if self._audience_of is not None else ~IS_ADDRESSED,
            )
            .order_by(
                IS_ADDRESSED, outbox.c.letter_text_id.is_not(None), outbox.c.retry_at, outbox.c.id
            )
            .limit(limit)
            .with_for_update(skip_locked=True)  # SQLite has one writer and ignores this
            .cte("chosen")
        )
        rows = connection.execute(
            sa.update(outbox)
            .where(outbox.c.id.in_(sa.select(chosen.c.id)))
            .values(state=DeliveryState.CLAIMED, sender=self._sender)
            .returning(
                *KEYS,
                outbox.c.recipient,
                outbox.c.envelope_sender,
                outbox.c.message,
                outbox.c.created_at,
                outbox.c.attempts,
            )
        )
        return sorted(
            rows.all(),
            key=lambda row: (row.subscriber_id is not None, row.letter_text_id is not None, row.id),
        )

    @property
    def _sender(self) -> str | None:
        return self._living.identity if self._living is not None else None

    def _ours(self, letter_ids: Collection[int]) -> sa.ColumnElement[bool]:
        """Those of these letters that this sender still has in hand."""
        return sa.and_(
            outbox.c.id.in_(letter_ids),
            outbox.c.sender == self._sender,
            outbox.c.state.in_(IN_HAND),
        )

    def _settle(self, connection: sa.Connection, receipts: Sequence[Receipt]) -> None:
        finished = [
            receipt.subscriber_id for receipt in receipts if receipt.state in _DELETED_STATES
        ]
        if finished:
            ended = connection.execute(
                sa.delete(outbox).where(self._ours(finished)).returning(*KEYS)
            ).all()
            settle_addressed(connection, ended, receipts)
        for receipt in receipts:
            if receipt.state in _DELETED_STATES:
                continue
            letter = self._in_hand[receipt.subscriber_id]
            is_unknown = receipt.state is DeliveryState.UNKNOWN
            kept = connection.execute(
                sa.update(outbox)
                .where(self._ours([receipt.subscriber_id]))
                .values(
                    state=DeliveryState.UNKNOWN if is_unknown else DeliveryState.PENDING,
                    sender=None,
                    attempts=letter.attempts + 1,
                    retry_at=receipt.at + WAITS[min(letter.attempts, len(WAITS) - 1)],
                    answer=f"{receipt.code or ''} {receipt.text}".strip()[:MOST_TEXT],
                )
                .returning(*KEYS)
            ).all()
            settle_addressed(connection, kept, [receipt])

    def _intend(self, connection: sa.Connection, intents: Sequence[int]) -> frozenset[int]:
        if not intents:
            return frozenset()
        transmitting = connection.scalars(
            sa.update(outbox)
            .where(self._ours(intents))
            .values(state=DeliveryState.TRANSMITTING)
            .returning(outbox.c.id)
        )
        return frozenset(transmitting.all())

    def _give_back(self, letter_ids: Collection[int], values: dict[str, datetime]) -> None:
        if letter_ids:
            with self._database.transaction() as connection:
                connection.execute(
                    sa.update(outbox)
                    .where(self._ours(letter_ids))
                    .values(state=DeliveryState.PENDING, sender=None, **values)
                )
        for letter_id in letter_ids:
            self._in_hand.pop(letter_id, None)
