"""Worker processes that deliver the same issue beside this one, so that every core signs messages.

Each claims its own deliveries; the ledger ensures that no two claim the same one. They end with
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
from newsletter.site.site import Site
from newsletter.store.database import open_database

log = logging.getLogger("newsletter")

MIN_DELIVERIES = 2000
"""The least deliveries per process: a process takes a second to start."""

PROGRESS_INTERVAL = 0.2
"""Seconds between two progress messages of a process."""

GRACE_SECONDS = 9.5
"""How long a process may take to stop before it is killed; its claims are then a dead sender's."""

_context = multiprocessing.get_context("spawn")  # fork would copy locks that threads hold


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerTask:
    """What a worker process has to do; `moment` is the time of the parent's clock at its start."""

    folder: Path
    settings: Settings
    secret: str
    issue: Issue
    relays: tuple[RelaySettings, ...]
    moment: datetime


class WorkerProcesses:
    """The running worker processes, and the reports of those that have ended."""

    def __init__(self, progress: Callable[[int], None] | None) -> None:
        self.reports: list[SendReport] = []
        """The reports of the processes that have ended."""
        self.has_lost = False
        """Whether a process ended without a report, so that its claims have to be recovered."""
        self._progress = progress
        self._running: dict[Connection, multiprocessing.process.BaseProcess] = {}
        self._must_end_by: float | None = None

    def start(self, task: WorkerTask) -> None:
        """Start one more process."""
        ours, theirs = _context.Pipe()
        process = _context.Process(target=_run_worker_process, args=(theirs, task), daemon=True)
        process.start()
        theirs.close()
        self._running[ours] = process

    def poll(self, seconds: float = 0) -> bool:
        """Handle messages that arrive within `seconds`.

        Returns whether a process had to pause, in which case all have to stop.
        """
        for line in wait([*self._running], timeout=seconds):
            assert isinstance(line, Connection)  # noqa: S101 - `wait` got nothing else
            self._receive(line)
        if self._must_end_by is not None and time.monotonic() > self._must_end_by:
            for process in self._running.values():
                process.kill()
        return any(report.paused for report in self.reports)

    def stop(self) -> None:
        """Ask all processes to finish what is in flight and end."""
        if self._must_end_by is None:
            self._must_end_by = time.monotonic() + GRACE_SECONDS
            for line in self._running:
                with suppress(OSError):  # the next poll notices that it has ended
                    line.send("stop")

    def finish(self, must_end: Callable[[], bool]) -> None:
        """Wait for all processes to end, asking them to once `must_end` returns True."""
        while self._running:
            if self.poll(PROGRESS_INTERVAL) or must_end():
                self.stop()

    def _receive(self, line: Connection) -> None:
        try:
            message = line.recv()
        except (EOFError, OSError):
            self.has_lost = True
            self._remove(line)
            return
        if isinstance(message, SendReport):
            self.reports.append(message)
            self._remove(line)
        elif isinstance(message, logging.LogRecord):
            logging.getLogger(message.name).handle(message)
        elif self._progress is not None:
            self._progress(message)

    def _remove(self, line: Connection) -> None:
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
    """Start a worker process for each list of relays; all have ended when the context closes."""
    group = WorkerProcesses(control.progress)
    try:
        for relays in further_relays:
            group.start(
                WorkerTask(
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


def divide_connections(
    relays: Sequence[RelaySettings], processes: int, deliveries: int
) -> list[list[RelaySettings]]:
    """The relays of each process, with their connections divided between the processes.

    There are no more processes than have enough work and at least one connection.
    """
    count = max(1, min(processes, deliveries // MIN_DELIVERIES))
    shares = [
        [
            relay.model_copy(update={"connections": connections})
            for relay in relays
            if (connections := (relay.connections + count - 1 - index) // count)
        ]
        for index in range(count)
    ]
    return [share for share in shares if share]


def _run_worker_process(line: Connection, task: WorkerTask) -> None:
    """The main function of a worker process."""
    interrupted = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_arguments: interrupted.set())
    threading.Thread(target=_end_on_message, args=(line, interrupted), daemon=True).start()
    parent = _ParentHandler(line)
    log.addHandler(parent)
    log.setLevel(logging.INFO)
    log.propagate = False
    ahead = task.moment - datetime.now(task.moment.tzinfo)
    site = Site(
        folder=task.folder,
        settings=task.settings,
        database=open_database(task.settings.site.database, task.folder),
        secret=task.secret,
    )
    try:
        report = asyncio.run(
            deliver(
                site,
                task.issue,
                relays=task.relays,
                control=RunControl(
                    clock=lambda: datetime.now(task.moment.tzinfo) + ahead,
                    interrupted=interrupted,
                    progress=parent.count,
                ),
            )
        )
        parent.send(report)
    except NewsletterError as error:
        log.warning("a sending process ended early: %s", error)
    finally:
        site.database.close()


def _end_on_message(line: Connection, interrupted: threading.Event) -> None:
    with suppress(EOFError, OSError):  # the parent's end also closes the connection
        line.recv()
    interrupted.set()


class _ParentHandler(logging.Handler):
    """Sends log records, progress and the report to the parent process."""

    def __init__(self, line: Connection) -> None:
        super().__init__()
        self._line = line
        self._send_lock = threading.Lock()
        self._unsent = 0
        self._sent_at = time.monotonic()

    def send(self, message: SendReport | logging.LogRecord | int) -> None:
        """Send one message; the parent may no longer exist."""
        with self._send_lock, suppress(OSError):
            self._line.send(message)

    def count(self, more: int) -> None:
        """Count `more` ended deliveries; they are sent a few times per second."""
        self._unsent += more
        if time.monotonic() - self._sent_at >= PROGRESS_INTERVAL:
            self.send(self._unsent)
            self._unsent, self._sent_at = 0, time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        """Send the record with its message formatted, since its arguments may not be picklable."""
        record.msg, record.args, record.exc_info = record.getMessage(), None, None
        self.send(record)
