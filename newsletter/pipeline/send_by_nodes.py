"""Conducts a send by the sending nodes: plans batches, and sees to it that all are through."""

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

LOOK, TELL_EACH, PLAN_EACH = 0.25, 1.0, 1.0
"""Seconds between two looks at how far the nodes are, two words of it, and two plans."""

LARGEST, SMALLEST, PARTS = 500, 20, 30
"""Deliveries in a batch: of a small issue each node shall have some."""


def send_by_nodes(
    site: Site, issue: Issue, ledger: SqlLedger, control: RunControl
) -> SendReport | None:
    """Have the nodes send what can be sent now; None when no node lives, so that we must.

    A conductor that is interrupted leaves the nodes at work. Raises RelayUnavailableError when a
    node could work with no relay.
    """
    if not living_nodes(site.database):
        return None
    waiting, started = control.interrupted or threading.Event(), time.monotonic()
    before = ledger.counts()
    with site.database.transaction() as connection:
        number = issue_store.issue_id(connection, issue)
        node_store.note_stop(connection, number, None)
        batches = count_batches(connection, number)
    if not batches:
        ledger.bring_forward()
    tell = _teller(ledger, before, control.progress)
    while True:
        with site.database.transaction(read_only=True) as connection:
            trouble = node_store.stop_of(connection, number)
            batches = count_batches(connection, number)
            state = issue_store.state_of(connection, issue)
        if waiting.is_set():
            break
        if trouble is not None or state is not State.SENDING:
            _wait_for_the_last(site, number, waiting)
            break
        if not batches and not _plan(site, number, ledger, control.clock()):
            break
        waiting.wait(LOOK if batches else PLAN_EACH)
        tell()
        if not living_nodes(site.database):
            return None
    if trouble is not None and trouble.kind is NodeStopKind.NO_RELAY:
        raise RelayUnavailableError(
            trouble.said,
            field="relays",
            fix="check host, port and security, and that the relay runs; then send again",
        )
    return _report(ledger, before, trouble, time.monotonic() - started)


def _plan(site: Site, number: int, ledger: SqlLedger, now: datetime) -> bool:
    """Cut what may be claimed into batches; whether there is something to wait for.

    Another conductor may just have done so.
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
        return bool(ranges) or is_under_way(connection, number)


def _teller(
    ledger: SqlLedger,
    before: dict[DeliveryState, int],
    progress: Callable[[int], None] | None,
) -> Callable[[], None]:
    """Tells `progress` once a second how many have come to an end since the last time."""
    told, told_at = _ended(before), time.monotonic()

    def tell() -> None:
        nonlocal told, told_at
        if progress is not None and time.monotonic() - told_at >= TELL_EACH:
            ended = _ended(ledger.counts())
            progress(max(0, ended - told))
            told, told_at = ended, time.monotonic()

    return tell


def _ended(counts: dict[DeliveryState, int]) -> int:
    return sum(counts[state] for state in (*FINAL_STATES, DeliveryState.DEFERRED))


def _wait_for_the_last(site: Site, number: int, waiting: threading.Event) -> None:
    """Let the nodes finish what is in flight, so that the report is of the end."""
    ends = time.monotonic() + GRACE
    while time.monotonic() < ends and not waiting.wait(LOOK):
        with site.database.transaction(read_only=True) as connection:
            if not count_batches(connection, number):
                return


def _report(
    ledger: SqlLedger,
    before: dict[DeliveryState, int],
    trouble: NodeStop | None,
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
        paused=trouble.said if trouble and trouble.kind is NodeStopKind.PAUSED else "",
        next_retry=ledger.next_retry(),
        restriction=trouble.said if trouble and trouble.kind is NodeStopKind.RESTRICTED else "",
    )
