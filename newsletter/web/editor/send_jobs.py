"""The sends that publishers start in this process, each in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from newsletter.errors import NewsletterError, TemporaryError
from newsletter.issues.issue import State
from newsletter.pipeline.send import begin, send
from newsletter.site.site import Site
from newsletter.store.issues import find_issue

log = logging.getLogger("newsletter")

CLOSING_SECONDS = 15
"""How long the process waits for its sends to record what they have claimed."""

FAILED = "The send ended with an unexpected error. The server's log has the details."


@dataclass(kw_only=True, slots=True, eq=False)
class _SendJob:
    """One issue's send. `lock` guards its start and end; `problem` says what ended the last run."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    thread: threading.Thread | None = None
    interrupted: threading.Event = field(default_factory=threading.Event)
    problem: str = ""

    @property
    def is_running(self) -> bool:
        return self.thread is not None and self.thread.is_alive()


class SendJobs:
    """Starts sends and remembers how they ended. Each issue has at most one send in this process."""

    def __init__(self, site: Site, clock: Callable[[], datetime]) -> None:
        self._site = site
        self._clock = clock
        self._lock = threading.Lock()
        self._jobs: dict[str, _SendJob] = {}
        self._is_closed = False

    def start(self, slug: str, number: int) -> None:
        """Send the issue, or resume its send. A send that is already running continues.

        Raises what `begin` raises where the issue may not be sent, and TemporaryError once the
        process is stopping.
        """
        name = f"{slug}/{number}"
        with self._lock:
            job = self._jobs.setdefault(name, _SendJob())
        with job.lock:
            if job.is_running and not self._has_ended(job, slug, number):
                return
            if self._is_closed:
                raise TemporaryError(
                    "the server is stopping", fix="send the issue when it has started again"
                )
            begin(self._site, slug, number, now=self._clock())
            job.problem = ""
            job.interrupted = threading.Event()
            job.thread = threading.Thread(
                target=self._send, args=(job, slug, number), name=f"send {name}"
            )
            job.thread.start()

    def is_running(self, name: str) -> bool:
        """Whether this process is sending the issue (another process may be sending it too)."""
        job = self._jobs.get(name)
        return job is not None and job.is_running

    def problem(self, name: str) -> str:
        """Why the last send in this process ended early, or ""."""
        job = self._jobs.get(name)
        return job.problem if job is not None else ""

    def close(self) -> None:
        """Stop every send and refuse new ones; the next `run` sends the rest."""
        deadline = time.monotonic() + CLOSING_SECONDS
        with self._lock:
            self._is_closed = True
            jobs = list(self._jobs.values())
        for job in jobs:
            with job.lock:  # waits for a send that is being started, and then ends it too
                job.interrupted.set()
        for job in jobs:
            if job.thread is not None:
                job.thread.join(max(0, deadline - time.monotonic()))

    def _has_ended(self, job: _SendJob, slug: str, number: int) -> bool:
        """Whether the issue is no longer being sent and its send has recorded all its claims."""
        with self._site.database.transaction(read_only=True) as connection:
            if find_issue(connection, slug, number).state is State.SENDING:
                return False
        job.interrupted.set()
        if job.thread is not None:
            job.thread.join(CLOSING_SECONDS)
        return not job.is_running

    def _send(self, job: _SendJob, slug: str, number: int) -> None:
        name = f"{slug}/{number}"
        try:
            outcome = send(self._site, slug, number, clock=self._clock, interrupted=job.interrupted)
        except NewsletterError as error:
            job.problem = error.problem.message
            log.warning("%s: %s", name, error)
        except Exception:  # the page shows FAILED, the log has the cause
            job.problem = FAILED
            log.exception("%s: the send ended with an unexpected error", name)
        else:
            if outcome.report is not None and outcome.report.paused:
                job.problem = outcome.report.paused
