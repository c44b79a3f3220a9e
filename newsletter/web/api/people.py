"""The operations on subscribers: find, show, add, change, unsubscribe, restore, import, erase."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from newsletter.articles.tags import make_vocabulary
from newsletter.pipeline import own_data
from newsletter.pipeline.delivery_list import show_person
from newsletter.pipeline.end_feeds import end_feeds
from newsletter.pipeline.find_people import PeopleFilter, find_people
from newsletter.pipeline.import_people import import_people, require_list
from newsletter.web.api import people_models
from newsletter.web.api.calls import Call, SiteWide
from newsletter.web.api.operation import (
    EraseOperation,
    ImportOperation,
    PeopleOperation,
    make_router,
)
from subscribers import people
from subscribers.history import Way
from subscribers.importing.options import ImportOptions
from subscribers.person_update import PersonChanges, update_person
from subscribers.search import FoundPerson
from subscribers.subscriber import Frequency, MailFormat, Status

_LIST = "/lists/{list}"
_PERSON = "/subscribers/{address}"

ListPath = Annotated[str, Path(alias="list", description="The list's short name")]
AddressPath = Annotated[str, Path(description="An e-mail address")]
subscribers = make_router(PeopleOperation, group="Subscribers")
imports = make_router(ImportOperation, group="Subscribers")
erasures = make_router(EraseOperation, group="Subscribers")


@subscribers.get("/subscribers", name="list subscribers")
def list_subscribers(
    call: SiteWide, query: Annotated[people_models.PeopleQuery, Query()]
) -> people_models.SubscriberPage:
    """People who have all this in common, page by page."""
    wanted = PeopleFilter(
        list_slug=query.list,
        status=Status(query.status) if query.status else None,
        **query.model_dump(exclude={"list", "status", "after", "limit"}),
    )
    found = find_people(call.site, wanted, after=query.after, limit=query.limit, now=call.now)
    return people_models.SubscriberPage(
        subscribers=[_found(one) for one in found],
        next=found[-1].id if len(found) == query.limit else None,
    )


@subscribers.post(_LIST + "/subscribers", name="add subscriber")
def add_subscriber(
    call: SiteWide, list_slug: ListPath, body: people_models.AddSubscriber
) -> people_models.Admitted:
    """Add a person who agreed to a list; one who left or is suppressed is refused."""
    require_list(call.site, list_slug)
    with call.site.database.transaction() as connection:
        outcome = people.add(
            connection,
            body.address,
            list_slug=list_slug,
            now=call.now,
            name=body.name,
            follows=None if body.tags is None else _slugs(call, body.tags),
            note=people.OperatorNote(detail=_by(call), way=Way.API, time_zone=body.time_zone),
        )
    return people_models.Admitted.model_validate(
        {"address": body.address, "list": list_slug, "outcome": outcome.value}
    )


@imports.post(_LIST + "/import", name="import subscribers")
def import_subscribers(
    call: SiteWide, list_slug: ListPath, body: people_models.ImportPeople
) -> people_models.Imported:
    """Put the people in a file on a list; who left, was suppressed or erased is not brought back."""
    require_list(call.site, list_slug)
    options = ImportOptions(
        list_slug=list_slug,
        source_name=_by(call),
        now=call.now,
        layout=body.layout,
        dry_run=body.dry_run,
        confirm=body.confirm and not body.left,
        left=body.left,
    )
    report, asked = import_people(call.site, body.csv.encode("utf-8", "replace"), options)
    return people_models.Imported(
        list=list_slug,
        dry_run=body.dry_run,
        added=report.added,
        updated=report.updated,
        unchanged=report.unchanged,
        rejected=report.rejected_count,
        asked=asked,
        statuses={status.value: report.statuses[status] for status in Status},
        rejected_rows=[people_models.RejectedRow.model_validate(row) for row in report.rejected],
    )


@subscribers.get(_PERSON, name="show subscriber")
def show_subscriber(call: SiteWide, address: AddressPath) -> people_models.SubscriberDocument:
    """Everything known about a person, with every issue and its receipt."""
    with call.site.database.transaction(read_only=True) as connection:
        return people_models.SubscriberDocument.model_validate(show_person(connection, address))


@subscribers.patch(_PERSON, name="change subscriber")
def change_subscriber(
    call: SiteWide, address: AddressPath, body: people_models.UpdateSubscriber
) -> people_models.Updated:
    """Change a person's name, tags, frequency, time zone, form of mails or attributes."""
    changes = PersonChanges(
        name=body.name,
        follows=None if body.tags is None else frozenset(_slugs(call, body.tags)),
        frequency=None if body.frequency is None else Frequency(body.frequency),
        time_zone=body.time_zone,
        mail_format=None if body.mail_format is None else MailFormat(body.mail_format),
        attributes=body.attributes,
    )
    with call.site.database.transaction() as connection:
        person = people.find(connection, address)
        changed = update_person(
            connection, person, changes, now=call.now, way=Way.API, detail=_by(call)
        )
    return people_models.Updated(address=person.address, changed=changed)


