"""The only writer to the ledger during a run: commits the rows of all connections together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from typing import ParamSpec, TypeVar

from newsletter.delivery.ledger import Ledger
from newsletter.delivery.receipt import Receipt

POST_SECONDS = 0.5
"""How often what was written is made visible to others."""

P = ParamSpec("P")
T = TypeVar("T")
Intents = dict[int, asyncio.Future[bool]]


class LedgerWriter:
    """Collects receipts and intents while the last commit runs, then commits them together.

    Rule 3 then costs one fsync for many rows. A receipt is never written after an intent that was
    requested later: a connection has at most one delivery transmitting.

    A commit takes what one turn of the event loop brought: typically one intent for a far relay,
    and those of several connections for a near one.

    For a near relay a thread writes while the content is transmitted. For a far relay the write
    is made in the event loop where it is short, because handing it to a thread would take longer.
    """

    def __init__(self, ledger: Ledger, kept: Callable[[Receipt], None]) -> None:
        self._ledger = ledger
        self._kept = kept
        self._loop = asyncio.get_running_loop()
        self._receipts: list[Receipt] = []
        self._intents: Intents = {}
        self._has_near = False
        self._commits: SimpleQueue[tuple[list[Receipt], Intents] | BaseException | None]
        self._commits = SimpleQueue()
        self._is_writing = False
        self._will_begin = False
        self._has_failed = False
        self._closing = asyncio.Event()
        # A separate thread, so that no final dot waits for a slow claim.
        self._write_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="intents")
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

    def keep(self, receipt: Receipt) -> None:
        """Write the receipt with the next commit."""
        self._receipts.append(receipt)
        self._begin_soon()

    def intend(self, subscriber_id: int, *, is_far: bool = False) -> asyncio.Future[bool]:
        """Make the delivery durably transmitting: True when it is, False when it is not ours."""
        answer = self._loop.create_future()
        if self._has_failed:
            answer.cancel()
            return answer
        self._intents[subscriber_id] = answer
        self._has_near = self._has_near or not is_far
        self._begin_soon()
        return answer

    async def run(self) -> None:
        """Commit what is collected until `close`; raises what the ledger raises."""
        await self._loop.run_in_executor(self._write_thread, self._write)

    async def post_regularly(self) -> None:
        """Make what was written visible to others every POST_SECONDS, until `close`."""
        while not self._closing.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(POST_SECONDS):
                    await self._closing.wait()
            await self.call(self._ledger.post)

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run another call of the ledger in the ledger's thread."""
        return await self._loop.run_in_executor(self._thread, lambda: function(*args, **kwargs))

    def close(self) -> None:
        """Let `run` end when everything is written."""
        self._closing.set()
        self._begin_soon()

    def end_threads(self) -> None:
        """End the threads; waits for a call in progress."""
        self._write_thread.shutdown()
        self._thread.shutdown()

    def _begin_soon(self) -> None:
        if not self._will_begin:
            self._will_begin = True
            self._loop.call_soon(self._begin)

    def _begin(self) -> None:
        """Start a commit of what was collected, unless one is running: its end starts the next."""
        self._will_begin = False
        if self._is_writing:
            return
        if self._receipts or self._intents:
            self._is_writing = True
            receipts, intents, has_near = self._receipts, self._intents, self._has_near
            self._receipts, self._intents, self._has_near = [], {}, False
            if intents and not has_near and self._ledger.writes_at_once:
                self._write_here(receipts, intents)
            else:
                self._commits.put((receipts, intents))
        elif self._closing.is_set():
            self._commits.put(None)

    def _write_here(self, receipts: list[Receipt], intents: Intents) -> None:
        try:
            confirmed = self._ledger.write(receipts=receipts, intents=[*intents])
        except BaseException as error:
            self._fail(intents)
            self._commits.put(error)  # so that `run` raises it
        else:
            self._answer(receipts, intents, confirmed)

    def _write(self) -> None:
        """In the writing thread: commit each batch and report the result to the event loop."""
        while (batch := self._commits.get()) is not None:
            if isinstance(batch, BaseException):
                raise batch
            receipts, intents = batch
            try:
                confirmed = self._ledger.write(receipts=receipts, intents=[*intents])
            except BaseException:
                self._loop.call_soon_threadsafe(self._fail, intents)
                raise
            self._loop.call_soon_threadsafe(self._answer, receipts, intents, confirmed)

    def _answer(self, receipts: list[Receipt], intents: Intents, confirmed: frozenset[int]) -> None:
        self._is_writing = False
        self._begin_soon()
        for number, answer in intents.items():
            if not answer.done():  # done when its connection was cancelled meanwhile
                answer.set_result(number in confirmed)
        for receipt in receipts:
            self._kept(receipt)

    def _fail(self, intents: Intents) -> None:
        """Cancel all intents, so that no further final dot is written."""
        self._has_failed = True
        for answer in (*intents.values(), *self._intents.values()):
            answer.cancel()
