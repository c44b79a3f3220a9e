"""The mail providers that a relay may belong to, and the limits that they publish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newsletter.config.sender import MessageRate, parse_rate

Provider = Literal["ses", "mailgun", "sendgrid", "postmark", "brevo", "sparkpost"]

_MB = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderLimits:
    """What a provider publishes for SMTP; None where it publishes nothing."""

    max_message_size: int
    rate: MessageRate | None = None
    messages_per_connection: int | None = None


LIMITS: dict[Provider, ProviderLimits] = {
    # docs.aws.amazon.com/ses/latest/dg/quotas.html: 40 MB; what a new account may send is shown
    # in its console, and most begin with 14 a second.
    "ses": ProviderLimits(max_message_size=40 * _MB, rate=parse_rate("14/s")),
    # documentation.mailgun.com/docs/mailgun/user-manual/sending-messages
    "mailgun": ProviderLimits(max_message_size=25 * _MB),
    # twilio.com/docs/sendgrid/for-developers/sending-email/integrating-with-the-smtp-api
    "sendgrid": ProviderLimits(max_message_size=30 * _MB, messages_per_connection=5_000),
    # postmarkapp.com/developer/user-guide/send-email-with-smtp
    "postmark": ProviderLimits(max_message_size=10 * _MB),
    # developers.brevo.com/docs/smtp-integration
    "brevo": ProviderLimits(max_message_size=20 * _MB),
    # developers.sparkpost.com/api/smtp: a new connection after 100 messages
    "sparkpost": ProviderLimits(max_message_size=20 * _MB, messages_per_connection=100),
}
