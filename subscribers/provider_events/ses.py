"""Amazon SES: notifications and published events, which come in the Message of an SNS envelope.

docs.aws.amazon.com/ses/latest/dg/notification-contents.html, event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from subscribers.provider_events.event import (
    AboutMail,
    EventKind,
    ProviderEvent,
    Said,
    failure,
    list_at,
    message_id_in,
    table_at,
    text_at,
)

_NOTHING = frozenset(
    {"Send", "Delivery", "Open", "Click", "DeliveryDelay", "AmazonSnsSubscriptionSucceeded"}
)
_NOBODY = frozenset({"NoEmail", "Suppressed", "OnAccountSuppressionList"})
"""Permanent: the last two are about addresses that bounced or complained before. "General" may be
anything, so the receiver's words decide."""
_OF_A_REPORT = ("action", "status", "diagnosticCode")
_OURS = frozenset({"ContentRejected", "AttachmentRejected"})


def read_ses(document: Any, envelope_id: str) -> Iterator[ProviderEvent]:
    """The events of one notification, one for each recipient; `envelope_id` is SNS's MessageId."""
    kind = text_at(document, "notificationType") or text_at(document, "eventType")
    about = _about(table_at(document, "mail"))
    if kind == "Bounce":
        yield from _bounces(table_at(document, "bounce"), about, envelope_id)
    elif kind == "Complaint":
        yield from _complaints(table_at(document, "complaint"), about, envelope_id)
    elif kind == "Subscription":
        address = next((str(one) for one in list_at(document, "mail", "destination")), "")
        yield ProviderEvent(
            key=envelope_id, kind=EventKind.UNSUBSCRIBE, about=replace(about, address=address)
        )
    elif kind in ("Reject", "Rendering Failure"):
        reason = text_at(document, "reject", "reason") or text_at(
            document, "failure", "errorMessage"
        )
        for address in list_at(document, "mail", "destination"):
            yield failure(
                f"{envelope_id} {address}",
                Said.OURS,
                replace(about, address=str(address)),
                text=reason,
            )
    else:
        known = EventKind.NOTHING if kind in _NOTHING else EventKind.UNKNOWN
        yield ProviderEvent(key=envelope_id, kind=known)


def _bounces(bounce: dict[str, Any], about: AboutMail, envelope_id: str) -> Iterator[ProviderEvent]:
    kind, detail = text_at(bounce, "bounceType"), text_at(bounce, "bounceSubType")
    for recipient in list_at(bounce, "bouncedRecipients"):
        address = text_at(recipient, "emailAddress")
        key = f"{text_at(bounce, 'feedbackId') or envelope_id} {address}"
        whose = replace(about, address=address)
        if kind == "Transient" and not any(text_at(recipient, one) for one in _OF_A_REPORT):
            # SES reports answers from people who are away like this, without any report of a failure.
            yield ProviderEvent(key=key, kind=EventKind.NOTHING, about=whose)
            continue
        yield failure(
            key,
            _said(kind, detail),
            whose,
            status=text_at(recipient, "status"),
            text=text_at(recipient, "diagnosticCode"),
        )


def _said(kind: str, detail: str) -> Said:
    if detail in _OURS:
        return Said.OURS
    if detail == "MailboxFull":
        return Said.FULL
    if kind == "Permanent" and detail in _NOBODY:
        return Said.NOBODY
    return Said.NOTHING if kind in ("Permanent", "Undetermined") else Said.PASSING


def _complaints(
    complaint: dict[str, Any], about: AboutMail, envelope_id: str
) -> Iterator[ProviderEvent]:
    feedback = text_at(complaint, "complaintFeedbackType")
    recipients = list_at(complaint, "complainedRecipients")
    for recipient in recipients:
        address = text_at(recipient, "emailAddress")
        kind = EventKind.NOTHING if feedback == "not-spam" else EventKind.COMPLAINT
        # Where the receiver hides who complained, SES names every recipient of its domain.
        yield ProviderEvent(
            key=f"{text_at(complaint, 'feedbackId') or envelope_id} {address}",
            kind=kind,
            about=replace(about, address=address),
            reason=feedback,
        )


def _about(mail: dict[str, Any]) -> AboutMail:
    references = list_at(mail, "tags", "reference")
    headers = {
        text_at(one, "name").casefold(): text_at(one, "value") for one in list_at(mail, "headers")
    }
    tagged = headers.get("x-ses-message-tags", "").partition("reference=")[2].partition(",")[0]
    return AboutMail(
        reference=str(references[0]) if references else tagged.strip(),
        # commonHeaders has the Message-ID that SES wrote over ours.
        message_id=message_id_in(headers.get("message-id", "")),
    )
