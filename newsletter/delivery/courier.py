"""One connection's worth of work: takes claims, carries them to its relay, books the outcome."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from newsletter.delivery.classify import Meaning, Stage
from newsletter.delivery.envelope import Envelope, address_envelope
from newsletter.delivery.ledger import Claim
from newsletter.delivery.outcome import Outcome, from_trouble
from newsletter.delivery.relays import Lane
from newsletter.delivery.run import Run
from newsletter.delivery.transport import Connection
from newsletter.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcel:
    """A claim made ready for one relay."""

    claim: Claim
    envelope: Envelope
    content: bytes


class Courier:
    """Holds at most one connection, and on it at most one delivery that is transmitting."""

    def __init__(self, run: Run, lane: Lane) -> None:
        self._run = run
        self._lane = lane
        self._connection: Connection | None = None
        self._carried = 0
        self._ahead: Parcel | None = None

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
        parcel = self._packed(connection, claim)
        if parcel is not None:
            connection.offer(parcel.envelope)
        try:
            while parcel is not None:
                parcel = await self._transact(connection, parcel)
        finally:
            self._give_back(self._ahead)
            self._ahead = None

    async def _transact(self, connection: Connection, parcel: Parcel) -> Parcel | None:
        """Send one parcel whose commands are written; the next one, if it rode along."""
        following: Parcel | None = None
        try:
            outcome = await connection.opened()
            if outcome is None:
                intent = self._run.books.intend(parcel.claim.subscriber_id)
                # The content travels while the intent is committed; the dot waits for it.
                outcome = await connection.push(parcel.content)
                following = self._taken_ahead() or self._next(connection, self._carried + 1)
                if not await intent:
                    connection.abort()
                    self._give_back(following)
                    self._run.feed.done()  # another sender's by now
                    return None
            if outcome is None and self._run.paused:
                connection.abort()  # without the dot the relay forgets the message
                self._give_back(parcel, following)
                return None
            if outcome is None:
                outcome = await connection.finish(
                    following.envelope if following else None,
                    meanwhile=lambda: self._prepare(connection),
                )
        except asyncio.CancelledError:
            self._cut_off(connection, parcel, following)
            raise
        self._run.settle(parcel.claim, outcome, self._lane, is_worn=self._carried > 0)
        self._carried += 1
        if outcome.stage is Stage.DOT and connection.is_usable:
            return following
        self._give_back(following)
        return None

    async def _prepare(self, connection: Connection) -> None:
        """Make a parcel ready while a reply is under way: a far relay finds us waiting for it.

        Only where nothing limits the relay: what a limit lets through is sent at once.
        """
        await asyncio.sleep(0)  # the others' dots are written first
        if self._ahead is None and self._lane.is_open:
            self._ahead = self._next(connection, self._carried + 2)

    def _taken_ahead(self) -> Parcel | None:
        """What was made ready, unless the run has come to its end since."""
        parcel, self._ahead = self._ahead, None
        if parcel is not None and self._run.ending.is_set():
            self._give_back(parcel)
            return None
        return parcel

    def _next(self, connection: Connection, carried: int) -> Parcel | None:
        """A further parcel, if its relay may send one this moment; `carried` before it."""
        if self._is_worn_out(carried) or self._is_shut():
            return None
        while (claim := self._run.feed.take_now(self._lane)) is not None:
            parcel = self._packed(connection, claim)
            if parcel is not None:
                return parcel
        return None

    def _is_worn_out(self, carried: int) -> bool:
        limit = self._lane.relay.messages_per_connection
        return limit is not None and carried >= limit

    def _is_shut(self) -> bool:
        why = self._lane.is_shut(self._run.local_time()) if self._lane.may_shut else ""
        self._run.shut = self._run.shut or why
        return bool(why)

    def _packed(self, connection: Connection, claim: Claim) -> Parcel | None:
        """The claim made ready; None when no relay can be asked to take it."""
        work = self._run.work
        try:
            content = work.compose(claim)
        except InputError as error:
            outcome = Outcome(
                stage=Stage.MAIL, meaning=Meaning.REJECTED, text=f"not tried: {error}"
            )
            self._run.settle(claim, outcome, self._lane)
            return None
        envelope = address_envelope(
            work.envelope_sender(claim), claim.address, len(content), connection.extensions
        )
        if isinstance(envelope, Outcome):
            self._run.settle(claim, envelope, self._lane)
            return None
        return Parcel(claim=claim, envelope=envelope, content=content)

    def _cut_off(self, connection: Connection, parcel: Parcel, following: Parcel | None) -> None:
        """The run did not wait for the relay: after the dot nobody knows (rule 3)."""
        self._give_back(following)
        if connection.stage is Stage.DOT:
            outcome = from_trouble(
                Stage.DOT, TimeoutError("the run ended before the relay replied")
            )
            self._run.settle(parcel.claim, outcome, self._lane)
        else:
            self._give_back(parcel)

    def _give_back(self, *parcels: Parcel | None) -> None:
        for parcel in parcels:
            if parcel is not None:
                self._run.feed.give_back(parcel.claim)
