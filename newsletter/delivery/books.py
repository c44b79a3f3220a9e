"""The ledger's one writer during a run: the rows of all connections in one commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from newsletter.delivery.ledger import Ledger
from newsletter.delivery.receipt import Receipt

P = ParamSpec("P")
T = TypeVar("T")

GATHER_SECONDS = 0.001
"""How long a commit waits for the rows of further connections: a commit of many rows costs hardly
more than one of a single row, and no message waits noticeably."""


class Books:
    """Gathers receipts and intents while the last commit runs, then commits them together.

    Rule 3 then costs one fsync for many rows. A receipt is never behind an intent that was
    asked for after it: a connection has at most one delivery transmitting.
    """

    def __init__(self, ledger: Ledger, kept: Callable[[Receipt], None]) -> None:
        self._ledger = ledger
        self._kept = kept
        self._receipts: list[Receipt] = []
        self._intents: dict[int, asyncio.Future[bool]] = {}
        self._most_intents = 1  # in one commit: so many connections have been at work at once
        self._news = asyncio.Event()
        self._is_closing = False
        self._has_failed = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

    def keep(self, receipt: Receipt) -> None:
        """Have the receipt written with the next commit."""
        self._receipts.append(receipt)
        self._news.set()

    def intend(self, subscriber_id: int) -> asyncio.Future[bool]:
        """Have the delivery durably transmitting: True when it is, False when it is not ours."""
        answer = asyncio.get_running_loop().create_future()
        if self._has_failed:
            answer.cancel()
            return answer
        self._intents[subscriber_id] = answer
        self._news.set()
        return answer

    async def run(self) -> None:
        """Commit what gathers until `close`; raises what the ledger raises."""
        while not (self._is_closing and not self._receipts and not self._intents):
            await self._news.wait()
            if len(self._intents) < self._most_intents and not self._is_closing:
                await asyncio.sleep(GATHER_SECONDS)
            self._news.clear()
            await self._commit()

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run another of the ledger's calls in the ledger's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: function(*args, **kwargs))

    def close(self) -> None:
        """Let `run` end when all is written."""
        self._is_closing = True
        self._news.set()

    def end_thread(self) -> None:
        """Give back the thread; a call that is under way is waited for."""
        self._thread.shutdown()

    async def _commit(self) -> None:
        receipts, self._receipts = self._receipts, []
        intents, self._intents = self._intents, {}
        self._most_intents = max(self._most_intents, len(intents))
        if not receipts and not intents:
            return
        try:
            confirmed = await self.call(self._ledger.write, receipts=receipts, intents=[*intents])
        except BaseException:
            self._has_failed = True  # no dot is written any more: cancelled is what no intent is
            for answer in intents.values():
                answer.cancel()
            raise
        for subscriber_id, answer in intents.items():
            if not answer.done():  # done when its connection was cancelled meanwhile
                answer.set_result(subscriber_id in confirmed)
        for receipt in receipts:
            self._kept(receipt)
