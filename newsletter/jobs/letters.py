"""The job that sends letters to readers: apart from the others, which take longer to import."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from newsletter.jobs.job import BUDGET, Job
from newsletter.pipeline.post import flush
from newsletter.pipeline.site import Site


def letters_job(site: Site, clock: Callable[[], datetime]) -> Job:
    """Send the letters that wait in the outbox."""

    def send_letters(stop: threading.Event) -> str:
        accepted = flush(site, clock, interrupted=stop)
        return f"{accepted} accepted" if accepted else ""

    return Job(name="letters", do=send_letters, budget=BUDGET)
