"""The operations on subscribers and on the site as a whole."""

from __future__ import annotations

from newsletter.articles.tags import make_vocabulary
from newsletter.pipeline.status import site_status
from newsletter.store import audit
from newsletter.web.api import models, people_models
from newsletter.web.api.issues import status_of
from newsletter.web.api.operation import Call
from subscribers import people, suppression
from subscribers.errors import UnknownListError

AUDIT_PAGE = 100


def newsletters(call: Call) -> people_models.Newsletters:
    """What the site publishes."""
    return people_models.Newsletters(
        newsletters=[
            people_models.Newsletter(
                name=slug,
                title=newsletter.title,
                list=newsletter.list,
                schedule=str(newsletter.schedule),
                approval=newsletter.approval,
            )
            for slug, newsletter in call.site.settings.newsletters.items()
        ]
    )


def status(call: Call) -> models.SiteStatus:
    """Every issue, what is due, and whether the site may send."""
    seen = site_status(call.site, now=call.clock())
    return models.SiteStatus(
        issues=[status_of(one) for one in seen.issues], due=list(seen.due), armed=seen.armed
    )


def add_subscriber(call: Call) -> people_models.Admitted:
    """Put a person on a list; who left or is suppressed is refused."""
    body, list_slug = call.body, _list(call)
    with call.site.database.transaction() as connection:
        outcome = people.add(
            connection,
            body.address,
            list_slug=list_slug,
            now=call.clock(),
            name=body.name,
            follows=None if body.tags is None else _slugs(call, body.tags),
            detail=f"by {call.editor.address} over the API",
        )
    return people_models.Admitted.model_validate(
        {"address": body.address, "list": list_slug, "outcome": outcome.value}
    )


def show_subscriber(call: Call) -> people_models.Subscriber:
    """Everything known about a person."""
    with call.site.database.transaction(read_only=True) as connection:
        return people_models.Subscriber.model_validate(
            people.show(connection, call.path["address"])
        )


def remove_subscriber(call: Call) -> people_models.Unsubscribed:
    """Take a person off one list."""
    address = call.path["address"]
    with call.site.database.transaction() as connection:
        changed = people.remove(
            connection,
            address,
            call.clock(),
            list_slug=_list(call),
            detail=f"by {call.editor.address} over the API",
        )
    return people_models.Unsubscribed(address=address, unsubscribed=changed)


def suppress(call: Call) -> people_models.Suppressed:
    """Never mail an address or a domain."""
    with call.site.database.transaction() as connection:
        changed = suppression.suppress(
            connection, call.body.pattern, call.body.reason, call.clock()
        )
    return people_models.Suppressed(pattern=call.body.pattern, changed=changed)


def read_audit(call: Call) -> people_models.Audit:
    """Who did what."""
    before = call.number_in_query("before")
    with call.site.database.transaction(read_only=True) as connection:
        found = audit.entries(connection, limit=AUDIT_PAGE, before=before)
    return people_models.Audit(
        entries=[people_models.AuditEntry.model_validate(entry) for entry in found]
    )


def _list(call: Call) -> str:
    """The list in the path, if a newsletter is sent to it: a mistyped one is not made."""
    slug = call.path["list"]
    known = {newsletter.list for newsletter in call.site.settings.newsletters.values()}
    if slug not in known:
        raise UnknownListError(
            f"there is no list {slug!r}", fix=f"this site has: {', '.join(sorted(known))}"
        )
    return slug


def _slugs(call: Call, labels: list[str]) -> list[str]:
    tags = call.site.settings.tags
    return [tag.slug for tag in make_vocabulary(tags.known, tags.aliases).tags(labels)]
