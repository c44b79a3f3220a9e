"""The operations on subscribers, and on the site as a whole."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from newsletter.articles.tags import make_vocabulary
from newsletter.pipeline.status import site_status
from newsletter.store import audit
from newsletter.web.api import models, people_models
from newsletter.web.api.calls import Call, SiteWide
from newsletter.web.api.documents import failed_document, status_of
from newsletter.web.api.operation import Operation, PublisherOperation, make_router
from subscribers import people, suppression
from subscribers.errors import UnknownListError

AUDIT_PAGE = 100
LARGEST = 2**63 - 1
"""The largest id that a row can have."""

_LIST = "/lists/{list}/subscribers"

ListPath = Annotated[str, Path(alias="list", description="The list's short name")]
AddressPath = Annotated[str, Path(description="An e-mail address")]

site = make_router(Operation, group="Site")
site_for_publishers = make_router(PublisherOperation, group="Site")
subscribers = make_router(PublisherOperation, group="Subscribers")


@site.get("/newsletters", name="newsletters")
def newsletters(call: SiteWide) -> people_models.Newsletters:
    """The site's newsletters."""
    return people_models.Newsletters(
        newsletters=[
            people_models.NewsletterDocument(
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
def status(call: SiteWide) -> models.SiteStatusDocument:
    """Every issue with its deliveries, what is due, and whether the site may send."""
    found = site_status(call.site, now=call.now)
    return models.SiteStatusDocument(
        issues=[status_of(one) for one in found.issues],
        due=list(found.due),
        armed=found.armed,
        failed_sources=[
            failed_document(slug, source)
            for slug, sources in found.failed_sources.items()
            for source in sources
        ],
    )


@subscribers.post(_LIST, name="add subscriber")
def add_subscriber(
    call: SiteWide, list_slug: ListPath, body: people_models.AddSubscriber
) -> people_models.Admitted:
    """Add a person who agreed to a list; one who left or is suppressed is refused."""
    _require_list(call, list_slug)
    with call.site.database.transaction() as connection:
        outcome = people.add(
            connection,
            body.address,
            list_slug=list_slug,
            now=call.now,
            name=body.name,
            follows=None if body.tags is None else _slugs(call, body.tags),
            note=people.OperatorNote(detail=f"by {call.editor.address} over the API"),
        )
    return people_models.Admitted.model_validate(
        {"address": body.address, "list": list_slug, "outcome": outcome.value}
    )


@subscribers.get("/subscribers/{address}", name="show subscriber")
def show_subscriber(call: SiteWide, address: AddressPath) -> people_models.SubscriberDocument:
    """Everything known about a person."""
    with call.site.database.transaction(read_only=True) as connection:
        return people_models.SubscriberDocument.model_validate(people.show(connection, address))


@subscribers.delete(_LIST + "/{address}", name="remove subscriber")
def remove_subscriber(
    call: SiteWide, list_slug: ListPath, address: AddressPath
) -> people_models.Unsubscribed:
    """Unsubscribe a person from a list."""
    _require_list(call, list_slug)
    with call.site.database.transaction() as connection:
        changed = people.remove(
            connection,
            address,
            call.now,
            list_slug=list_slug,
            detail=f"by {call.editor.address} over the API",
        )
    return people_models.Unsubscribed(address=address, unsubscribed=changed)


@subscribers.post("/suppressions", name="suppress")
def suppress(call: SiteWide, body: people_models.Suppress) -> people_models.Suppressed:
    """Never mail an address, or a whole domain."""
    with call.site.database.transaction() as connection:
        changed = suppression.suppress(connection, body.pattern, body.reason, call.now)
    return people_models.Suppressed(pattern=body.pattern, changed=changed)


@site_for_publishers.get("/audit", name="audit")
def read_audit(
    call: SiteWide,
    before: Annotated[
        int | None,
        Query(ge=0, le=LARGEST, description="The id of an entry; older entries are returned"),
    ] = None,
) -> people_models.Audit:
    """Who did what, the newest first."""
    with call.site.database.transaction(read_only=True) as connection:
        found = audit.entries(connection, limit=AUDIT_PAGE, before=before)
    return people_models.Audit(
        entries=[people_models.AuditEntry.model_validate(entry) for entry in found]
    )


def _require_list(call: Call, slug: str) -> None:
    """Refuse a list that no newsletter is sent to, so that a mistyped name creates no list."""
    known = {newsletter.list for newsletter in call.site.settings.newsletters.values()}
    if slug not in known:
        raise UnknownListError(
            f"there is no list {slug!r}", fix=f"this site has: {', '.join(sorted(known))}"
        )


def _slugs(call: Call, labels: list[str]) -> list[str]:
    tags = call.site.settings.tags
    return [tag.slug for tag in make_vocabulary(tags.known, tags.aliases).tags(labels)]
