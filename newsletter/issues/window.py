"""The period from which an issue takes its articles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from newsletter.issues.issue import Issue, State, Window


def coming_window(
    *,
    watermark: datetime | None,
    due: datetime,
    period: timedelta,
    now: datetime,
    first_seen: datetime | None = None,
) -> Window:
    """The window of the issue that serves `due`.

    It starts at the watermark, where the last issue's window ended: so a late or skipped
    issue loses no article. Without a watermark it starts one schedule period before the first
    draft, or when the site first saw the newsletter, whichever is earlier.
    """
    start = watermark
    if start is None:
        start = min(now, due) - period
        start = min(start, first_seen) if first_seen else start
    return Window(start=start, end=max(due, start))


def carried_over(issue: Issue, issues: Sequence[Issue]) -> list[Issue]:
    """The skipped issues whose window stayed open until this one."""
    return [
        before
        for before in issues
        if before.state is State.SKIPPED
        and before.number < issue.number
        and before.window.start >= issue.window.start
    ]


def closed_at(window: Window, now: datetime) -> Window:
    """The window of an issue approved at `now`; later articles belong to the next issue."""
    return Window(start=window.start, end=max(window.start, min(window.end, now)))
