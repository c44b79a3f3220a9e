"""Keeps relays' tokens reserved: exchanges them with the book that all senders share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Protocol

from newsletter.config.settings import RelaySettings
from newsletter.delivery.rates.limits import SPAN, LimitBook, refill
from newsletter.delivery.rates.token_reservation import TokenReservation

LOOK = 1.0
"""Seconds between two looks at whether another sender was asked to send less."""


class LimitedRelay(Protocol):
    """A relay and what a sender holds of its limits."""

    @property
    def relay(self) -> RelaySettings:
        """Its limits as configured."""

    @property
    def reservation(self) -> TokenReservation:
        """The tokens in hand."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitKeeper:
    """The book of limits, and what its keeping needs of the send.

    `call` runs a function of the book in a thread. `today` is the relays' day. `refilled` is called
    when there are new tokens, `failed` when the book raised.
    """

    book: LimitBook
    call: Callable[..., Awaitable[Any]]
    today: Callable[[], date]
    refilled: Callable[[], None]
    failed: Callable[[], None]

    async def look(self, relay: LimitedRelay) -> None:
        """Learn what another sender was told, without writing anything."""
        kept = await self.call(self.book.find, relay.relay.name)
        for limit in kept.standings if kept else ():
            if limit.halved is not None:
                relay.reservation.limit(limit.domain)

    async def refill(self, relay: LimitedRelay, *, is_last: bool = False) -> None:
        """Give back the tokens in hand and reserve new ones, or none if it is the last time."""
        now = asyncio.get_running_loop().time()
        request = relay.reservation.request(self.today(), now, is_last=is_last)
        grant = await self.call(
            self.book.change, relay.relay.name, partial(refill, relay.relay, request)
        )
        relay.reservation.put(grant, asyncio.get_running_loop().time())
        self.refilled()


@asynccontextmanager
async def keep_limits(relays: Sequence[LimitedRelay], keeper: LimitKeeper) -> AsyncIterator[None]:
    """While entered, tokens are reserved as they are needed; at the end what is left goes back."""
    for relay in relays:
        await keeper.look(relay)
        if not relay.reservation.is_open:
            await keeper.refill(relay)
    exchange = asyncio.Lock()
    keeping = [asyncio.create_task(_keep_refilled(relay, keeper, exchange)) for relay in relays]
    try:
        yield
    finally:
        async with exchange:  # tokens that are on their way to us are not lost
            for task in keeping:
                task.cancel()
        for task in keeping:
            with suppress(asyncio.CancelledError):
                await task
        for relay in relays:
            if not relay.reservation.is_open:
                await keeper.refill(relay, is_last=True)


async def _keep_refilled(relay: LimitedRelay, keeper: LimitKeeper, exchange: asyncio.Lock) -> None:
    """Refill when a message waits; raises what the book raises, and ends the send."""
    reservation = relay.reservation
    try:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK if reservation.is_open else SPAN):
                    await reservation.needed.wait()
            async with exchange:
                if reservation.is_open:
                    await keeper.look(relay)
                elif reservation.is_due(asyncio.get_running_loop().time()):
                    await keeper.refill(relay)
            await asyncio.sleep(SPAN)
    except Exception:
        keeper.failed()
        raise
