"""How a source does, in an editor's words. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from newsletter.config.settings import SourceSettings
from newsletter.store.source_health import SourceHealth

QUIET_AFTER = timedelta(days=30)
"""After this time without a new entry a source is said to be quiet."""

NOTICES = {
    "added": "Added. It is read within a minute or two.",
    "added-mail": "Added. Subscribe this address to the newsletters that you want.",
    "saved": "Saved.",
    "paused": "Paused. What it brought before stays.",
    "resumed": "It is read again.",
    "removed": "Removed. What it brought before stays.",
    "imported": "The feeds were added.",
    "nothing": "There was nothing to add.",
    "mail-confirm": "Confirmed. Mail of this sender is read from now on.",
    "mail-take": "Taken. It is read within a minute or two.",
    "mail-drop": "Deleted.",
}

STATES = {
    "failing": "Failing",
    "paused": "Paused",
    "new": "Not read yet",
    "quiet": "Quiet",
    "fine": "Fine",
}


def state_of(source: SourceSettings, health: SourceHealth | None, now: datetime) -> str:
    """One of STATES."""
    if source.paused:
        return "paused"
    if health is None:
        return "new"
    if health.failing_since is not None:
        return "failing"
    if health.newest is not None and health.newest < now - QUIET_AFTER:
        return "quiet"
    return "fine"


def ago(moment: datetime, now: datetime) -> str:
    """Such as "5 minutes ago" or "3 days ago"."""
    return f"{span(max(timedelta(), now - moment))} ago"


def span(duration: timedelta) -> str:
    """The duration in its largest unit: "2 hours"."""
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        number = round(duration.total_seconds() / length)
        if number:
            return f"{number} {unit}{'s' if number > 1 else ''}"
    return "a moment"
