"""The ledger's one writer during a run: the rows of all connections in one commit."""

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
"""How often what was written is brought to where others see it."""

P = ParamSpec("P")
T = TypeVar("T")
Intents = dict[int, asyncio.Future[bool]]


class LedgerWriter:
    """Gathers receipts and intents while the last commit runs, then commits them together.

    Rule 3 then costs one fsync for many rows. A receipt is never behind an intent that was
    asked for after it: a connection has at most one delivery transmitting.

    A commit begins with what one turn of the event loop has brought: of a relay that is far away
    one intent, which waits for no other; of a near one those of several connections.

    A thread writes while the content travels to a near relay. To a far one nothing has come by
    then, and the time until a thread is told and has told us would only make the turn longer.
    """

    def __init__(self, ledger: Ledger, kept: Callable[[Receipt], None]) -> None:
        self._ledger = ledger
        self._kept = kept
        self._loop = asyncio.get_running_loop()
        self._receipts: list[Receipt] = []
        self._intents: Intents = {}
        self._has_near = False
        self._orders: SimpleQueue[tuple[list[Receipt], Intents] | BaseException | None]
        self._orders = SimpleQueue()
        self._is_writing = False
        self._will_begin = False
        self._has_failed = False
        self._closing = asyncio.Event()
        # A claim takes long; no dot shall wait for it.
        self._pen = ThreadPoolExecutor(max_workers=1, thread_name_prefix="intents")
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

    def keep(self, receipt: Receipt) -> None:
        """Have the receipt written with the next commit."""
        self._receipts.append(receipt)
        self._begin_soon()

    def intend(self, subscriber_id: int, *, is_far: bool = False) -> asyncio.Future[bool]:
        """Have the delivery durably transmitting: True when it is, False when it is not ours."""
        answer = self._loop.create_future()
        if self._has_failed:
            answer.cancel()
            return answer
        self._intents[subscriber_id] = answer
        self._has_near = self._has_near or not is_far
        self._begin_soon()
        return answer

    async def run(self) -> None:
        """Commit what gathers until `close`; raises what the ledger raises."""
        await self._loop.run_in_executor(self._pen, self._write)

    async def post_regularly(self) -> None:
        """Let others see now and then what was written, until `close`."""
        while not self._closing.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(POST_SECONDS):
                    await self._closing.wait()
            await self.call(self._ledger.post)

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run another of the ledger's calls in the ledger's thread."""
        return await self._loop.run_in_executor(self._thread, lambda: function(*args, **kwargs))

    def close(self) -> None:
        """Let `run` end when all is written."""
        self._closing.set()
        self._begin_soon()

    def end_threads(self) -> None:
        """Give back the threads; a call that is under way is waited for."""
        self._pen.shutdown()
        self._thread.shutdown()

    def _begin_soon(self) -> None:
        if not self._will_begin:
            self._will_begin = True
            self._loop.call_soon(self._begin)

    def _begin(self) -> None:
        """Hand over what has gathered, unless a commit is under way: that one's end does."""
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
                self._orders.put((receipts, intents))
        elif self._closing.is_set():
            self._orders.put(None)

    def _write_here(self, receipts: list[Receipt], intents: Intents) -> None:
        try:
            confirmed = self._ledger.write(receipts=receipts, intents=[*intents])
        except BaseException as error:
            self._fail(intents)
            self._orders.put(error)  # so that `run` raises it
        else:
            self._answer(receipts, intents, confirmed)

    def _write(self) -> None:
        """In a thread: commit what is handed over, and tell the loop of it."""
        while (order := self._orders.get()) is not None:
            if isinstance(order, BaseException):
                raise order
            receipts, intents = order
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
        """No dot is written any more: cancelled is what no intent is."""
        self._has_failed = True
        for answer in (*intents.values(), *self._intents.values()):
            answer.cancel()
