"""Sends a ledger's messages: claims deliveries, hands them to the relays, keeps the books."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
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
"""After a stop, how long messages in flight may take; the whole stop takes less than 10 s."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SendReport:
    """What one run came to.

    `paused` says why it stopped before its end and a person has to look, "" if it did not;
    `shut` why it left something to a later hour, "" if nothing.
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
    shut: str = ""
    refused_alike: str = ""
    """Words in which readers of several domains were refused: none of them is to blame."""


def combined(reports: Sequence[SendReport]) -> SendReport:
    """What runs side by side came to together."""
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
        shut=next((report.shut for report in reports if report.shut), ""),
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
    """Send whatever the ledger has that can be sent now, and return what came of it.

    Deliveries deferred to a later time stay; call again at `next_retry`. When `stop` is set,
    messages in flight are finished and the rest is given back, within 10 s. A refusal that is about
    us and no reader (RFC 3463 X.7.x, or any 5xx to EHLO, AUTH or MAIL of every relay) pauses the
    send. `limits` keeps the relays' rates between sends and for all senders together. With
    `incoming` batches it goes on for as long as they may come. Raises RelayUnavailableError when no
    relay can be worked with, and what the ledger raises; in each case nothing that was not sent is
    lost.
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
    return SendReport(
        **_counted(counts),
        seconds=asyncio.get_running_loop().time() - started,
        paused=str(send.end.pause or ""),
        next_retry=next_retry,
        shut=send.end.shut if left or source.may_grow else "",
        refused_alike=_words_refused_alike(send.end.pause),
    )


def _unavailable(sessions: Sequence[RelaySession]) -> RelayUnavailableError:
    return RelayUnavailableError(
        "; ".join(f"relay {session.relay.name}: {session.trouble}" for session in sessions),
        field="relays",
        fix="check host, port and security, and that the relay runs; then send again",
    )


def _counted(counts: Counter[DeliveryState]) -> dict[str, int]:
    """The counts of a report by their names there."""
    return {
        "accepted": counts[DeliveryState.ACCEPTED],
        "rejected": counts[DeliveryState.REJECTED],
        "deferred": counts[DeliveryState.DEFERRED],
        "unknown": counts[DeliveryState.UNKNOWN],
        "suppressed": counts[DeliveryState.SUPPRESSED],
        "expired": counts[DeliveryState.EXPIRED],
    }


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
        )
        for relay in relays
    ]


class _Send:
    """The parts of one send, put together."""

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
        """Let the connections work to the end, or to the stop; whom it had to leave.

        Whatever it raises, what was claimed and not sent is given back to the ledger first.
        """
        keeper = LimitKeeper(
            book=book,
            call=self._writer.call,
            today=lambda: self._context.local_time().date(),
            refilled=self.queue.stir,
            failed=self.end.end,
        )
        try:
            async with keep_limits(self._sessions, keeper):
                await self._work(stop)
        except (DatabaseUnavailableError, TemporaryError):  # nor could that be written
            raise
        except BaseException:
            with suppress(Exception):  # what came first is what is raised
                await self._writer.call(ledger.release, self.queue.left())
            raise
        left = self.queue.left()
        await self._writer.call(ledger.release, left)
        return left

    async def _work(self, stop: asyncio.Event) -> None:
        """Raises what the ledger raises, or a connection's worker that met the unforeseen."""
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
        at_work = asyncio.create_task(_all_done(workers))
        signs = [asyncio.create_task(event.wait()) for event in (stop, self.end.ending)]
        first = asyncio.FIRST_COMPLETED
        try:
            await asyncio.wait([writing, at_work, *signs], return_when=first)
            if self.end.pause:  # no hurry: messages whose reply is awaited are not cut off
                await asyncio.wait([writing, at_work, signs[0]], return_when=first)
        finally:
            self.end.end()
            await asyncio.wait([at_work], timeout=GRACE_SECONDS)
            for task in (*workers, *signs):
                task.cancel()
            await _all_done([at_work, *workers, *signs])
            for preparer in preparers:
                preparer.close()
            self._writer.close()
            await _all_done([claiming, posting, writing])
        ended = [task for task in (writing, claiming, posting, *workers) if not task.cancelled()]
        for error in [task.exception() for task in ended]:  # all are asked: each would complain
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
