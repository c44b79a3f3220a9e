"""Sends that this process runs: each in a thread of its own, begun by a publisher's button."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from newsletter.errors import NewsletterError
from newsletter.issues.issue import State
from newsletter.pipeline.send import begin, send
from newsletter.pipeline.site import Site
from newsletter.store.issues import find_issue

log = logging.getLogger("newsletter")

CLOSING_SECONDS = 15
"""How long the process waits for its senders to put down what they hold."""


class SendJobs:
    """Starts sends and knows what became of them; two at once on one issue share its ledger."""

    def __init__(self, site: Site, clock: Callable[[], datetime]) -> None:
        self._site = site
        self._clock = clock
        self._running: dict[str, tuple[threading.Thread, threading.Event]] = {}
        self._problems: dict[str, str] = {}

    def start(self, slug: str, number: int) -> None:
        """Send the issue, or go on with it. Raises as `send` does where it may not begin."""
        name = f"{slug}/{number}"
        if self.is_running(name) and not self._has_left_off(name, slug, number):
            return
        begin(self._site, slug, number, now=self._clock())
        self._problems.pop(name, None)
        interrupted = threading.Event()
        thread = threading.Thread(
            target=self._send, args=(slug, number, interrupted), name=f"send {name}"
        )
        self._running[name] = (thread, interrupted)
        thread.start()

    def is_running(self, name: str) -> bool:
        """Whether this process is sending the issue (another process may be, too)."""
        known = self._running.get(name)
        return known is not None and known[0].is_alive()

    def problem(self, name: str) -> str:
        """Why the last send of this process came to an end before its time, or ""."""
        return self._problems.get(name, "")

    def close(self) -> None:
        """Let every sender leave off; what is not sent is sent by the next `run`."""
        for _thread, interrupted in self._running.values():
            interrupted.set()
        for thread, _interrupted in self._running.values():
            thread.join(CLOSING_SECONDS)

    def _has_left_off(self, name: str, slug: str, number: int) -> bool:
        """Whether the send was stopped and has put down what it held: it may be resumed."""
        with self._site.database.transaction(read_only=True) as connection:
            if find_issue(connection, slug, number).state is State.SENDING:
                return False
        thread, interrupted = self._running[name]
        interrupted.set()
        thread.join(CLOSING_SECONDS)
        return not thread.is_alive()

    def _send(self, slug: str, number: int, interrupted: threading.Event) -> None:
        name = f"{slug}/{number}"
        try:
            outcome = send(self._site, slug, number, clock=self._clock, interrupted=interrupted)
        except NewsletterError as error:
            self._problems[name] = error.problem.message
            log.warning("%s: %s", name, error)
        except Exception:  # said on the page, and in the log why
            self._problems[name] = "the send failed: the server's log says why"
            log.exception("%s: the send failed", name)
        else:
            if outcome.report is not None and outcome.report.paused:
                self._problems[name] = outcome.report.paused
