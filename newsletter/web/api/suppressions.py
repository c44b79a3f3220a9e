"""The operations on the suppression list: list, search, explain, add, lift."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from newsletter.web.api import people_models
from newsletter.web.api.calls import SiteWide
from newsletter.web.api.operation import PeopleOperation, make_router
from subscribers import suppression
from subscribers import suppression_list as entries
from subscribers.history import Way

PatternPath = Annotated[str, Path(description="An e-mail address, or `@` and a domain")]

suppressions = make_router(PeopleOperation, group="Suppressions")


@suppressions.get("/suppressions", name="list suppressions")
def list_suppressions(
    call: SiteWide, query: Annotated[people_models.SuppressionQuery, Query()]
) -> people_models.SuppressionPage:
    """Addresses and domains that are never mailed, page by page."""
    with call.site.database.transaction(read_only=True) as connection:
        found = entries.suppressions_page(
            connection, search=query.search, after=query.after, limit=query.limit
        )
    return people_models.SuppressionPage(
        suppressions=[
            people_models.SuppressionEntryDocument.model_validate(
                {"id": one.id, **entries.suppression_document(one)}
            )
            for one in found
        ],
        next=found[-1].id if len(found) == query.limit else None,
    )


@suppressions.get("/suppressions/{pattern}", name="explain suppression")
def explain_suppression(call: SiteWide, pattern: PatternPath) -> people_models.Explanation:
    """Why an address is mailed or not, since when, and by what evidence."""
    with call.site.database.transaction(read_only=True) as connection:
        return people_models.Explanation.model_validate(
            entries.explain(connection, pattern, call.now)
        )


@suppressions.post("/suppressions", name="suppress")
def suppress(call: SiteWide, body: people_models.Suppress) -> people_models.Suppressed:
    """Never mail an address, or a whole domain."""
    with call.site.database.transaction() as connection:
        changed = suppression.suppress(connection, body.pattern, body.reason, call.now, Way.API)
    return people_models.Suppressed(pattern=body.pattern, changed=changed)


@suppressions.post("/suppressions/lift", name="lift suppression")
def lift_suppression(call: SiteWide, body: people_models.Lift) -> people_models.Lifted:
    """Remove a suppression; subscriptions that have ended stay so."""
    with call.site.database.transaction() as connection:
        lifted = suppression.lift(connection, body.pattern, body.reason, call.now, Way.API)
        remaining = entries.suppressions_of(connection, body.pattern)
    return people_models.Lifted(
        pattern=body.pattern,
        lifted=lifted,
        still_suppressed_by=[entry.pattern for entry in remaining],
    )
