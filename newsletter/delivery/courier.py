"""One connection's worth of work: takes claims, carries them to its relay, books the outcome."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from newsletter.delivery.classify import Stage
from newsletter.delivery.envelope import Envelope, address_envelope
from newsletter.delivery.ledger import Claim
from newsletter.delivery.outcome import Outcome, from_trouble
from newsletter.delivery.parcels import Parcel, Parcels
from newsletter.delivery.relays import Lane
from newsletter.delivery.retry import limits_the_session
from newsletter.delivery.run import Run
from newsletter.delivery.transport import Connection


@dataclass(frozen=True, kw_only=True, slots=True)
class Transaction:
    """A parcel and its commands, as one relay's session takes them."""

    parcel: Parcel
    envelope: Envelope


class Courier:
    """Holds at most one connection, and on it at most one delivery that is transmitting."""

    def __init__(self, run: Run, lane: Lane, parcels: Parcels) -> None:
        self._run = run
        self._lane = lane
        self._parcels = parcels
        self._connection: Connection | None = None
        self._carried = 0

    async def work(self) -> None:
        """Send until nothing is left, the run ends, or the relay refuses us or may not send."""
        try:
            while not self._lane.is_given_up:
                await self._lane.rest(self._run.feed.over)
                if self._is_shut():
                    break
                claim = await self._run.feed.take(self._lane)
                if claim is None:
                    self._is_shut()  # so that the run says why, if that was it
                    break
                connection = await self._connected(claim)
                if connection is not None:
                    await self._carry(connection, claim)
        except BaseException:
            if self._connection is not None:
                self._connection.abort()
            self._run.end()
            raise
        if self._connection is not None:
            await self._connection.quit()

    async def _connected(self, claim: Claim) -> Connection | None:
        """The connection, opened anew where need be; None when the claim was given back."""
        if self._connection is not None and self._connection.is_usable:
            if not self._is_worn_out(self._carried):
                return self._connection
            await self._connection.quit()
        self._connection, self._carried = None, 0
        try:
            opened = await self._lane.connect()
        except asyncio.CancelledError:
            self._run.feed.give_back(claim)
            raise
        if isinstance(opened, Connection):
            self._connection = opened
            return opened
        self._run.feed.give_back(claim)
        self._run.lane_failed(self._lane, opened)
        return None

    async def _carry(self, connection: Connection, claim: Claim) -> None:
        """Send the claim and, each riding with the one before, as many more as there are."""
        transaction = self._addressed(connection, self._parcels.make(claim))
        if transaction is not None:
            connection.offer(transaction.envelope)
        with self._parcels.taking():
            while transaction is not None:
                transaction = await self._transact(connection, transaction)

    async def _transact(
        self, connection: Connection, transaction: Transaction
    ) -> Transaction | None:
        """Send one whose commands are written; the next one, if it rode along."""
        parcel, following = transaction.parcel, None
        try:
            outcome = await connection.opened()
            if outcome is None:
                intent = self._run.books.intend(
                    parcel.claim.subscriber_id, is_far=connection.is_far
                )
                await asyncio.sleep(0)  # others may intend: then it is one commit
                # To a near relay the content travels while the intent is committed.
                outcome = await connection.push(parcel.content)
                following = self._next(connection)
                if not await intent:
                    connection.abort()
                    self._give_back(following)
                    self._run.feed.done()  # another sender's by now
                    return None
            if outcome is None and self._run.paused:
                connection.abort()  # without the dot the relay forgets the message
                self._give_back(transaction, following)
                return None
            if outcome is None:
                self._parcels.make_ahead()
                outcome = await connection.finish(following.envelope if following else None)
        except asyncio.CancelledError:
            self._cut_off(connection, transaction, following)
            raise
        self._run.settle(parcel.claim, outcome, self._lane, is_worn=self._carried > 0)
        if self._carried and limits_the_session(outcome):
            self._lane.has_had_enough(self._carried)
            await connection.quit()
        self._carried += 1
        if outcome.stage is Stage.DOT and connection.is_usable:
            return following
        self._give_back(following)
        return None

    def _next(self, connection: Connection) -> Transaction | None:
        """A further transaction for this connection, if its relay may send one this moment."""
        if self._run.ending.is_set() or self._is_worn_out(self._carried + 1) or self._is_shut():
            return None
        while (parcel := self._parcels.next()) is not None:
            transaction = self._addressed(connection, parcel)
            if transaction is not None:
                return transaction
        return None

    def _is_worn_out(self, carried: int) -> bool:
        limit = self._lane.messages_per_connection
        return limit is not None and carried >= limit

    def _is_shut(self) -> bool:
        why = self._lane.is_shut(self._run.local_time()) if self._lane.may_shut else ""
        self._run.shut = self._run.shut or why
        return bool(why)

    def _addressed(self, connection: Connection, parcel: Parcel | None) -> Transaction | None:
        """The parcel for this connection; None when its relay cannot be asked to take it."""
        if parcel is None:
            return None
        sender = self._run.work.envelope_sender(parcel.claim)
        envelope = address_envelope(
            sender, parcel.claim.address, len(parcel.content), connection.extensions
        )
        if isinstance(envelope, Outcome):
            self._run.settle(parcel.claim, envelope, self._lane)
            return None
        return Transaction(parcel=parcel, envelope=envelope)

    def _cut_off(
        self, connection: Connection, transaction: Transaction, following: Transaction | None
    ) -> None:
        """The run did not wait for the relay: after the dot nobody knows (rule 3)."""
        self._give_back(following)
        if connection.stage is Stage.DOT:
            outcome = from_trouble(
                Stage.DOT, TimeoutError("the run ended before the relay replied")
            )
            self._run.settle(transaction.parcel.claim, outcome, self._lane, is_worn=True)
        else:
            self._give_back(transaction)

    def _give_back(self, *transactions: Transaction | None) -> None:
        for transaction in filter(None, transactions):
            self._run.feed.give_back(transaction.parcel.claim)
