"""The sources of a site that cannot be read, by the names under which people know them."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from newsletter.issues.issue import OPEN_STATES, Issue
from newsletter.issues.reasons import FailedSource
from newsletter.site.site import Site
from newsletter.store.source_health import SourceHealth, load_health


def failed_sources(site: Site, connection: sa.Connection, slug: str) -> tuple[FailedSource, ...]:
    """The sources of the newsletter whose last reading failed, the longest failing first."""
    health = source_health(site, connection, (slug,))
    failed = (failed_source(site, one) for one in health)
    return tuple(sorted(filter(None, failed), key=lambda one: (one.since, one.name)))


def failed_sources_of(
    site: Site, connection: sa.Connection, issue: Issue
) -> tuple[FailedSource, ...]:
    """The sources that the issue lacks now; none for one that has been sent or is being sent."""
    if issue.state not in OPEN_STATES:
        return ()
    return failed_sources(site, connection, issue.newsletter)


def failed_source(site: Site, health: SourceHealth) -> FailedSource | None:
    """The source as a failed one; None if it was read."""
    if health.failing_since is None:
        return None
    return FailedSource(
        name=name_of(site, health), since=health.failing_since, problem=health.problem
    )


def source_health(
    site: Site, connection: sa.Connection, slugs: Iterable[str]
) -> list[SourceHealth]:
    """The health of the configured sources of these newsletters that were ever read, and are still."""
    locations = {
        slug: {source.location for source in site.newsletter(slug).sources if not source.paused}
        for slug in slugs
    }
    return load_health(connection, locations)


def name_of(site: Site, health: SourceHealth) -> str:
    """The source's name in newsletter.toml, or else its location."""
    sources = site.newsletter(health.newsletter).sources
    return next(
        (source.name for source in sources if source.location == health.location and source.name),
        health.location,
    )
