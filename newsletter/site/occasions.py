"""Which due times of a newsletter have passed, which one is due now, and which comes next."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from newsletter.issues.due import PastOccasions, due_by_choice, newest_due, next_due, past_occasions
from newsletter.issues.issue import Issue
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store import newsletters as newsletter_store
from newsletter.store.chosen_time import chosen_time


def due_now(site: Site, connection: sa.Connection, slug: str, now: datetime) -> datetime | None:
    """The newest due time that no issue has served or given up; None if the newsletter is paused.

    An approved issue with a chosen send time is due from that time on, and not before.
    """
    newsletter = site.newsletter(slug)
    if newsletter.paused:
        return None
    past = _past_occasions(site, connection, slug, now)
    scheduled = newest_due(
        newsletter.schedule, site.settings.site.zone, after=past.after, now=now, without=past.dates
    )
    return due_by_choice(scheduled, chosen_time(connection, slug), now)


def coming_due(site: Site, connection: sa.Connection, slug: str, now: datetime) -> datetime:
    """The due time of a draft made at `now`: the one that is due now, or else the next one."""
    overdue = due_now(site, connection, slug, now)
    if overdue is not None:
        return overdue
    return next_due(
        site.newsletter(slug).schedule,
        site.settings.site.zone,
        now,
        without=_past_occasions(site, connection, slug, now).dates,
    )


def following_due(site: Site, issue: Issue, now: datetime) -> datetime:
    """When the issue after this one is due."""
    newsletter = site.newsletter(issue.newsletter)
    return next_due(
        newsletter.schedule,
        site.settings.site.zone,
        max(issue.due, now),
        without=frozenset(newsletter.holidays),
    )


def _past_occasions(
    site: Site, connection: sa.Connection, slug: str, now: datetime
) -> PastOccasions:
    return past_occasions(
        now,
        checked=(
            newsletter_store.first_seen(connection, slug),
            newsletter_store.passed(connection, slug),
        ),
        served=issue_store.occasions(connection, slug),
        holidays=site.newsletter(slug).holidays,
    )
