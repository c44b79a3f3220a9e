"""Has the relays' limits written while a run goes on, so that a kill loses a second of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from newsletter.delivery.limits import LimitBook
from newsletter.delivery.relays import Lane
from newsletter.delivery.run import Run

SAVE_EACH = 1.0
"""Seconds between two savings."""


@asynccontextmanager
async def keep_limits(
    run: Run, lanes: Sequence[Lane], book: LimitBook | None
) -> AsyncIterator[None]:
    """Restore what the last run left, save while entered, and once more at the end."""
    if book is None:
        yield
        return
    saved = {limits.relay: limits for limits in await run.books.call(book.load)}
    now = run.work.clock()
    for lane in lanes:
        if lane.relay.name in saved:
            lane.restore(saved[lane.relay.name], now)
    saving = asyncio.create_task(_save_again_and_again(run, lanes, book))
    try:
        yield
    finally:
        saving.cancel()
        with suppress(asyncio.CancelledError):
            await saving
        await _save(run, lanes, book)


async def _save_again_and_again(run: Run, lanes: Sequence[Lane], book: LimitBook) -> None:
    while True:
        await asyncio.sleep(SAVE_EACH)
        await _save(run, lanes, book)


async def _save(run: Run, lanes: Sequence[Lane], book: LimitBook) -> None:
    now = run.work.clock()
    limited = [lane for lane in lanes if not lane.throttle.is_open or lane.may_shut]
    if limited:
        await run.books.call(book.save, [lane.limits(now) for lane in limited])
