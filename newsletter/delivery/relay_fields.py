"""The header fields that one relay needs, in front of the signed message.

DKIM does not sign them: each relay has other fields, and providers remove their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from newsletter.config.providers import Provider
from newsletter.config.settings import RelaySettings


def relay_fields(relay: RelaySettings, reference: str) -> bytes:
    """The lines for a message. `reference` identifies an issue's message in the provider's events.

    It is "" for a letter and for a test message, which no event needs to identify.
    """
    fields = [*relay.headers.items()]
    if relay.provider is not None:
        fields += _FIELDS[relay.provider](relay, reference)
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode("ascii")


def _list_of(reference: str) -> str:
    """The list's slug, by which the provider's statistics can be told apart."""
    return reference.partition("_")[0]


def _json(document: object) -> str:
    return json.dumps(document, separators=(", ", ":"))


def _ses(relay: RelaySettings, reference: str) -> Iterator[tuple[str, str]]:
    """docs.aws.amazon.com/ses/latest/dg/event-publishing-send-email.html"""
    if relay.configuration_set:
        yield "X-SES-CONFIGURATION-SET", relay.configuration_set
    if reference:
        yield "X-SES-MESSAGE-TAGS", f"reference={reference}"


def _mailgun(_relay: RelaySettings, reference: str) -> Iterator[tuple[str, str]]:
    """documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/send-smtp"""
    yield "X-Mailgun-Track", "no"  # it would rewrite links, and break our signature
    if reference:
        yield "X-Mailgun-Tag", _list_of(reference)
        yield "X-Mailgun-Variables", _json({"reference": reference})


def _sendgrid(_relay: RelaySettings, reference: str) -> Iterator[tuple[str, str]]:
    """twilio.com/docs/sendgrid/for-developers/sending-email/building-an-x-smtpapi-header"""
    off = {"settings": {"enable": 0}}
    document: dict[str, object] = {
        "filters": {"clicktrack": off, "opentrack": off, "subscriptiontrack": off}
    }
    if reference:
        document |= {"unique_args": {"reference": reference}, "category": _list_of(reference)}
    yield "X-SMTPAPI", _json(document)


def _postmark(relay: RelaySettings, reference: str) -> Iterator[tuple[str, str]]:
    """postmarkapp.com/developer/user-guide/send-email-with-smtp"""
    yield "X-PM-TrackOpens", "false"
    yield "X-PM-TrackLinks", "None"
    if reference:
        yield "X-PM-Message-Stream", relay.message_stream or "broadcast"
        yield "X-PM-Tag", _list_of(reference)
        yield "X-PM-Metadata-reference", reference


def _brevo(_relay: RelaySettings, reference: str) -> Iterator[tuple[str, str]]:
    """developers.brevo.com/docs/smtp-integration"""
    if reference:
        yield "X-Mailin-Tag", _list_of(reference)
        yield "X-Mailin-custom", reference


def _sparkpost(_relay: RelaySettings, reference: str) -> Iterator[tuple[str, str]]:
    """developers.sparkpost.com/api/smtp"""
    options = {"open_tracking": False, "click_tracking": False, "transactional": not reference}
    document: dict[str, object] = {"options": options}
    if reference:
        document |= {"campaign_id": _list_of(reference)[:64], "metadata": {"reference": reference}}
    yield "X-MSYS-API", _json(document)


_FIELDS: dict[Provider, Callable[[RelaySettings, str], Iterator[tuple[str, str]]]] = {
    "ses": _ses,
    "mailgun": _mailgun,
    "sendgrid": _sendgrid,
    "postmark": _postmark,
    "brevo": _brevo,
    "sparkpost": _sparkpost,
}
