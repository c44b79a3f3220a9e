"""Further processes that deliver the same issue beside this one: signing is work for every core.

Each claims for itself; the ledger sees to it that none takes what another holds. They end with
the process that started them, however that one ends.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection, wait
from pathlib import Path

from newsletter.config.settings import RelaySettings, Settings
from newsletter.delivery.sender import SendReport
from newsletter.errors import NewsletterError
from newsletter.issues.issue import Issue
from newsletter.pipeline.control import RunControl
from newsletter.pipeline.deliver import deliver
from newsletter.pipeline.site import Site
from newsletter.store.database import open_database

log = logging.getLogger("newsletter")

LEAST_EACH = 2000
"""Deliveries for which another process is worth the second that it takes to start."""

TELL_EACH = 0.2
"""Seconds between two words of a process about how far it has come."""

LAST_SECONDS = 9.5
"""After it was told to stop a process has so long; what it holds then counts as a dead sender's."""

_context = multiprocessing.get_context("spawn")  # fork would copy locks that threads hold


@dataclass(frozen=True, kw_only=True, slots=True)
class Orders:
    """What a further process is to do; `moment` is the clock's time when it was written."""

    folder: Path
    settings: Settings
    secret: str
    issue: Issue
    relays: tuple[RelaySettings, ...]
    moment: datetime


class WorkerProcesses:
    """The further processes, as the one that started them sees them."""

    def __init__(self, progress: Callable[[int], None] | None) -> None:
        self.reports: list[SendReport] = []
        """Of those that have come to their end."""
        self.has_lost = False
        """Whether one ended without a report: what it held is to be taken over."""
        self._progress = progress
        self._running: dict[Connection, multiprocessing.process.BaseProcess] = {}
        self._must_end_by: float | None = None

    def start(self, orders: Orders) -> None:
        """Let one more process deliver."""
        ours, theirs = _context.Pipe()
        process = _context.Process(target=_deliver_beside, args=(theirs, orders), daemon=True)
        process.start()
        theirs.close()
        self._running[ours] = process

    def look(self, seconds: float = 0) -> bool:
        """Wait so long for a word of theirs; whether one had to pause, so that all shall stop."""
        for line in wait([*self._running], timeout=seconds):
            assert isinstance(line, Connection)  # noqa: S101 - we gave it nothing else
            self._hear(line)
        if self._must_end_by is not None and time.monotonic() > self._must_end_by:
            for process in self._running.values():
                process.kill()
        return any(report.paused for report in self.reports)

    def stop(self) -> None:
        """Tell them to finish what is in flight, and no more."""
        if self._must_end_by is None:
            self._must_end_by = time.monotonic() + LAST_SECONDS
            for line in self._running:
                with suppress(OSError):  # its end is heard of at the next look
                    line.send("stop")

    def finish(self, is_to_end: Callable[[], bool]) -> None:
        """Wait for all of them."""
        while self._running:
            if self.look(TELL_EACH) or is_to_end():
                self.stop()

    def _hear(self, line: Connection) -> None:
        try:
            said = line.recv()
        except (EOFError, OSError):
            self.has_lost = True
            self._part(line)
            return
        if isinstance(said, SendReport):
            self.reports.append(said)
            self._part(line)
        elif isinstance(said, logging.LogRecord):
            logging.getLogger(said.name).handle(said)
        elif self._progress is not None:
            self._progress(said)

    def _part(self, line: Connection) -> None:
        process = self._running.pop(line)
        process.join()
        line.close()


@contextmanager
def worker_processes(
    site: Site,
    issue: Issue,
    further_relays: Sequence[Sequence[RelaySettings]],
    control: RunControl,
) -> Iterator[WorkerProcesses]:
    """A further process for each of the lists of relays; none is left at the end."""
    group = WorkerProcesses(control.progress)
    try:
        for relays in further_relays:
            group.start(
                Orders(
                    folder=site.folder,
                    settings=site.settings,
                    secret=site.secret,
                    issue=issue,
                    relays=tuple(relays),
                    moment=control.clock(),
                )
            )
        yield group
    finally:
        group.finish(lambda: True)


def shared_out(
    relays: Sequence[RelaySettings], processes: int, deliveries: int
) -> list[list[RelaySettings]]:
    """The relays of each process: their connections are divided, not multiplied.

    No more processes than have work enough, and a connection.
    """
    enough = max(1, min(processes, deliveries // LEAST_EACH))
    shares = [
        [
            relay.model_copy(update={"connections": connections})
            for relay in relays
            if (connections := (relay.connections + enough - 1 - place) // enough)
        ]
        for place in range(enough)
    ]
    return [share for share in shares if share]


def _deliver_beside(line: Connection, orders: Orders) -> None:
    """What a further process does."""
    is_to_end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_given: is_to_end.set())
    threading.Thread(target=_end_when_told, args=(line, is_to_end), daemon=True).start()
    teller = _Teller(line)
    log.addHandler(teller)
    log.setLevel(logging.INFO)
    log.propagate = False
    ahead = orders.moment - datetime.now(orders.moment.tzinfo)
    site = Site(
        folder=orders.folder,
        settings=orders.settings,
        database=open_database(orders.settings.site.database, orders.folder),
        secret=orders.secret,
    )
    try:
        report = asyncio.run(
            deliver(
                site,
                orders.issue,
                relays=orders.relays,
                control=RunControl(
                    clock=lambda: datetime.now(orders.moment.tzinfo) + ahead,
                    interrupted=is_to_end,
                    progress=teller.count,
                ),
            )
        )
        teller.tell(report)
    except NewsletterError as error:
        log.warning("a sending process ended before its time: %s", error)
    finally:
        site.database.close()


def _end_when_told(line: Connection, is_to_end: threading.Event) -> None:
    with suppress(EOFError, OSError):  # the end of who started us is a word, too
        line.recv()
    is_to_end.set()


class _Teller(logging.Handler):
    """Tells who started us what we log, how far we have come, and our report."""

    def __init__(self, line: Connection) -> None:
        super().__init__()
        self._line = line
        self._one_at_a_time = threading.Lock()
        self._untold = 0
        self._told_at = time.monotonic()

    def tell(self, word: SendReport | logging.LogRecord | int) -> None:
        """One word; nobody may be there any more to hear it."""
        with self._one_at_a_time, suppress(OSError):
            self._line.send(word)

    def count(self, more: int) -> None:
        """So many deliveries more have come to an end; told a few times a second."""
        self._untold += more
        if time.monotonic() - self._told_at >= TELL_EACH:
            self.tell(self._untold)
            self._untold, self._told_at = 0, time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        """What `logging` hands over: the record, its words already put together."""
        record.msg, record.args, record.exc_info = record.getMessage(), None, None
        self.tell(record)
