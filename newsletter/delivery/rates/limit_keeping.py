"""Trades the tokens of a run's relays with the book that all senders share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

from newsletter.delivery.rates.limits import SPAN, LimitBook, trade
from newsletter.delivery.relay_session import RelaySession
from newsletter.delivery.run import Run

LOOK = 1.0
"""Seconds between two looks at whether another sender was asked to send less."""


@asynccontextmanager
async def keep_limits(
    run: Run, lanes: Sequence[RelaySession], book: LimitBook
) -> AsyncIterator[None]:
    """While entered, the lanes' purses are filled; at the end what they hold goes back."""
    for lane in lanes:
        await _look(run, lane, book)
        if not lane.purse.is_open:
            await _trade(run, lane, book)
    at_the_counter = asyncio.Lock()
    trading = [
        asyncio.create_task(_keep_trading(run, lane, book, at_the_counter)) for lane in lanes
    ]
    try:
        yield
    finally:
        async with at_the_counter:  # tokens that are on their way to us are not lost
            for task in trading:
                task.cancel()
        for task in trading:
            with suppress(asyncio.CancelledError):
                await task
        for lane in lanes:
            if not lane.purse.is_open:
                await _trade(run, lane, book, is_last=True)


async def _keep_trading(
    run: Run, lane: RelaySession, book: LimitBook, at_the_counter: asyncio.Lock
) -> None:
    """Trade when a message waits; raises what the book raises, and ends the run."""
    try:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK if lane.purse.is_open else SPAN):
                    await lane.purse.hungry.wait()
            async with at_the_counter:
                if lane.purse.is_open:
                    await _look(run, lane, book)
                elif lane.purse.is_due(asyncio.get_running_loop().time()):
                    await _trade(run, lane, book)
            await asyncio.sleep(SPAN)
    except Exception:
        run.end()
        raise


async def _look(run: Run, lane: RelaySession, book: LimitBook) -> None:
    """Learn what another sender was told, without writing anything."""
    kept = await run.books.call(book.find, lane.relay.name)
    for standing in kept.standings if kept else ():
        if standing.halved is not None:
            lane.purse.limit(standing.domain)


async def _trade(run: Run, lane: RelaySession, book: LimitBook, *, is_last: bool = False) -> None:
    order = lane.purse.order(run.local_time().date(), is_last=is_last)
    grant = await run.books.call(book.change, lane.relay.name, partial(trade, lane.relay, order))
    lane.purse.put(grant, asyncio.get_running_loop().time())
    run.feed.stir()
