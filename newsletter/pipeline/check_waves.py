"""Checks whether an issue may fall due while readers of the one before still wait for their hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from newsletter.config.settings import NewsletterSettings
from newsletter.errors import Problem
from newsletter.issues.due import due_times

LONGEST_WAVES = timedelta(hours=25)
"""How long after an issue is due its last readers may have their hour, with a change of clocks."""


def due_in_a_send(
    slug: str, newsletter: NewsletterSettings, zone: ZoneInfo, now: datetime, file: str
) -> Iterator[Problem]:
    """The remark that it may; nothing for a newsletter that goes to everybody at one time."""
    if newsletter.deliver is None:
        return
    coming = list(islice(due_times(newsletter.schedule, zone, now), 60))
    if any(after - before <= LONGEST_WAVES for before, after in pairwise(coming)):
        yield Problem(
            message="the last readers get an issue up to a day after it is due, and the next one is due"
            " by then: it goes out when that day is over",
            file=file,
            field=f"newsletters.{slug}.deliver",
            fix="leave a day free between two issues, if that matters",
        )
