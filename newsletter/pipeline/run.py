"""run: what cron calls. Every newsletter that is due goes gather → draft → approve → send."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from newsletter.errors import NewsletterError, NotPermittedError
from newsletter.issues.issue import Issue, State
from newsletter.pipeline.approve import approve, hold, skip
from newsletter.pipeline.draft import draft, due_now
from newsletter.pipeline.gather import gather
from newsletter.pipeline.send import SendOutcome, send
from newsletter.pipeline.site import Site
from newsletter.store import issues as issue_store
from newsletter.store import newsletters as newsletter_store


@dataclass(frozen=True, kw_only=True, slots=True)
class RunOutcome:
    """What became of one newsletter in this run; `problem` is None when all went well."""

    newsletter: str
    did: str
    issue: str | None = None
    sent: SendOutcome | None = None
    problem: NewsletterError | None = None


def run(
    site: Site, *, clock: Callable[[], datetime], interrupted: asyncio.Event | None = None
) -> list[RunOutcome]:
    """Serve every due newsletter; one that fails never stops the others. Can be repeated."""
    outcomes = []
    for slug in site.settings.newsletters:
        try:
            outcomes.append(_run_one(site, slug, clock, interrupted))
        except NewsletterError as error:
            outcomes.append(RunOutcome(newsletter=slug, did="failed", problem=error))
    return outcomes


def _run_one(
    site: Site, slug: str, clock: Callable[[], datetime], interrupted: asyncio.Event | None
) -> RunOutcome:
    now = clock()
    with site.database.transaction() as connection:
        newsletter_store.ensure_newsletter(connection, slug, now)
        running = [
            issue
            for issue in issue_store.all_issues(connection, slug)
            if issue.state is State.SENDING
        ]
        due = due_now(site, connection, slug, now)
    if running:
        return _sent(
            slug, send(site, slug, running[0].number, clock=clock, interrupted=interrupted)
        )
    if due is None:
        return RunOutcome(newsletter=slug, did="nothing due")
    gather(site, slug, now=now)
    issue = draft(site, slug, now=now)
    if issue.due != due and issue.state is not State.APPROVED:
        # Another run served this occasion meanwhile.
        return RunOutcome(newsletter=slug, did="nothing due")
    return _serve(site, slug, issue, clock, interrupted)


def _serve(
    site: Site,
    slug: str,
    issue: Issue,
    clock: Callable[[], datetime],
    interrupted: asyncio.Event | None,
) -> RunOutcome:
    newsletter = site.newsletter(slug)
    now = clock()
    if issue.state is State.HELD:
        return RunOutcome(newsletter=slug, did=f"held: {issue.note}", issue=issue.name)
    if issue.state is State.DRAFT:
        if len(issue.shown_items) < newsletter.min_items:
            skip(site, issue, note=issue.note)
            return RunOutcome(newsletter=slug, did=f"skipped: {issue.note}", issue=issue.name)
        late = now - issue.due
        if late > newsletter.max_lateness:
            hold(site, slug, issue.number, note=f"late by {late}, more than max_lateness")
            raise NotPermittedError(
                f"{issue.name} is late by {late} and is now held",
                field=f"newsletters.{slug}.max_lateness",
                fix=f"if it shall still go out, `newsletter approve {issue.name}` and send it",
            )
        if newsletter.approval != "auto":
            hold(site, slug, issue.number, note="waits for an editor's approval")
            return RunOutcome(
                newsletter=slug, did="waits for an editor's approval", issue=issue.name
            )
        approve(site, slug, issue.number, now=now)
    return _sent(slug, send(site, slug, issue.number, clock=clock, interrupted=interrupted))


def _sent(slug: str, outcome: SendOutcome) -> RunOutcome:
    return RunOutcome(
        newsletter=slug, did=str(outcome.issue.state), issue=outcome.issue.name, sent=outcome
    )
