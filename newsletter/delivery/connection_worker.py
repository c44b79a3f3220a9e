"""One connection's worth of work: takes claims, sends them to its relay, settles the outcome."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from newsletter.delivery.claim_queue import ClaimQueue
from newsletter.delivery.classify import Stage
from newsletter.delivery.context import SendContext
from newsletter.delivery.envelope import Envelope, address_envelope
from newsletter.delivery.ledger import Claim
from newsletter.delivery.ledger_writer import LedgerWriter
from newsletter.delivery.message_preparer import MessagePreparer, PreparedMessage
from newsletter.delivery.outcome import Outcome, from_trouble
from newsletter.delivery.relay_session import RelaySession
from newsletter.delivery.retry import limits_the_session
from newsletter.delivery.settlement import SendEnd, Settlement
from newsletter.delivery.transport import Connection


@dataclass(frozen=True, kw_only=True, slots=True)
class Transaction:
    """A message and its commands, as one relay's session takes them."""

    message: PreparedMessage
    envelope: Envelope

    @property
    def claim(self) -> Claim:
        """Whose message it is."""
        return self.message.claim


@dataclass(kw_only=True, eq=False)
class ConnectionWorker:
    """Holds at most one connection, and on it at most one delivery that is transmitting.

    `_in_hand` are the claims it has taken and neither settled nor given back. Whatever exception
    ends the work, each of them goes back, but for one whose final dot may have been written.
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

    async def work(self) -> None:
        """Send until nothing is left, the send ends, or the relay refuses us or may not send."""
        try:
            while not self.session.is_given_up:
                await self.session.rest(self.queue.over)
                if self._is_shut():
                    break
                claim = await self.queue.take(self.session)
                if claim is None:
                    self._is_shut()  # so that the send says why, if that was it
                    break
                self._in_hand[claim.subscriber_id] = claim
                connection = await self._connected(claim)
                if connection is not None:
                    await self._send(connection, claim)
        except BaseException:
            self.end.end()
            self._part_with_claims()
            if self._connection is not None:
                self._connection.abort()
            raise
        if self._connection is not None:
            await self._connection.quit()

    async def _connected(self, claim: Claim) -> Connection | None:
        """The connection, opened anew where need be; None when the claim was given back."""
        if self._connection is not None and self._connection.is_usable:
            if not self._is_worn_out(self._sent):
                return self._connection
            await self._connection.quit()
        self._connection, self._sent = None, 0
        opened = await self.session.connect()
        if isinstance(opened, Connection):
            self._connection = opened
            return opened
        self._give_back(claim)
        self.settlement.relay_failed(self.session, opened)
        return None

    async def _send(self, connection: Connection, claim: Claim) -> None:
        """Send the claim and, each riding with the one before, as many more as there are."""
        del self._in_hand[claim.subscriber_id]
        transaction = self._addressed(connection, self.preparer.make(claim))
        if transaction is not None:
            connection.offer(transaction.envelope)
        with self.preparer.taking():
            while transaction is not None:
                transaction = await self._transact(connection, transaction)

    async def _transact(
        self, connection: Connection, transaction: Transaction
    ) -> Transaction | None:
        """Send one whose commands are written; the next one, if it rode along."""
        claim, following = transaction.claim, None
        outcome = await connection.opened()
        if outcome is None:
            intent = self.writer.intend(claim.subscriber_id, is_far=connection.is_far)
            await asyncio.sleep(0)  # others may intend: then it is one commit
            # To a near relay the content travels while the intent is committed.
            outcome = await connection.push(transaction.message.content)
            following = self._next(connection)
            if not await intent:
                connection.abort()
                self._give_back_transaction(following)
                del self._in_hand[claim.subscriber_id]
                self.queue.done()  # another sender's by now
                return None
        if outcome is None and self.end.pause:
            connection.abort()  # without the dot the relay forgets the message
            self._give_back_transaction(transaction)
            self._give_back_transaction(following)
            return None
        if outcome is None:
            self.preparer.make_ahead()
            self._finishing = claim
            outcome = await connection.finish(following.envelope if following else None)
        self._settle(claim, outcome, is_worn=self._sent > 0)
        if self._sent and limits_the_session(outcome):
            self.session.has_had_enough(self._sent)
            await connection.quit()
        self._sent += 1
        if outcome.stage is Stage.DOT and connection.is_usable:
            return following
        self._give_back_transaction(following)
        return None

    def _next(self, connection: Connection) -> Transaction | None:
        """A further transaction for this connection, if its relay may send one this moment."""
        if self.end.ending.is_set() or self._is_worn_out(self._sent + 1) or self._is_shut():
            return None
        while (message := self.preparer.next()) is not None:
            transaction = self._addressed(connection, message)
            if transaction is not None:
                return transaction
        return None

    def _is_worn_out(self, sent: int) -> bool:
        limit = self.session.messages_per_connection
        return limit is not None and sent >= limit

    def _is_shut(self) -> bool:
        may_shut = self.session.may_shut
        why = self.session.is_shut(self.context.local_time()) if may_shut else ""
        self.end.shut = self.end.shut or why
        return bool(why)

    def _addressed(
        self, connection: Connection, message: PreparedMessage | None
    ) -> Transaction | None:
        """The message for this connection; None when its relay cannot be asked to take it."""
        if message is None:
            return None
        claim = message.claim
        self._in_hand[claim.subscriber_id] = claim
        envelope = address_envelope(
            self.context.envelope_sender(claim),
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

    def _part_with_claims(self) -> None:
        """Give back what is in hand; after the dot nobody knows what became of it (rule 3)."""
        is_at_dot = self._connection is not None and self._connection.stage is Stage.DOT
        in_doubt = self._finishing if is_at_dot else None
        for claim in [claim for claim in self._in_hand.values() if claim is not in_doubt]:
            self._give_back(claim)
        if in_doubt is not None:
            error = TimeoutError("the send ended before the relay replied")
            self._settle(in_doubt, from_trouble(Stage.DOT, error), is_worn=True)
