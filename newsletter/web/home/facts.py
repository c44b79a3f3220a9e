"""Reads what the first page says of each newsletter: kept counts, and the rows of a few issues."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.errors import NewsletterError
from newsletter.issues.issue import OPEN_STATES, Issue
from newsletter.pipeline.approve import lint_findings
from newsletter.pipeline.reader_copy import Reader, copy_for
from newsletter.site.failed_sources import failed_sources
from newsletter.site.occasions import coming_due
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store.audit import has_entry, has_entry_about
from newsletter.store.ledger import DeliveryCounts, counts_of_all
from newsletter.store.review_comments import comments_on
from newsletter.web.error_wall import DATABASE_ERRORS
from newsletter.web.home.home import BOUNCES_DAYS, Checked, NewsletterFacts, SentIssue, Step
from subscribers.growth import DayOfGrowth, growth_of
from subscribers.kept_counts import subscriptions_by_status
from subscribers.private_feeds import by_feed_alone, feed_counts
from subscribers.subscriber import Status

SHOWN = 12
"""The most past issues on the page; the archive has all of them."""

SET_UP = "set up"
"""What the record calls a step to a first issue that somebody has been through."""

_NOBODYS = ("example", "test", "invalid", "localhost")
_NOBODYS_DOMAINS = ("example.com", "example.net", "example.org")
"""Names that belong to nobody (RFC 2606): whoever sends from one has not said yet who sends."""


class FactsReader:
    """Reads the facts; keeps how many findings each version of an issue has."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._checked: dict[str, tuple[object, Checked | None]] = {}

    def read(self, now: datetime) -> list[NewsletterFacts]:
        """The facts of every newsletter, in the order of the configuration."""
        with self.site.database.transaction(read_only=True) as connection:
            counts = counts_of_all(connection)
            readers = subscriptions_by_status(connection)
            return [
                self._facts(connection, slug, counts, readers, now)
                for slug in self.site.settings.newsletters
            ]

    def _facts(
        self,
        connection: sa.Connection,
        slug: str,
        counts: dict[tuple[str, int], DeliveryCounts],
        readers: dict[tuple[str, Status], int],
        now: datetime,
    ) -> NewsletterFacts:
        newsletter = self.site.newsletter(slug)
        newest = issue_store.newest_issues(connection, slug, SHOWN + 1)
        coming = issue_store.open_issue(connection, slug)
        goes_out = coming.goes_out if coming else coming_due(self.site, connection, slug, now)
        comments = comments_on(connection, coming) if coming else []
        asked = f"{coming.name}, version {coming.version}" if coming else ""
        return NewsletterFacts(
            slug=slug,
            title=newsletter.title,
            paused=newsletter.paused,
            goes_out=goes_out,
            coming=coming,
            checked=self._check(coming, now) if coming else None,
            comments=sum(1 for comment in comments if comment.is_open),
            is_asked=bool(asked) and has_entry(connection, what="ask", detail=asked),
            sources=len(newsletter.sources),
            failed_sources=failed_sources(self.site, connection, slug),
            readers=readers.get((newsletter.list, Status.ACTIVE), 0),
            by_feed_alone=by_feed_alone(feed_counts(connection), newsletter.list),
            is_selective=newsletter.segment is not None,
            days=self._days(connection, newsletter.list, now),
            past=[_sent(issue, counts) for issue in newest if issue.state not in OPEN_STATES],
            unknown={
                number: unknown
                for (name, number), one in counts.items()
                if name == slug and (unknown := one.deliveries[DeliveryState.UNKNOWN])
            },
            has_gone_out=issue_store.has_gone_out(connection, slug),
            done=steps_done(self.site, connection, slug, readers),
        )

    def _days(self, connection: sa.Connection, list_slug: str, now: datetime) -> list[DayOfGrowth]:
        zone = self.site.settings.site.zone
        today = now.astimezone(zone).date()
        since = today - timedelta(days=BOUNCES_DAYS - 1)
        return growth_of(connection, since=since, until=today, zone=zone, list_slug=list_slug)

    def _check(self, issue: Issue, now: datetime) -> Checked | None:
        """The findings of the complete edition; None where it cannot be rendered."""
        seen = (issue.number, issue.version, issue.state, self.site.newsletter(issue.newsletter))
        known = self._checked.get(issue.newsletter)
        if known is None or known[0] != seen:
            known = seen, self._look(issue, now)
            self._checked[issue.newsletter] = known
        return known[1]

    def _look(self, issue: Issue, now: datetime) -> Checked | None:
        if not issue.shown_items:
            return None
        try:
            edition = copy_for(self.site, issue, Reader(), now=now).edition
        except DATABASE_ERRORS:
            raise
        except NewsletterError:
            return None  # its own page says why
        findings = [finding.severity for finding in lint_findings(self.site, issue, [edition])]
        return Checked(blocking=findings.count("blocking"), warnings=findings.count("warning"))


def steps_done(
    site: Site, connection: sa.Connection, slug: str, readers: Mapping[tuple[str, Status], int]
) -> frozenset[Step]:
    """The steps to a first issue that were taken, in the desk or before."""
    newsletter = site.newsletter(slug)
    is_done = {
        Step.SENDER: not is_nobodys(newsletter.sender.domain),
        Step.SOURCES: any("://" in source.location for source in newsletter.sources),
        Step.READERS: readers.get((newsletter.list, Status.ACTIVE), 0) > 0,
        Step.LOOK: False,
        Step.TEST: has_entry_about(connection, what="test", begins=f"{slug}/"),
    }
    return frozenset(
        step
        for step in Step
        if is_done[step] or has_entry(connection, what=SET_UP, detail=set_up_detail(slug, step))
    )


def is_nobodys(domain: str) -> bool:
    """Whether the domain is one that is kept for examples."""
    name = domain.lower().rstrip(".")
    return name.rpartition(".")[2] in _NOBODYS or any(
        name == one or name.endswith(f".{one}") for one in _NOBODYS_DOMAINS
    )


def set_up_detail(slug: str, step: Step) -> str:
    """What the record says of a step that somebody has been through."""
    return f"{slug}: {step.value}"


def _sent(issue: Issue, counts: dict[tuple[str, int], DeliveryCounts]) -> SentIssue:
    one = counts[issue.newsletter, issue.number]
    return SentIssue(issue=issue, audience=one.audience or 0, deliveries=one.deliveries)
