"""When readers get an issue, where that is at an hour of each reader's own day."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial

from newsletter.issues.issue import OPEN_STATES, Issue
from newsletter.issues.morning import mornings
from newsletter.site.site import Site

Mornings = Callable[[Collection[str]], Mapping[str, datetime]]
"""The moment at which the readers of each of these time zones get an issue."""


def mornings_of(site: Site, slug: str, *, start: datetime) -> Mornings | None:
    """When the newsletter's readers get an issue from the minute of `start` on; None: all at once."""
    hour = site.newsletter(slug).deliver
    if hour is None:
        return None
    minute = start.replace(second=0, microsecond=0)
    return partial(mornings, hour=hour, home=site.settings.site.zone, start=minute)


def goes_out_to(site: Site, issue: Issue, zone: str) -> datetime | None:
    """When a reader in this time zone gets an issue that is not being sent yet; else None."""
    if issue.state not in OPEN_STATES:
        return None
    moments = mornings_of(site, issue.newsletter, start=issue.goes_out)
    return moments([zone])[zone] if moments else issue.goes_out
