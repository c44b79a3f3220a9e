"""Sends an issue: claims deliveries, hands the messages to the relays, keeps the books."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from random import Random
from typing import Any

from newsletter.config.settings import RelaySettings, SendingSettings
from newsletter.delivery.claim_size import ClaimSize
from newsletter.delivery.courier import Courier
from newsletter.delivery.ledger import Claim, Ledger
from newsletter.delivery.limit_keeping import keep_limits
from newsletter.delivery.limits import LimitBook, OwnLimitBook
from newsletter.delivery.parcels import Parcels
from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.delivery.relays import PAUSES, Lane
from newsletter.delivery.run import Incoming, Run, Work
from newsletter.delivery.shares import Shares
from newsletter.delivery.transport import TIMEOUTS, Timeouts, own_hostname
from newsletter.errors import RelayUnavailableError

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


async def send_all(
    ledger: Ledger,
    compose: Callable[[Claim], bytes],
    relays: Sequence[RelaySettings],
    *,
    envelope_sender: Callable[[Claim], str],
    clock: Callable[[], datetime],
    stop: asyncio.Event,
    sending: SendingSettings | None = None,
    zone: tzinfo = UTC,
    limits: LimitBook | None = None,
    incoming: Incoming | None = None,
    progress: Callable[[Receipt], None] | None = None,
    signs_slowly: bool = False,
    random: Random | None = None,
    timeouts: Timeouts = TIMEOUTS,
    pauses: Sequence[float] = PAUSES,
) -> SendReport:
    """Send whatever of the issue can be sent now, and return what came of it.

    `compose` gives a message's bytes: CRLF at each line's end and the last, dots doubled, no
    final dot; one that `signs_slowly` is also called in threads. Deliveries deferred to a later time
    stay; call again at `next_retry`. When `stop` is set, messages in flight are finished and the
    rest is given back, within 10 s. A refusal that is about us and no reader (RFC 3463 X.7.x, or any 5xx to EHLO, AUTH or MAIL of
    every relay) pauses the run. `zone` is that of the relays' hours and days; `limits` keeps
    their rates between runs and for all senders together. With `incoming` batches it goes on for as
    long as they may come. Raises RelayUnavailableError when no relay can be worked with,
    and what the ledger raises; in each case nothing that was not sent is lost.
    """
    if not relays:
        raise RelayUnavailableError("no relay is configured", field="relays", fix="add [[relays]]")
    work = Work(
        compose=compose,
        signs_slowly=signs_slowly,
        envelope_sender=envelope_sender,
        clock=clock,
        sending=sending or SendingSettings(),
        zone=zone,
        random=random or Random(),  # noqa: S311 - spreads retries, guards nothing
        progress=progress,
    )
    hostname = await asyncio.to_thread(own_hostname)
    started = asyncio.get_running_loop().time()
    shares = Shares({relay.name: relay.weight for relay in relays}, started)
    lanes = [
        Lane(relay, local_hostname=hostname, timeouts=timeouts, pauses=pauses, shares=shares)
        for relay in relays
    ]
    run = Run(ledger, work, ClaimSize(relays), incoming=incoming)
    run.open_lanes(lanes)
    with ledger.on_duty():
        try:
            await run.books.call(ledger.bring_forward)
            await run.recover()
            async with keep_limits(run, lanes, limits or OwnLimitBook()):
                await _conduct(run, lanes, stop)
            left = run.feed.left()
            await run.books.call(ledger.release, left)
            next_retry = await run.books.call(ledger.next_retry)
        finally:
            run.books.end_threads()
    if left and not run.paused and run.is_hopeless:
        raise RelayUnavailableError(
            "; ".join(f"relay {lane.relay.name}: {lane.trouble}" for lane in lanes),
            field="relays",
            fix="check host, port and security, and that the relay runs; then send again",
        )
    return SendReport(
        accepted=run.states[DeliveryState.ACCEPTED],
        rejected=run.states[DeliveryState.REJECTED],
        deferred=run.states[DeliveryState.DEFERRED],
        unknown=run.states[DeliveryState.UNKNOWN],
        suppressed=run.states[DeliveryState.SUPPRESSED],
        expired=run.states[DeliveryState.EXPIRED],
        seconds=asyncio.get_running_loop().time() - started,
        paused=run.paused,
        next_retry=next_retry,
        shut=run.shut if left or run.may_grow else "",
        refused_alike=run.refused_alike,
    )


async def _conduct(run: Run, lanes: Sequence[Lane], stop: asyncio.Event) -> None:
    """Let the couriers work to the end, or to the stop; raises what the ledger raises."""
    writer = asyncio.create_task(run.books.run())
    feeder = asyncio.create_task(_ending_on_error(run, run.feed.run()))
    poster = asyncio.create_task(_ending_on_error(run, run.books.post_regularly()))
    parcels = [Parcels(run, lane) for lane in lanes]
    couriers = [
        asyncio.create_task(Courier(run, lane, of_lane).work())
        for lane, of_lane in zip(lanes, parcels, strict=True)
        for _ in range(lane.relay.connections)
    ]
    at_work = asyncio.create_task(_all_done(couriers))
    signs = [asyncio.create_task(event.wait()) for event in (stop, run.ending)]
    try:
        await asyncio.wait([writer, at_work, *signs], return_when=asyncio.FIRST_COMPLETED)
        if run.paused:  # no hurry: messages whose reply is awaited are not cut off
            await asyncio.wait([writer, at_work, signs[0]], return_when=asyncio.FIRST_COMPLETED)
    finally:
        run.end()
        await asyncio.wait([at_work], timeout=GRACE_SECONDS)
        for task in (*couriers, *signs):
            task.cancel()
        await _all_done([at_work, *couriers, *signs])
        for each in parcels:
            each.close()
        run.books.close()
        await _all_done([feeder, poster, writer])
    ended = [task for task in (writer, feeder, poster, *couriers) if not task.cancelled()]
    for error in [task.exception() for task in ended]:  # all are asked: each would complain
        if error is not None:
            raise error


async def _all_done(tasks: Sequence[asyncio.Task[Any]]) -> None:
    await asyncio.wait(tasks)


async def _ending_on_error(run: Run, work: Coroutine[None, None, None]) -> None:
    try:
        await work
    except BaseException:
        run.end()
        raise
