"""The job that sends letters to readers, in a module of its own that is quick to import."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from newsletter.jobs.job import BUDGET, Job
from newsletter.pipeline.flush_letters import flush
from newsletter.site.site import Site


def letters_job(site: Site, clock: Callable[[], datetime]) -> Job:
    """Send the letters that wait in the outbox."""

    def send_letters(stop: threading.Event) -> str:
        accepted = flush(site, clock, interrupted=stop)
        return f"{accepted} accepted" if accepted else ""

    return Job(name="letters", do=send_letters, budget=BUDGET)
