"""The mail providers whose reports of bounces and complaints the site takes by HTTP."""

from __future__ import annotations

import base64
import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from newsletter.config.table import Table

_TOPIC = re.compile(
    r"arn:aws(?:-cn|-us-gov)?:sns:([a-z]{2}(?:-[a-z]+)+-\d):\d{12}:[A-Za-z0-9_-]{1,256}"
)


def region_of(topic: str) -> str:
    """The region in a topic's ARN; "" if it is not one."""
    found = _TOPIC.fullmatch(topic)
    return found[1] if found else ""


def _topic(topic: str) -> str:
    if not region_of(topic):
        raise ValueError(
            f"{topic!r} is not the ARN of a standard SNS topic; write one such as"
            " arn:aws:sns:eu-west-1:123456789012:news-events"
        )
    return topic


def _public_key(text: str) -> str:
    """The key in base64, without the lines that PEM puts around it."""
    bare = "".join(re.sub(r"-----[A-Z ]+-----", "", text).split())
    if not _is_public_key(bare):
        raise ValueError(
            "this is not a public key; copy the verification key that SendGrid shows for the event webhook"
        )
    return bare


def _is_public_key(bare: str) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm  # cryptography loads slowly
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(base64.b64decode(bare, validate=True))
    except (ValueError, UnsupportedAlgorithm):
        return False
    return isinstance(key, EllipticCurvePublicKey)


Secret = Annotated[str, Field(min_length=16, repr=False)]


class SesHook(Table):
    """[hooks.ses]: Amazon SES reports to `/hooks/ses` through SNS; subscriptions are confirmed by themselves."""

    topic: Annotated[
        tuple[Annotated[str, AfterValidator(_topic)], ...],
        BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
        Field(min_length=1),
    ]
    """The ARN of the SNS topic, or several. Others are refused."""


class MailgunHook(Table):
    """[hooks.mailgun]: Mailgun reports to `/hooks/mailgun`."""

    signing_key: Secret
    """The HTTP webhook signing key of the account."""


class SendgridHook(Table):
    """[hooks.sendgrid]: SendGrid's signed event webhook reports to `/hooks/sendgrid`."""

    verification_key: Annotated[str, AfterValidator(_public_key)]
    """The public key that SendGrid shows when signature verification is on."""


class PostmarkHook(Table):
    """[hooks.postmark]: Postmark reports to `/hooks/postmark`, with a password in the address."""

    password: Secret
    """The password in the webhook's address: `https://any:PASSWORD@news.example.org/hooks/postmark`; or a bearer token."""


class BrevoHook(Table):
    """[hooks.brevo]: Brevo reports to `/hooks/brevo`, with a bearer token or a password in the address."""

    password: Secret
    """The token or password."""


class SparkpostHook(Table):
    """[hooks.sparkpost]: SparkPost reports to `/hooks/sparkpost`, with basic authentication or an OAuth 2 token."""

    password: Secret
    """The password or token."""


class GenericHook(Table):
    """[hooks.generic]: any other server or program reports to `/hooks/generic`, in [our format](how-to/connect-providers.md#any-other-server)."""

    secret: Secret
    """The secret that signs the requests: at least 16 characters, or one that begins with `whsec_`."""


class HookSettings(Table):
    """[hooks]: mail providers that report bounces, complaints and unsubscriptions.

    Each table turns on one address. A report whose origin is not proven is answered by 403 and has
    no effect. See [Connect mail providers](how-to/connect-providers.md).
    """

    ses: SesHook | None = None
    """Reports of Amazon SES."""
    mailgun: MailgunHook | None = None
    """Reports of Mailgun."""
    sendgrid: SendgridHook | None = None
    """Reports of SendGrid."""
    postmark: PostmarkHook | None = None
    """Reports of Postmark."""
    brevo: BrevoHook | None = None
    """Reports of Brevo."""
    sparkpost: SparkpostHook | None = None
    """Reports of SparkPost."""
    generic: GenericHook | None = None
    """Reports of any other server."""

    def takes(self, provider: str) -> bool:
        """Whether this provider is configured."""
        return provider in type(self).model_fields and getattr(self, provider) is not None
