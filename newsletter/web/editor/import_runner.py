"""Begins imports at once, in a thread of this process; the scheduler takes up what is left."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from newsletter.jobs.site_jobs import import_jobs
from newsletter.jobs.supervisor import Supervisor
from newsletter.site.site import Site


class ImportRunner:
    """Runs the job of imports when an editor asks for it, one at a time in this process."""

    def __init__(self, site: Site, clock: Callable[[], datetime]) -> None:
        self._site = site
        self._clock = clock
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_asked = False

    def start(self) -> None:
        """Do what is to be done; a run that is under way goes on to what has been added."""
        with self._lock:
            self._is_asked = True
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._run, name="imports")
                self._thread.start()

    def close(self) -> None:
        """Stop: a file in hand is taken up again by the next process."""
        self._stop.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        supervisor = Supervisor(self._site.database, self._clock, self._stop)
        while self._goes_on():
            for job in import_jobs(self._site, self._clock):
                supervisor.run(job)

    def _goes_on(self) -> bool:
        """Whether there has been another request since the last run began."""
        with self._lock:
            is_asked = self._is_asked and not self._stop.is_set()
            self._is_asked = False
            if not is_asked:
                self._thread = None
            return is_asked
