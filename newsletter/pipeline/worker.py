"""worker: one sending node. It takes batches of whatever issue is being sent."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from newsletter.config.settings import RelaySettings
from newsletter.delivery.batches import Batches
from newsletter.delivery.sender import SendReport
from newsletter.errors import (
    ConfigurationError,
    DatabaseUnavailableError,
    NewsletterError,
    Problem,
    RelayUnavailableError,
    TemporaryError,
)
from newsletter.issues.issue import Issue, State
from newsletter.pipeline.control import RunControl
from newsletter.pipeline.deliver import deliver, ledger_of
from newsletter.pipeline.retry import take_back_alike
from newsletter.pipeline.send import finish
from newsletter.queue import (
    Batch,
    BatchReturnedError,
    count_batches,
    make_queue,
    take_batches,
    withdraw_batches,
)
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store import nodes as node_store
from newsletter.store.nodes import Holding, NodeStop, NodeStopKind, registered

log = logging.getLogger("newsletter")

KEPT = 5.0
"""Seconds without a batch of an issue after which its connections are closed."""

LOOK, BEAT = 0.1, 1.0
"""Seconds between two looks at whether to leave, and between two notes of what we do."""

MEASURED = 6
"""Beats over which the rate is measured."""

AGAIN = 1.0
"""Seconds until the database is tried again after it went away."""


def run_worker(
    site: Site,
    *,
    connections: int | None,
    clock: Callable[[], datetime],
    interrupted: threading.Event,
) -> None:
    """Send batches until interrupted; then what is in flight is finished and the rest given back.

    `connections` takes the place of each relay's. A database that goes away is waited for.
    Raises ConfigurationError where there can be no nodes.
    """
    if site.database.is_sqlite:
        raise _no_nodes(
            "sending nodes need PostgreSQL", "site.database", "move to postgresql://USER@HOST/NAME"
        )
    if not site.settings.relays:
        raise _no_nodes("no relay to send through", "relays", "add [[relays]]")
    make_queue(site.database)
    relays = site.settings.relays
    if connections is not None:
        relays = tuple(relay.model_copy(update={"connections": connections}) for relay in relays)
    while not interrupted.is_set():
        try:
            asyncio.run(_Node(site, relays, clock, interrupted).work())
        except DatabaseUnavailableError as error:
            log.error("%s", error)  # noqa: TRY400 - its message says all
            interrupted.wait(AGAIN)


class _Node:
    """One process at work, from one loss of the database to the next."""

    def __init__(
        self,
        site: Site,
        relays: Sequence[RelaySettings],
        clock: Callable[[], datetime],
        interrupted: threading.Event,
    ) -> None:
        self.site, self.relays, self.clock, self.interrupted = site, relays, clock, interrupted
        self.settled = 0
        self._sendings: dict[int, _Sending] = {}
        self._opening = asyncio.Lock()

    async def work(self) -> None:
        """Take batches until interrupted; raises DatabaseUnavailableError."""
        stop = asyncio.Event()
        name = f"{socket.gethostname()}:{os.getpid()}"
        with registered(self.site.database, name, self.clock()) as identity:
            log.info("node %s takes batches", name)
            minders = [
                asyncio.create_task(self._await_interruption(stop)),
                asyncio.create_task(self._note_work(identity)),
            ]
            try:
                await take_batches(self.site.database, self.send, stop)
            finally:
                for minder in minders:
                    minder.cancel()
                await asyncio.wait(minders)
                for sending in list(self._sendings.values()):
                    await sending.end()

    async def send(self, batch: Batch) -> None:
        """Have the issue's run send the batch; raises BatchReturnedError when we must leave."""
        within = (batch.first, batch.last)
        try:
            while (sending := await self._sending_of(batch.issue_id)) is not None:
                if await sending.batches.send(within):
                    await asyncio.to_thread(self.close_issue, batch.issue_id)
                    return
        except NewsletterError as error:
            raise BatchReturnedError from error

    async def _sending_of(self, issue_id: int) -> _Sending | None:
        """The issue's run at this node; None where it is not to be sent any more."""
        async with self._opening:
            if self.interrupted.is_set():
                raise BatchReturnedError
            sending = self._sendings.get(issue_id)
            if sending is None or not sending.batches.is_open:
                if sending is not None:
                    await sending.end()
                issue = await asyncio.to_thread(self._look, issue_id)
                if issue is None:
                    return None
                sending = self._sendings[issue_id] = _Sending(self, issue_id, issue)
            return sending

    def _look(self, issue_id: int) -> Issue | None:
        with self.site.database.transaction(read_only=True) as connection:
            issue = issue_store.issue_numbered(connection, issue_id)
            has_trouble = node_store.stop_of(connection, issue_id) is not None
        return issue if issue.state is State.SENDING and not has_trouble else None

    def close_issue(self, issue_id: int) -> None:
        """Close the issue when its sum is right: nobody else may be there to notice."""
        with self.site.database.transaction(read_only=True) as connection:
            is_last = count_batches(connection, issue_id) <= 1
            issue = issue_store.issue_numbered(connection, issue_id)
        if is_last:
            finish(self.site, issue, ledger_of(self.site, issue), self.clock())

    async def _await_interruption(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await asyncio.sleep(LOOK)
            if self.interrupted.is_set():
                stop.set()

    async def _note_work(self, identity: str) -> None:
        """Tell whoever watches what we do, when it changes."""
        seen: deque[tuple[float, int]] = deque(maxlen=MEASURED)
        noted: tuple[float, list[Holding]] = (0.0, [])
        while True:
            seen.append((time.monotonic(), self.settled))
            seconds, messages = seen[-1][0] - seen[0][0], seen[-1][1] - seen[0][1]
            rate = round(messages / seconds, 1) if seconds else 0.0
            holds = [
                Holding(issue=sending.issue.name, deliveries=sending.batches.held)
                for sending in self._sendings.values()
                if sending.batches.is_open
            ]
            if (rate, holds) != noted:
                noted = (rate, holds)
                with suppress(NewsletterError):  # the queue notices as well
                    await asyncio.to_thread(self._note, identity, *noted)
            await asyncio.sleep(BEAT)

    def _note(self, identity: str, rate: float, holds: Sequence[Holding]) -> None:
        with self.site.database.transaction() as connection:
            node_store.note_work(connection, identity, rate, holds)


class _Sending:
    """One issue's run at this node, kept going by batches, with its connections."""

    def __init__(self, node: _Node, issue_id: int, issue: Issue) -> None:
        self.issue = issue
        self.batches = Batches(ledger_of(node.site, issue))
        self._node, self._issue_id = node, issue_id
        self._idling = asyncio.create_task(self._close_when_idle())
        self._running = asyncio.create_task(self._run())

    async def end(self) -> None:
        """Wait until the run is over; it ends when it is interrupted, closed or in trouble."""
        self.batches.close()
        await self._running

    async def _run(self) -> None:
        node = self._node
        try:
            report = await deliver(
                node.site,
                self.issue,
                relays=node.relays,
                control=RunControl(
                    clock=node.clock, interrupted=node.interrupted, progress=self._count
                ),
                batches=self.batches,
            )
            if alike := report.refused_alike:
                await asyncio.to_thread(take_back_alike, node.site, self.issue, alike, node.clock())
            await self._tell(_trouble_in(report))
            await asyncio.to_thread(node.close_issue, self._issue_id)
        except RelayUnavailableError as error:
            await self._tell(NodeStop(kind=NodeStopKind.NO_RELAY, said=error.problem.message))
        except (DatabaseUnavailableError, TemporaryError) as error:
            log.warning("%s: %s", self.issue.name, error)
        except Exception as error:
            log.exception("%s: the node's run failed", self.issue.name)
            await self._tell(
                NodeStop(kind=NodeStopKind.PAUSED, said=f"a node's run failed: {error}")
            )
        finally:
            self._idling.cancel()
            self.batches.abandon()

    def _count(self, more: int) -> None:
        self._node.settled += more

    async def _tell(self, trouble: NodeStop | None) -> None:
        """Let whoever planned the send know, and let no node go on with it."""
        if trouble is None:
            return
        log.error("%s: %s: %s", self.issue.name, trouble.kind, trouble.said)

        def note() -> None:
            with self._node.site.database.transaction() as connection:
                node_store.note_stop(connection, self._issue_id, trouble)
                withdraw_batches(connection, self._issue_id)

        await asyncio.to_thread(note)

    async def _close_when_idle(self) -> None:
        idle_since = time.monotonic()
        while time.monotonic() - idle_since < KEPT:
            await asyncio.sleep(LOOK)
            if not self.batches.is_empty:
                idle_since = time.monotonic()
        self.batches.close()


def _trouble_in(report: SendReport) -> NodeStop | None:
    if report.paused:
        return NodeStop(kind=NodeStopKind.PAUSED, said=report.paused)
    return NodeStop(kind=NodeStopKind.SHUT, said=report.shut) if report.shut else None


def _no_nodes(message: str, field: str, fix: str) -> ConfigurationError:
    return ConfigurationError(
        [Problem(message=message, file="newsletter.toml", field=field, fix=fix)]
    )