@subscribers.post(_PERSON + "/unsubscribe", name="unsubscribe")
def unsubscribe(
    call: SiteWide, address: AddressPath, body: people_models.Unsubscribe
) -> people_models.Unsubscribed:
    """Unsubscribe a person from one list, or from all."""
    return _unsubscribed(call, address, body.list, body.reason)


@subscribers.delete(_LIST + "/subscribers/{address}", name="remove subscriber")
def remove_subscriber(
    call: SiteWide, list_slug: ListPath, address: AddressPath
) -> people_models.Unsubscribed:
    """Unsubscribe a person from a list."""
    require_list(call.site, list_slug)
    return _unsubscribed(call, address, list_slug, "")


@subscribers.delete(_LIST + "/subscribers/{address}/feed", name="end private feed")
def end_private_feed(
    call: SiteWide, list_slug: ListPath, address: AddressPath
) -> people_models.FeedEnded:
    """End a person's private feed of a list, such as when its address got into other hands."""
    ended = end_feeds(call.site, address, list_slug, way=Way.API, now=call.now, by=_by(call))
    return people_models.FeedEnded(address=address, ended=ended)


@subscribers.post(_PERSON + "/restore", name="restore subscriber")
def restore_subscriber(
    call: SiteWide, address: AddressPath, body: people_models.Restore
) -> people_models.Admitted:
    """Bring back a person who left or is suppressed, with the consent that you state."""
    require_list(call.site, body.list)
    with call.site.database.transaction() as connection:
        person = people.find(connection, address)
        outcome = people.add(
            connection,
            person.address,
            list_slug=body.list,
            now=call.now,
            note=people.OperatorNote(
                detail=_by(call), force=True, consent=body.consent, way=Way.API
            ),
        )
    return people_models.Admitted.model_validate(
        {"address": person.address, "list": body.list, "outcome": outcome.value}
    )


@erasures.delete(_PERSON, name="erase subscriber")
def erase_subscriber(call: SiteWide, address: AddressPath) -> people_models.Erased:
    """Delete everything about a person; a salted hash prevents a later import."""
    return people_models.Erased(erased=own_data.erase(call.site, address, now=call.now))


def _found(person: FoundPerson) -> people_models.FoundSubscriber:
    return people_models.FoundSubscriber(
        id=person.id,
        address=person.address,
        name=person.name,
        tags=list(person.tags),
        frequency=person.frequency.value,
        joined=person.created_at,
        attributes=person.attributes,
        subscriptions=[
            people_models.SubscriptionDocument(list=slug, status=status.value)
            for slug, status in person.subscriptions.items()
        ],
    )


def _unsubscribed(
    call: Call, address: str, list_slug: str | None, reason: str
) -> people_models.Unsubscribed:
    detail = f"{_by(call)}: {reason}" if reason else _by(call)
    with call.site.database.transaction() as connection:
        changed = people.remove(
            connection, address, call.now, list_slug=list_slug, detail=detail, way=Way.API
        )
    return people_models.Unsubscribed(address=address, unsubscribed=changed)


def _by(call: Call) -> str:
    return f"by {call.editor.address} over the API"


def _slugs(call: Call, labels: list[str]) -> list[str]:
    tags = call.site.settings.tags
    return [tag.slug for tag in make_vocabulary(tags.known, tags.aliases).tags(labels)]
