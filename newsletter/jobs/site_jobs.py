"""The jobs of a site, except the one in letters.py. No job depends on another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.config.settings import AuditSettings
from newsletter.jobs.due_issue import RunOutcome, has_work, serve_newsletter
from newsletter.jobs.job import BUDGET, Job, Pause, wait_for
from newsletter.jobs.source_alerts import tell_of_sources
from newsletter.pipeline.gather import gather_due
from newsletter.pipeline.left_over_mail import handle_left_over
from newsletter.pipeline.webhooks import deliver_webhooks
from newsletter.site.site import Site
from newsletter.store.api_answers import KEPT, forget_answers
from newsletter.store.attempt_limits import ATTEMPTS_KEPT, clear_attempts
from newsletter.store.form_requests import forget_form_requests
from newsletter.store.job_outcomes import forget_outcomes
from newsletter.store.letter_planning import has_letters
from newsletter.store.people_imports import forget_imports, next_running
from newsletter.store.review_comments import untold_comments
from newsletter.store.suggesting_readers import forget_suggestions
from newsletter.store.suggestions import due_to_read
from subscribers.address_changes import due_changes, forget_requests
from subscribers.bounces import forget_bounces
from subscribers.consent import drop_unconfirmed
from subscribers.growth import fold_growth
from subscribers.inbound.mail_log import forget_handled
from subscribers.kept_counts import fold
from subscribers.provider_events.seen import forget_events

OUTCOMES_KEPT = timedelta(days=2)
"""Every job runs far more often, so only the outcomes of removed newsletters are forgotten."""

Clock = Callable[[], datetime]

TURN = timedelta(minutes=10)
"""How long the job of one newsletter may run while another newsletter waits."""


def due_issue_jobs(site: Site, clock: Clock, pause: Pause = wait_for) -> list[Job]:
    """One job for each newsletter, which yields its turn if another newsletter has work."""
    return [_due_issue_job(site, slug, clock, pause) for slug in site.settings.newsletters]


def inbound_jobs(site: Site, clock: Clock) -> list[Job]:
    """The job that handles mail left behind by a dead process; none if the site takes no mail."""
    if site.settings.inbound is None:
        return []

    def handle_mail(stop: threading.Event) -> str:
        return _counted(handle_left_over(site, clock, interrupted=stop), "handled")

    return [Job(name="inbound", do=handle_mail, budget=BUDGET)]


def gathering_jobs(site: Site, clock: Clock) -> list[Job]:
    """Read the sources whose time has come, one job for each newsletter; then tell the operators."""

    def job(slug: str) -> Job:
        def read_sources(stop: threading.Event) -> str:
            return _counted(len(gather_due(site, slug, now=clock(), stop=stop)), "sources read")

        return Job(name=f"gathering:{slug}", do=read_sources, budget=BUDGET)

    def tell(_stop: threading.Event) -> None:
        tell_of_sources(site, now=clock())

    jobs = [job(slug) for slug in site.settings.newsletters]
    if site.settings.operators.mail:
        jobs.append(Job(name="source-alerts", do=tell, budget=BUDGET))
    return jobs


def retention_jobs(site: Site, clock: Clock) -> list[Job]:
    """Jobs that delete expired data, one for each kind, so that each fails alone."""
    unconfirmed = site.settings.site.forget_unconfirmed
    steps: dict[str, Callable[[sa.Connection, datetime], object]] = {
        "unconfirmed": lambda connection, now: drop_unconfirmed(connection, now - unconfirmed),
        "address-changes": forget_requests,
        "bounces": forget_bounces,
        "provider-events": forget_events,
        "form-requests": forget_form_requests,
        "suggestions": forget_suggestions,
        "source-mails": _forget_source_mails,
        "mail": forget_handled,
        "tries": lambda connection, now: clear_attempts(connection, now - ATTEMPTS_KEPT),
        "imports": forget_imports,
        "answers": lambda connection, now: forget_answers(connection, now - KEPT),
        "counts": lambda connection, _now: fold(connection),
        "growth": fold_growth,
        "outcomes": lambda connection, now: forget_outcomes(connection, now - OUTCOMES_KEPT),
    }

    def job(name: str, step: Callable[[sa.Connection, datetime], object]) -> Job:
        def forget(_stop: threading.Event) -> None:
            with site.database.transaction() as connection:
                step(connection, clock())

        return Job(name=f"retention:{name}", do=forget, budget=BUDGET)

    def forget_uploads(_stop: threading.Event) -> str:
        if not (site.folder / "pictures" / "uploads").is_dir():
            return ""
        # Sites without uploads need not load what looks through their issues.
        from newsletter.pipeline.forget_pictures import forget_pictures

        return _counted(forget_pictures(site, now=clock()), "pictures removed")

    pictures = Job(name="retention:pictures", do=forget_uploads, budget=BUDGET)
    return [*(job(name, step) for name, step in steps.items()), pictures]


def _forget_source_mails(connection: sa.Connection, now: datetime) -> None:
    from newsletter.store.source_mails import forget_source_mails  # few sites have such mail

    forget_source_mails(connection, now)


def audit_jobs(site: Site, clock: Clock) -> list[Job]:
    """The jobs that write the audit record to its log and forget what is old; none without [audit]."""
    settings = site.settings.audit
    jobs: list[Job] = []
    if settings == AuditSettings():
        return jobs
    # Most sites have no [audit], and need not load what writes it.
    from newsletter.pipeline.audit_log import forget_old_entries, write_audit_log

    def write(_stop: threading.Event) -> str:
        return _counted(write_audit_log(site), "entries written")

    def forget(_stop: threading.Event) -> str:
        return _counted(forget_old_entries(site, now=clock()), "entries forgotten")

    if settings.file or settings.syslog:
        jobs.append(Job(name="audit-log", do=write, budget=BUDGET))
    if settings.keep:
        jobs.append(Job(name="audit-retention", do=forget, budget=BUDGET))
    return jobs


def import_jobs(site: Site, clock: Clock) -> list[Job]:
    """The job that imports the files that editors uploaded."""

    def import_files(stop: threading.Event) -> str:
        with site.database.transaction(read_only=True) as connection:
            if next_running(connection) is None:
                return ""
        # Most runs import nothing, and need not load what reads files of people.
        from newsletter.pipeline.background_imports import run_imports

        return _counted(run_imports(site, clock, stop), "files read")

    # An import that is stopped begins again, so that it must not yield for its length.
    return [Job(name="imports", do=import_files, budget=BUDGET, must_yield=lambda: False)]


def address_change_jobs(site: Site, clock: Clock) -> list[Job]:
    """The job that makes the changes of address to which the old address did not answer."""

    def make_changes(_stop: threading.Event) -> str:
        with site.database.transaction(read_only=True) as connection:
            if not due_changes(connection, clock()):
                return ""
        # Most runs change no address, and need not load what writes letters.
        from newsletter.pipeline.own_data import make_due_moves

        return _counted(make_due_moves(site, now=clock()), "addresses changed")

    return [Job(name="address-changes", do=make_changes, budget=BUDGET)]


def comment_jobs(site: Site, clock: Clock) -> list[Job]:
    """The job that writes to the publishers about what reviewers said."""

    def tell(_stop: threading.Event) -> str:
        with site.database.transaction(read_only=True) as connection:
            if not untold_comments(connection):
                return ""
        # Most runs tell nothing, and need not load what writes letters.
        from newsletter.pipeline.review import tell_of_comments

        return _counted(tell_of_comments(site, now=clock()), "letters about comments")

    return [Job(name="comments", do=tell, budget=BUDGET)]


def suggestion_jobs(site: Site, clock: Clock) -> list[Job]:
    """The jobs for what readers suggest: read the pages, and tell those whose article ran."""
    if not any(newsletter.suggestions for newsletter in site.settings.newsletters.values()):
        return []

    def read_pages(_stop: threading.Event) -> str:
        with site.database.transaction(read_only=True) as connection:
            if not due_to_read(connection, clock(), most=1):
                return ""
        # Most runs read no page, and need not load what does.
        from newsletter.pipeline.suggested_pages import read_suggested_pages

        return _counted(read_suggested_pages(site, now=clock()), "suggested pages read")

    def tell(_stop: threading.Event) -> str:
        from newsletter.pipeline.suggestion_answers import answer_suggestions

        return _counted(answer_suggestions(site, now=clock()), "letters about suggestions")

    return [
        Job(name="suggested-pages", do=read_pages, budget=BUDGET),
        Job(name="suggestion-letters", do=tell, budget=BUDGET),
    ]


def dated_letter_jobs(site: Site, clock: Clock) -> list[Job]:
    """The job that decides which dated letters go to new readers now."""

    def decide(stop: threading.Event) -> str:
        with site.database.transaction(read_only=True) as connection:
            if not has_letters(connection):
                return ""
        # Most sites have no such letters, and need not load what decides them.
        from newsletter.pipeline.letter_decisions import serve_letters

        return _counted(serve_letters(site, clock, stop), "dated letters queued")

    return [Job(name="dated-letters", do=decide, budget=BUDGET)]


def webhook_jobs(site: Site, clock: Clock) -> list[Job]:
    """The job that delivers webhooks; none if no webhook is configured."""
    if not site.settings.webhooks:
        return []

    def deliver(stop: threading.Event) -> str:
        report = deliver_webhooks(site, clock=clock, interrupted=stop)
        counts = {
            "delivered": report.delivered,
            "deferred": report.deferred,
            "given up": report.given_up,
        }
        return ", ".join(_counted(count, what) for what, count in counts.items() if count)

    return [Job(name="webhooks", do=deliver, budget=BUDGET)]


def _due_issue_job(site: Site, slug: str, clock: Clock, pause: Pause) -> Job:
    def serve(stop: threading.Event) -> RunOutcome:
        return serve_newsletter(site, slug, clock=clock, interrupted=stop, pause=pause)

    def others_wait() -> bool:
        others = [other for other in site.settings.newsletters if other != slug]
        return any(has_work(site, other, clock()) for other in others)

    return Job(name=f"issue:{slug}", do=serve, budget=TURN, must_yield=others_wait)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count else ""
