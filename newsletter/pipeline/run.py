"""run: what cron calls. Every newsletter that is due goes gather → draft → approve → send."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from newsletter.errors import NewsletterError, NotPermittedError
from newsletter.issues.issue import Issue, State
from newsletter.pipeline.approve import approve, hold, reopen, skip
from newsletter.pipeline.draft import draft, draft_for
from newsletter.pipeline.gather import gather
from newsletter.pipeline.housekeeping import keep_house
from newsletter.pipeline.occasions import due_now
from newsletter.pipeline.remind import remind
from newsletter.pipeline.send import LATE, SendOutcome, send
from newsletter.pipeline.site import Site
from newsletter.store import issues as issue_store
from newsletter.store import newsletters as newsletter_store
from newsletter.store.chosen_time import chosen_time

log = logging.getLogger("newsletter")


@dataclass(frozen=True, kw_only=True, slots=True)
class RunOutcome:
    """What became of one newsletter in this run; `problem` is None when all went well."""

    newsletter: str
    did: str
    issue: str | None = None
    sent: SendOutcome | None = None
    problem: NewsletterError | None = None


def run(
    site: Site, *, clock: Callable[[], datetime], interrupted: threading.Event | None = None
) -> list[RunOutcome]:
    """Serve every due newsletter; one that fails never stops the others. Can be repeated."""
    keep_house(site, clock)
    outcomes = []
    for slug in site.settings.newsletters:
        try:
            outcomes.append(_run_one(site, slug, clock, interrupted))
        except NewsletterError as error:
            outcomes.append(RunOutcome(newsletter=slug, did="failed", problem=error))
    return outcomes


def _run_one(
    site: Site, slug: str, clock: Callable[[], datetime], interrupted: threading.Event | None
) -> RunOutcome:
    now = clock()
    running, due = _look(site, slug, now)
    if running:
        return _sent(slug, send(site, slug, running.number, clock=clock, interrupted=interrupted))
    if due is None:
        return _in_between(site, slug, now)
    gather(site, slug, now=now)
    issue = draft_for(site, slug, due, now=now)
    if issue is None:
        return RunOutcome(newsletter=slug, did="nothing due")
    return _serve(site, slug, issue, clock, interrupted)


def _look(site: Site, slug: str, now: datetime) -> tuple[Issue | None, datetime | None]:
    """The issue that is being sent, and what is due; notes how far we have looked."""
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


def _in_between(site: Site, slug: str, now: datetime) -> RunOutcome:
    newsletter = site.newsletter(slug)
    if newsletter.paused:
        return RunOutcome(newsletter=slug, did="paused")
    issue = remind(site, slug, now=now) if newsletter.approval == "remind" else None
    if issue is not None:
        return RunOutcome(newsletter=slug, did="reminded the editors", issue=issue.name)
    return RunOutcome(newsletter=slug, did="nothing due")


def _serve(
    site: Site,
    slug: str,
    issue: Issue,
    clock: Callable[[], datetime],
    interrupted: threading.Event | None,
) -> RunOutcome:
    newsletter = site.newsletter(slug)
    now = clock()
    late = now - issue.due
    in_time = late <= newsletter.max_lateness
    if issue.state is State.HELD and issue.note.startswith(LATE) and in_time:
        # It was held for an occasion that is over; this is the next one, and it is in time.
        reopen(site, issue)
        issue = draft(site, slug, now=now)
    if issue.state is State.HELD:
        return RunOutcome(newsletter=slug, did=f"held: {issue.note}", issue=issue.name)
    if issue.state is State.DRAFT:
        if len(issue.shown_items) < newsletter.min_items:
            skip(site, issue, note=issue.note)
            return RunOutcome(newsletter=slug, did=f"skipped: {issue.note}", issue=issue.name)
        if not in_time:
            hold(site, slug, issue.number, note=f"{LATE} {late}, more than max_lateness")
            raise NotPermittedError(
                f"{issue.name} is late by {late} and is now held",
                field=f"newsletters.{slug}.max_lateness",
                fix=f"if it shall still go out, `newsletter approve {issue.name}` and send it",
            )
        if newsletter.approval != "auto":
            return _wait_for_editors(site, issue, now)
        approve(site, slug, issue.number, now=now)
    return _sent(slug, send(site, slug, issue.number, clock=clock, interrupted=interrupted))


def _wait_for_editors(site: Site, issue: Issue, now: datetime) -> RunOutcome:
    slug = issue.newsletter
    if site.newsletter(slug).approval == "remind":
        remind(site, slug, now=now)
    hold(site, slug, issue.number, note="waits for an editor's approval")
    return RunOutcome(newsletter=slug, did="waits for an editor's approval", issue=issue.name)


def _sent(slug: str, outcome: SendOutcome) -> RunOutcome:
    return RunOutcome(
        newsletter=slug, did=str(outcome.issue.state), issue=outcome.issue.name, sent=outcome
    )
