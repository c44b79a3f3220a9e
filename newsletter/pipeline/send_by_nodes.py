"""Coordinates a send by the sending nodes: plans batches and waits until all are sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

from newsletter.delivery.receipt import FINAL_STATES, DeliveryState
from newsletter.delivery.sender import SendReport
from newsletter.errors import RelayUnavailableError
from newsletter.issues.issue import Issue, State
from newsletter.pipeline.control import RunControl
from newsletter.queue import GRACE, Batch, count_batches, enqueue
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store import nodes as node_store
from newsletter.store.ledger import SqlLedger, is_under_way, lock_planning, open_ranges
from newsletter.store.nodes import NodeStop, NodeStopKind, living_nodes

CHECK_INTERVAL, PROGRESS_INTERVAL, PLAN_INTERVAL = 0.25, 1.0, 1.0
"""Seconds between two checks of the nodes, two calls of `progress`, and two plans."""

LARGEST, SMALLEST, PARTS = 500, 20, 30
"""The most and least deliveries in a batch, and the batches of a small issue, so that every node
gets some."""


def send_by_nodes(
    site: Site, issue: Issue, ledger: SqlLedger, control: RunControl
) -> SendReport | None:
    """Have the nodes send what can be sent now; None if no node is alive to do so.

    If this process is interrupted, the nodes go on. Raises RelayUnavailableError when a node
    cannot use any relay.
    """
    if not living_nodes(site.database):
        return None
    interrupted, started = control.interrupted or threading.Event(), time.monotonic()
    before = ledger.counts()
    with site.database.transaction() as connection:
        number = issue_store.issue_id(connection, issue)
        node_store.note_stop(connection, number, None)
        batches = count_batches(connection, number)
    if not batches:
        ledger.bring_forward()
    report_progress = _progress_reporter(ledger, before, control.progress)
    while True:
        with site.database.transaction(read_only=True) as connection:
            node_stop = node_store.stop_of(connection, number)
            batches = count_batches(connection, number)
            state = issue_store.state_of(connection, issue)
        if interrupted.is_set():
            break
        if node_stop is not None or state is not State.SENDING:
            _wait_for_batches(site, number, interrupted)
            break
        if not batches and not _plan(site, number, ledger, control.clock()):
            break
        interrupted.wait(CHECK_INTERVAL if batches else PLAN_INTERVAL)
        report_progress()
        if not living_nodes(site.database):
            return None
    if node_stop is not None and node_stop.kind is NodeStopKind.NO_RELAY:
        raise RelayUnavailableError(
            node_stop.said,
            field="relays",
            fix="check host, port and security, and that the relay runs; then send again",
        )
    return _report(ledger, before, node_stop, time.monotonic() - started)


def _plan(site: Site, number: int, ledger: SqlLedger, now: datetime) -> bool:
    """Divide what may be claimed into batches; returns whether there is something to wait for.

    Another process that coordinates the send may have just done so.
    """
    ledger.recover(now)
    with site.database.transaction() as connection:
        lock_planning(connection, number)
        if count_batches(connection, number):
            return True
        ranges = open_ranges(
            connection, number, now, largest=LARGEST, smallest=SMALLEST, parts=PARTS
        )
        enqueue(
            connection,
            [Batch(issue_id=number, first=first, last=last) for first, last in ranges],
        )
        return bool(ranges) or is_under_way(connection, number, now)


def _progress_reporter(
    ledger: SqlLedger,
    before: dict[DeliveryState, int],
    progress: Callable[[int], None] | None,
) -> Callable[[], None]:
    """A function that calls `progress` at most once a second with the newly ended deliveries."""
    reported, reported_at = _ended(before), time.monotonic()

    def report_progress() -> None:
        nonlocal reported, reported_at
        if progress is not None and time.monotonic() - reported_at >= PROGRESS_INTERVAL:
            ended = _ended(ledger.counts())
            progress(max(0, ended - reported))
            reported, reported_at = ended, time.monotonic()

    return report_progress


def _ended(counts: dict[DeliveryState, int]) -> int:
    return sum(counts[state] for state in (*FINAL_STATES, DeliveryState.DEFERRED))


def _wait_for_batches(site: Site, number: int, interrupted: threading.Event) -> None:
    """Let the nodes finish what is in flight, so that the report is final."""
    ends = time.monotonic() + GRACE
    while time.monotonic() < ends and not interrupted.wait(CHECK_INTERVAL):
        with site.database.transaction(read_only=True) as connection:
            if not count_batches(connection, number):
                return


def _report(
    ledger: SqlLedger,
    before: dict[DeliveryState, int],
    node_stop: NodeStop | None,
    seconds: float,
) -> SendReport:
    after = ledger.counts()
    change = {state: max(0, after[state] - before[state]) for state in DeliveryState}
    return SendReport(
        accepted=change[DeliveryState.ACCEPTED],
        rejected=change[DeliveryState.REJECTED],
        deferred=change[DeliveryState.DEFERRED],
        unknown=change[DeliveryState.UNKNOWN],
        suppressed=change[DeliveryState.SUPPRESSED],
        expired=change[DeliveryState.EXPIRED],
        seconds=seconds,
        paused=node_stop.said if node_stop and node_stop.kind is NodeStopKind.PAUSED else "",
        next_retry=ledger.next_retry(),
        restriction=node_stop.said
        if node_stop and node_stop.kind is NodeStopKind.RESTRICTED
        else "",
    )
