"""The rehearsals that editors asked for: one at a time, and the last of each newsletter is kept."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.errors import Problem
from newsletter.pipeline.rehearsal.apart import NO_RESULT, rehearse_apart
from newsletter.pipeline.rehearsal.season import Season
from newsletter.site.site import Site

PAST_WEEKS = 12
"""From how many past weeks the articles are taken."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsal:
    """A newsletter's last rehearsal; `outcome` is None until it has ended."""

    weeks: int
    asked_at: datetime
    outcome: Season | Problem | None = None

    @property
    def season(self) -> Season | None:
        """The rehearsed weeks, if it has ended well."""
        return self.outcome if isinstance(self.outcome, Season) else None

    @property
    def problem(self) -> Problem | None:
        """Why it ended without a result."""
        return self.outcome if isinstance(self.outcome, Problem) else None

    @property
    def is_running(self) -> bool:
        """Whether it waits for its turn or is under way."""
        return self.outcome is None


class Rehearsals:
    """Runs them in processes of their own; a restart forgets them."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._stop = threading.Event()
        self._last: dict[str, Rehearsal] = {}
        self._threads: dict[str, threading.Thread] = {}

    def last(self, slug: str) -> Rehearsal | None:
        """The newsletter's last rehearsal in this process."""
        return self._last.get(slug)

    def start(self, slug: str, *, weeks: int, now: datetime) -> None:
        """Rehearse the coming weeks, unless a rehearsal of the newsletter is under way."""
        with self._lock:
            last = self._last.get(slug)
            if self._stop.is_set() or (last is not None and last.is_running):
                return
            asked = Rehearsal(weeks=weeks, asked_at=now)
            self._last[slug] = asked
            thread = threading.Thread(target=self._run, args=(slug, asked), name=f"rehearse {slug}")
            self._threads[slug] = thread
            thread.start()

    def close(self) -> None:
        """End those that are under way."""
        self._stop.set()
        with self._lock:
            threads = list(self._threads.values())
        for thread in threads:
            thread.join()

    def _run(self, slug: str, asked: Rehearsal) -> None:
        outcome: Season | Problem = NO_RESULT
        try:
            with self._turn:
                outcome = rehearse_apart(
                    self._site,
                    slug,
                    weeks=asked.weeks,
                    past=PAST_WEEKS,
                    now=asked.asked_at,
                    stop=self._stop,
                )
        finally:
            self._last[slug] = replace(asked, outcome=outcome)
