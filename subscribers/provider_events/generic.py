"""Our own documented format, for servers and providers that have no reader of their own."""

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
    list_at,
    message_id_in,
    text_at,
)

_KINDS = {
    "complaint": EventKind.COMPLAINT,
    "unsubscribe": EventKind.UNSUBSCRIBE,
    "delivered": EventKind.NOTHING,
    "delayed": EventKind.NOTHING,
}
_SAID = {
    "unknown-address": Said.NOBODY,
    "mailbox-full": Said.FULL,
    "policy": Said.OURS,
    "temporary": Said.PASSING,
    "": Said.NOTHING,
}


def read_generic(document: Any) -> Iterator[ProviderEvent]:
    """`{"events": [{"id", "type", "recipient", …}]}`; raises ProviderEventError for another shape."""
    events = list_at(document, "events")
    if not events:
        raise ProviderEventError('the document has no events; write {"events": [{…}]}')
    for event in events:
        yield _read(event)


def _read(event: Any) -> ProviderEvent:
    key, kind = text_at(event, "id"), text_at(event, "type")
    if not key:
        raise ProviderEventError("an event has no id")
    about = AboutMail(
        address=text_at(event, "recipient"),
        reference=text_at(event, "reference"),
        message_id=message_id_in(text_at(event, "message_id")),
    )
    cause = text_at(event, "cause")
    if kind == "bounce" and cause in _SAID:
        return failure(
            key, _SAID[cause], about, status=text_at(event, "status"), text=text_at(event, "text")
        )
    return ProviderEvent(key=key, kind=_KINDS.get(kind, EventKind.UNKNOWN), about=about)
