"""SparkPost: an array of events in each request, each under `msys` by its family.

developers.sparkpost.com/api/webhooks, support.sparkpost.com/docs/deliverability/bounce-classification-codes
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
    table_at,
    text_at,
)

_KINDS = {
    "spam_complaint": EventKind.COMPLAINT,
    "list_unsubscribe": EventKind.UNSUBSCRIBE,
    "link_unsubscribe": EventKind.UNSUBSCRIBE,
}
_FAILURES = frozenset(
    {"bounce", "out_of_band", "policy_rejection", "generation_failure", "generation_rejection"}
)
_NOTHING = frozenset(
    {"injection", "delivery", "delay", "sms_status", "open", "initial_open", "click", "amp_open",
     "amp_initial_open", "amp_click", "success", "error", "ab_test_completed", "ab_test_cancelled",
     "relay_injection", "relay_rejection", "relay_delivery", "relay_tempfail", "relay_permfail"}
)  # fmt: skip
_CLASSES = {
    "10": Said.NOBODY, "30": Said.NOBODY,
    "22": Said.FULL,
    "20": Said.PASSING, "21": Said.PASSING, "23": Said.PASSING, "24": Said.PASSING, "70": Said.PASSING,
    "25": Said.OURS, "50": Said.OURS, "51": Said.OURS, "52": Said.OURS, "53": Said.OURS, "54": Said.OURS,
}  # fmt: skip
"""The values of bounce_class; others say nothing."""
_UNSUBSCRIBE_CLASS, _NO_FAILURES = "90", frozenset({"60", "80", "100"})
"""A request to unsubscribe; automatic answers, subscriptions and challenges."""


def read_sparkpost(document: Any) -> Iterator[ProviderEvent]:
    """The events of one request; raises ProviderEventError unless it is an array."""
    if not isinstance(document, list):
        raise ProviderEventError("the document is not an array of events")
    for item in document:
        for event in table_at(item, "msys").values():
            yield _read(event)


def _read(event: Any) -> ProviderEvent:
    kind, key = text_at(event, "type"), text_at(event, "event_id")
    bounce_class = text_at(event, "bounce_class")
    about = AboutMail(
        address=text_at(event, "raw_rcpt_to") or text_at(event, "rcpt_to"),
        reference=text_at(event, "rcpt_meta", "reference"),
    )
    if kind in _KINDS:
        return ProviderEvent(key=key, kind=_KINDS[kind], about=about)
    if kind in _FAILURES and bounce_class == _UNSUBSCRIBE_CLASS:
        return ProviderEvent(key=key, kind=EventKind.UNSUBSCRIBE, about=about)
    if kind in _FAILURES and bounce_class not in _NO_FAILURES:
        is_bounce = kind in ("bounce", "out_of_band")
        said = _CLASSES.get(bounce_class, Said.NOTHING) if is_bounce else Said.OURS
        text = text_at(event, "raw_reason") or text_at(event, "reason")
        return failure(key, said, about, text=text)
    known = EventKind.NOTHING if kind in _NOTHING | _FAILURES else EventKind.UNKNOWN
    return ProviderEvent(key=key, kind=known)
