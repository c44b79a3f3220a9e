"""The worker of one connection: takes claims, sends them to its relay, settles the outcomes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from newsletter.delivery.claim_queue import ClaimQueue
from newsletter.delivery.classify import Stage
from newsletter.delivery.context import SendContext
from newsletter.delivery.envelope import Envelope, address_envelope
from newsletter.delivery.ledger import Claim
from newsletter.delivery.ledger_writer import LedgerWriter
from newsletter.delivery.message_preparer import MessagePreparer, PreparedMessage
from newsletter.delivery.outcome import Outcome, from_trouble
from newsletter.delivery.relay_session import FIRST_REST_ALONE, LONGEST_REST, RelaySession
from newsletter.delivery.retry import limits_the_session
from newsletter.delivery.settlement import SendEnd, Settlement
from newsletter.delivery.transport import Connection


@dataclass(frozen=True, kw_only=True, slots=True)
class Transaction:
    """A message and the SMTP commands that offer it to one relay."""

    message: PreparedMessage
    envelope: Envelope

    @property
    def claim(self) -> Claim:
        """The claim that the message belongs to."""
        return self.message.claim


@dataclass(kw_only=True, eq=False)
class ConnectionWorker:
    """Holds at most one connection, and on it at most one transmitting delivery.

    `_in_hand` are the claims it has taken and neither settled nor given back. When an exception
    ends the work all of them are given back, except one whose final dot may have been written.
    """

    session: RelaySession
    preparer: MessagePreparer
    queue: ClaimQueue
    writer: LedgerWriter
    settlement: Settlement
    end: SendEnd
    context: SendContext
    _connection: Connection | None = field(default=None, init=False)
    _sent: int = field(default=0, init=False)
    _in_hand: dict[int, Claim] = field(default_factory=dict, init=False)
    _finishing: Claim | None = field(default=None, init=False)
    _is_surplus: bool = field(default=False, init=False)
    _rest_alone: float = field(default=FIRST_REST_ALONE, init=False)

    async def work(self) -> None:
        """Send until nothing is left, the send ends, or the relay refuses us or may not send now."""
        try:
            while not self.session.is_given_up:
                connected = self._connection is not None and self._connection.is_usable
                await self.session.rest(self.queue.over, is_connected=connected)
                if self._is_restricted():
                    break
                claim = await self.queue.take(self.session)
                if claim is None:
                    self._is_restricted()  # records the restriction if that is the reason
                    break
                self._in_hand[claim.subscriber_id] = claim
                with self.session.in_use():
                    connection = await self._connected(claim)
                    if connection is not None:
                        await self._send(connection, claim)
                self.settlement.end_if_hopeless()
                if self._is_surplus:
                    await self._make_room()
        except BaseException:
            self.end.end()
            self._give_back_all()
            if self._connection is not None:
                self._connection.abort()
            raise
        if self._connection is not None:
            await self._connection.quit()

    async def _connected(self, claim: Claim) -> Connection | None:
        """The connection, reopened where needed; None when the claim was given back."""
        if self._connection is not None and self._connection.is_usable:
            if not self._has_reached_limit(self._sent):
                return self._connection
            await self._connection.quit()
        self._connection, self._sent = None, 0
        opened = await self.session.connect()
        if isinstance(opened, Connection):
            self._connection = opened
            return opened
        self._give_back(claim)
        self._is_surplus = self.session.is_one_too_many(None, opened)
        if not self._is_surplus:
            self.settlement.relay_failed(self.session, opened)
        return None

    async def _make_room(self) -> None:
        """Close the connection and rest, while the others go on."""
        if self._connection is not None:
            await self._connection.quit()
            self._connection = None
        with suppress(TimeoutError):
            async with asyncio.timeout(self._rest_alone):
                await self.queue.over.wait()
        self._is_surplus = False
        self._rest_alone = min(2 * self._rest_alone, LONGEST_REST)

    async def _send(self, connection: Connection, claim: Claim) -> None:
        """Send the claim, then further ones: each begins in the write that ends the last."""
        del self._in_hand[claim.subscriber_id]
        transaction = self._address(connection, self.preparer.make(claim))
        if transaction is not None:
            connection.offer(transaction.envelope)
        with self.preparer.taking():
            while transaction is not None:
                transaction = await self._transact(connection, transaction)

    async def _transact(
        self, connection: Connection, transaction: Transaction
    ) -> Transaction | None:
        """Finish a transaction whose commands are written; returns the next one if it has begun."""
        claim, following = transaction.claim, None
        outcome = await connection.opened()
        if outcome is None:
            intent = self.writer.intend(claim.subscriber_id, is_far=connection.is_far)
            await asyncio.sleep(0)  # other connections may add intents to the same commit
            # A near relay receives the content while the intent is committed.
            outcome = await connection.push(transaction.message.content)
            following = self._next(connection)
            if not await intent:
                connection.abort()
                self._give_back_transaction(following)
                del self._in_hand[claim.subscriber_id]
                self.queue.done()  # another sender has recovered it
                return None
        if outcome is None and self.end.pause:
            connection.abort()  # without the final dot the relay discards the message
            self._give_back_transaction(transaction)
            self._give_back_transaction(following)
            return None
        if outcome is None:
            self.preparer.make_ahead()
            self._finishing = claim
            outcome = await connection.finish(following.envelope if following else None)
        self._is_surplus = self.session.is_one_too_many(connection, outcome)
        if self._is_surplus:
            self._finishing = None
            self._give_back_transaction(transaction)
            self._give_back_transaction(following)
            return None
        self._settle(claim, outcome, is_worn=self._sent > 0)
        if self._sent and limits_the_session(outcome):
            self.session.learn_limit(self._sent)
            await connection.quit()
        self._sent += 1
        if outcome.stage is Stage.DOT and connection.is_usable:
            return following
        self._give_back_transaction(following)
        return None

    def _next(self, connection: Connection) -> Transaction | None:
        """A further transaction for this connection, if its relay may send one immediately."""
        if (
            self.end.ending.is_set()
            or self._has_reached_limit(self._sent + 1)
            or self._is_restricted()
        ):
            return None
        while (message := self.preparer.next()) is not None:
            transaction = self._address(connection, message)
            if transaction is not None:
                return transaction
        return None

    def _has_reached_limit(self, sent: int) -> bool:
        limit = self.session.messages_per_connection
        return limit is not None and sent >= limit

    def _is_restricted(self) -> bool:
        if not self.session.has_restrictions:
            return False
        restriction = self.session.restriction(self.context.local_time())
        self.end.restriction = self.end.restriction or restriction
        return bool(restriction)

    def _address(
        self, connection: Connection, message: PreparedMessage | None
    ) -> Transaction | None:
        """The message with its commands; None when it cannot be offered to this relay."""
        if message is None:
            return None
        claim = message.claim
        self._in_hand[claim.subscriber_id] = claim
        envelope = address_envelope(
            self.session.relay.envelope_sender or self.context.envelope_sender(claim),
            claim.address,
            len(message.content),
            connection.extensions,
        )
        if isinstance(envelope, Outcome):
            self._settle(claim, envelope)
            return None
        return Transaction(message=message, envelope=envelope)

    def _settle(self, claim: Claim, outcome: Outcome, *, is_worn: bool = False) -> None:
        self.settlement.settle(claim, outcome, self.session, is_worn=is_worn)
        del self._in_hand[claim.subscriber_id]
        self._finishing = None

    def _give_back(self, claim: Claim) -> None:
        del self._in_hand[claim.subscriber_id]
        self.queue.give_back(claim)

    def _give_back_transaction(self, transaction: Transaction | None) -> None:
        if transaction is not None:
            self._give_back(transaction.claim)

    def _give_back_all(self) -> None:
        """Give back the claims in hand; one past its final dot becomes unknown (rule 3)."""
        is_at_dot = self._connection is not None and self._connection.stage is Stage.DOT
        in_doubt = self._finishing if is_at_dot else None
        for claim in [claim for claim in self._in_hand.values() if claim is not in_doubt]:
            self._give_back(claim)
        if in_doubt is not None:
            error = TimeoutError("the send ended before the relay replied")
            self._settle(in_doubt, from_trouble(Stage.DOT, error), is_worn=True)
