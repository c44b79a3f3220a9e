"""The due issue of one newsletter: gather, draft, approve by policy, send. Safe to repeat."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.errors import NotPermittedError
from newsletter.issues.issue import Issue, State
from newsletter.issues.reasons import FailedSource, StateNote, StateReason
from newsletter.issues.wording import note_text
from newsletter.jobs.due_sources import failure_note, read_failed, read_for_issue, wants_sources
from newsletter.jobs.job import Pause, wait_for
from newsletter.site.failed_sources import failed_sources
from newsletter.site.occasions import due_now
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store import newsletters as newsletter_store
from newsletter.store.chosen_time import chosen_time
from newsletter.store.review_comments import comments_on

# What makes and sends an issue is imported when there is one: most runs have nothing to do.
if TYPE_CHECKING:
    from newsletter.pipeline.send import SendOutcome

log = logging.getLogger("newsletter")


class RunResult(StrEnum):
    """The result of a run for one newsletter."""

    NOTHING_DUE = "nothing-due"
    PAUSED = "paused"
    REMINDED = "reminded"  # the editors, that an issue waits for them
    AWAITING_APPROVAL = "awaiting-approval"
    HELD = "held"
    SKIPPED = "skipped"
    SENT = "sent"
    SENDING = "sending"  # not every message is sent yet
    STOPPED = "stopped"  # by an editor or a receiver's refusal, during the send
    INTERRUPTED = "interrupted"  # asked to stop before the send began
    BUSY = "busy"  # another process is working on it
    FAILED = "failed"  # `problem` says why
    OVERRAN = "overran"  # it did not stop when it was asked to
    CRASHED = "crashed"  # with an unexpected error


@dataclass(frozen=True, kw_only=True, slots=True)
class RunOutcome:
    """The outcome of a run for one newsletter; `problem` is None if all went well.

    `note` says why the issue is held or was skipped, `failed` without which sources it was sent.
    """

    newsletter: str
    result: RunResult
    issue: str | None = None
    note: StateNote | None = None
    sent: SendOutcome | None = None
    failed: tuple[FailedSource, ...] = ()
    problem: BaseException | None = None

    def __str__(self) -> str:
        return self.did

    @property
    def did(self) -> str:
        """The outcome in English."""
        match self.result:
            case RunResult.HELD | RunResult.SKIPPED:
                return f"{self.result}: {note_text(self.note)}"
            case RunResult.AWAITING_APPROVAL:
                return "waits for an editor's approval"
            case RunResult.REMINDED:
                return "reminded the editors"
            case RunResult.NOTHING_DUE:
                return "nothing due"
            case RunResult.BUSY:
                return "another process is working on it"
            case RunResult.OVERRAN:
                return "did not stop when it was asked to"
            case RunResult.CRASHED:
                return "ended with an unexpected error"
        return self.result.value


_RESULT_BY_STATE = {
    State.SENT: RunResult.SENT,
    State.SENDING: RunResult.SENDING,
    State.STOPPED: RunResult.STOPPED,
}
"""The states that a send may leave an issue in."""


def serve_newsletter(
    site: Site,
    slug: str,
    *,
    clock: Callable[[], datetime],
    interrupted: threading.Event,
    pause: Pause = wait_for,
) -> RunOutcome:
    """Do what is due for the newsletter; raises what its stages raise.

    `pause` waits before failed sources are read again.
    """
    now = clock()
    running, due = _running_and_due(site, slug, now)
    if running:
        return _send(site, running, clock, interrupted)
    if due is None:
        return _nothing_due(site, slug, now)
    from newsletter.pipeline.draft import draft_for

    current = _open_issue(site, slug)
    if wants_sources(current, due):
        read_for_issue(site, slug, now=now, interrupted=interrupted, pause=pause)
    elif _is_held_for(current, StateReason.SOURCES_FAILED):
        read_failed(site, slug, now=now)
    if interrupted.is_set():
        return RunOutcome(newsletter=slug, result=RunResult.INTERRUPTED)
    issue = draft_for(site, slug, due, now=now)
    if issue is None:
        return RunOutcome(newsletter=slug, result=RunResult.NOTHING_DUE)
    return _serve(site, slug, issue, clock, interrupted)


def has_work(site: Site, slug: str, now: datetime) -> bool:
    """Whether the newsletter has an issue that is due, or one that is being sent."""
    with site.database.transaction(read_only=True) as connection:
        issues = issue_store.all_issues(connection, slug)
        sending = any(issue.state is State.SENDING for issue in issues)
        return sending or due_now(site, connection, slug, now) is not None


def _running_and_due(site: Site, slug: str, now: datetime) -> tuple[Issue | None, datetime | None]:
    """The issue that is being sent, and the due time; records how far the schedule was checked."""
    with site.database.transaction() as connection:
        newsletter_store.ensure_newsletter(connection, slug, now)
        if newsletter_store.rewind(connection, slug, now):
            log.warning("%s: the clock was ahead; the coming window starts at %s", slug, now)
        issues = issue_store.all_issues(connection, slug)
        running = next((issue for issue in issues if issue.state is State.SENDING), None)
        due = due_now(site, connection, slug, now)
        if due is None and chosen_time(connection, slug) is None:
            newsletter_store.pass_over(connection, slug, now)
    return running, due


def _nothing_due(site: Site, slug: str, now: datetime) -> RunOutcome:
    newsletter = site.newsletter(slug)
    if newsletter.paused:
        return RunOutcome(newsletter=slug, result=RunResult.PAUSED)
    if newsletter.approval == "remind":
        from newsletter.pipeline.remind import remind

        issue = remind(site, slug, now=now)
        if issue is not None:
            return RunOutcome(newsletter=slug, result=RunResult.REMINDED, issue=issue.name)
    return RunOutcome(newsletter=slug, result=RunResult.NOTHING_DUE)


def _serve(
    site: Site,
    slug: str,
    issue: Issue,
    clock: Callable[[], datetime],
    interrupted: threading.Event,
) -> RunOutcome:
    failed: tuple[FailedSource, ...] = ()
    if issue.state is not State.APPROVED:
        failed = _failed_sources(site, slug)
        unsent = _approve_or_leave(site, issue, failed, clock())
        if unsent is not None:
            return unsent
    if interrupted.is_set():
        return RunOutcome(newsletter=slug, result=RunResult.INTERRUPTED, issue=issue.name)
    return replace(_send(site, issue, clock, interrupted), failed=failed)


def _approve_or_leave(
    site: Site, issue: Issue, failed: Sequence[FailedSource], now: datetime
) -> RunOutcome | None:
    """Approve the issue, and return None, if it may be sent; else what becomes of it."""
    from newsletter.pipeline.approve import approve, hold, reopen, skip

    slug, newsletter = issue.newsletter, site.newsletter(issue.newsletter)
    late = now - issue.due
    in_time = late <= newsletter.max_lateness
    note = None
    if in_time:
        note = failure_note(issue, newsletter, failed, now=now) or _comments_note(site, issue)
    if issue.state is State.HELD:
        passes = _is_held_for(
            issue, StateReason.LATE, StateReason.SOURCES_FAILED, StateReason.OPEN_COMMENTS
        )
        if not (passes and in_time) or (note is not None and note == issue.note):
            return _left_as_is(issue, RunResult.HELD)
        # It was held at an earlier due time, or what it waited for has come or is awaited no longer.
        from newsletter.pipeline.draft import draft

        reopen(site, issue)
        issue = draft(site, slug, now=now)
    if note is not None:
        return _left_as_is(hold(site, slug, issue.number, note=note), RunResult.HELD)
    if len(issue.shown_items) < newsletter.min_items:
        skip(site, issue, note=issue.note)
        return _left_as_is(issue, RunResult.SKIPPED)
    if not in_time:
        hold(site, slug, issue.number, note=StateNote(kind=StateReason.LATE, late_by=late))
        raise NotPermittedError(
            f"{issue.name} is late by {late} and is now held",
            field=f"newsletters.{slug}.max_lateness",
            fix=f"to send it anyway, `newsletter approve {issue.name}` and send it",
        )
    if not newsletter.is_sent_when_due:
        return _wait_for_editors(site, issue, now)
    approve(site, slug, issue.number, now=now)
    return None


def _comments_note(site: Site, issue: Issue) -> StateNote | None:
    """How many comments have to be resolved first; None if the issue waits for none."""
    if site.newsletter(issue.newsletter).approval != "unless-commented":
        return None
    with site.database.transaction(read_only=True) as connection:
        count = sum(comment.is_open for comment in comments_on(connection, issue))
    return StateNote(kind=StateReason.OPEN_COMMENTS, count=count) if count else None


def _open_issue(site: Site, slug: str) -> Issue | None:
    with site.database.transaction(read_only=True) as connection:
        return issue_store.open_issue(connection, slug)


def _failed_sources(site: Site, slug: str) -> tuple[FailedSource, ...]:
    with site.database.transaction(read_only=True) as connection:
        return failed_sources(site, connection, slug)


def _is_held_for(issue: Issue | None, *reasons: StateReason) -> bool:
    if issue is None or issue.state is not State.HELD or issue.note is None:
        return False
    return issue.note.kind in reasons


def _left_as_is(issue: Issue, result: RunResult) -> RunOutcome:
    return RunOutcome(newsletter=issue.newsletter, result=result, issue=issue.name, note=issue.note)


def _wait_for_editors(site: Site, issue: Issue, now: datetime) -> RunOutcome:
    from newsletter.pipeline.approve import hold
    from newsletter.pipeline.remind import remind

    slug = issue.newsletter
    if site.newsletter(slug).approval == "remind":
        remind(site, slug, now=now)
    hold(site, slug, issue.number, note=StateNote(kind=StateReason.AWAITING_APPROVAL))
    return RunOutcome(newsletter=slug, result=RunResult.AWAITING_APPROVAL, issue=issue.name)


def _send(
    site: Site, issue: Issue, clock: Callable[[], datetime], interrupted: threading.Event
) -> RunOutcome:
    from newsletter.pipeline.send import send

    slug = issue.newsletter
    outcome = send(site, slug, issue.number, clock=clock, interrupted=interrupted)
    return RunOutcome(
        newsletter=slug,
        result=_RESULT_BY_STATE[outcome.issue.state],
        issue=outcome.issue.name,
        sent=outcome,
    )
