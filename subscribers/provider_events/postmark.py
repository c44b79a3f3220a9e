"""Postmark: one event in each request.

postmarkapp.com/developer/webhooks/bounce-webhook, …/smtp-api-error, postmarkapp.com/developer/api/bounce-api#bounce-types
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
    text_at,
)

_NOTHING = frozenset({"Delivery", "Open", "Click", "Inbound"})
_SAID = {
    "HardBounce": Said.NOBODY,
    "BadEmailAddress": Said.NOBODY,
    "AddressChange": Said.NOTHING,
    "SoftBounce": Said.PASSING,
    "DnsError": Said.PASSING,
    "Unknown": Said.NOTHING,
    "Undeliverable": Said.NOTHING,
    "SpamNotification": Said.OURS,
    "VirusNotification": Said.OURS,
    "Blocked": Said.OURS,
    "DMARCPolicy": Said.OURS,
    "OpenRelayTest": Said.OURS,
    "SMTPApiError": Said.NOTHING,  # we are refused, or the address is on its list: the words say
    "TemplateRenderingFailed": Said.OURS,
}
_NO_FAILURES = frozenset(
    {"Transient", "AutoResponder", "Subscribe", "ChallengeVerification", "ManuallyDeactivated",
     "Unconfirmed", "InboundError"}
)  # fmt: skip
"""Types of bounces that are delays, answers, or decisions at Postmark."""


def read_postmark(document: Any) -> Iterator[ProviderEvent]:
    """The event of one request."""
    kind, bounce = text_at(document, "RecordType"), text_at(document, "Type")
    key = f"{kind} {text_at(document, 'ID') or text_at(document, 'MessageID')}"
    about = AboutMail(
        address=text_at(document, "Email") or text_at(document, "Recipient"),
        reference=text_at(document, "Metadata", "reference"),
    )
    if kind == "SpamComplaint" or bounce == "SpamComplaint":
        yield ProviderEvent(key=key, kind=EventKind.COMPLAINT, about=about)
    elif kind == "SubscriptionChange":
        yield _changed(f"{key} {text_at(document, 'ChangedAt')}", about, document)
    elif kind == "Bounce" and bounce == "Unsubscribe":
        yield ProviderEvent(key=key, kind=EventKind.UNSUBSCRIBE, about=about)
    elif kind == "Bounce" and bounce in _SAID:
        text = text_at(document, "Details") or text_at(document, "Description")
        yield failure(key, _SAID[bounce], about, text=text)
    elif kind == "Bounce":
        known = EventKind.NOTHING if bounce in _NO_FAILURES else EventKind.UNKNOWN
        yield ProviderEvent(key=key, kind=known)
    else:
        known = EventKind.NOTHING if kind in _NOTHING else EventKind.UNKNOWN
        yield ProviderEvent(key=key, kind=known)


def _changed(key: str, about: AboutMail, document: Any) -> ProviderEvent:
    """An address was put on a stream's list of suppressions, or taken off it."""
    reason = text_at(document, "SuppressionReason")
    is_on_it = isinstance(document, dict) and document.get("SuppressSending") is True
    if not is_on_it:
        return ProviderEvent(key=key, kind=EventKind.NOTHING)
    if reason == "SpamComplaint":
        return ProviderEvent(key=key, kind=EventKind.COMPLAINT, about=about)
    if reason == "HardBounce":
        return failure(key, Said.NOBODY, about, text="")
    if text_at(document, "Origin") == "Recipient":
        return ProviderEvent(key=key, kind=EventKind.UNSUBSCRIBE, about=about)
    return ProviderEvent(key=key, kind=EventKind.NOTHING)  # somebody's decision at Postmark
