"""Sends a ledger's messages: claims deliveries, hands them to relays and records the receipts."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from newsletter.config.settings import RelaySettings
from newsletter.delivery.claim_queue import ClaimQueue
from newsletter.delivery.claim_source import ClaimSource, Incoming
from newsletter.delivery.connection_worker import ConnectionWorker
from newsletter.delivery.context import SendContext
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.ledger_writer import LedgerWriter
from newsletter.delivery.message_preparer import MessagePreparer
from newsletter.delivery.pause_policy import Pause, RefusedAlike
from newsletter.delivery.rates import (
    ClaimSize,
    LimitBook,
    LimitKeeper,
    OwnLimitBook,
    Shares,
    keep_limits,
)
from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.delivery.relay_session import RelaySession
from newsletter.delivery.settlement import SendEnd, Settlement
from newsletter.delivery.transport import own_hostname
from newsletter.errors import DatabaseUnavailableError, RelayUnavailableError, TemporaryError

GRACE_SECONDS = 8.0
"""How long messages in flight may take after a stop; the whole stop takes less than 10 s."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SendReport:
    """The result of one run: how many deliveries reached each state, and why it ended early.

    `paused` is the reason why the run stopped and needs a person's attention, "" if it did not.
    `restriction` is the limit on hours or a warm-up that left deliveries for later, "" if none.
    """

    accepted: int
    rejected: int
    deferred: int
    unknown: int
    suppressed: int
    expired: int
    seconds: float
    paused: str
    next_retry: datetime | None
    restriction: str = ""
    refused_alike: str = ""
    """The reply with which readers of several domains were refused, "" if they were not."""


def combined(reports: Sequence[SendReport]) -> SendReport:
    """The sum of the reports of runs that ran side by side."""
    retries = [report.next_retry for report in reports if report.next_retry is not None]
    return SendReport(
        accepted=sum(report.accepted for report in reports),
        rejected=sum(report.rejected for report in reports),
        deferred=sum(report.deferred for report in reports),
        unknown=sum(report.unknown for report in reports),
        suppressed=sum(report.suppressed for report in reports),
        expired=sum(report.expired for report in reports),
        seconds=max(report.seconds for report in reports),
        paused=next((report.paused for report in reports if report.paused), ""),
        next_retry=min(retries, default=None),
        restriction=next((report.restriction for report in reports if report.restriction), ""),
        refused_alike=next(
            (report.refused_alike for report in reports if report.refused_alike), ""
        ),
    )


def _words_refused_alike(pause: Pause | None) -> str:
    return pause.last.text if isinstance(pause, RefusedAlike) else ""


async def send_all(
    ledger: Ledger,
    relays: Sequence[RelaySettings],
    context: SendContext,
    *,
    stop: asyncio.Event,
    limits: LimitBook | None = None,
    incoming: Incoming | None = None,
) -> SendReport:
    """Send every delivery of the ledger that can be sent now, and report the result.

    Deliveries deferred to a later time stay; call again at `next_retry`. When `stop` is set,
    messages in flight are finished and the rest is given back, within 10 s. A refusal that concerns
    us rather than a reader (RFC 3463 X.7.x, or a 5xx to EHLO, AUTH or MAIL from every relay) pauses
    the send. `limits` keeps the relays' rates between sends and across all senders. With `incoming`
    the send continues while further batches may come. Raises RelayUnavailableError when no relay
    can be used, and what the ledger raises; in either case unsent deliveries stay in the ledger.
    """
    if not relays:
        raise RelayUnavailableError("no relay is configured", field="relays", fix="add [[relays]]")
    sessions = await _open_sessions(relays, context)
    started = asyncio.get_running_loop().time()
    counts: Counter[DeliveryState] = Counter()

    def kept(receipt: Receipt) -> None:
        counts[receipt.state] += 1
        if context.progress is not None:
            context.progress(receipt)

    writer = LedgerWriter(ledger, kept)
    source = ClaimSource(ledger, writer, ClaimSize(relays), context.clock, counts, incoming)
    send = _Send(context, writer, source, sessions)
    if incoming is not None:
        incoming.attach(send.queue.news)
    with ledger.on_duty():
        try:
            await writer.call(ledger.bring_forward)
            await source.recover()
            left = await send.carry_out(ledger, limits or OwnLimitBook(), stop)
            next_retry = await writer.call(ledger.next_retry)
        finally:
            writer.end_threads()
    if left and not send.end.pause and send.settlement.is_hopeless:
        raise _unavailable(sessions)
    seconds = asyncio.get_running_loop().time() - started
    report = _report(counts, send.end, seconds, next_retry)
    return report if left or source.may_grow else replace(report, restriction="")


def _unavailable(sessions: Sequence[RelaySession]) -> RelayUnavailableError:
    return RelayUnavailableError(
        "; ".join(f"relay {session.relay.name}: {session.trouble}" for session in sessions),
        field="relays",
        fix="check host, port and security, and that the relay runs; then send again",
    )


