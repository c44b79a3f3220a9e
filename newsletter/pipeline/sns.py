"""Amazon SNS: the signed envelope in which SES reports, and the subscription that it asks to confirm.

docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from newsletter.articles.fetch import HttpClient
from newsletter.config.hooks import region_of
from newsletter.config.settings import FetchSettings
from newsletter.errors import NotPermittedError, SourceError, UnavailableError
from newsletter.pipeline.event_signatures import check_age
from subscribers.provider_events.event import text_at

Fetch = Callable[[str, datetime], bytes]

_CERTIFICATE = re.compile(r"/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem")
_SIGNED = (
    "Message",
    "MessageId",
    "Subject",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
)
"""The signed fields in their order; SubscribeURL and Token only of a confirmation."""

_CONFIRMATIONS = ("SubscriptionConfirmation", "UnsubscribeConfirmation")

FETCHES_PER_MINUTE = 10
"""Certificates that are fetched; real ones change once a year."""

MAX_SIZE = 20_000
"""Octets of a certificate, or of the answer to a confirmation."""


class Sns:
    """Verifies envelopes with certificates that it keeps. Safe to share between threads."""

    def __init__(self, fetch: Fetch | None = None) -> None:
        self._fetch = fetch or _fetched
        self._certificates: dict[str, bytes] = {}
        self._fetched_at: list[datetime] = []
        self._lock = threading.Lock()

    def check(self, envelope: Any, topics: tuple[str, ...], now: datetime) -> None:
        """Raise NotPermittedError unless the topic is ours and Amazon signed it.

        Raises UnavailableError if the certificate cannot be fetched now.
        """
        topic = text_at(envelope, "TopicArn")
        if not topic:
            raise NotPermittedError(
                "the request is not an envelope of SNS: switch raw message delivery off"
            )
        if topic not in topics:
            raise NotPermittedError(f"the topic {topic} is not configured")
        check_age(text_at(envelope, "Timestamp"), now)
        url = text_at(envelope, "SigningCertURL")
        if not _is_amazon(url, topic) or not _CERTIFICATE.fullmatch(urlsplit(url).path):
            raise NotPermittedError("the certificate is not Amazon's")
        _verify(envelope, self._certificate(url, now), now)

    def confirm(self, envelope: Any, now: datetime) -> None:
        """Confirm the subscription that a verified envelope asks for."""
        url = text_at(envelope, "SubscribeURL")
        topic = text_at(envelope, "TopicArn")
        asked = parse_qs(urlsplit(url).query)
        is_confirmation = asked.get("Action") == ["ConfirmSubscription"]
        if not _is_amazon(url, topic) or not is_confirmation or asked.get("TopicArn") != [topic]:
            raise NotPermittedError("the address that confirms is not Amazon's")
        self._fetch(url, now)

    def _certificate(self, url: str, now: datetime) -> bytes:
        with self._lock:
            if url not in self._certificates:
                recent = [one for one in self._fetched_at if now - one < timedelta(minutes=1)]
                if len(recent) >= FETCHES_PER_MINUTE:
                    raise UnavailableError("too many certificates were asked for; try again later")
                self._fetched_at = [*recent, now]
                self._certificates[url] = self._fetch(url, now)
            return self._certificates[url]


def _verify(envelope: Any, pem: bytes, now: datetime) -> None:
    from cryptography.exceptions import InvalidSignature  # cryptography loads slowly
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256
    from cryptography.x509 import load_pem_x509_certificate

    version = text_at(envelope, "SignatureVersion")
    if version not in ("1", "2"):
        raise NotPermittedError("the signature is of an unknown version")
    try:
        certificate = load_pem_x509_certificate(pem)
        key = certificate.public_key()
        is_valid = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
        if not isinstance(key, RSAPublicKey) or not is_valid:
            raise NotPermittedError("the certificate is not valid")
        signature = base64.b64decode(str(envelope["Signature"]), validate=True)
        algorithm = SHA256() if version == "2" else SHA1()  # noqa: S303 - version 1 of the protocol
        key.verify(signature, _signed_text(envelope), PKCS1v15(), algorithm)
    except (InvalidSignature, binascii.Error, ValueError, KeyError) as error:
        raise NotPermittedError("the request's signature is not valid") from error


def _signed_text(envelope: Any) -> bytes:
    is_confirmation = text_at(envelope, "Type") in _CONFIRMATIONS
    names = [
        name
        for name in _SIGNED
        if name in envelope
        and (is_confirmation or name not in ("SubscribeURL", "Token"))
        and not (is_confirmation and name == "Subject")
    ]
    return "".join(f"{name}\n{envelope[name]}\n" for name in names).encode()


def _is_amazon(url: str, topic: str) -> bool:
    """Whether it is an encrypted address of SNS in the topic's region."""
    suffix = "amazonaws.com.cn" if topic.startswith("arn:aws-cn:") else "amazonaws.com"
    return url.startswith(f"https://sns.{region_of(topic)}.{suffix}/")


def _fetched(url: str, now: datetime) -> bytes:
    settings = FetchSettings(max_bytes=MAX_SIZE, max_redirects=0, timeout=timedelta(seconds=10))

    async def fetch() -> bytes:
        async with HttpClient(settings) as client:
            return (await client.fetch(url, memory=None, now=now)).body

    try:
        return asyncio.run(fetch())
    except SourceError as error:
        raise UnavailableError(f"Amazon SNS does not answer: {error.problem.message}") from error
