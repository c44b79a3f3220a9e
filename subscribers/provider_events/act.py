"""Acts on one event of a provider: what happens is the same as for a bounce or complaint by mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from subscribers import people
from subscribers.errors import AddressError, UnknownSubscriberError
from subscribers.history import Way
from subscribers.inbound.act_on_reports import count_failure, is_about_old_address
from subscribers.inbound.bounces import FailedRecipient
from subscribers.inbound.context import Action, Done, InboundContext
from subscribers.inbound.evidence import Evidence
from subscribers.provider_events.event import EventKind, ProviderEvent
from subscribers.provider_events.seen import is_new
from subscribers.unsubscribe import unsubscribe


class EventOutcome(StrEnum):
    """What was done with an event."""

    TAKEN = "taken"
    SEEN = "seen"
    """It was reported before."""
    NOTHING = "nothing"
    """Nothing follows from it, such as from a delivery or a delay."""
    NOT_OURS = "not-ours"
    """It is about mail that we never sent, or about nobody whom we know."""
    UNKNOWN_KIND = "unknown-kind"


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenEvent:
    """The outcome, and what was done for a reader; `done` is None if nothing was."""

    outcome: EventOutcome
    done: Done | None = None


def take_event(
    connection: sa.Connection,
    context: InboundContext,
    provider: str,
    event: ProviderEvent,
    now: datetime,
) -> TakenEvent:
    """Act on an event whose origin is verified; the same event again changes nothing."""
    if event.kind is EventKind.NOTHING:
        return TakenEvent(outcome=EventOutcome.NOTHING)
    if event.kind is EventKind.UNKNOWN:
        return TakenEvent(outcome=EventOutcome.UNKNOWN_KIND)
    if not is_new(connection, provider, event.key, now):
        return TakenEvent(outcome=EventOutcome.SEEN)
    found = list(_evidence(connection, context, event))
    if not found:
        return TakenEvent(outcome=EventOutcome.NOT_OURS)
    if event.kind is EventKind.FAILURE:
        done = _fail(connection, context, found[0], event, now)
    else:
        done = _leave(connection, provider, found, event, now)
    return TakenEvent(outcome=EventOutcome.TAKEN, done=done)


def _evidence(
    connection: sa.Connection, context: InboundContext, event: ProviderEvent
) -> Iterator[Evidence]:
    """The mail that the event is about: by our reference, by our Message-ID, else by the address.

    The address alone is believed because the provider reports it, but only of readers who have got
    an issue. It may be about any of their lists.
    """
    reference = context.return_paths.read_reference(event.about.reference)
    if reference is not None:
        list_slug, path = reference
        person = people.get(connection, path.subscriber_id)
        if person is not None:
            yield Evidence(person=person, list_slug=list_slug, number=path.number)
        return
    try:
        person = people.find(connection, event.about.address)
    except (AddressError, UnknownSubscriberError):
        return
    lists = people.lists_of(connection, person.id)
    if event.about.message_id:
        for list_slug in lists:
            number = context.issue_of(connection, person.id, list_slug, [event.about.message_id])
            if number is not None:
                yield Evidence(person=person, list_slug=list_slug, number=number)
                return
    for list_slug in lists:
        sent = context.issues_sent(connection, person.id, list_slug)
        if sent:
            yield Evidence(person=person, list_slug=list_slug, number=sent[0])


def _fail(
    connection: sa.Connection,
    context: InboundContext,
    found: Evidence,
    event: ProviderEvent,
    now: datetime,
) -> Done:
    failed = FailedRecipient(
        address=event.about.address,
        verdict=event.verdict,
        blame=event.blame,
        status=event.status,
        reason=event.reason,
    )
    if is_about_old_address(connection, found.person, failed):
        return Done(action=Action.NONE, address=found.person.address)
    return count_failure(connection, context, found, failed, now)


def _leave(
    connection: sa.Connection,
    provider: str,
    found: list[Evidence],
    event: ProviderEvent,
    now: datetime,
) -> Done:
    way = Way.COMPLAINT if event.kind is EventKind.COMPLAINT else Way.PROVIDER
    detail = f"reported by {provider} {event.reason}".strip()
    ended = [
        unsubscribe(connection, one.person.id, one.list_slug, way, now, detail).changed
        for one in found
    ]
    action = Action.UNSUBSCRIBE if any(ended) else Action.NONE
    return Done(action=action, address=found[0].person.address)
