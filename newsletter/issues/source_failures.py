"""What becomes of a due issue some of whose sources cannot be read. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.config.source_policy import SourceFailurePolicy
from newsletter.issues.reasons import FailedSource, StateNote, StateReason

LONG = timedelta(days=3)
"""How long a source fails until its operators are written to; no issue waits for it any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DueIssue:
    """What the decision needs to know of the issue: when it is due, and how full it is."""

    due: datetime
    max_lateness: timedelta
    shown: int
    least: int


def source_failure_note(
    policy: SourceFailurePolicy, failed: Sequence[FailedSource], issue: DueIssue, *, now: datetime
) -> StateNote | None:
    """Why the issue is held at `now` for its failed sources; None if they do not hold it.

    It is held, by any policy, if it is too thin: its articles may be in the sources that failed.
    """
    if not failed:
        return None
    sources = tuple(failed)
    if policy.do == "hold":
        return _note(issue, sources)
    until = issue.due + min(policy.wait, issue.max_lateness)
    awaited = tuple(source for source in sources if now - source.since < LONG)
    if policy.do == "wait" and awaited and now < until:
        return _note(issue, awaited, until)
    return _note(issue, sources) if issue.shown < issue.least else None


def _note(
    issue: DueIssue, sources: tuple[FailedSource, ...], until: datetime | None = None
) -> StateNote:
    return StateNote(
        kind=StateReason.SOURCES_FAILED,
        sources=sources,
        until=until,
        count=issue.shown,
        least=issue.least,
    )
