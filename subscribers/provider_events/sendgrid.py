"""SendGrid: an array of events in each request.

twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from subscribers.errors import ProviderEventError
from subscribers.provider_events.event import (
    AboutMail,
    EventKind,
    ProviderEvent,
    Said,
    failure,
    message_id_in,
    text_at,
)

_NOTHING = frozenset(
    {
        "processed",
        "delivered",
        "deferred",
        "open",
        "click",
        "group_resubscribe",
        "account_status_change",
    }
)
_KINDS = {
    "spamreport": EventKind.COMPLAINT,
    "unsubscribe": EventKind.UNSUBSCRIBE,
    "group_unsubscribe": EventKind.UNSUBSCRIBE,
}
_DROPPED = {
    "spam reporting address": EventKind.COMPLAINT,
    "unsubscribed address": EventKind.UNSUBSCRIBE,
}
"""Not sent, because the reader complained or left before."""
_CLASSES = {
    "invalid address": Said.NOBODY,
    "mailbox unavailable": Said.FULL,
    "content": Said.OURS,
    "reputation": Said.OURS,
    "frequency/volume": Said.OURS,
    "frequency or volume too high": Said.OURS,
    "technical": Said.PASSING,
    "technical failure": Said.PASSING,
}
"""The values of bounce_classification."""


def read_sendgrid(document: Any) -> Iterator[ProviderEvent]:
    """The events of one request; raises ProviderEventError unless it is an array."""
    if not isinstance(document, list):
        raise ProviderEventError("the document is not an array of events")
    for event in document:
        yield _read(event)


def _read(event: Any) -> ProviderEvent:
    kind = text_at(event, "event")
    key = text_at(event, "sg_event_id") or " ".join(
        text_at(event, name) for name in ("sg_message_id", "event", "email", "timestamp")
    )
    reason = text_at(event, "reason") or text_at(event, "response")
    about = AboutMail(
        address=text_at(event, "email"),
        # Arguments of our own come beside the provider's keys.
        reference=text_at(event, "reference"),
        message_id=message_id_in(text_at(event, "smtp-id")),
    )
    if kind in _KINDS:
        return ProviderEvent(key=key, kind=_KINDS[kind], about=about)
    if kind == "dropped" and reason.casefold() in _DROPPED:
        dropped = _DROPPED[reason.casefold()]
        return ProviderEvent(key=key, kind=dropped, reason=reason, about=about)
    if kind == "dropped":
        is_address = reason.casefold() in ("bounced address", "invalid")
        return failure(key, Said.NOBODY if is_address else Said.OURS, about, text=reason)
    if kind == "bounce":
        said = _CLASSES.get(text_at(event, "bounce_classification").casefold(), Said.NOTHING)
        if text_at(event, "type") == "blocked" and said is Said.NOTHING:
            said = Said.PASSING  # refused for now, and the address is not put on its list
        return failure(key, said, about, status=text_at(event, "status"), text=reason)
    known = EventKind.NOTHING if kind in _NOTHING else EventKind.UNKNOWN
    return ProviderEvent(key=key, kind=known)
