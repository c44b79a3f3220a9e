"""Brevo: one event, or an array of them, in each request; they have no identifier.

developers.brevo.com/docs/transactional-webhooks, developers.brevo.com/docs/batched-webhooks
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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
    {"request", "sent", "delivered", "deferred", "click", "opened", "unique_opened", "proxy_open",
     "unique_proxy_open", "loaded_by_proxy", "first_opening", "list_addition", "contact_updated",
     "contact_deleted"}
)  # fmt: skip
_KINDS = {
    "spam": EventKind.COMPLAINT,
    "complaint": EventKind.COMPLAINT,
    "unsubscribed": EventKind.UNSUBSCRIBE,
    "unsubscribe": EventKind.UNSUBSCRIBE,
}
_SAID = {
    "hard_bounce": Said.NOBODY,
    "invalid_email": Said.NOBODY,
    "invalid": Said.NOBODY,
    "soft_bounce": Said.PASSING,
    "blocked": Said.PASSING,  # on Brevo's list, for a reason that it does not say
    "error": Said.OURS,
}


def read_brevo(document: Any) -> Iterator[ProviderEvent]:
    """The events of one request."""
    for event in document if isinstance(document, list) else [document]:
        yield _read(event)


def _read(event: Any) -> ProviderEvent:
    kind = text_at(event, "event")
    key = " ".join(text_at(event, name) for name in ("event", "message-id", "email", "ts_event"))
    about = AboutMail(
        address=text_at(event, "email"),
        reference=text_at(event, "X-Mailin-custom"),
        message_id=message_id_in(text_at(event, "message-id")),
    )
    if kind in _KINDS:
        return ProviderEvent(key=key, kind=_KINDS[kind], about=about)
    if kind in _SAID:
        return failure(key, _SAID[kind], about, text=text_at(event, "reason"))
    known = EventKind.NOTHING if kind in _NOTHING else EventKind.UNKNOWN
    return ProviderEvent(key=key, kind=known)
