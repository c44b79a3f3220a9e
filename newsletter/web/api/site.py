"""The operations on the site as a whole: newsletters, status, lists, growth, audit."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import Path as PathParameter
from fastapi import Query

from newsletter.pipeline.growth import growth_days
from newsletter.pipeline.lists import all_lists
from newsletter.pipeline.status import site_status
from newsletter.pipeline.year import year_report, year_summary
from newsletter.store import audit
from newsletter.web.api import people_models, site_models, status_models
from newsletter.web.api.calls import NewsletterPath, SiteWide
from newsletter.web.api.documents import failed_document, status_of
from newsletter.web.api.operation import AdminOperation, Operation, make_router
from subscribers.growth import growth_document

AUDIT_PAGE = 100
MOST_DAYS = 3660

site = make_router(Operation, group="Site")
administration = make_router(AdminOperation, group="Site")


@site.get("/newsletters", name="newsletters")
def newsletters(call: SiteWide) -> site_models.Newsletters:
    """The site's newsletters."""
    return site_models.Newsletters(
        newsletters=[
            site_models.NewsletterDocument(
                name=slug,
                title=newsletter.title,
                list=newsletter.list,
                schedule=str(newsletter.schedule),
                approval=newsletter.approval,
            )
            for slug, newsletter in call.site.settings.newsletters.items()
        ]
    )


@site.get("/status", name="status")
def status(call: SiteWide) -> status_models.SiteStatusDocument:
    """Every issue with its deliveries, what is due, and whether the site may send."""
    found = site_status(call.site, now=call.now)
    return status_models.SiteStatusDocument(
        issues=[status_of(one) for one in found.issues],
        due=list(found.due),
        armed=found.armed,
        failed_sources=[
            failed_document(slug, source)
            for slug, sources in found.failed_sources.items()
            for source in sources
        ],
        dated_letters=[
            status_models.DatedLetterCounts(
                letter=letter.name,
                days=letter.version.days,
                subject=letter.version.subject,
                readers={state.value: count for state, count in counts.by_state.items()},
            )
            for letter, counts in found.dated_letters
        ],
    )


@site.get("/lists", name="lists")
def lists(call: SiteWide) -> site_models.Lists:
    """Every list with its people by status."""
    return site_models.Lists(
        lists=[
            site_models.ListDocument(
                list=one.slug,
                statuses={status.value: count for status, count in one.statuses.items()},
                feeds={use.value: count for use, count in one.feeds.items()},
                newsletters=list(one.newsletters),
                former_names=list(one.former_names),
                closed_at=one.closed_at,
            )
            for one in all_lists(call.site)
        ]
    )


@site.get("/growth", name="growth")
def growth(
    call: SiteWide,
    list_slug: Annotated[
        str | None, Query(alias="list", description="A list; without it all lists together")
    ] = None,
    days: Annotated[
        int, Query(ge=1, le=MOST_DAYS, description="How many days, the last of which is today")
    ] = 30,
) -> site_models.Growth:
    """Who joined, confirmed, left and bounced each day, and by which way."""
    found = growth_days(call.site, list_slug=list_slug, days=timedelta(days=days), now=call.now)
    return site_models.Growth.model_validate(
        {"list": list_slug, "days": [growth_document(day) for day in found]}
    )


@site.get("/newsletters/{newsletter}/years/{year}", name="year")
def year(
    call: SiteWide,
    newsletter: NewsletterPath,
    year: Annotated[int, PathParameter(ge=1, le=9998, description="A calendar year of the site")],
) -> site_models.Year:
    """What a newsletter sent to everybody in a year, in sums; counts of clicks from five on."""
    call.site.newsletter(newsletter)
    report = year_report(call.site, newsletter, year, now=call.now)
    return site_models.Year.model_validate(
        {"newsletter": newsletter, "year": year, **year_summary(report)}
    )


@administration.get("/audit", name="audit")
def read_audit(
    call: SiteWide,
    before: Annotated[
        int | None,
        Query(
            ge=0,
            le=people_models.LARGEST,
            description="The id of an entry; older entries are returned",
        ),
    ] = None,
) -> site_models.Audit:
    """Who did what, the newest first."""
    with call.site.database.transaction(read_only=True) as connection:
        found = audit.entries(connection, limit=AUDIT_PAGE, before=before)
    return site_models.Audit(
        entries=[site_models.AuditEntry.model_validate(entry) for entry in found]
    )
