"""Keeps tokens reserved for each relay, from the limits that all senders share."""

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

CHECK_SECONDS = 1.0
"""Seconds between two checks whether another sender was asked to slow down."""


class LimitedRelay(Protocol):
    """A relay and the tokens that a sender holds of its limits."""

    @property
    def relay(self) -> RelaySettings:
        """The relay's settings, with its configured limits."""

    @property
    def reservation(self) -> TokenReservation:
        """The tokens in hand."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitKeeper:
    """The shared limits, and how the send takes part in them.

    `call` runs a function of `book` in a thread. `today` returns the relays' date. `refilled` is
    called when there are new tokens, `failed` when `book` raised.
    """

    book: LimitBook
    call: Callable[..., Awaitable[Any]]
    today: Callable[[], date]
    refilled: Callable[[], None]
    failed: Callable[[], None]

    async def check(self, relay: LimitedRelay) -> None:
        """Adopt the limits that servers asked of other senders, without writing anything."""
        kept = await self.call(self.book.find, relay.relay.name)
        for limit in kept.standings if kept else ():
            if limit.halved is not None:
                relay.reservation.limit(limit.domain)

    async def refill(self, relay: LimitedRelay, *, is_last: bool = False) -> None:
        """Give back the tokens in hand, and reserve new ones unless `is_last`."""
        now = asyncio.get_running_loop().time()
        request = relay.reservation.request(self.today(), now, is_last=is_last)
        grant = await self.call(
            self.book.change, relay.relay.name, partial(refill, relay.relay, request)
        )
        relay.reservation.put(grant, asyncio.get_running_loop().time())
        self.refilled()


@asynccontextmanager
async def keep_limits(relays: Sequence[LimitedRelay], keeper: LimitKeeper) -> AsyncIterator[None]:
    """While entered, reserve tokens as they are needed; on leaving, give back what is left."""
    for relay in relays:
        await keeper.check(relay)
        if not relay.reservation.is_open:
            await keeper.refill(relay)
    exchange = asyncio.Lock()
    keeping = [asyncio.create_task(_keep_refilled(relay, keeper, exchange)) for relay in relays]
    try:
        yield
    finally:
        async with exchange:  # an exchange in progress ends first, so that no token is lost
            for task in keeping:
                task.cancel()
        for task in keeping:
            with suppress(asyncio.CancelledError):
                await task
        for relay in relays:
            if not relay.reservation.is_open:
                await keeper.refill(relay, is_last=True)


async def _keep_refilled(relay: LimitedRelay, keeper: LimitKeeper, exchange: asyncio.Lock) -> None:
    """Refill when a message waits; ends the send and raises when the shared limits raise."""
    reservation = relay.reservation
    try:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SECONDS if reservation.is_open else SPAN):
                    await reservation.needed.wait()
            async with exchange:
                if reservation.is_open:
                    await keeper.check(relay)
                elif reservation.is_due(asyncio.get_running_loop().time()):
                    await keeper.refill(relay)
            await asyncio.sleep(SPAN)
    except Exception:
        keeper.failed()
        raise
