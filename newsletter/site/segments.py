"""What the words of a segment mean on this site."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.site.lists import site_vocabulary
from newsletter.site.site import Site
from newsletter.store.sending_tables import welcome_issues
from newsletter.store.tables import deliveries, issues
from subscribers import tables
from subscribers.segments.compile import Meanings
from subscribers.segments.conditions import IssueName


def meanings_of(site: Site, slug: str, now: datetime) -> Meanings:
    """The meanings in a segment of the newsletter `slug`, with "within" counted from `now`."""

    def tag_slug(label: str) -> str:
        tag = site_vocabulary(site.settings).tag(label)
        return tag.slug if tag else ""

    return Meanings(
        now=now,
        zone=site.settings.site.zone,
        tag_slug=tag_slug,
        had=partial(_had, slug),
    )


def _had(slug: str, issue: IssueName) -> sa.ColumnElement[bool]:
    """That a relay accepted the issue for the reader, or that it was the reader's welcome.

    One look into each primary key.
    """
    numbered = (
        sa.select(issues.c.id)
        .where(issues.c.newsletter == (issue.newsletter or slug), issues.c.number == issue.number)
        .scalar_subquery()
    )
    sent, welcomed = deliveries.alias(), welcome_issues.alias()
    return sa.or_(
        _exists(
            sent.c.issue_id == numbered,
            sent.c.subscriber_id == tables.subscribers.c.id,
            sent.c.state == DeliveryState.ACCEPTED.value,
        ),
        _exists(
            welcomed.c.issue_id == numbered,
            welcomed.c.subscriber_id == tables.subscribers.c.id,
        ),
    )


def _exists(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists(sa.select(1).where(*conditions).correlate(tables.subscribers))