def _report(
    counts: Counter[DeliveryState], end: SendEnd, seconds: float, next_retry: datetime | None
) -> SendReport:
    return SendReport(
        accepted=counts[DeliveryState.ACCEPTED],
        rejected=counts[DeliveryState.REJECTED],
        deferred=counts[DeliveryState.DEFERRED],
        unknown=counts[DeliveryState.UNKNOWN],
        suppressed=counts[DeliveryState.SUPPRESSED],
        expired=counts[DeliveryState.EXPIRED],
        seconds=seconds,
        paused=str(end.pause or ""),
        next_retry=next_retry,
        restriction=end.restriction,
        refused_alike=_words_refused_alike(end.pause),
    )


async def _open_sessions(
    relays: Sequence[RelaySettings], context: SendContext
) -> Sequence[RelaySession]:
    hostname = await asyncio.to_thread(own_hostname)
    now = asyncio.get_running_loop().time()
    shares = Shares({relay.name: relay.weight for relay in relays}, now)
    return [
        RelaySession(
            relay,
            local_hostname=hostname,
            timeouts=context.timeouts,
            pauses=context.pauses,
            shares=shares,
            changed=context.relay_changed,
        )
        for relay in relays
    ]


class _Send:
    """The cooperating parts of one send."""

    def __init__(
        self,
        context: SendContext,
        writer: LedgerWriter,
        source: ClaimSource,
        sessions: Sequence[RelaySession],
    ) -> None:
        self._context = context
        self._writer = writer
        self._sessions = sessions
        self.queue = ClaimQueue(source)
        self.end = SendEnd(self.queue)
        self.settlement = Settlement(context, self.queue, writer, self.end, sessions)

    async def carry_out(self, ledger: Ledger, book: LimitBook, stop: asyncio.Event) -> list[int]:
        """Run the connections to the end or to the stop; return the subscribers left unsent.

        On any error, claims that were not sent are given back to the ledger before it propagates.
        """
        keeper = LimitKeeper(
            book=book,
            call=self._writer.call,
            today=lambda: self._context.local_time().date(),
            refilled=self.queue.notify_waiters,
            failed=self.end.end,
        )
        try:
            async with keep_limits(self._sessions, keeper):
                await self._work(stop)
        except (DatabaseUnavailableError, TemporaryError):  # a release could not be written either
            raise
        except BaseException:
            with suppress(Exception):  # the original error is the one to raise
                await self._writer.call(ledger.release, self.queue.left())
            raise
        left = self.queue.left()
        await self._writer.call(ledger.release, left)
        return left

    async def _work(self, stop: asyncio.Event) -> None:
        """Run the tasks of the send; raises the ledger's errors and a worker's unexpected ones."""
        writing = asyncio.create_task(self._writer.run())
        claiming = asyncio.create_task(self._ending_on_error(self.queue.run()))
        posting = asyncio.create_task(self._ending_on_error(self._writer.post_regularly()))
        preparers = [
            MessagePreparer(self._context, self.queue, self.settlement, session)
            for session in self._sessions
        ]
        workers = [
            asyncio.create_task(self._worker(session, preparer).work())
            for session, preparer in zip(self._sessions, preparers, strict=True)
            for _ in range(session.relay.connections)
        ]
        all_workers = asyncio.create_task(_all_done(workers))
        end_signals = [asyncio.create_task(event.wait()) for event in (stop, self.end.ending)]
        first = asyncio.FIRST_COMPLETED
        try:
            await asyncio.wait([writing, all_workers, *end_signals], return_when=first)
            if self.end.pause:  # a pause is not urgent: let pending replies arrive
                await asyncio.wait([writing, all_workers, end_signals[0]], return_when=first)
        finally:
            self.end.end()
            await asyncio.wait([all_workers], timeout=GRACE_SECONDS)
            for task in (*workers, *end_signals):
                task.cancel()
            await _all_done([all_workers, *workers, *end_signals])
            for preparer in preparers:
                preparer.close()
            self._writer.close()
            await _all_done([claiming, posting, writing])
        ended = [task for task in (writing, claiming, posting, *workers) if not task.cancelled()]
        # Every exception is retrieved: asyncio warns about those that are not.
        for error in [task.exception() for task in ended]:
            if error is not None:
                raise error

    def _worker(self, session: RelaySession, preparer: MessagePreparer) -> ConnectionWorker:
        return ConnectionWorker(
            session=session,
            preparer=preparer,
            queue=self.queue,
            writer=self._writer,
            settlement=self.settlement,
            end=self.end,
            context=self._context,
        )

    async def _ending_on_error(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except BaseException:
            self.end.end()
            raise


async def _all_done(tasks: Sequence[asyncio.Task[Any]]) -> None:
    await asyncio.wait(tasks)
