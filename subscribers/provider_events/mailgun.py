"""Mailgun: one event in each request.

documentation.mailgun.com/docs/mailgun/user-manual/events/event-structure
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
    table_at,
    text_at,
)

_NOTHING = frozenset(
    {"accepted", "delivered", "opened", "clicked", "stored", "list_member_uploaded"}
)
_SUPPRESSED = {
    "suppress-complaint": EventKind.COMPLAINT,
    "suppress-unsubscribe": EventKind.UNSUBSCRIBE,
}
"""Not sent, because the reader complained or left before."""


def read_mailgun(document: Any) -> Iterator[ProviderEvent]:
    """The event of one request."""
    data = table_at(document, "event-data")
    kind, reason = text_at(data, "event"), text_at(data, "reason")
    # Mailgun promises that an id is unique within a day only.
    identifier = text_at(data, "id") or text_at(document, "signature", "token")
    key = f"{identifier} {text_at(data, 'timestamp')}".strip()
    about = AboutMail(
        address=text_at(data, "recipient"),
        reference=text_at(data, "user-variables", "reference"),
        message_id=message_id_in(text_at(data, "message", "headers", "message-id")),
    )
    if kind == "complained":
        yield ProviderEvent(key=key, kind=EventKind.COMPLAINT, about=about)
    elif kind == "unsubscribed":
        yield ProviderEvent(key=key, kind=EventKind.UNSUBSCRIBE, about=about)
    elif kind == "failed" and reason in _SUPPRESSED:
        yield ProviderEvent(key=key, kind=_SUPPRESSED[reason], reason=reason, about=about)
    elif kind == "failed" and text_at(data, "severity") == "temporary":
        yield ProviderEvent(key=key, kind=EventKind.NOTHING)  # Mailgun tries again
    elif kind in ("failed", "rejected"):
        yield _failed(key, about, data, was_rejected=kind == "rejected")
    else:
        known = EventKind.NOTHING if kind in _NOTHING else EventKind.UNKNOWN
        yield ProviderEvent(key=key, kind=known)


def _failed(
    key: str, about: AboutMail, data: dict[str, Any], *, was_rejected: bool
) -> ProviderEvent:
    status = table_at(data, "delivery-status")
    reason = text_at(data, "reason")
    said = {"suppress-bounce": Said.NOBODY, "espblock": Said.OURS}.get(reason, Said.NOTHING)
    text = text_at(status, "message") or text_at(status, "description")
    if was_rejected:  # Mailgun itself did not take it
        said, text = Said.OURS, text_at(data, "reject", "reason")
    code = text_at(status, "code")
    if len(code) == 3 and code[0] in "45" and code != "605" and not text.startswith(code):
        text = f"{code} {text}"
    return failure(key, said, about, status=text_at(status, "enhanced-code"), text=text)
